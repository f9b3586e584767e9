"""Has a PBX call somebody back (PROTOCOL.md §5)."""

from dataclasses import replace

from ..model.click2dial import ReferenceName, Request
from .delivery.reply import Reply, Verdict
from .delivery.way import open_way

PATH = "/click2dial/calls"

SUBSCRIBER_DIGITS = 9
"""What follows `0` or `27` of a number; of one abroad, its end."""


async def place(server: str, request: Request, reference_name: ReferenceName) -> Reply:
    """Ask the Click2Dial `server`, `http://pbx.example:8300`, for a call; once, whatever happens.

    It is not sent again by itself: nothing tells the server that it would be the same call.
    `Verdict.DELIVERED` says that it is being placed; of `Verdict.UNSURE` nobody knows whether it
    is. The answer is without the number. Raises nothing that a network can cause.
    """
    # What is answered stands in everyone's audit, and may be read by those who see no number; with
    # whatever prefix the PBX repeats it.
    way = open_way({}, (request.callee, request.callee[-SUBSCRIBER_DIGITS:]))
    try:
        url = server.rstrip("/") + PATH
        reply = await way.exchange("POST", url, {}, request.body(reference_name))
    finally:
        await way.close()
    # A proxy says so, too, after the PBX has taken it; and twice is a caller rung twice.
    if reply.status is not None and (reply.status == 408 or reply.status >= 500):
        return replace(reply, verdict=Verdict.UNSURE)
    return reply
