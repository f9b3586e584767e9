"""Listens to the Dialler: its calls and its agents' states (PROTOCOL.md §1 and §3).

Publishing takes nothing from anyone, and reaches only who listens at that moment. So every program
of a site could listen; one does, and journals what it hears. Its lease is of the server, and not
of a source: while some know already that a source is called otherwise, and others do not, there
are two who collect from it.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from ..model.notification import AgentStatus, unpack
from ..site import Source
from .blame import Blame
from .connection import Connection
from .keys import Keys
from .lease import Lease, LeaseLost
from .scripts import script
from .together import together

CHANNELS = "enigma:notifications:agents:*"

FEED = "agents"

QUIET_SECONDS = 5.0
"""After so long without a message the server is asked whether it is there still."""

ASK_SECONDS = 0.25
"""How often it is asked whether the lease has become free. It is taken for moments only, while
settings change; and what is published meanwhile nobody hears."""

_MOST = 500
_MOST_BYTES = 256 * 1024
_HELD = 20_000
"""Messages that wait to be journalled; beyond that the server's buffer holds them."""


@dataclass(slots=True)
class Listener:
    """Journals what a source's server publishes of agents, one for each server."""

    connection: Connection
    """The journal's server."""
    at_source: Connection
    """The source's server."""
    keys: Keys
    source: Source
    blame: Blame = field(default_factory=Blame)
    lease: Lease = field(init=False)
    heard: int = 0
    """Messages journalled."""
    _queue: asyncio.Queue[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.lease = Lease(self.connection, self.keys.listening(self.source.server_tag))
        self._queue = asyncio.Queue(_HELD)

    async def run(self) -> NoReturn:
        """Listen until cancelled, whenever nobody else does.

        Raises groups of what ended it: `LeaseLost`, and what redis-py raises.

        A message may be heard twice, by a holder that was frozen and by its successor. The script
        that appends looks whose the lease is, so only one of them journals it. What is not known
        to have been appended is not appended again.
        """
        while True:
            async with self.lease.held() as held:
                if held:
                    await self._hear()
            await asyncio.sleep(ASK_SECONDS)

    async def _hear(self) -> NoReturn:
        try:
            await together(self._listen(), self._journal(), self.lease.keep())
        finally:
            self._queue = asyncio.Queue(_HELD)
        raise AssertionError("unreachable")

    async def _next(self, pubsub: Any) -> Any:
        with self.blame.source():
            message = await pubsub.get_message(timeout=QUIET_SECONDS)
            if message is None:
                # A connection that is cut without a word would be silent for ever.
                await pubsub.ping()
                message = await pubsub.get_message(timeout=QUIET_SECONDS)
            if message is None:
                raise TimeoutError("no answer on the connection that listens")
            return message

    async def _listen(self) -> NoReturn:
        client: Any = self.at_source.waiting
        pubsub = client.pubsub()
        try:
            with self.blame.source():
                await pubsub.psubscribe(CHANNELS)
            while True:
                message = await self._next(pubsub)
                if message["type"] == "pmessage":
                    await self._queue.put(message["data"])
        finally:
            await pubsub.aclose()

    async def _journal(self) -> NoReturn:
        while True:
            batch = [await self._queue.get()]
            size = len(batch[0])
            while len(batch) < _MOST and size < _MOST_BYTES and not self._queue.empty():
                batch.append(self._queue.get_nowait())
                size += len(batch[-1])
            await self.append(batch)

    async def append(self, messages: Sequence[bytes]) -> None:
        """Journal messages; raises `LeaseLost` where another one does by now."""
        described = [part for raw in messages for part in (_kind(raw), raw)]
        appended = await script(self.connection.quick, "heard")(
            keys=[self.lease.key, self.keys.journal],
            args=[self.lease.id, self.source.name, FEED, *described],
        )
        if appended < 0:
            raise LeaseLost
        self.heard += len(messages)


def _kind(raw: bytes) -> bytes:
    return b"status" if isinstance(unpack(raw), AgentStatus) else b"call"
