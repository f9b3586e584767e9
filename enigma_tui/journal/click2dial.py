"""Has a PBX call somebody back (PROTOCOL.md §5)."""

from dataclasses import replace

from ..model.click2dial import ReferenceName, Request
from .delivery.reply import Reply, Verdict
from .delivery.way import open_way

PATH = "/click2dial/calls"


async def place(server: str, request: Request, reference_name: ReferenceName) -> Reply:
    """Ask the Click2Dial `server`, `http://pbx.example:8300`, for a call; once, whatever happens.

    It is not sent again by itself: nothing tells the server that it would be the same call.
    `Verdict.DELIVERED` says that it is being placed; of `Verdict.UNSURE` nobody knows whether it
    is. Raises nothing that a network can cause.
    """
    way = open_way({})
    try:
        url = server.rstrip("/") + PATH
        reply = await way.exchange("POST", url, {}, request.body(reference_name))
    finally:
        await way.close()
    # A proxy says so, too, after the PBX has taken it; and twice is a caller rung twice.
    if reply.status is not None and (reply.status == 408 or reply.status >= 500):
        return replace(reply, verdict=Verdict.UNSURE)
    return reply
