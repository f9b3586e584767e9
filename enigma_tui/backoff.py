"""How long to wait before trying again."""

import random
from dataclasses import dataclass

_FIRST = 0.25
_MOST = 5.0


@dataclass(slots=True)
class Backoff:
    """Doubles from a quarter of a second to `most`, with jitter, so that a floor full of boards
    does not come back all at once."""

    jitter: random.Random
    most: float = _MOST
    """Seconds; the longest wait."""
    first: float = _FIRST
    _next: float = 0.0

    def next(self) -> float:
        """Return the seconds to wait this time."""
        wait = self._next or self.first
        self._next = min(self.most, wait * 2)
        return wait * self.jitter.uniform(0.75, 1.25)

    def reset(self) -> None:
        """Start again from the shortest wait: it worked."""
        self._next = 0.0
