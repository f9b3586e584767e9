"""Which callers are to be called back, and when."""

from collections.abc import Iterable, Sequence
from itertools import islice

from sortedcontainers import SortedList

from .board import Board
from .call import Call, CallKey, DeedKind


def callback_ms(call: Call) -> int | None:
    """Return when a caller is to be called back (milliseconds since the epoch).

    `None` where nobody wants that, or where it has been done since, for certain.
    """
    done = call.disposition
    if done is None or done.callback_ms is None:
        return None
    since = any(
        deed.kind is DeedKind.CALLED_BACK and deed.at_ms >= done.at_ms for deed in call.audit
    )
    return None if since else done.callback_ms


class Callbacks:
    """The scheduled call-backs of a board, kept up to date with the calls that change."""

    def __init__(self) -> None:
        self._at: dict[CallKey, int] = {}
        self._in_order: SortedList[tuple[int, CallKey]] = SortedList()
        self._told: set[CallKey] = set()

    def update(self, changed: Iterable[CallKey], board: Board) -> None:
        """Look at calls that have changed, or have gone."""
        for key in changed:
            call = board.calls.get(key)
            at = None if call is None else callback_ms(call)
            if at == self._at.get(key):
                continue
            self._told.discard(key)
            if (before := self._at.pop(key, None)) is not None:
                self._in_order.remove((before, key))
            if at is not None:
                self._at[key] = at
                self._in_order.add((at, key))

    def listed(self) -> Sequence[tuple[int, CallKey]]:
        """Return all that are left to do with their time (milliseconds), the earliest first."""
        return list(self._in_order)

    def due(self, now_ms: int) -> int:
        """Return how many should have been done by now."""
        return int(self._in_order.bisect_left((now_ms + 1,)))

    def came_due(self, now_ms: int) -> Sequence[CallKey]:
        """Return those whose time has come since the last call, the earliest first."""
        due = islice(self._in_order, self.due(now_ms))
        fresh = [key for _, key in due if key not in self._told]
        self._told.update(fresh)
        return fresh
