"""What `tail` prints for scripts: one JSON object a line. Names are added, and none is changed."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from ..model.board import Board
from ..model.call import Call, CallKey, DeedKind
from ..model.entry import Claimed, Disposed, Event, Notified, Released, Undone
from ..model.metrics import Figures
from ..model.notification import CallConnected, CallEnded, Rejected
from ..model.phone import Dialplan
from ..model.query import Lens, Query
from ..model.tabs import Tab, Tally
from ..model.windows import Window

Line = dict[str, object]
"""One event as it is printed: names and values, in order."""

_FIGURES = (
    *("answered", "abandoned", "abandoned_share", "longest_hold", "asa", "p90"),
    *("service_level", "talk", "last_minute", "late"),
)
"""Shares are from 0 to 1, times in seconds; null is not known."""


def lines_of(
    event: Event, keys: Sequence[CallKey], board: Board, query: Query, lens: Lens
) -> Iterator[Line]:
    """Yield what an entry tells of the calls that it has changed, as far as these match."""
    if isinstance(event, Notified) and isinstance(event.what, Rejected):
        if not query.text:
            yield {**_head(event, "rejected"), "reason": event.what.reason}
        return
    for key in keys:
        call = board.calls.get(key)
        if call is None or not query.matches(call, lens):
            continue
        name = _event_name(event, call)
        if name:
            yield {**_head(event, name), **_fields(call, lens.dialplan), **_more(event, call)}


def figures_line(figures: Figures, now_ms: int, window: Window, tally: Tally) -> Line:
    """Return the figures of a window."""
    return {
        "at": now_ms / 1000,
        "event": "figures",
        "window": window.value,
        "live": tally[Tab.LIVE],
        "to_dispose": tally[Tab.TO_DISPOSE],
        **{name: getattr(figures, name) for name in _FIGURES},
    }


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
        "late": call.late,
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
