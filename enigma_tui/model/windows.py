"""Counts over several lengths of time at once, kept up to date call by call.

What came in the same second and is alike is counted together: at a thousand a second an hour is
millions of calls, of which many were held equally long.
"""

import math
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import datetime, tzinfo
from enum import IntEnum, StrEnum

from sortedcontainers import SortedDict


class Kind(IntEnum):
    """What is counted."""

    ANSWERED = 0
    """A call that was answered, by the seconds it was held."""
    ABANDONED = 1
    """A call that was abandoned, by the seconds it was held."""
    TALK = 2
    """A conversation that is over, by its seconds."""
    LATE = 3
    """A call that waited in a list before anyone collected it: its times are lower bounds."""


class Window(StrEnum):
    """How much time is counted, as it is written in settings."""

    MINUTE = "1m"
    FIVE_MINUTES = "5m"
    HALF_AN_HOUR = "30m"
    HOUR = "1h"
    TODAY = "today"
    """Since midnight."""


_LENGTHS = {
    Window.MINUTE: 60,
    Window.FIVE_MINUTES: 300,
    Window.HALF_AN_HOUR: 1_800,
    Window.HOUR: 3_600,
}
"""In whole seconds of the server's clock."""

UNKNOWN = math.nan
"""In place of seconds that nobody told. It is always this object, and so one key."""


class Seconds:
    """How many have how many seconds, in order of these."""

    __slots__ = ("_counts", "known", "total", "unknown")

    def __init__(self) -> None:
        self._counts: SortedDict = SortedDict()  # mostly whole seconds, so few
        self.known = 0
        self.unknown = 0
        self.total = 0.0
        """Of all that are known, together."""

    def add(self, seconds: float, count: int) -> None:
        """Count so many more, or fewer where `count` is negative."""
        if seconds is UNKNOWN:
            self.unknown += count
            return
        self.known += count
        self.total = self.total + seconds * count if self.known else 0.0  # no rounding stays
        left = self._counts.get(seconds, 0) + count
        if left:
            self._counts[seconds] = left
        else:
            del self._counts[seconds]

    @property
    def count(self) -> int:
        """How many there are."""
        return self.known + self.unknown

    @property
    def mean(self) -> float | None:
        """The mean of those that are known."""
        return self.total / self.known if self.known else None

    @property
    def longest(self) -> float | None:
        """The most seconds that any has."""
        return float(self._counts.peekitem()[0]) if self.known else None

    def up_to(self, limit: float) -> int:
        """Return how many have no more than so many seconds."""
        return sum(self._counts[each] for each in self._counts.irange(maximum=limit))

    def percentile(self, percent: int) -> float | None:
        """Return what so many of a hundred did not exceed, by nearest rank."""
        if not self.known:
            return None
        above = self.known - -(-self.known * percent // 100)
        for seconds, count in reversed(self._counts.items()):  # from the longest: fewer steps
            if above < count:
                return float(seconds)
            above -= count
        raise AssertionError("more are known than are counted")


class Counts:
    """What one window counts."""

    def __init__(self) -> None:
        self.since = 0
        """The first second that is in it, since the epoch."""
        self.of = {kind: Seconds() for kind in Kind}


class Windows:
    """Counts what comes for each `Window`, and lets go of it again."""

    def __init__(self, zone: tzinfo | None = None) -> None:
        """`zone` says when midnight is: the computer's own if `None`."""
        self._zone = zone
        self._counts = {window: Counts() for window in Window}
        self._second = 0
        self._now: dict[tuple[Kind, float], int] = {}
        """What came in the last second; behind it, a row for each second, kind and seconds."""
        self._seconds, self._kinds = array("q"), array("b")
        self._values, self._numbers = array("d"), array("q")

    def __getitem__(self, window: Window) -> Counts:
        """Return the counts of a window as it was when `move_to` was called last."""
        return self._counts[window]

    def __len__(self) -> int:
        """Return how many rows are kept, none of them longer than an hour."""
        return len(self._seconds) + len(self._now)

    def add(self, second: int, kind: Kind, seconds: float | None = None) -> None:
        """Count one more; `second` is since the epoch, and never goes back."""
        if second > self._second:
            self._settle()
            self._second = second
        what = kind, UNKNOWN if seconds is None else seconds
        self._now[what] = self._now.get(what, 0) + 1
        self._count(second, *what, 1)

    def take_back(self, second: int, kind: Kind, seconds: float | None) -> None:
        """Count one fewer of what was counted in that second, wherever it still is."""
        self._settle()
        value = UNKNOWN if seconds is None else seconds
        self._count(second, kind, value, -1)
        begin, end = bisect_left(self._seconds, second), bisect_right(self._seconds, second)
        for row in range(begin, end):
            # No number is not equal to itself, but looks alike.
            if self._kinds[row] == kind and repr(self._values[row]) == repr(float(value)):
                self._numbers[row] -= 1
                break

    def move_to(self, now: int) -> None:
        """Let go of what is too old at `now`, in seconds since the epoch."""
        midnight = _midnight(now, self._zone)
        if midnight > self._counts[Window.TODAY].since:
            self._begin_day(midnight)
        first = now
        for window, length in _LENGTHS.items():
            counts = self._counts[window]
            first = min(first, now - length)
            if now - length >= counts.since:
                self._let_go(counts, now - length + 1)
        self._forget(first)

    def _count(self, second: int, kind: Kind, value: float, number: int) -> None:
        for counts in self._counts.values():
            if second >= counts.since:
                counts.of[kind].add(value, number)

    def _begin_day(self, midnight: int) -> None:
        """Count the day anew: of what came since midnight everything is still here."""
        self._settle()
        today = self._counts[Window.TODAY] = Counts()
        today.since = midnight
        for kind, value, number in self._rows(midnight, self._second + 1):
            today.of[kind].add(value, number)

    def _let_go(self, counts: Counts, since: int) -> None:
        if self._second < since:
            self._settle()
        for kind, value, number in self._rows(counts.since, since):
            counts.of[kind].add(value, -number)
        counts.since = since

    def _settle(self) -> None:
        self._seconds.extend([self._second] * len(self._now))
        self._kinds.extend(kind for kind, _ in self._now)
        self._values.extend(value for _, value in self._now)
        self._numbers.extend(self._now.values())
        self._now = {}

    def _rows(self, begin: int, end: int) -> Iterator[tuple[Kind, float, int]]:
        """Yield what was counted from one second until another."""
        for row in range(bisect_left(self._seconds, begin), bisect_left(self._seconds, end)):
            value, number = self._values[row], self._numbers[row]
            if number:
                yield Kind(self._kinds[row]), UNKNOWN if math.isnan(value) else value, number

    def _forget(self, until: int) -> None:
        """Take out the rows up to a second, once they are half of all."""
        end = bisect_right(self._seconds, until)
        if end * 2 > len(self._seconds):
            for column in (self._seconds, self._kinds, self._values, self._numbers):
                del column[:end]


def _midnight(now: int, zone: tzinfo | None) -> int:
    """Return when the day of `now` began, in seconds since the epoch."""
    day = datetime.fromtimestamp(now, zone)
    return int(day.replace(hour=0, minute=0, second=0, microsecond=0, fold=0).timestamp())
