"""The figures above the table, over a sliding window.

The feed tells of a call only once an agent has it, so every figure here is of *answered* calls.
Calls that waited in a list before anyone collected it (`late`) are left out: their times are
only lower bounds.
"""

import math
from array import array
from bisect import bisect_right
from collections.abc import Sequence

from msgspec import Struct
from sortedcontainers import SortedDict

from .call import Call, EntryId
from .notification import Direction

WINDOW_SECONDS = 30 * 60
"""The figures are of the last half hour, in whole seconds of the server's clock."""

SPARK_MINUTES = 8


class Figures(Struct, frozen=True):
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

    What came in the same second is counted together: at a thousand a second half an hour is
    millions of calls, of which many were held equally long.
    """

    def __init__(self, service_level_seconds: float = 20.0) -> None:
        self.threshold = service_level_seconds
        self._answered = _Counts()
        self._holds = SortedDict()
        """How many calls of the window were held for so long. Mostly whole seconds, so few."""
        self._known = 0
        self._sum = 0.0
        self._minutes: dict[int, int] = {}
        self._last_minute = _Counts()
        self._late = _Counts()

    def answered(self, call: Call, entry: EntryId) -> None:
        """Count an inbound call if `entry` is the one that told of its first connection.

        Calls that an agent or the Dialler placed are not answered: nobody waited.
        """
        if call.direction is not Direction.INBOUND:
            return
        if not call.legs or call.legs[0].entry != entry:
            return
        second = entry.ms // 1000
        if call.late:
            self._late.add(second)
            return
        self._answered.add(second, call.hold)
        self._last_minute.add(second)
        minute = entry.ms // 60_000
        self._minutes[minute] = self._minutes.get(minute, 0) + 1
        if call.hold is not None:
            self._holds[call.hold] = self._holds.get(call.hold, 0) + 1
            self._known += 1
            self._sum += call.hold

    def at(self, now_ms: int) -> Figures:
        """Return the figures of the window that ends at `now_ms`."""
        now = now_ms // 1000
        for hold, count in self._answered.let_go(now - WINDOW_SECONDS):
            if not math.isnan(hold):
                self._forget(hold, count)
        self._last_minute.let_go(now - 60)
        self._late.let_go(now - WINDOW_SECONDS)
        for minute in [m for m in self._minutes if m < (now - WINDOW_SECONDS) // 60]:
            del self._minutes[minute]
        known = self._known
        if not known:
            self._sum = 0.0  # leaves no rounding behind
        within = sum(self._holds[hold] for hold in self._holds.irange(maximum=self.threshold))
        return Figures(
            answered=self._answered.total,
            longest_hold=self._holds.peekitem()[0] if known else None,
            asa=self._sum / known if known else None,
            p90=self._hold_at(-(-known * 9 // 10)) if known else None,
            service_level=within / known if known else None,
            per_minute=self._per_minute(now_ms),
            last_minute=self._last_minute.total,
            late=self._late.total,
        )

    def _forget(self, hold: float, count: int) -> None:
        self._known -= count
        self._sum -= hold * count
        left = self._holds[hold] - count
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


class _Counts:
    """How many came in each second with the same number of seconds held; the oldest go first."""

    def __init__(self) -> None:
        self.total = 0
        self._second = 0
        self._now: dict[float, int] = {}
        """Those of the last second; behind it, a row for each second and hold."""
        self._rows = array("Q"), array("d"), array("Q")
        self._begin = 0
        """How many rows have been let go of; they are taken out when they are half of all."""

    def add(self, second: int, hold: float | None = None) -> None:
        """Count one more; seconds since the epoch, never going back."""
        if second > self._second:
            self._settle()
            self._second = second
        hold = math.nan if hold is None else hold  # always the same object, and so one key
        self._now[hold] = self._now.get(hold, 0) + 1
        self.total += 1

    def _settle(self) -> None:
        seconds, holds, counts = self._rows
        seconds.extend([self._second] * len(self._now))
        holds.extend(self._now)
        counts.extend(self._now.values())
        self._now = {}

    def let_go(self, until: int) -> Sequence[tuple[float, int]]:
        """Forget those up to a second; return their holds, `nan` where unknown, and counts."""
        if self._second <= until:
            self._settle()
        seconds, holds, counts = self._rows
        begin, end = self._begin, bisect_right(seconds, until, self._begin)
        gone = list(zip(holds[begin:end], counts[begin:end], strict=True))
        self.total -= sum(count for _, count in gone)
        self._begin = end
        if end * 2 > len(seconds):
            for column in self._rows:
                del column[:end]
            self._begin = 0
        return gone
