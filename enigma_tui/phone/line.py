"""The user agent's way to the PBX: a WebSocket that comes back, RFC 7118."""

import asyncio
import contextlib
import os
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    ConnectionClosedOK,
    InvalidHandshake,
    InvalidStatus,
    InvalidURI,
    NegotiationError,
)
from websockets.typing import Subprotocol

from ..backoff import Backoff
from .account import Account
from .events import Event
from .messages import LONGEST
from .signalling import UserAgent

SIP = Subprotocol("sip")

OPEN_SECONDS = 10.0
"""How long a connection may take to come about."""

KEEP_ALIVE_SECONDS = 20.0
"""How often the PBX is asked whether it is there, and how long it may take to say so."""

CLOSE_SECONDS = 2.0
"""How long it may take to tell the PBX that the phone goes."""

FAILED = (OSError, UnicodeError, InvalidHandshake, InvalidURI, ConnectionClosed)
"""How a connection fails, or comes not about."""


class Line:
    """Keeps a user agent connected, and wakes it in time."""

    def __init__(
        self,
        account: Account,
        agent: UserAgent,
        *,
        told: Callable[[Event], None],
        connected: Callable[[str], None],
        backoff: Backoff,
    ) -> None:
        """Prepare.

        `told` takes what the user agent has to tell; `connected` is called with an empty text when
        there is a connection, and with the reason when there is none.
        """
        self.agent = agent
        self._account = account
        self._told = told
        self._connected = connected
        self._backoff = backoff
        self._frames: asyncio.Queue[str] = asyncio.Queue()
        self._timer: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        """Stay connected until cancelled; then tell the PBX that the phone goes."""
        while True:
            why = await self._once()
            self.agent.lost(why, self._now())
            self.settle()
            self._connected(why)
            await asyncio.sleep(self._backoff.next())

    def do(self, act: Callable[[UserAgent, float], None]) -> None:
        """Have the user agent do something, and send and tell what comes of it."""
        act(self.agent, self._now())
        self.settle()

    def settle(self) -> None:
        """Send and tell what there is, and see when to wake the user agent next."""
        agent = self.agent
        frames, agent.outgoing = agent.outgoing, []
        for frame in frames:
            self._frames.put_nowait(frame)
        if agent.events:
            # What is sent goes first: a screen takes its time over what it is told.
            self._loop.call_soon(self._tell)
        if self._timer is not None:
            self._timer.cancel()
        due = agent.due()
        self._timer = None if due is None else self._loop.call_at(due, self._woken)

    def _tell(self) -> None:
        while self.agent.events:
            events, self.agent.events = self.agent.events, []
            for event in events:
                self._told(event)

    def _woken(self) -> None:
        self.agent.pass_time(self._now())
        self.settle()

    @property
    def _loop(self) -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    def _now(self) -> float:
        return self._loop.time()

    async def _once(self) -> str:
        """Connect and serve; return why there is no connection any more."""
        try:
            async with opened(self._account) as socket:
                return await self._serve(socket)
        except FAILED as error:
            return reason(error)

    async def _serve(self, socket: ClientConnection) -> str:
        self._frames = asyncio.Queue()
        self._connected("")
        self.agent.connected(self._now())
        self.settle()
        writer = asyncio.create_task(self._write(socket, self._frames))
        try:
            while True:
                # Undecoded: what a caller is called need not be UTF-8, and must not end it all.
                frame = await socket.recv(decode=False)
                self._backoff.reset()  # something that speaks is there
                self.agent.received(frame, self._now())
                self.settle()
        except ConnectionClosedOK:
            return "the PBX closed the connection"
        except asyncio.CancelledError:
            await self._leave(socket, writer)
            raise
        finally:
            writer.cancel()
            if self._timer is not None:
                self._timer.cancel()

    async def _write(self, socket: ClientConnection, frames: asyncio.Queue[str]) -> None:
        # Whoever reads is told of a connection that is gone; to write fails for the same reason.
        with contextlib.suppress(ConnectionClosed):
            while True:
                await socket.send(await frames.get())
                frames.task_done()

    async def _leave(self, socket: ClientConnection, writer: "asyncio.Task[None]") -> None:
        """Say goodbye: calls end, and no more are sent here."""
        self.agent.close(self._now())
        self.settle()
        with contextlib.suppress(TimeoutError, ConnectionClosed):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._frames.join()
                # The first REGISTER may be refused because its nonce is too old by now.
                while self.agent.due() is not None and not writer.done():
                    self.agent.received(await socket.recv(decode=False), self._now())
                    self.settle()
                await self._frames.join()
            await socket.close()


@asynccontextmanager
async def opened(account: Account) -> AsyncIterator[ClientConnection]:
    """Connect to the PBX of an account; raises one of `FAILED`, which `reason` puts into words."""
    async with connect(
        account.url,
        subprotocols=[SIP],
        ssl=account.tls,
        open_timeout=OPEN_SECONDS,
        ping_interval=KEEP_ALIVE_SECONDS,
        ping_timeout=KEEP_ALIVE_SECONDS,
        close_timeout=CLOSE_SECONDS,
        max_size=LONGEST,
        compression=None,  # messages are small, and some PBXs do not know how
        proxy=None,
    ) as socket:
        if socket.subprotocol != SIP:
            raise NegotiationError
        yield socket


def reason(error: Exception) -> str:
    """Say why there is no connection, without anything that the far end sent."""
    match error:
        case InvalidStatus():
            code = error.response.status_code
            return f"the web server answers {code} where a WebSocket is expected; see phone_url"
        case NegotiationError():
            return "a WebSocket is there, and does not speak SIP; correct phone_url"
        case ssl.SSLCertVerificationError():
            return f"its certificate is not trusted: {error.verify_message}; see phone_tls_ca"
        case ssl.SSLError():
            return "TLS is not spoken there; correct phone_url"
        case UnicodeError():
            return "there can be no such host; correct phone_url"
        case TimeoutError():
            return "no answer"
        case ConnectionClosed():
            return "the connection is gone"
        case OSError():
            if error.errno and error.errno > 0:
                return os.strerror(error.errno).lower()
            return (error.strerror or "the connection was closed at once").lower()
        case _:
            return "what is there is not a WebSocket; correct phone_url"
