"""The figures above the table, over a sliding window.

The feed tells of a call only once an agent has it, so every figure here is of *answered* calls.
Calls that waited in a list before anyone collected it (`late`) are left out: their times are
only lower bounds.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from sortedcontainers import SortedList

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
    """Takes in calls as they are answered and tells the figures at any time after."""

    def __init__(self, service_level_seconds: float = 20.0) -> None:
        self.threshold = service_level_seconds
        self._answered: deque[tuple[int, float | None]] = deque()
        self._holds: SortedList = SortedList()
        self._sum = 0.0
        self._minutes: dict[int, int] = {}
        self._last_minute: deque[int] = deque()
        self._late: deque[int] = deque()

    def answered(self, call: Call, entry: EntryId) -> None:
        """Count an inbound call if `entry` is the one that told of its first connection.

        Calls that an agent or the Dialler placed are not answered: nobody waited.
        """
        if call.direction is not Direction.INBOUND:
            return
        if not call.legs or call.legs[0].entry != entry:
            return
        if call.late:
            self._late.append(entry.ms)
            return
        self._answered.append((entry.ms, call.hold))
        self._last_minute.append(entry.ms)
        minute = entry.ms // 60_000
        self._minutes[minute] = self._minutes.get(minute, 0) + 1
        if call.hold is not None:
            self._holds.add(call.hold)
            self._sum += call.hold

    def at(self, now_ms: int) -> Figures:
        """Return the figures of the window that ends at `now_ms`."""
        while self._answered and self._answered[0][0] <= now_ms - WINDOW_MS:
            _, hold = self._answered.popleft()
            if hold is not None:
                self._holds.remove(hold)
                self._sum -= hold
        for times, span in ((self._last_minute, 60_000), (self._late, WINDOW_MS)):
            while times and times[0] <= now_ms - span:
                times.popleft()
        for minute in [m for m in self._minutes if m < (now_ms - WINDOW_MS) // 60_000]:
            del self._minutes[minute]
        known = len(self._holds)
        if not known:
            self._sum = 0.0  # leaves no rounding behind
        return Figures(
            answered=len(self._answered),
            longest_hold=self._holds[-1] if known else None,
            asa=self._sum / known if known else None,
            p90=self._holds[-(-known * 9 // 10) - 1] if known else None,
            service_level=self._holds.bisect_right(self.threshold) / known if known else None,
            per_minute=self._per_minute(now_ms),
            last_minute=len(self._last_minute),
            late=len(self._late),
        )

    def _per_minute(self, now_ms: int) -> Sequence[int]:
        # The window is longer than what is drawn, so the minutes that count are all still here.
        now = now_ms // 60_000
        counts = [self._minutes.get(now - ago, 0) for ago in reversed(range(SPARK_MINUTES))]
        # The server's clock, as it is reckoned here, may lag behind its newest entry.
        counts[-1] += sum(count for minute, count in self._minutes.items() if minute > now)
        return counts
