"""Looks whether a phone would work, and changes nothing: for `doctor`."""

import asyncio
from contextlib import suppress

from msgspec import Struct
from sipmessage import Request, Response

from .account import Account
from .line import FAILED, opened, reason
from .messages import MalformedError, frame_of, new_tag, read
from .registration import bindings, query, refusal
from .transactions import Clients, Sequence

PATIENCE_SECONDS = 10.0


class Look(Struct, frozen=True):
    """What was found."""

    unreachable: str = ""
    """Why there is no connection; an empty text where there is one."""
    refused: str = ""
    """Why the extension could not register; an empty text where it could."""
    registered: int = 0
    """How many phones are registered for it now: ours may take their place."""


async def look(account: Account, agent: str) -> Look:
    """Connect, and ask who is registered: that takes name and password, and displaces nobody."""
    loop = asyncio.get_running_loop()
    frames: asyncio.Queue[str] = asyncio.Queue()
    answered: asyncio.Future[Response | None] = loop.create_future()

    def send(request: Request) -> bool:
        request.headers.set("User-Agent", agent)
        frames.put_nowait(frame_of(request))
        return True

    clients = Clients(account, send)
    via = f"{account.transport} {new_tag()}.invalid"
    try:
        async with opened(account) as socket:
            request = query(account, via, new_tag(), new_tag())
            clients.begin(
                request, Sequence(), lambda response, at: answered.set_result(response), loop.time()
            )
            with suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE_SECONDS):
                    while not answered.done():
                        while not frames.empty():
                            await socket.send(frames.get_nowait())
                        with suppress(MalformedError):
                            message = read(await socket.recv(decode=False))
                            if isinstance(message, Response):
                                clients.received(message, loop.time())
    except FAILED as error:
        return Look(unreachable=reason(error))
    response = answered.result() if answered.done() else None
    if response is None or not 200 <= response.code < 300:
        return Look(refused=refusal(account, response))
    return Look(registered=len(bindings(response)))
