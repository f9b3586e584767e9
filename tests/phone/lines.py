"""A phone's line, connected to a PBX."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from enigma_tui.backoff import Backoff
from enigma_tui.phone.account import Account
from enigma_tui.phone.events import Event
from enigma_tui.phone.line import Line
from enigma_tui.phone.signalling import UserAgent
from tests.phone.pbx import PASSWORD, Pbx, serving

E = TypeVar("E")

ANSWER = """v=0\r
o=- 11 1 IN IP4 127.0.0.1\r
s=-\r
t=0 0\r
m=audio 30000 UDP/TLS/RTP/SAVPF 107\r
a=setup:active\r
a=fingerprint:sha-256 EF:01\r
a=ice-ufrag:efgh\r
a=ice-pwd:zyxwvutsrqponmlkjihgfedc\r
a=rtpmap:107 opus/48000/2\r
a=sendrecv\r
a=rtcp-mux\r
a=mid:audio-0\r
"""


@dataclass
class Ear:
    """Hears what a line tells."""

    told: list[Event] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    def take(self, event: Event) -> None:
        self.told.append(event)
        self._tell()

    def link(self, why: str) -> None:
        self.links.append(why)
        self._tell()

    def _tell(self) -> None:
        task = asyncio.ensure_future(self._notify())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _notify(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    async def hears(self, kind: type[E], count: int = 1) -> E:
        """Wait for the `count`th event of a kind."""

        def found() -> list[E]:
            return [each for each in self.told if isinstance(each, kind)]

        async with asyncio.timeout(10), self.changed:
            await self.changed.wait_for(lambda: len(found()) >= count)
        return found()[count - 1]

    async def until_link(self, count: int) -> str:
        """Wait for the `count`th word of the connection."""
        async with asyncio.timeout(10), self.changed:
            await self.changed.wait_for(lambda: len(self.links) >= count)
        return self.links[count - 1]


def soon() -> Backoff:
    """A back-off that tests need not wait for."""
    return Backoff(random.Random(1), most=0.02, first=0.01)


@asynccontextmanager
async def on_line(
    pbx: Pbx, *, password: str = PASSWORD, **account: object
) -> AsyncIterator[tuple[Line, Ear]]:
    """A line to a PBX that is served."""
    who = Account(pbx.url, "201", password, **account)  # type: ignore[arg-type]
    ear = Ear()
    agent = UserAgent(who, "enigma-tui", random.Random(1))
    line = Line(who, agent, told=ear.take, connected=ear.link, backoff=soon())
    task = asyncio.create_task(line.run())
    try:
        yield line, ear
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def registered(pbx: Pbx, **account: object) -> AsyncIterator[tuple[Line, Ear]]:
    """A line that the PBX sends calls to."""
    async with serving(pbx), on_line(pbx, **account) as (line, ear):
        await pbx.registered()
        yield line, ear
