"""Reads a recording and lets a player play it."""

import asyncio
import random
import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..backoff import Backoff
from ..model.call import EntryId
from ..model.entry import Event, decode
from ..model.player import PIECE, Player
from .faults import FAILED, explain
from .reaching import Fault
from .stream import Journal
from .together import together

LEAST_SECONDS = 1 / 30
"""From one look at what is due to the next: no eye follows faster."""


class Recording(Protocol):
    """What is replayed."""

    @property
    def where(self) -> str:
        """What it is read from, as a person may see it."""

    async def after(self, last: EntryId) -> tuple[Sequence[Event], bool]:
        """Return some events behind `last`, in order, and whether these are all that is left."""


@dataclass(frozen=True, slots=True)
class JournalRecording:
    """What is in a journal and came no later than `until_ms`. It is read, and nothing else."""

    journal: Journal
    until_ms: int
    where: str

    async def after(self, last: EntryId) -> tuple[Sequence[Event], bool]:
        """Return some hundred entries; raises what the server answers."""
        entries = await self.journal.until(last, self.until_ms)
        events = [decode(entry_id, fields) for entry_id, fields in entries]
        return events, not self.journal.more


@dataclass(frozen=True, slots=True)
class HeldRecording:
    """What has been read as a whole: events in order."""

    events: Sequence[Event]
    where: str

    async def after(self, last: EntryId) -> tuple[Sequence[Event], bool]:
        """Return some hundred of them."""
        begin = bisect_right(self.events, last, key=lambda event: event.id)
        return self.events[begin : begin + PIECE], begin + PIECE >= len(self.events)


@dataclass(slots=True)
class Replaying:
    """Plays a recording for as long as it is not cancelled."""

    player: Player[Any]
    recording: Recording
    changed: Callable[[], None]
    """Called when a second of the replay has passed, and when reading fails or goes on."""
    fault: Fault | None = None
    """Why nothing more can be read; the player plays on as far as it knows."""
    retry_at: float | None = None
    """When it is tried again, by `clock`."""
    clock: Callable[[], float] = time.monotonic
    """Seconds."""
    jitter: random.Random = field(default_factory=random.Random)
    _look: asyncio.Event = field(default_factory=asyncio.Event)
    _read: asyncio.Event = field(default_factory=asyncio.Event)
    _second: int = -1

    async def run(self) -> None:
        """Read and play until cancelled; raises what the player's audience raises."""
        await together(self._reading(), self._playing())

    def nudge(self) -> None:
        """Look at the player at once: it was told to do something else."""
        self._look.set()
        self._read.set()

    async def _reading(self) -> None:
        backoff = Backoff(self.jitter)
        while True:
            after = self.player.wants
            if after is None:
                self._read.clear()
                await self._read.wait()
                continue
            try:
                events, has_all = await self.recording.after(after)
            except FAILED as error:
                await self._fail(explain(error, self.recording.where), backoff.next())
                continue
            backoff.reset()
            if self.fault is not None:
                self.fault = None
                self.changed()
            self.player.take(after, events, has_all)
            self._look.set()
            await asyncio.sleep(0)  # a long recording must not keep the keyboard waiting

    async def _fail(self, fault: Fault, wait: float) -> None:
        self.fault, self.retry_at = fault, self.clock() + wait
        self.changed()
        await asyncio.sleep(wait)
        self.retry_at = None

    async def _playing(self) -> None:
        player = self.player
        while True:
            while player.turn():
                self._read.set()
                await asyncio.sleep(0)
            self._read.set()
            second = player.now_ms // 1000
            if second != self._second and not player.reading:
                self._second = second
                self.changed()
            self._look.clear()
            wait = player.wait_seconds()
            with suppress(TimeoutError):
                async with asyncio.timeout(None if wait is None else max(LEAST_SECONDS, wait)):
                    await self._look.wait()
