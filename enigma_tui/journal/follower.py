"""Follows the journal, reconnects by itself, and tells the truth about both.

On every connect it checks that the last entry it saw still exists: after a fail-over or a trim
it may not, and reading on from it would then stay silent for ever. If it is gone, whoever
follows starts from the beginning.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from redis.exceptions import ResponseError

from ..backoff import Backoff
from ..model.call import ORIGIN, EntryId
from ..model.entry import Event, SiteChanged, decode
from ..site import Site, SiteError
from .connection import Connection
from .faults import FAILED, Fault, explain, first_of
from .feeds import feed_lists
from .keys import Keys
from .left_behind import LeftBehind, told_of
from .news import SourceNews
from .pace import Pace
from .server import refuse_unfit
from .server_clock import ms_of
from .sites import SiteStore
from .standstill import Standstill, ask, read
from .stream import Journal
from .together import together

PULSE_SECONDS = 2.0

CHECK_SECONDS = 2.0
"""How often, at most, it is checked that what was read has not been deleted meanwhile."""

_OFTEN, _BURST = 60, 6
"""Entries a second that are read as they come, and how many at once are no rush yet."""

_REST_SECONDS = 0.008
"""From one answer to the next question in a rush: less than from one frame to the next."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """What the server said when it was last asked how it is."""

    server_ms: int
    """What the server's clock showed; milliseconds since the epoch."""
    at: float
    """When it showed that, by `Follower.clock` (seconds)."""
    backlog: int
    """Notifications that wait in the lists, not yet collected. Of a source on another server it
    is what its collector told last."""
    uncollected: Mapping[str, str] = field(default_factory=dict)
    """The sources that nobody collects from, each with the name of the fault that the last one
    who tried has met; empty where it met none."""
    left: Sequence[LeftBehind] = ()
    """The lists that are not collected any more, and of which a batch may not have arrived."""
    standstills: Mapping[str, Standstill] = field(default_factory=dict)
    """The targets of delivery that are told nothing, each with the reason."""

    @property
    def collected(self) -> bool:
        """Whether somebody collects from every source."""
        return not self.uncollected


@dataclass(slots=True)
class Link:
    """The state of the way to the server; times are of `clock` (seconds)."""

    connected: bool = False
    answered_at: float | None = None
    """When the server last answered anything."""
    retry_at: float | None = None
    fault: Fault | None = None
    caught_up: bool = False
    """Whether everything that was in the journal has been read since the last connect."""


class Sink(Protocol):
    """Who follows: a board, or a command that prints.

    What these raise is a mistake, or a fault of the sink's own, never one of the server: it ends
    `Follower.run`.
    """

    @property
    def last(self) -> EntryId:
        """The last entry that was taken in."""

    def on_events(self, events: Sequence[Event]) -> None:
        """Take in entries, in order."""

    def on_restart(self, missing: bool) -> None:
        """Forget everything: what follows starts from the beginning.

        `missing` tells that entries seen before are gone from the journal.
        """

    def on_site(self, site: Site | None) -> None:
        """The shared settings, on connect and whenever they change."""

    def on_link(self) -> None:
        """`Follower.link` or `Follower.pulse` has changed."""


log = logging.getLogger(__name__)


class _Unanswered(Exception):
    """The server, or the way to it, failed."""

    def __init__(self, why: Exception) -> None:
        super().__init__()
        self.why = why


@contextmanager
def _asking() -> Iterator[None]:
    """Around what asks the server, and nothing else: a sink's own `OSError` is no fault of it."""
    try:
        yield
    except (*FAILED, SiteError) as error:
        raise _Unanswered(error) from error


