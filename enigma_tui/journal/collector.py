"""Collects: moves what PBXs append into the journal, and keeps the journal trimmed.

Any board may be the collector. There is a lease for each source and one for trimming, so that one
push wakes one program; that two might move at once, because one was frozen and thawed, costs a
wake-up and loses nothing.

One lease for all had been planned. It cannot do: with several sources on several servers its
holder may reach some of them only, and would keep the others from a colleague who reaches those;
and one source that fails would stop all.
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from ..backoff import Backoff
from ..site import Site, SiteError, Source
from .collector_house import HouseKeeper
from .collector_source import OpenSource, SourceCollector, SourceStatus
from .connection import Address, Connection, connect
from .faults import FAILED, Fault, explain
from .keys import Keys
from .lease import ASK_SECONDS, LEASE_MS, raise_expected
from .left import LeftBatches
from .sites import SiteStore
from .together import together

__all__ = ["LEASE_MS", "Collector", "CollectorStatus", "OpenSource", "SourceStatus"]

_LOOK_SECONDS = 2.0
"""How often the shared settings are looked at."""

_FINISH_SECONDS = 5.0
"""How long the work in hand may take to its end when the settings have changed."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class CollectorStatus:
    """What a collector is doing, for whoever shows it."""

    sources: dict[str, SourceStatus] = field(default_factory=dict)
    """How it goes with each source of the site, by its name."""
    journal_fault: Fault | None = None
    """What is wrong with the shared settings, or with the server that has them."""
    house: HouseKeeper | None = None
    running: bool = False
    """Whether this program tries to collect at all."""
    before: int = 0
    """Notifications moved before the settings were last changed."""

    @property
    def holding(self) -> bool:
        """Whether this program is the one that collects, from one source at least."""
        return any(source.holding for source in self.sources.values())

    @property
    def moved(self) -> int:
        """Notifications moved by it since it started."""
        return self.before + sum(source.moved for source in self.sources.values())

    @property
    def fault(self) -> Fault | None:
        """What is wrong, that which stops most first."""
        faults = [self.journal_fault, *(source.fault for source in self.sources.values())]
        faults.append(self.house.fault if self.house else None)
        return next((fault for fault in faults if fault is not None), None)

    def may_have(self, source: str) -> bool:
        """Whether this program collects from a source, or will know in a moment."""
        found = self.sources.get(source)
        if found is None:
            return self.running and not self.sources
        return found.holding or not found.tried

    def begin(self, sources: dict[str, SourceStatus], house: HouseKeeper | None) -> None:
        """Start to tell of other sources."""
        self.before = self.moved
        self.sources, self.house = sources, house


class _SiteChanged(Exception):
    """The shared settings are others."""


def open_by_address(source: Source) -> Connection:
    """Return a connection to a source's own server, with nothing but its address."""
    return connect(Address(source.server), "collector")


@dataclass(slots=True)
class Collector:
    """Competes for the leases, and collects while it has them."""

    connection: Connection
    keys: Keys
    now: Callable[[], float] = field(default=lambda: asyncio.get_running_loop().time())
    open_source: OpenSource = open_by_address
    """Opens the connection to a source that has a server of its own; it is closed here."""
    status: CollectorStatus = field(default_factory=CollectorStatus)
    nudge: asyncio.Event = field(default_factory=asyncio.Event)
    """Set it when there may be something to collect now: the site has been written."""
    holds: asyncio.Event = field(default_factory=asyncio.Event)
    """Is set while this program collects, from one source at least."""
    _jitter: random.Random = field(default_factory=random.Random)

    async def run(self) -> None:
        """Collect until cancelled. Whatever goes wrong is shown in `status` and tried again."""
        self.status.running = True
        try:
            await self._run()
        finally:
            self.status.running = False

    async def _run(self) -> NoReturn:
        backoff = Backoff(self._jitter)
        store = SiteStore(self.connection, self.keys)
        while True:
            try:
                stored = await store.load()
                if stored is not None:
                    await self._collect(stored.site, stored.text, backoff)
                # Otherwise nobody has agreed to collecting yet.
                self.status.journal_fault = None
                backoff.reset()
                await self._nudged(ASK_SECONDS * self._jitter.uniform(0.6, 1.0))
            except _SiteChanged:
                continue
            except (*FAILED, SiteError) as error:
                self.status.journal_fault = explain(error, self.connection.address.shown)
                log.warning("collecting stopped: %s", self.status.journal_fault.name)
                await asyncio.sleep(backoff.next())

    async def _nudged(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.nudge.wait()
        self.nudge.clear()

    async def _collect(self, site: Site, text: bytes, backoff: Backoff) -> NoReturn:
        """Collect by these settings until they change, or the journal's server fails."""
        collectors = [
            SourceCollector(
                self.connection, self.keys, source, self.open_source, self._changed, self._jitter
            )
            for source in site.sources
        ]
        house = HouseKeeper(
            self.connection, self.keys, site.retention, lambda: self.now(), self._jitter
        )
        left = LeftBatches(self.connection, self.keys, site.sources, self.open_source)
        self.status.begin({each.source.name: each.status for each in collectors}, house)
        try:
            await together(
                *(each.run() for each in collectors),
                house.run(),
                left.run(),
                self._watch(text, backoff, collectors),
            )
        except BaseExceptionGroup as group:
            raise_expected(group, _SiteChanged)
        finally:
            self.status.begin({}, None)
        raise AssertionError("unreachable")

    async def _watch(
        self, text: bytes, backoff: Backoff, collectors: Sequence[SourceCollector]
    ) -> NoReturn:
        """Raise `_SiteChanged` when the shared settings are no longer what they were.

        Before that the work in hand is finished: by other settings nobody may look for it.
        """
        store = SiteStore(self.connection, self.keys)
        while True:
            stored = await store.load()
            if stored is None or stored.text != text:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_FINISH_SECONDS):
                        await asyncio.gather(*(each.finish() for each in collectors))
                raise _SiteChanged
            self.status.journal_fault = None
            backoff.reset()
            await self._nudged(_LOOK_SECONDS)

    def _changed(self) -> None:
        if self.status.holding:
            self.holds.set()
        else:
            self.holds.clear()
