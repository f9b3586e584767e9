"""Collects from one source: competes for its lease, and moves what its PBX sends."""

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import NoReturn

from ..site import Source
from .blame import Blame
from .connection import Address, Connection
from .faults import Fault, explain, of_source
from .keys import Keys
from .lease import RENEW_SECONDS, Lease, Turn
from .left import note
from .mover_batch import BatchMover
from .movers import Mover, mover_for
from .pace import Pace
from .pubsub import Listener
from .together import together

OpenSource = Callable[[Source], Connection]
"""Opens a connection to a source's own server; whoever calls it closes it."""

_OFTEN, _BURST = 400, 40
"""Notifications a second that are moved as they come, and how many at once are no rush yet."""

_REST_SECONDS = 0.015
"""From one batch to the next in a rush. Boards paint batch by batch then, so this is how often a
supervisor sees a change, and what every change costs at least."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class SourceStatus:
    """How it goes with one source, for whoever shows it."""

    holding: bool = False
    """Whether this program is the one that collects from it, and has got through to it."""
    moved: int = 0
    """Notifications moved by this program."""
    fault: Fault | None = None
    tried: bool = False
    """Whether it is known yet who collects: this program, another, or nobody can."""


@dataclass(slots=True)
class SourceCollector:
    """Collects from one source while its lease is ours.

    Each source has a lease of its own. With one for all, a source that its holder cannot reach
    would stay uncollected though a colleague's machine reaches it, and one whose list is broken
    would stop the others.
    """

    connection: Connection
    keys: Keys
    source: Source
    open_source: OpenSource
    changed: Callable[[], None]
    """Told when `status.holding` changes."""
    jitter: random.Random
    status: SourceStatus = field(default_factory=SourceStatus)
    lease: Lease = field(init=False)
    _blame: Blame = field(default_factory=Blame)
    _backlog: int = 0
    _moving: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        name = self.source.name
        self.lease = Lease(
            self.connection, self.keys.lease(name), told_in=self.keys.collecting, name=name
        )

    async def run(self) -> NoReturn:
        """Collect until cancelled. Whatever goes wrong is shown in `status` and tried again."""
        turn = Turn(self.lease, self._work, self._failed, self._well, self._idle, self.jitter)
        await turn.run()

    async def finish(self) -> None:
        """Return when no batch is in hand that takes several steps, and begin no other.

        The settings have changed. What a script moves in one step may still come under the old
        ones until this ends; it is moved whole, and once.
        """
        await self._moving.acquire()

    async def _work(self) -> None:
        async with self._reached() as at_source:
            mover = mover_for(self.connection, at_source, self.keys, self.source, self._blame)
            work = [self._collect(mover), self._measure(mover)]
            if self.source.agents:
                listener = Listener(self.connection, at_source, self.keys, self.source, self._blame)
                work.append(listener.run())
            try:
                await together(*work)
            finally:
                self._hold(False)
                await mover.end()

    @contextlib.asynccontextmanager
    async def _reached(self) -> AsyncIterator[Connection]:
        if not self.source.server:
            yield self.connection
            return
        opened = self.open_source(self.source)
        try:
            yield opened
        finally:
            await opened.close()

    async def _collect(self, mover: Mover) -> NoReturn:
        if isinstance(mover, BatchMover):
            await note(self.connection, self.keys, self.source)
        late = await mover.begin()
        if late:
            log.info("%d notifications of %s waited uncollected", late, self.source.name)
        pace = Pace(_OFTEN, _BURST, _REST_SECONDS, asyncio.get_running_loop().time)
        while True:
            async with self._moving:
                done = await mover.move()
            self.status.moved += done.moved
            self._hold(True)
            while not done.left:
                if rest := pace.after(done.moved):
                    await asyncio.sleep(rest)  # then something has come, most likely
                    break
                done = await mover.wait()
                self.status.moved += done.moved
                if not done.moved:
                    break

    async def _measure(self, mover: Mover) -> NoReturn:
        """Tell the boards how much waits: not every one can reach every source."""
        while True:
            self._backlog = await mover.backlog()
            self.lease.news = str(self._backlog)
            await asyncio.sleep(RENEW_SECONDS)

    def _hold(self, holding: bool) -> None:
        if holding != self.status.holding:
            self.status.holding = holding
            self.status.tried = True
            self.changed()

    # ── what its turn tells ─────────────────────────────────────────────────────────────

    def _failed(self, error: BaseException) -> None:
        address = self.connection.address
        elsewhere = bool(self.source.server) and self._blame.is_for(error)
        if elsewhere:
            address = Address(self.source.server)
        fault = explain(error, address.shown)
        if elsewhere:
            fault = of_source(fault, self.source.name)
        if self.status.fault is None or self.status.fault.name != fault.name:
            log.warning("collecting from %s stopped: %s", self.source.name, fault.name)
        self.status.fault = fault
        self.status.tried = True
        self.lease.news = f"{self._backlog} {fault.name}"

    def _well(self) -> bool:
        if self.status.holding:
            self.status.fault = None
        return self.status.holding

    def _idle(self) -> None:
        self.status.fault = None
        self.status.tried = True
