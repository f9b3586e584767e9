"""`enigma-tui replay`: the board on what has been, from a journal or an exported file."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .. import paths
from ..model.moment import Moment
from ..model.text import safe
from ..settings import Loaded
from . import common
from .board import check, refuse_without_terminal
from .progress import Step, progress

if TYPE_CHECKING:
    from ..model.recorded import BadLine, Recorded
    from ..site import Site
    from ..ui.replay.app import Replay

HOUR_MS = 3_600_000
"""What is replayed of a journal where nothing else is asked for: the last hour."""

FASTEST = 100

NAMED_MOST = 20
"""Lines that cannot be read and are named one by one."""

_STEP = 65_536
"""Characters of a file between two steps of the progress bar."""

_OWN = {"collect": "no", "read_only": True}
"""Nothing is taken and nothing written, whatever a supervisor has set for the board."""


@click.command("replay")
@click.argument("file", required=False, type=click.Path(path_type=Path), metavar="[FILE]")
@click.option(
    "--since",
    metavar="TIME",
    help="Begin so long ago, or at a date or time. Of a journal, an hour ago if not given.",
)
@click.option("--until", metavar="TIME", help="End then, and not now or where the file ends.")
@click.option(
    "--speed",
    type=click.FloatRange(1, FASTEST),
    default=1.0,
    metavar="N",
    help=f"Begin N times as fast as it was, 1 to {FASTEST}.",
)
@click.option("--filter", "filter_text", metavar="TEXT", help="Open with this filter.")
@click.pass_context
def command(
    ctx: click.Context,
    file: Path | None,
    since: str | None,
    until: str | None,
    speed: float,
    filter_text: str | None,
) -> None:
    """Show on the board what has been: of the journal, or of an exported FILE.

    \b
      enigma-tui replay --since 2026-11-22T14:00 --until 2026-11-22T15:00 --speed 20
      enigma-tui replay november.csv

    TIME is 90s, 30m, 8h or 7d ago, or a date or time such as 2026-11-22T14:30; of a FILE, ago
    means before its end. p stops the time, + and - change its speed, the arrows move it; ? lists
    all keys. A replay only reads: it takes from no list and records nothing.
    """
    refuse_without_terminal()
    loaded = common.settings(ctx, presets=_OWN, filter=filter_text)
    from ..ui.commands import REPLAY_COMMANDS

    check(loaded, REPLAY_COMMANDS)
    span = _Span(common.moment_of("--since", since), common.moment_of("--until", until))
    common.log_to_file()
    if file is None:
        what = _of_journal(ctx, loaded, span, speed)
    else:
        what = _of_file(ctx, file, span, speed)
    from ..ui.replay.app import ReplayApp

    app = ReplayApp(loaded.settings, what, origins=loaded.origins)
    app.run()
    sys.exit(app.return_code or 0)


@dataclass(frozen=True, slots=True)
class _Span:
    """From when until when, as it was asked for."""

    since: Moment | None
    until: Moment | None

    def within(
        self, first_ms: int, last_ms: int, usual_ms: int | None, what: str
    ) -> tuple[int, int]:
        """Return the span within what there is, or end the program if that is nothing.

        It begins `usual_ms` before the end where nothing else is asked for, `None` for all.
        """
        end = last_ms if self.until is None else min(last_ms, self.until.at(last_ms))
        begin = first_ms if usual_ms is None else end - usual_ms
        if self.since is not None:
            begin = self.since.at(last_ms)
        if self.until is not None and begin >= self.until.at(last_ms):
            common.fail("--until must be later than --since", common.WRONG)
        if end < first_ms or begin > last_ms:
            common.fail(
                f"{what} has nothing of that time: it begins {_said(first_ms)} and ends "
                f"{_said(last_ms)}"
            )
        return max(first_ms, begin), end


def _said(ms: int) -> str:
    at = datetime.fromtimestamp(ms / 1000).astimezone()
    return f"{at:%Y-%m-%d %H:%M:%S}"


def _of_journal(ctx: click.Context, loaded: Loaded, span: _Span, speed: float) -> "Replay":
    """Return the replay of a journal, or end the program if there is nothing in it."""
    from ..journal.keys import Keys
    from ..journal.replaying import JournalRecording
    from ..journal.stream import Journal
    from ..site import Site
    from ..ui.replay.app import Opened, Replay
    from . import serving

    keys = Keys(loaded.settings.prefix)
    link = serving.connection(loaded.settings, "replay")

    async def look() -> "tuple[Site, int, int]":
        journal = Journal(link, keys)
        stored = await serving.stored_site(link, keys)
        first, now_ms = await journal.first(), await journal.now_ms()
        if first is None:
            common.fail(
                f"the journal {keys.journal} at {link.address.shown} is empty: nothing has been "
                "collected there yet"
            )
        # Entries are dated by the server, whose clock may have been set back since.
        begin, end = span.within(first.ms, max(first.ms, now_ms), HOUR_MS, "the journal")
        return stored.site if stored else Site(), begin, end

    site, begin_ms, end_ms = serving.ask(look(), link)

    def opened() -> Opened:
        again = serving.connection(loaded.settings, "replay")
        journal = Journal(again, keys)
        return Opened(JournalRecording(journal, end_ms, again.address.shown), again, journal)

    given: Path | None = ctx.find_root().obj["config"]
    return Replay(
        site,
        begin_ms,
        end_ms,
        opened,
        speed,
        greeting=f"A replay of the journal, {_said(begin_ms)} to {_said(end_ms)}.",
        settings_file=given or paths.config_file(),
    )


# ── a file ──────────────────────────────────────────────────────────────────────────────────


def _of_file(ctx: click.Context, file: Path, span: _Span, speed: float) -> "Replay":
    """Return the replay of a file, or end the program if it is none."""
    from ..journal.replaying import HeldRecording
    from ..model.recorded import NoExportError, read
    from ..ui.replay.app import Opened, Replay

    shown = safe(str(file), 400)
    try:
        steps = file.stat().st_size // _STEP
        with (
            file.open(encoding="utf-8", errors="surrogateescape", newline="\n") as lines,
            progress(f"reading {safe(file.name, 40)}", steps) as step,
        ):
            told = read(_stepping(lines, step))
    except NoExportError as error:
        common.fail(f"{shown} is no export: {error}", common.WRONG)
    except OSError as error:
        common.fail(f"{shown} cannot be read: {error.strerror}", common.WRONG)
    for line in _named(shown, told.bad):
        common.say(f"enigma-tui: {line}")
    if not told.events:
        common.fail(f"{shown} has no call that can be replayed")
    first_ms, last_ms = told.events[0].id.ms, max(told.end_ms, told.events[-1].id.ms)
    begin_ms, end_ms = span.within(first_ms, last_ms, None, shown)
    name = safe(file.name, 40)  # on the screen, where there is no room for a path
    greeting = f"A replay of {name}: {told.calls:,} calls, {_said(begin_ms)} to {_said(end_ms)}."
    greeting += "".join(f"\n{line}" for line in _named(name, told.bad, 3))
    recording = HeldRecording(told.events, shown)
    given: Path | None = ctx.find_root().obj["config"]
    return Replay(
        _site_of(told, name),
        begin_ms,
        end_ms,
        lambda: Opened(recording),
        speed,
        greeting=greeting,
        unread=len(told.bad),
        knows_codes=False,
        settings_file=given or paths.config_file(),
    )


def _stepping(lines: Iterable[str], step: Step) -> Iterator[str]:
    """Yield the lines, and take a step after so many characters."""
    length = 0
    for line in lines:
        yield line
        length += len(line)
        for _ in range(length // _STEP):
            step()
        length %= _STEP


def _named(file: str, bad: "Sequence[BadLine]", most: int = NAMED_MOST) -> Sequence[str]:
    """Name lines that could not be read."""
    lines = [f"{file}, line {each.number}: {each.why}" for each in bad[:most]]
    return [*lines, f"… and {len(bad) - most:,} more lines"] if len(bad) > most else lines


def _site_of(told: "Recorded", name: str) -> "Site":
    """Return settings by which the calls of a file are read as it has them."""
    from ..site import Site, Source

    sources = tuple(
        Source(name=source, inbound=f"{source} 1", cdr=f"{source} 2",
               collect_cdr=source in told.with_ends,
               cdr_since_ms=told.ends_since_ms.get(source, 0))
        for source in told.sources
    )  # fmt: skip
    return Site(title=name, sources=sources, numbers=dict(told.labels))
