"""The figures above the table, over a sliding window.

The feed tells of a call only once an agent has it, so every figure here is of *answered* calls.
Calls that waited in a list before anyone collected it (`late`) are left out: their times are
only lower bounds.
"""

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from sortedcontainers import SortedDict

from .call import Call, EntryId
from .notification import Direction

WINDOW_MS = 30 * 60_000
"""The figures are of the last half hour."""

SPARK_MINUTES = 8


@dataclass(frozen=True, slots=True)
class Figures:
    """What is known of the calls answered within the window; `None` where there were none."""

    answered: int
    longest_hold: float | None
    """Seconds."""
    asa: float | None
    """Average speed of answer: the mean hold time, in seconds."""
    p90: float | None
    """The hold time that nine of ten calls did not exceed (nearest rank), in seconds."""
    service_level: float | None
    """The share of calls, 0 to 1, answered within the site's threshold."""
    per_minute: Sequence[int]
    """Calls answered in each of the last minutes, the oldest first; the last is not over."""
    last_minute: int = 0
    """Calls answered within the last sixty seconds."""
    late: int = 0
    """Calls that were collected late, and so are in none of the other figures."""


class Metrics:
    """Takes in calls as they are answered and tells the figures at any time after.

    Some 20 bytes for each call of the window: at a thousand a second that is millions of them.
    """

    def __init__(self, service_level_seconds: float = 20.0) -> None:
        self.threshold = service_level_seconds
        self._answered = _Times()
        self._holds = SortedDict()
        """How many calls of the window were held for so long. Mostly whole seconds, so few."""
        self._known = 0
        self._sum = 0.0
        self._minutes: dict[int, int] = {}
        self._last_minute = _Times()
        self._late = _Times()

    def answered(self, call: Call, entry: EntryId) -> None:
        """Count an inbound call if `entry` is the one that told of its first connection.

        Calls that an agent or the Dialler placed are not answered: nobody waited.
        """
        if call.direction is not Direction.INBOUND:
            return
        if not call.legs or call.legs[0].entry != entry:
            return
        if call.late:
            self._late.add(entry.ms)
            return
        self._answered.add(entry.ms, call.hold)
        self._last_minute.add(entry.ms)
        minute = entry.ms // 60_000
        self._minutes[minute] = self._minutes.get(minute, 0) + 1
        if call.hold is not None:
            self._holds[call.hold] = self._holds.get(call.hold, 0) + 1
            self._known += 1
            self._sum += call.hold

    def at(self, now_ms: int) -> Figures:
        """Return the figures of the window that ends at `now_ms`."""
        for hold in self._answered.let_go(now_ms - WINDOW_MS):
            if not math.isnan(hold):
                self._forget(hold)
        self._last_minute.let_go(now_ms - 60_000)
        self._late.let_go(now_ms - WINDOW_MS)
        for minute in [m for m in self._minutes if m < (now_ms - WINDOW_MS) // 60_000]:
            del self._minutes[minute]
        known = self._known
        if not known:
            self._sum = 0.0  # leaves no rounding behind
        within = sum(self._holds[hold] for hold in self._holds.irange(maximum=self.threshold))
        return Figures(
            answered=len(self._answered),
            longest_hold=self._holds.peekitem()[0] if known else None,
            asa=self._sum / known if known else None,
            p90=self._hold_at(-(-known * 9 // 10)) if known else None,
            service_level=within / known if known else None,
            per_minute=self._per_minute(now_ms),
            last_minute=len(self._last_minute),
            late=len(self._late),
        )

    def _forget(self, hold: float) -> None:
        self._known -= 1
        self._sum -= hold
        left = self._holds[hold] - 1
        if left:
            self._holds[hold] = left
        else:
            del self._holds[hold]

    def _hold_at(self, rank: int) -> float:
        """Return the hold with a rank, counted from 1 and from the longest down to save steps."""
        above = self._known - rank
        for hold, count in reversed(self._holds.items()):
            if above < count:
                return float(hold)
            above -= count
        raise IndexError(rank)

    def _per_minute(self, now_ms: int) -> Sequence[int]:
        # The window is longer than what is drawn, so the minutes that count are all still here.
        now = now_ms // 60_000
        counts = [self._minutes.get(now - ago, 0) for ago in reversed(range(SPARK_MINUTES))]
        # The server's clock, as it is reckoned here, may lag behind its newest entry.
        counts[-1] += sum(count for minute, count in self._minutes.items() if minute > now)
        return counts


class _Times:
    """Points in time, in the order in which they came, each with a number of seconds."""

    def __init__(self) -> None:
        self._times = array("Q")
        self._seconds = array("d")
        self._begin = 0
        """How many of them have been let go of; they are taken out when they are half of all."""

    def __len__(self) -> int:
        return len(self._times) - self._begin

    def add(self, ms: int, seconds: float | None = None) -> None:
        """Note a point in time (milliseconds since the epoch)."""
        self._times.append(ms)
        self._seconds.append(math.nan if seconds is None else seconds)

    def let_go(self, until_ms: int) -> "array[float]":
        """Forget those up to `until_ms`, and return their seconds, `nan` where there were none."""
        begin = self._begin
        while self._begin < len(self._times) and self._times[self._begin] <= until_ms:
            self._begin += 1
        gone = self._seconds[begin : self._begin]
        if self._begin * 2 > len(self._times):
            del self._times[: self._begin], self._seconds[: self._begin]
            self._begin = 0
        return gone
