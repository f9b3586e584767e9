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
from typing import NoReturn

from ..site import SiteError
from .backoff import Backoff
from .connection import Connection
from .faults import FAILED, Fault, explain, first_of
from .keys import Keys
from .mover import SameServerMover
from .scripts import script
from .sites import SiteStore, StoredSite
from .stream import Journal
from .together import together

LEASE_MS = 5_000
"""How long a collector that died keeps the others waiting."""

_RENEW_SECONDS = LEASE_MS / 1000 / 3
_TRIM_SECONDS = 60.0

_ASK_SECONDS = 2.5
"""How often the others ask whether the lease has become free, or a site has been written."""

_RELEASE_SECONDS = 1.0
"""How long quitting may wait for a server that does not answer."""

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
                wait = await self._compete(backoff)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self.nudge.wait()
                self.nudge.clear()
            except _LeaseLost:
                continue
            except (*FAILED, SiteError) as error:
                self.status.fault = explain(error, self.connection.address.shown)
                log.warning("collecting stopped: %s", self.status.fault.name)
                await asyncio.sleep(backoff.next())

    async def acquire(self) -> bool:
        """Try to take the lease, or find it ours still: a server that restarts remembers it."""
        client = self.connection.quick
        if await client.set(self.keys.lease, self.id, nx=True, px=LEASE_MS):
            return True
        return bool(
            await script(client, "lease")(keys=[self.keys.lease], args=[self.id, str(LEASE_MS)])
        )

    async def _compete(self, backoff: Backoff) -> float:
        """Collect if nobody else does; otherwise return the seconds to wait before asking again."""
        stored = await SiteStore(self.connection, self.keys).load()
        wait = _ASK_SECONDS * self._jitter.uniform(0.6, 1.0)
        if stored is not None:  # otherwise nobody has agreed to collecting yet
            async with self._lease() as held:
                if held:
                    await self._hold(stored, backoff)
            left_ms = await self.connection.quick.pttl(self.keys.lease)
            if left_ms >= 0:
                # It runs out when its holder has died; that moment is not slept through.
                wait = min(wait, left_ms / 1000 + self._jitter.uniform(0.01, 0.1))
        self.status.fault = None
        backoff.reset()
        return wait

    @contextlib.asynccontextmanager
    async def _lease(self) -> AsyncIterator[bool]:
        held = None  # not known, if the answer is lost
        try:
            held = await self.acquire()
            yield held
        finally:
            if held is not False:
                # Given up at once on quitting, so that the next collector need not wait for it
                # to run out. Where the server is gone it runs out by itself.
                with contextlib.suppress(*FAILED):
                    async with asyncio.timeout(_RELEASE_SECONDS):
                        await script(self.connection.quick, "lease")(
                            keys=[self.keys.lease], args=[self.id, "0"]
                        )

    async def _hold(self, stored: StoredSite, backoff: Backoff) -> NoReturn:
        """Collect from every source until the lease is lost, the site changes or a fault."""
        self.status.holding = True
        self.holds.set()
        movers = [
            SameServerMover(self.connection, self.keys, source) for source in stored.site.sources
        ]
        try:
            await together(
                *(self._collect(mover) for mover in movers),
                self._renew(backoff),
                self._keep_house(stored.text),
            )
            raise AssertionError("unreachable")
        except BaseExceptionGroup as group:
            expected, unforeseen = group.split((_LeaseLost, *FAILED, SiteError))
            if expected is None or unforeseen is not None:
                raise
            # Where both come together, what failed says more than that the lease was lost.
            _, failed = expected.split(_LeaseLost)
            fault = first_of(failed or expected)
            raise fault from fault.__cause__  # which may say more: see `cause_of`
        finally:
            self.status.holding = False
            self.holds.clear()
            for mover in movers:
                await mover.end()

    async def _collect(self, mover: SameServerMover) -> NoReturn:
        late = await mover.begin()
        if late:
            log.info("%d notifications of %s waited uncollected", late, mover.source.name)
        while True:
            done = await mover.move()
            self.status.moved += done.moved
            if not done.left:
                await mover.wait()

    async def _renew(self, backoff: Backoff) -> NoReturn:
        renew = script(self.connection.quick, "lease")
        while True:
            await asyncio.sleep(_RENEW_SECONDS)
            if not await renew(keys=[self.keys.lease], args=[self.id, str(LEASE_MS)]):
                raise _LeaseLost
            # Not before: one source may move again and again while another always fails.
            self.status.fault = None
            backoff.reset()

    async def _keep_house(self, site_text: bytes) -> NoReturn:
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
