"""Which call of the board an invite to an extension belongs to.

Up to v3.0.0 an invite names no call: "NO custom SIP headers". It comes while the extension rings,
the notification when the call is bridged, so that number, extension and time are what they share.
"""

from collections.abc import Collection, Iterable

from .call import Call, CallKey
from .phone import Dialplan

BEFORE_MS = 5_000
"""A notification may overtake its invite by so much."""

_WITHHELD = frozenset({"", "anonymous", "unknown", "withheld", "private"})
"""What stands where a number is withheld."""


def invited(
    calls: Iterable[Call],
    *,
    extension: str,
    number: str,
    since_ms: int,
    dialplan: Dialplan,
    others: Collection[CallKey] = (),
) -> Call | None:
    """Return the call that rang on `extension` from `since_ms` on.

    `number` is who called, in any spelling. `others` are calls that belong to earlier invites. Of
    several calls it is the one that was connected last: a caller who was cut off and calls again
    has a new one. None is returned where two sources have such a call, since nothing tells which
    of their extensions it is. Times are in milliseconds since the epoch, by the server.
    """
    found = [
        (call.legs[-1].entry, call)
        for call in calls
        if call.extension == extension
        and call.legs
        and not call.legs[-1].late  # it began earlier, nobody knows when
        and call.legs[-1].entry.ms >= since_ms - BEFORE_MS
        and call.key not in others
        and _same(call.caller, number, dialplan)
    ]
    if len({call.key.source for _, call in found}) > 1:
        return None
    return max(found, key=lambda each: each[0])[1] if found else None


def _same(one: str, other: str, dialplan: Dialplan) -> bool:
    """Whether two texts are one number, or one name, or both withheld."""
    forms = dialplan.forms(one)
    if forms or dialplan.forms(other):
        return forms == dialplan.forms(other)
    one, other = one.strip().casefold(), other.strip().casefold()
    return one == other or {one, other} <= _WITHHELD