@dataclass(slots=True)
class Follower:
    """Reads the journal from where `sink` stands, for as long as it is not cancelled."""

    connection: Connection
    keys: Keys
    sink: Sink
    link: Link = field(default_factory=Link)
    pulse: Pulse | None = None
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    """Reading goes on while it is set; a paused screen that holds enough clears it."""
    clock: Callable[[], float] = time.monotonic
    """Seconds; what the times in `link` are of."""
    jitter: random.Random = field(default_factory=random.Random)
    _site: Site | None = None
    _site_text: bytes | None = None
    _site_loaded: bool = False
    _anchor: EntryId = ORIGIN
    """An entry that was read a while ago; the next check is whether it is in the journal still."""
    _check_at: float = 0.0
    _failed: bool = False
    """Whether the last run ended with an exception of the sink."""

    def __post_init__(self) -> None:
        self.gate.set()

    async def run(self) -> None:
        """Follow until cancelled; raises what the sink raises, as it is.

        Nobody knows how much of an entry such a sink has taken in. So run again after that, it
        is told to start from the beginning, and misses nothing.
        """
        if self._failed:
            self._restart(missing=False)
            self._failed = False
        try:
            await together(self._follow(), self._feel_pulse())
        except BaseExceptionGroup as group:
            self._failed = True
            failure = first_of(group)
            raise failure from failure.__cause__

    async def _follow(self) -> None:
        backoff = Backoff(self.jitter)
        while True:
            try:
                await self._settle()
                await self._read(backoff)
            except _Unanswered as error:
                wait = backoff.next()
                self._down(explain(error.why, self.connection.address.shown), wait)
                await asyncio.sleep(wait)
                self.link.retry_at = None
                self.sink.on_link()

    async def _settle(self) -> None:
        """Check that what was seen is still there, and read the site's settings."""
        self._anchor = self.sink.last
        try:
            await self._check()
            await self._load_site()
        except _Unanswered as error:
            if isinstance(error.why, ResponseError):  # of a server that will not do, say that
                await self._refuse_unfit()
            raise
        await self._refuse_unfit()
        self._answered(connected=True)

    async def _refuse_unfit(self) -> None:
        with _asking():
            await refuse_unfit(self.connection.quick)

    async def _read(self, backoff: Backoff) -> None:
        journal = Journal(self.connection, self.keys)
        pace = Pace(_OFTEN, _BURST, _REST_SECONDS, self.clock)
        wait = False
        while True:
            await self.gate.wait()
            with _asking():
                entries = await journal.after(self.sink.last, wait=wait)
            self._answered(connected=True)
            backoff.reset()
            if self.clock() >= self._check_at and await self._check():
                wait = False
                continue
            events = [decode(entry_id, fields) for entry_id, fields in entries]
            if events:
                self.sink.on_events(events)
                if self._anchor == ORIGIN:
                    self._anchor = self.sink.last
            wait = not journal.more
            if wait and not self.link.caught_up:
                self.link.caught_up = True
                self.sink.on_link()
            if any(isinstance(event, SiteChanged) for event in events):
                await self._load_site()
            rest = pace.after(len(events))
            # A long backfill must not keep the keyboard waiting, nor wait itself.
            await asyncio.sleep(rest if wait else 0)

    async def _check(self) -> bool:
        """Start again if an entry read a moment ago is gone; return whether it was.

        While connected it is gone when the journal was deleted, or trimmed past a paused screen.
        The newest entry tells nothing of that: it may have come after.
        """
        with _asking():
            gone = not await Journal(self.connection, self.keys).has(self._anchor)
        if gone:
            self._restart(missing=True)
        self._anchor = self.sink.last
        self._check_at = self.clock() + CHECK_SECONDS
        return gone

    def _restart(self, *, missing: bool) -> None:
        self.link.caught_up = False
        self.sink.on_restart(missing)
        self._anchor = self.sink.last

    async def _load_site(self) -> None:
        with _asking():
            stored = await SiteStore(self.connection, self.keys).load()
        text = stored.text if stored else None
        if self._site_loaded and text == self._site_text:
            return
        before = self._site
        self._site = stored.site if stored else None
        self._site_text, self._site_loaded = text, True
        self.sink.on_site(self._site)
        old, new = before or Site(), self._site or Site()
        other_rules = (old.policy(), old.delivery) != (new.policy(), new.delivery)
        if other_rules and self.sink.last != ORIGIN:
            # Calls were read by the old rules; only reading all again makes boards agree.
            self._restart(missing=False)

    async def _feel_pulse(self) -> None:
        while True:
            try:
                await self._ask()
            except _Unanswered as error:
                if not self.link.connected:
                    log.debug("no pulse: %s", type(error.why).__name__)
            self.sink.on_link()
            await asyncio.sleep(PULSE_SECONDS)

    async def _ask(self) -> None:
        site = self._site or Site()
        sources, targets = site.sources, [target.name for target in site.delivery]
        here = [feed.key for s in sources if not s.server for feed in feed_lists(s)]
        asked = self.clock()
        with _asking():
            pipeline = self.connection.quick.pipeline(transaction=False)
            pipeline.time()
            pipeline.hgetall(self.keys.collecting)
            for source in sources:
                pipeline.exists(self.keys.lease(source.name))
            for name in here:
                pipeline.llen(name)
            ask(pipeline, self.keys, targets)
            clock, *answers = await pipeline.execute(raise_on_error=False)
            answered = self.clock()
            # A list of a wrong type is the collector's to complain of.
            for answer in (clock, *answers[: 1 + len(sources)]):
                if isinstance(answer, Exception):
                    raise answer
        server_ms = ms_of(clock)
        told = SourceNews.of_all(sources, answers[0], server_ms)
        leased, listed = 1 + len(sources), 1 + len(sources) + len(here)
        held = dict(zip((s.name for s in sources), answers[1:leased], strict=True))
        backlog = sum(n for n in answers[leased:listed] if isinstance(n, int))
        self.pulse = Pulse(
            server_ms=server_ms,
            at=(asked + answered) / 2,
            backlog=backlog + sum(told[s.name].backlog for s in sources if s.server),
            uncollected={name: told[name].fault for name, lease in held.items() if not lease},
            left=told_of(answers[0], server_ms),
            standstills=read(targets, answers[listed:], server_ms),
        )
        self._answered(connected=self.link.connected)

    def _answered(self, *, connected: bool) -> None:
        changed = connected != self.link.connected or self.link.fault is not None
        self.link.connected = connected
        self.link.answered_at = self.clock()
        if connected:
            self.link.fault = None
            self.link.retry_at = None
        if changed:
            self.sink.on_link()

    def _down(self, fault: Fault, wait: float) -> None:
        if self.link.fault is None or self.link.fault.name != fault.name:
            log.warning("following stopped: %s", fault.name)
        self.link.connected = False
        self.link.caught_up = False
        self.link.fault = fault
        self.link.retry_at = self.clock() + wait
        self.sink.on_link()
