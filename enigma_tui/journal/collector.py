"""Collects: holds the lease, and moves what the PBX appends into the journal.

Any board may be the collector. They share a lease, so that one push wakes one of them; that two
might move at once, because one was frozen and thawed, costs a wake-up and loses nothing.
"""

import asyncio
import contextlib
import logging
import random
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from .backoff import Backoff
from .connection import Connection
from .faults import FAILED, Fault, explain, first_of
from .keys import Keys
from .mover import SameServerMover
from .scripts import script
from .sites import SiteStore
from .stream import Journal

LEASE_MS = 5_000
"""How long a collector that died keeps the others waiting."""

_RENEW_SECONDS = LEASE_MS / 1000 / 3
_TRIM_SECONDS = 60.0

log = logging.getLogger(__name__)


@dataclass(slots=True)
class CollectorStatus:
    """What a collector is doing, for whoever shows it."""

    holding: bool = False
    """Whether this program is the one that collects."""
    moved: int = 0
    """Notifications moved by it since it started."""
    fault: Fault | None = None


class _LeaseLost(Exception):
    """Another collector has taken over."""


@dataclass(slots=True)
class Collector:
    """Competes for the lease, and collects while it has it."""

    connection: Connection
    keys: Keys
    now: Callable[[], float] = field(default=lambda: asyncio.get_running_loop().time())
    status: CollectorStatus = field(default_factory=CollectorStatus)
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    nudge: asyncio.Event = field(default_factory=asyncio.Event)
    """Set it when there may be something to collect now: the site has been written."""
    holds: asyncio.Event = field(default_factory=asyncio.Event)
    """Is set while this program collects."""
    _jitter: random.Random = field(default_factory=random.Random)

    async def run(self) -> None:
        """Collect until cancelled. Whatever goes wrong is shown in `status` and tried again."""
        backoff = Backoff(self._jitter)
        while True:
            try:
                async with self._lease() as held:
                    if held:
                        await self._hold(backoff)
                    else:
                        self.status.fault = None
                # Someone else collects, or nobody has agreed to it. Asking every other second
                # bounds how long nobody does.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LEASE_MS / 2000 * self._jitter.uniform(0.6, 1.0)):
                        await self.nudge.wait()
                self.nudge.clear()
            except _LeaseLost:
                continue
            except (*FAILED, ValueError) as error:
                self.status.fault = explain(error, self.connection.address.shown)
                log.warning("collecting stopped: %s", self.status.fault.name)
                await asyncio.sleep(backoff.next())
            finally:
                self.status.holding = False
                self.holds.clear()

    async def acquire(self) -> bool:
        """Try to take the lease."""
        got = await self.connection.quick.set(self.keys.lease, self.id, nx=True, px=LEASE_MS)
        return bool(got)

    @contextlib.asynccontextmanager
    async def _lease(self) -> AsyncIterator[bool]:
        held = await self.acquire()
        try:
            yield held
        finally:
            if held:
                # Given up at once on quitting, so that the next collector need not wait for it
                # to run out. Where the server is gone it runs out by itself.
                with contextlib.suppress(*FAILED):
                    await script(self.connection.quick, "lease")(
                        keys=[self.keys.lease], args=[self.id, "0"]
                    )

    async def _hold(self, backoff: Backoff) -> None:
        """Collect from every source until the lease is lost, the site changes or a fault."""
        stored = await SiteStore(self.connection, self.keys).load()
        if stored is None:
            return  # nobody has agreed to collecting yet
        self.status.holding = True
        self.holds.set()
        movers = [
            SameServerMover(self.connection, self.keys, source) for source in stored.site.sources
        ]
        try:
            async with asyncio.TaskGroup() as tasks:
                for mover in movers:
                    tasks.create_task(self._collect(mover, backoff))
                tasks.create_task(self._renew())
                tasks.create_task(self._keep_house(stored.text))
        except* _LeaseLost:
            raise _LeaseLost from None
        except* (*FAILED, ValueError) as group:
            raise first_of(group) from None
        finally:
            for mover in movers:
                await mover.end()

    async def _collect(self, mover: SameServerMover, backoff: Backoff) -> None:
        late = await mover.begin()
        if late:
            log.info("%d notifications of %s waited uncollected", late, mover.source.name)
        while True:
            done = await mover.move()
            self.status.moved += done.moved
            self.status.fault = None
            backoff.reset()
            if not done.left:
                await mover.wait()

    async def _renew(self) -> None:
        renew = script(self.connection.quick, "lease")
        while True:
            await asyncio.sleep(_RENEW_SECONDS)
            if not await renew(keys=[self.keys.lease], args=[self.id, str(LEASE_MS)]):
                raise _LeaseLost

    async def _keep_house(self, site_text: bytes) -> None:
        """Trim the journal now and then; start anew when the shared settings have changed."""
        store = SiteStore(self.connection, self.keys)
        journal = Journal(self.connection, self.keys)
        trimmed = -_TRIM_SECONDS
        while True:
            stored = await store.load()
            if stored is None or stored.text != site_text:
                raise _LeaseLost
            if self.now() - trimmed >= _TRIM_SECONDS:
                trimmed = self.now()
                seconds, _ = await self.connection.quick.time()
                kept = stored.site.retention
                oldest = (int(seconds) - kept.days * 86_400) * 1000
                await journal.trim(oldest, kept.entries)
            await asyncio.sleep(2.0)
