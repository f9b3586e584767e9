"""Places of a replay that can be gone back to without taking everything in again."""

from typing import Generic, TypeVar

from msgspec import Struct

from .call import EntryId

MARKS_MOST = 12
"""A mark holds what a board holds beside the calls themselves: 11 MB at 100,000 of them."""

State = TypeVar("State")


class Mark(Struct, Generic[State], frozen=True):
    """What there was when so many entries had been taken in."""

    count: int
    """How many entries that was, from the first on."""
    last: EntryId
    """The last of them."""
    ms: int
    """What time it was then, which may have been later: milliseconds since the epoch."""
    state: State


class Marks(Generic[State]):
    """Marks, the earliest first: close together where they are new, and ever farther apart.

    Most jumps back are short ones. The first mark, where the replay begins, always stays.
    """

    def __init__(self, most: int = MARKS_MOST) -> None:
        self._most = most
        self._marks: list[Mark[State]] = []

    def __len__(self) -> int:
        return len(self._marks)

    @property
    def newest_count(self) -> int:
        """How many entries had been taken in at the last mark; 0 where there is none."""
        return self._marks[-1].count if self._marks else 0

    def keep(self, mark: Mark[State]) -> None:
        """Keep a mark that is behind all others, and let go of the one that is missed least."""
        self._marks.append(mark)
        if len(self._marks) > self._most:
            del self._marks[min(range(1, len(self._marks) - 1), key=self._missed)]

    def best(self, ms: int) -> Mark[State] | None:
        """Return the last mark that has nothing in it of what came after then."""
        return next((mark for mark in reversed(self._marks) if mark.ms <= ms), None)

    def _missed(self, place: int) -> float:
        """Return how wide a gap would be without a mark, seen from where the newest is."""
        before, behind = self._marks[place - 1].count, self._marks[place + 1].count
        return (behind - before) / (self.newest_count - before)
