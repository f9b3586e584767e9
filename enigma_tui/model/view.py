"""The rows of a board: filtered, sorted, and kept up to date entry by entry.

An entry touches only the rows of the calls it changed, in O(log n). Another filter asks the rows
of the tab, which are in order already; another sort puts these in order; only another tab makes
them anew.
"""

from collections.abc import Iterable, Mapping, Sequence

from .board import Board
from .call import Call, CallKey
from .query import Query, parse
from .rows import Order, Row, Rows, by_beginning
from .sorting import AHEAD, Sort
from .subject import Lens, Subjects
from .tabs import BELONGS, Tab


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
        self._row_of: dict[CallKey, Row] = {}
        """Every call of the board."""
        self._labels: Mapping[str, str] = {}
        self._begun = Rows(key=by_beginning)
        """The rows of the tab as their calls began: every other order is made of this one."""
        self._in_tab = self._begun
        """The rows of the tab, whatever the filter; the same where they are sorted like that."""
        self._arranged: tuple[Tab, Sort] | None = None
        """What these are of."""
        self._rows = self._in_tab
        """Those that pass the filter, too; the same rows where there is none."""
        self._renew(lens)
        self.rebuild(lens)

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def matching(self) -> int:
        """How many calls belong here; a pinned call that has left does not count."""
        return len(self._rows) - self._left

    def _takes(self, call: Call, lens: Lens) -> bool:
        """Whether the call is one of the tab."""
        return BELONGS[self.tab](call, lens)

    # ── everything ──────────────────────────────────────────────────────────────────────

    def rebuild(self, lens: Lens, among: Iterable[CallKey] | None = None) -> None:
        """Work out anew what depends on the tab, the filter or the sort that has changed.

        `among` names the only calls that can belong to the tab, where somebody knows them.

        A new tab or filter is a new question and keeps nothing of the old one. In another order,
        or at another time of day, a pinned call stays.
        """
        question = (self.tab, self.query)
        same = question == self._question
        self._question = question
        if self._left and self.pinned in self._row_of:
            self._left = False
            row = self._row_of[self.pinned]
            self._place(row, row.order if self._takes(row.call, lens) else None, shown=False)
        if lens.labels is not self._labels:
            self._renew(lens)
        if self._arranged != (self.tab, self.sort):
            self._arrange(lens, among)
        self._choose(lens)
        pinned = self._row_of.get(self.pinned) if self.pinned else None
        if pinned is not None and pinned not in self._rows:
            if same:
                self._left = True
                self._place(pinned, self.sort.order(pinned, lens), shown=True)
            else:
                self.pinned = None

    def _renew(self, lens: Lens) -> None:
        """Make the rows of all calls, with what the labels are now."""
        self._labels = lens.labels
        self._arranged = None
        self._row_of = {
            key: Row(call, lens.text(call), call.began) for key, call in self.board.calls.items()
        }
        self._begun = self._in_tab = self._rows = Rows(key=by_beginning)

    def _arrange(self, lens: Lens, among: Iterable[CallKey] | None) -> None:
        """Put the rows of the tab in order."""
        tab, _ = self._arranged or (None, None)
        self._arranged = (self.tab, self.sort)
        if tab is not self.tab:
            for row in self._begun:
                row.here = False
            of = self._row_of
            some = of.values() if among is None else [of[key] for key in among if key in of]
            rows = [row for row in some if self._takes(row.call, lens)]
            for row in rows:
                row.here = True
            rows.sort(key=by_beginning)
            self._begun = Rows(rows, by_beginning)
        self._in_tab = self.sort.arrange(self._begun, lens)

    def _choose(self, lens: Lens) -> None:
        """Work out which rows of the tab pass the filter."""
        self._rows = self._in_tab
        if self.query.text:
            self._rows = self._in_tab.only(self.query.through(lens))

    def pieces(self) -> Sequence[Subjects[Row]]:
        """Return the rows of the tab, some hundreds at a time, with what has been read of them."""
        return self._in_tab.pieces()

    def read_ahead(self, most: int) -> bool:
        """Read of some pieces what filters and sorts ask for; return whether all have been read.

        The first to ask for something would wait for it: to get at it takes four times as long
        as to look at it.
        """
        for rows in self._orders():
            for piece in rows.pieces():
                if most <= 0:
                    return False
                most -= piece.read_ahead(AHEAD)
        return True

    # ── some calls ──────────────────────────────────────────────────────────────────────

    def update(self, keys: Iterable[CallKey], lens: Lens) -> bool:
        """Bring the rows of the calls `keys` up to date; return whether any may look different."""
        touched = False
        rows: list[Row] = []
        for key in keys:
            call, row = self.board.calls.get(key), self._row_of.get(key)
            if call is not None:
                rows.append(self._brought_up(row, call, lens))
            elif row is not None:
                touched |= self._place(row, None, shown=False)
                del self._row_of[key]
                self._left = self._left and key != self.pinned
        passed = self.query.through(lens)(Subjects(rows))
        for row, passes in zip(rows, passed, strict=True):
            belongs = self._takes(row.call, lens)
            shown = belongs and bool(passes)
            if row.call.key == self.pinned:
                self._left = not shown
                belongs = shown = True
            order = self.sort.order(row, lens) if belongs else None
            touched |= self._place(row, order, shown=shown)
        return touched

    def _brought_up(self, row: Row | None, call: Call, lens: Lens) -> Row:
        if row is None:
            row = self._row_of[call.key] = Row(call, lens.text(call), call.began)
        elif row.call is not call:
            if row.here:
                for rows in self._orders():
                    rows.outdate(row)
            else:
                row.since = call.began
            if _worded(row.call) != _worded(call):
                row.text = lens.text(call)
            row.call = call
        return row

    def rows(self, keys: Iterable[CallKey]) -> list[Row]:
        """Return the rows of calls, whatever the tab and the filter."""
        return [self._row_of[key] for key in keys if key in self._row_of]

    def _orders(self) -> Iterable[Rows]:
        """Return what all rows of the tab are in."""
        return {self._begun, self._in_tab}

    def _place(self, row: Row, order: Order | None, *, shown: bool) -> bool:
        """Put a row where it belongs, `None` is outside the tab; return whether it is or was shown.

        A row may not move while it is in order: it is taken out first.
        """
        filtered = self._rows is not self._in_tab
        was_shown = row in self._rows if filtered else row.here
        before = row.order if row.here else None
        moved = order != before
        if filtered and was_shown and (moved or not shown):
            self._rows.remove(row)
        if moved:
            if before is not None:
                for rows in self._orders():
                    rows.remove(row)
            row.here = order is not None
            if order is not None:
                _, row.value, row.since = order
                for rows in self._orders():
                    rows.add(row)
        if filtered and shown and (moved or not was_shown):
            self._rows.add(row)
        return was_shown or shown

    # ── the call under the cursor ───────────────────────────────────────────────────────

    def pin(self, key: CallKey | None, lens: Lens) -> bool:
        """Pin another call, or none; return whether that let a row go."""
        if key == self.pinned:
            return False
        before, had_left = self.pinned, self._left
        self.pinned = key
        self._left = False
        self.update([each for each in (before, key) if each is not None], lens)
        return had_left and before is not None and self.index(before) is None

    def has_left(self, key: CallKey) -> bool:
        """Whether the row is here only because it is pinned."""
        return self._left and key == self.pinned

    # ── rows by their number ────────────────────────────────────────────────────────────

    def index(self, key: CallKey) -> int | None:
        """Return the row number of a call, or `None` when it is not here."""
        row = self._row_of.get(key)
        if row is None or row not in self._rows:
            return None
        place = self._rows.index(row)
        return len(self._rows) - 1 - place if self.sort.reverse else place

    def key_at(self, index: int) -> CallKey | None:
        """Return the call in a row, or `None` beyond the ends."""
        calls = self.window(index, 1) if index >= 0 else ()
        return calls[0].key if calls else None

    def window(self, start: int, count: int) -> Sequence[Call]:
        """Return the calls in `count` rows from `start`, fewer at the end."""
        total = len(self._rows)
        start = max(0, start)
        stop = min(total, start + count)
        if start >= stop:
            return ()
        if self.sort.reverse:
            return [row.call for row in reversed(self._rows.between(total - stop, total - start))]
        return [row.call for row in self._rows.between(start, stop)]

    def order(self) -> Sequence[CallKey]:
        """Return every call's key, in the order of the rows."""
        rows = reversed(self._rows) if self.sort.reverse else iter(self._rows)
        return [row.call.key for row in rows]


def _worded(call: Call) -> tuple[str, ...]:
    """Return what a call's text is made of and may change."""
    return call.caller, call.dialled, call.contact_ref, call.extension
