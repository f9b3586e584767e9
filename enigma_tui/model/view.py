"""The rows of a board: filtered, sorted, and kept up to date entry by entry.

An entry touches only the rows of the calls it changed, in O(log n); everything is worked out
anew only when the filter or the sort changes.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from itertools import islice

from sortedcontainers import SortedList

from .board import Board
from .call import Call, CallKey, CallState
from .notification import Direction
from .query import Lens, Query, parse
from .sorting import Row, Sort


class Tab(StrEnum):
    """The views that are always there."""

    LIVE = "Live"
    TO_DISPOSE = "To dispose"
    ALL = "All"


def is_live(call: Call, lens: Lens) -> bool:
    """Whether the call is connected and not over, as far as is known."""
    return call.end is None and call.state(lens.now_ms, lens.policy) in (
        CallState.LIVE,
        CallState.GHOST,
    )


def is_to_dispose(call: Call, lens: Lens) -> bool:
    """Whether the call is inbound, over, and nobody has recorded its outcome."""
    return (
        call.disposition is None
        and not call.superseded
        and call.direction is Direction.INBOUND
        and not is_live(call, lens)
    )


class Tally:
    """How many calls are live and how many are to be disposed of, whatever is on screen."""

    def __init__(self) -> None:
        self._live: set[CallKey] = set()
        self._to_dispose: set[CallKey] = set()

    @property
    def live(self) -> int:
        return len(self._live)

    @property
    def to_dispose(self) -> int:
        return len(self._to_dispose)

    def live_keys(self) -> frozenset[CallKey]:
        """Return the live calls' keys as they are now."""
        return frozenset(self._live)

    def to_dispose_keys(self) -> frozenset[CallKey]:
        """Return the keys of the calls to be disposed of as they are now."""
        return frozenset(self._to_dispose)

    def update(self, keys: Iterable[CallKey], board: Board, lens: Lens) -> None:
        """Count the calls `keys` again after they changed."""
        for key in keys:
            call = board.calls.get(key)
            for members, test in ((self._live, is_live), (self._to_dispose, is_to_dispose)):
                if call is not None and test(call, lens):
                    members.add(key)
                else:
                    members.discard(key)


class View:
    """The rows that a tab, a filter and a sort make of a board.

    One row may be *pinned*: the call under the cursor. It stays when it no longer belongs here
    (`has_left` tells), so that it cannot slip away from under a supervisor's hands.
    """

    def __init__(
        self,
        board: Board,
        lens: Lens,
        *,
        tab: Tab = Tab.LIVE,
        query: Query | None = None,
        sort: Sort | None = None,
    ) -> None:
        self.board = board
        self.tab = tab
        self.query = query or parse("")
        self.sort = sort or Sort()
        self.pinned: CallKey | None = None
        self._left = False
        self._question = (self.tab, self.query)
        self._rows: SortedList = SortedList()
        self._row_of: dict[CallKey, Row] = {}
        self.rebuild(lens)

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def matching(self) -> int:
        """How many calls belong here; a pinned call that has left does not count."""
        return len(self._rows) - self._left

    def belongs(self, call: Call, lens: Lens) -> bool:
        """Whether the tab and the filter take the call."""
        if self.tab is Tab.LIVE and not is_live(call, lens):
            return False
        if self.tab is Tab.TO_DISPOSE and not is_to_dispose(call, lens):
            return False
        return self.query.matches(call, lens)

    def rebuild(self, lens: Lens, among: Iterable[CallKey] | None = None) -> None:
        """Work out every row anew, after the tab, the filter or the sort has changed.

        `among` names the only calls that can belong to the tab, where somebody knows them.

        A new tab or filter is a new question and keeps nothing of the old one. In another order,
        or at another time of day, a pinned call stays.
        """
        question = (self.tab, self.query)
        same = question == self._question
        self._question = question
        self._row_of = {
            key: self.sort.row(call, lens)
            for key in (self.board.calls if among is None else among)
            if (call := self.board.calls.get(key)) is not None and self.belongs(call, lens)
        }
        self._left = False
        pinned = self.board.calls.get(self.pinned) if self.pinned else None
        if pinned is not None and pinned.key not in self._row_of:
            if same:
                self._row_of[pinned.key] = self.sort.row(pinned, lens)
                self._left = True
            else:
                self.pinned = None
        self._rows = SortedList(self._row_of.values())

    def update(self, keys: Iterable[CallKey], lens: Lens) -> bool:
        """Bring the rows of the calls `keys` up to date; return whether any may look different."""
        touched = False
        for key in keys:
            call = self.board.calls.get(key)
            old = self._row_of.get(key)
            belongs = call is not None and self.belongs(call, lens)
            if key == self.pinned:
                self._left = call is not None and not belongs
                belongs = call is not None
            new = self.sort.row(call, lens) if belongs and call is not None else None
            touched = touched or old is not None or new is not None
            if new == old:
                continue
            if old is not None:
                self._rows.remove(old)
                del self._row_of[key]
            if new is not None:
                self._rows.add(new)
                self._row_of[key] = new
        return touched

    def pin(self, key: CallKey | None, lens: Lens) -> bool:
        """Pin another call, or none; return whether that let a row go."""
        if key == self.pinned:
            return False
        before, had_left = self.pinned, self._left
        self.pinned = key
        self._left = False
        self.update([each for each in (before, key) if each is not None], lens)
        return had_left and before not in self._row_of

    def has_left(self, key: CallKey) -> bool:
        """Whether the row is here only because it is pinned."""
        return self._left and key == self.pinned

    def index(self, key: CallKey) -> int | None:
        """Return the row number of a call, or `None` when it is not here."""
        row = self._row_of.get(key)
        if row is None:
            return None
        place: int = self._rows.index(row)
        return len(self._rows) - 1 - place if self.sort.reverse else place

    def key_at(self, index: int) -> CallKey | None:
        """Return the call in a row, or `None` beyond the ends."""
        if not 0 <= index < len(self._rows):
            return None
        place = len(self._rows) - 1 - index if self.sort.reverse else index
        row: Row = self._rows[place]
        return row[3]

    def window(self, start: int, count: int) -> Sequence[Call]:
        """Return the calls in `count` rows from `start`, fewer at the end."""
        total = len(self._rows)
        start = max(0, start)
        stop = min(total, start + count)
        if start >= stop:
            return ()
        if self.sort.reverse:
            rows = self._rows.islice(total - stop, total - start, reverse=True)
        else:
            rows = self._rows.islice(start, stop)
        return [self.board.calls[row[3]] for row in islice(rows, count)]

    def order(self) -> Sequence[CallKey]:
        """Return every call's key, in the order of the rows."""
        rows = reversed(self._rows) if self.sort.reverse else iter(self._rows)
        return [row[3] for row in rows]
