"""`enigma-tui export`: the calls of the journal as a file for other programs."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

import click

from ..journal.keys import Keys
from ..model.board import Board
from ..model.call import CallKey
from ..model.export import Format, chosen, lines, may_be_wanted, row
from ..model.phone import Dialplan
from ..model.query import Lens, parse
from ..model.text import safe
from ..settings import COMMAND_LINE
from . import common, serving
from .filter_offers import offer_filters
from .progress import progress

_BATCH = 500
"""Lines that are written at a time, and entries between two steps of the progress bar."""


@click.command("export")
@click.option(
    "--format",
    "form",
    type=click.Choice([form.value for form in Format]),
    default=Format.CSV.value,
    help="A table (the default), or one JSON object a line.",
)
@click.option(
    "--out",
    "file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write into FILE, readable by you alone, and not to standard output.",
)
@click.option("--force", is_flag=True, help="Replace FILE if there is one.")
@click.option(
    "--since", metavar="TIME", help="Calls that began so long ago, or from a date or time on."
)
@click.option("--until", metavar="TIME", help="Calls that began before.")
@click.option(
    "--filter",
    "filter_text",
    metavar="TEXT",
    help="Only calls that match. The filter in your settings is not used here.",
    shell_complete=offer_filters,
)
@click.pass_context
def command(
    ctx: click.Context,
    form: str,
    file: Path | None,
    force: bool,
    since: str | None,
    until: str | None,
    filter_text: str | None,
) -> None:
    """Write the calls that the journal tells of, the earliest first.

    \b
      enigma-tui export --since 2026-11-01 --until 2026-12-01 --out november.csv
      enigma-tui export --format jsonl --since 8h --filter 'disp:none' | jq .caller

    TIME is 90s, 30m, 8h or 7d ago, or a date or time such as 2026-11-22T14:30. FILE appears
    when it is complete, or not at all.

    In CSV a cell that begins with = + - or @ would be a formula to a spreadsheet, and what it
    does would be up to a caller. Such a cell gets an apostrophe in front, and so does one that
    begins with an apostrophe; numbers like +27 82 000 1234 are among them. A program that reads
    the file takes one apostrophe from the front of every cell that has one; or use jsonl, where
    values are as they are. A spreadsheet makes numbers of digits and drops leading zeros, unless
    the column is imported as text. Both formats are UTF-8.
    """
    import asyncio

    from ..site import Site
    from .reading import read_all

    loaded = common.settings(ctx, filter=filter_text)
    settings = loaded.settings
    typed = loaded.origins.get("filter") == COMMAND_LINE
    query = common.filter_of(settings.filter, "--filter") if typed else parse("")
    begin, end = common.moment_of("--since", since), common.moment_of("--until", until)
    if file is not None:
        file = _writable(file, force)
    link = serving.connection(settings, "export")
    keys = Keys(settings.prefix)
    common.log_to_file()

    async def work() -> int:
        stored = await serving.stored_site(link, keys)
        site = stored.site if stored else Site()
        now, _ = await link.quick.time()  # entries are dated by the server's clock
        now_ms = int(now) * 1000
        since_ms = None if begin is None else begin.at(now_ms)
        until_ms = None if end is None else end.at(now_ms)
        if since_ms is not None and until_ms is not None and since_ms >= until_ms:
            common.fail("--until must be later than --since", common.WRONG)
        board = Board(site.policy(), settings.keep_calls)
        gone: list[CallKey] = []
        with progress("reading the journal", await link.quick.xlen(keys.journal) // _BATCH) as step:
            entries = 0
            async for event in read_all(link, keys):
                gone += [key for key in board.apply(event) if key not in board.calls]
                entries += 1
                if entries % _BATCH == 0:
                    step()
        if wanted := sum(may_be_wanted(key, since_ms, until_ms) for key in gone):
            common.fail(
                f"{wanted:,} calls that may belong here are more than keep_calls, which is "
                f"{settings.keep_calls}; nothing was written. Raise it: "
                f"ENIGMA_TUI_KEEP_CALLS={settings.keep_calls + len(gone)}"
            )
        lens = Lens(now_ms, board.policy, Dialplan(settings.region), dict(site.numbers))
        calls = chosen(board, query, lens, since_ms, until_ms)
        written = lines(Format(form), (row(call, lens) for call in calls))
        if file is None:
            for batch in _batches(written):
                common.out(batch)
                await asyncio.sleep(0)
        else:
            with progress("writing", len(calls) // _BATCH) as step, _beside(file, force) as part:
                for batch in _batches(written):
                    part.write(batch + b"\n")
                    step()
                    await asyncio.sleep(0)
            common.say(f"{len(calls):,} calls written to {safe(str(file), 400)}")
        return 0

    serving.run(work(), link)


def _batches(written: Iterator[str]) -> Iterator[bytes]:
    """Yield lines by the hundreds, as bytes: an export is UTF-8 wherever it is made.

    Between two of them an interruption is to be heard (`asyncio.sleep`).
    """
    while batch := list(islice(written, _BATCH)):
        yield "\n".join(batch).encode()


def _writable(file: Path, force: bool) -> Path:
    """Return where to write, or end the program if that may not be."""
    try:
        place = file.resolve()
        exists, is_file = place.exists(), place.is_file()
    except (OSError, RuntimeError, ValueError):
        common.fail(f"--out: {file} cannot be looked at", common.WRONG)
    if exists and not is_file:
        common.fail(f"--out: {file} is not a file", common.WRONG)
    if exists and not force:
        common.fail(f"--out: {file} exists already; --force replaces it", common.WRONG)
    return place


@contextmanager
def _beside(file: Path, force: bool) -> Iterator[IO[bytes]]:
    """Open a file beside `file`, and give it that name when it is complete."""
    try:
        with NamedTemporaryFile(
            "wb", dir=file.parent, prefix=f".{file.name[:100]}.", suffix=".part", delete=False
        ) as part:
            try:
                yield part.file
                part.flush()
                os.fsync(part.fileno())
                _writable(file, force)  # it may have come to be meanwhile
                Path(part.name).replace(file)
            except BaseException:
                with suppress(OSError):
                    Path(part.name).unlink()
                raise
    except OSError as error:
        common.fail(f"--out: {file} cannot be written: {error.strerror}")
