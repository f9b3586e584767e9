"""Which call of the board an invite to an extension belongs to.

Up to v3.0.0 an invite names no call: "NO custom SIP headers". It comes while the extension rings,
the notification when the call is bridged, so that number, extension and time are what they share.
"""

from collections.abc import Iterable

from .call import Call
from .phone import Dialplan

BEFORE_MS = 10_000
"""A notification may overtake its invite by so much."""


def invited(
    calls: Iterable[Call],
    *,
    extension: str,
    number: str,
    since_ms: int,
    until_ms: int,
    dialplan: Dialplan,
) -> Call | None:
    """Return the call that rang on `extension` from `since_ms` on, and ended at `until_ms`.

    `number` is who called, in any spelling; where that is withheld, it has to be in the
    notification, too. Of several calls it is the one that began last: a caller who was cut off
    and calls again has a new one. Times are in milliseconds since the epoch, by the server.
    """
    forms = dialplan.forms(number)
    found: Call | None = None
    for call in calls:
        if (
            call.extension == extension
            and since_ms - BEFORE_MS <= call.began.ms <= until_ms
            and dialplan.forms(call.caller) == forms
            and (found is None or call.began > found.began)
        ):
            found = call
    return found
