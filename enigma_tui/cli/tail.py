"""`enigma-tui tail`: one event a line, for people who listen and for scripts that read."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from ..journal.keys import Keys
from ..model.board import Board
from ..model.call import ORIGIN, Call, DeedKind, EntryId
from ..model.entry import Claimed, Disposed, Event, Notified, Released, Undone
from ..model.notification import CallConnected, CallEnded, Rejected
from ..model.phone import Dialplan
from ..model.query import Lens, Query
from ..site import Site
from . import common, serving
from .filter_offers import offer_filters

if TYPE_CHECKING:
    from ..journal.follower import Follower

Line = dict[str, object]
"""One event as it is printed: names and values, in order."""


@click.command("tail")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option(
    "--since", metavar="TIME", help="Begin so long ago, 90s, 30m, 8h, 7d, or at a date and time."
)
@click.option(
    "--filter",
    "filter_text",
    metavar="TEXT",
    help="Only calls that match.",
    shell_complete=offer_filters,
)
@click.option("--no-follow", is_flag=True, help="Print everything there is, and end.")
@click.pass_context
def command(
    ctx: click.Context,
    as_json: bool,
    since: str | None,
    filter_text: str | None,
    no_follow: bool,
) -> None:
    """Print what happens, one event a line, until stopped.

    \b
      enigma-tui tail --since 8h --filter 'ext:2001'
      enigma-tui tail --json | jq -r 'select(.event == "disposition") | .code'
    """
    from ..journal.follower import Follower

    loaded = common.settings(ctx, filter=filter_text)
    settings = loaded.settings
    moment = common.moment_of("--since", since)
    query = common.filter_of(settings.filter, "--filter" if filter_text else "filter")
    link = serving.connection(settings, "tail")
    common.log_to_file()

    async def work() -> int:
        begin = ORIGIN if no_follow else None
        if moment is not None:
            now, _ = await link.quick.time()  # entries are dated by the server's clock
            begin = EntryId(moment.at(int(now) * 1000), 0)
        printer = _Printer(
            query=query,
            dialplan=Dialplan(settings.region, masked=settings.mask),
            keep=settings.keep_calls,
            begin=begin,
            as_json=as_json,
            ends=no_follow,
        )
        follower = Follower(link, Keys(settings.prefix), printer)
        printer.follower = follower
        await serving.until(printer.over, follower.run())
        fault = follower.link.fault
        if no_follow and fault is not None:
            common.fail(str(fault))
        return 0

    serving.run(work(), link)


@dataclass(slots=True)
class _Printer:
    """Follows the journal and prints."""

    query: Query
    dialplan: Dialplan
    keep: int
    begin: EntryId | None
    """Print what comes after this entry; `None` for what comes from now on."""
    as_json: bool
    ends: bool
    follower: "Follower | None" = None
    over: asyncio.Event = field(default_factory=asyncio.Event)
    _site: Site = field(default_factory=lambda: Site())
    _board: Board = field(default_factory=Board)
    _last: EntryId = ORIGIN
    _told: str = ""

    @property
    def last(self) -> EntryId:
        """The last entry that was read."""
        return self._last

    def on_site(self, site: Site | None) -> None:
        """Take over the shared settings."""
        self._site = site or Site()
        if not self._board.calls:
            self._board = Board(self._site.policy(), self.keep)

    def on_restart(self, missing: bool) -> None:
        """Read again from the beginning; what was printed is not printed twice."""
        if self.begin is not None:
            self.begin = max(self.begin, self._last)
        self._board = Board(self._site.policy(), self.keep)
        self._last = ORIGIN
        if missing:
            common.say("the journal no longer has what was read last; going on")

    def on_link(self) -> None:
        """Say on stderr when the server goes away or comes back."""
        if self.follower is None:
            return
        link = self.follower.link
        said = str(link.fault) if link.fault else ("connected" if link.connected else "")
        # Where a fault ends the command it is told at the end.
        ends = self.ends and link.fault is not None
        if said and said != self._told and (link.fault or self._told) and not ends:
            common.say(said)
        self._told = said or self._told
        if self.begin is None and link.caught_up:
            self.begin = self._last
        if self.ends and (link.caught_up or link.fault):
            self.over.set()

    def on_events(self, events: Sequence[Event]) -> None:
        """Print what they tell; raises `common.Unwritable`."""
        for event in events:
            for line in self._lines(event):
                if self.begin is not None and event.id > self.begin:
                    self._print(line)
            self._last = event.id

    def _print(self, line: Line) -> None:
        if self.as_json:
            common.out(json.dumps(line, ensure_ascii=False))
            return
        at = datetime.fromtimestamp(float(str(line["at"]))).astimezone().strftime("%H:%M:%S")
        words = [f"{at} {line['event']!s:<12}"]
        words += [
            f"{name} {value}"
            for name, value in line.items()
            if name not in ("at", "event", "entry") and value not in ("", None)
        ]
        common.out("  ".join(words))

    def _lens(self, now_ms: int) -> Lens:
        return Lens(now_ms, self._board.policy, self.dialplan, dict(self._site.numbers))

    def _lines(self, event: Event) -> Iterator[Line]:
        keys = self._board.apply(event)
        if isinstance(event, Notified) and isinstance(event.what, Rejected):
            if not self.query.text:
                yield {**_head(event, "rejected"), "reason": event.what.reason}
            return
        lens = self._lens(event.id.ms)
        for key in keys:
            call = self._board.calls.get(key)
            if call is None or not self.query.matches(call, lens):
                continue
            name = _event_name(event, call)
            if name:
                yield {**_head(event, name), **_fields(call, self.dialplan), **_more(event, call)}


def _head(event: Event, name: str) -> Line:
    at = datetime.fromtimestamp(event.id.ms / 1000, UTC).timestamp()
    return {"at": at, "event": name, "entry": str(event.id)}


def _event_name(event: Event, call: Call) -> str:
    match event:
        case Notified(what=CallConnected()):
            if call.legs and call.legs[-1].entry == event.id:
                return "connected" if len(call.legs) == 1 else "transferred"
            return "ended?" if call.end and call.end.assumed else ""
        case Notified(what=CallEnded()):
            if call.end is None or call.end.entry != event.id:
                return "leg ended"
            return "abandoned" if call.end.abandoned else "ended"
        case Disposed(disposition=done):
            return "amended" if done.reason else "disposition"
        case Undone():
            return "undone"
        case Claimed():
            claims = [deed.at_ms for deed in call.audit if deed.kind is DeedKind.CLAIMED]
            return "claimed" if claims and claims[-1] == event.id.ms else ""  # a renewal is no news
        case Released():
            return "released"
        case _:
            return ""


def _fields(call: Call, dialplan: Dialplan) -> Line:
    return {
        "caller": dialplan.caller(call.caller),
        "dialled": dialplan.international(call.dialled),
        "ext": call.extension,
        "hold": call.hold,
        "contact_ref": call.contact_ref,
        "call_ref": call.key.call_ref,
        "source": call.key.source,
    }


def _more(event: Event, call: Call) -> Line:
    if isinstance(event, Disposed):
        done = event.disposition
        return {
            "code": done.code,
            "by": done.by,
            "note": done.note,
            "callback": done.callback_ms / 1000 if done.callback_ms is not None else None,
            "reason": done.reason,
            "version": done.version,
        }
    if isinstance(event, Undone):
        return {"code": event.code, "by": event.by, "version": event.version}
    if isinstance(event, Claimed):
        return {"by": event.claim.by, "until": event.claim.until_ms / 1000}
    if isinstance(event, Released):
        return {"by": event.by}
    if isinstance(event, Notified) and isinstance(event.what, CallEnded) and call.end:
        return {"reason": call.end.reason, "talk": call.talk_seconds(event.id.ms)}
    return {}
