"""Lets what comes in a rush gather, so that one round trip brings many."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Pace:
    """Tells a reader how long to rest before it asks again.

    What comes now and then is never kept waiting: only where more than `often` a second have come
    for a while does each answer have a rest after it, and what comes meanwhile comes together.
    (A leaky bucket: it holds `burst`, runs out at `often` a second, and overflows into rests.)
    """

    often: float
    """How many a second are still taken one by one."""
    burst: float
    """How many beyond that, at once, are no rush yet."""
    rest: float
    """Seconds. No more than this is added to how long anything takes."""
    now: Callable[[], float]
    """Seconds, of any clock that does not jump."""
    _level: float = 0.0
    _at: float = field(init=False, default=float("-inf"))

    def after(self, number: int) -> float:
        """Return how many seconds to rest after so many have come; 0 after none."""
        now = self.now()
        self._level = max(0.0, self._level - (now - self._at) * self.often)
        self._at = now
        # A bucket that held everything would go on resting long after a rush.
        self._level = min(self._level + number, 2 * self.burst)
        return self.rest if number and self._level > self.burst else 0.0
