"""A few calls to be found, and the lens they are looked at through."""

from msgspec.structs import replace

from enigma_tui.model.call import (
    Call,
    CallKey,
    Disposition,
    End,
    EntryId,
    Feed,
    Leg,
    Policy,
)
from enigma_tui.model.notification import Direction
from enigma_tui.model.phone import Dialplan
from enigma_tui.model.query import (
    Lens,
)

NOW = 1_763_800_000_000
LENS = Lens(
    NOW,
    Policy(cdr_sources={"pbx"}),
    Dialplan("ZA"),
    {"+27115550100": "Support desk", "0115550199": "Sales"},
)


def entry(seconds_ago: float) -> EntryId:
    return EntryId(NOW - int(seconds_ago * 1000), 0)


def call(
    ref: str = "4711",
    *,
    caller: str = "0820001234",
    dialled: str = "0115550100",
    contact: str = "ACC-1023",
    ext: str = "2001",
    hold: float | None = 41.0,
    ago: float = 90,
    source: str = "pbx",
) -> Call:
    legs = (Leg(ext, entry(ago)),) if ext else ()
    key = CallKey(source, Feed.INBOUND, ref, entry(ago))
    return Call(key, caller, dialled, contact, Direction.INBOUND, hold=hold, legs=legs)


LIVE = call()
ENDED = replace(
    call("4709", caller="+27115550101", dialled="27115550199", contact="", ext="2004", hold=None),
    end=End(entry(10), talk=75.0),
    disposition=Disposition("callback.later", "Thandi", NOW, 1),
)
ABANDONED = replace(
    call("4705", caller="anonymous", dialled="0800123456", contact="[/", ext="", hold=200.0),
    end=End(entry(5), abandoned=True),
)
GHOST = call("4700", caller="+447700900123", dialled="2001", contact="or", ext="209", ago=5 * 3600)
SUPERSEDED = replace(
    call("9 9", caller="", dialled="", contact='a"b,c', ext="2099", hold=30.4, source="Branch"),
    end=End(entry(20), assumed=True),
    superseded=True,
)
CALLS = {
    "live": LIVE,
    "ended": ENDED,
    "abandoned": ABANDONED,
    "ghost": GHOST,
    "superseded": SUPERSEDED,
}
