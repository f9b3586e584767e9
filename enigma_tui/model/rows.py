"""The rows of a view, kept in order: any of them by its number, and a change without moving many.

A list in pieces. To make one of rows that are in order already costs next to nothing, which is
what a filter does at every keystroke; a sorted container that checks the order, and keeps its keys
beside the rows, takes most of the time of a keystroke at 100,000 calls.
"""

from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate, chain, compress
from operator import attrgetter
from typing import Any

from .call import ORIGIN, EntryId
from .subject import Subject, Subjects

PIECE = 512
"""Rows in a piece, at first; one that has grown to twice as many is cut in two."""

Order = tuple[bool, Any, EntryId]
"""Where a call stands: whether it is sorted by a word, which comes behind all numbers; the value
that it is sorted by; when the call began, which makes it unique."""


class Row(Subject, gc=False, eq=False):
    """A call as a view has it, and where it stands, in parts: a tuple for each would be larger."""

    since: EntryId = ORIGIN
    here: bool = False
    """Whether the call is in the tab; if not, what follows says nothing."""
    value: Any = 0

    @property
    def order(self) -> Order:
        """Where the row stands."""
        return isinstance(self.value, str), self.value, self.since


def note(rows: Sequence[Row], values: Iterable[Any]) -> None:
    """Note what each is sorted by."""
    # To set an attribute of 100,000 rows one by one takes three times as long.
    deque(map(_set_value, rows, values), maxlen=0)


_set_value = vars(Row)["value"].__set__

by_order: Callable[[Row], Any] = attrgetter("order")
by_beginning: Callable[[Row], Any] = attrgetter("since")


class Piece(Subjects[Row]):
    """Rows that follow one another. It may be a piece of two `Rows`, and is not changed then."""

    __slots__ = ("shared",)

    def __init__(self, rows: list[Row]) -> None:
        super().__init__(rows)
        self.shared = False


class Rows:
    """Rows in the order of `key`, which may not change for a row that is here."""

    def __init__(self, rows: list[Row] | None = None, key: Callable[[Row], Any] = by_order) -> None:
        """Start with rows that are in order already."""
        rows = rows or []
        self.key = key
        self._pieces: list[Piece] = []
        self._lasts: list[Any] = []
        self._length = 0
        self._begins: list[int] | None = None
        """How many rows stand before each piece; `None` where that is to be counted anew."""
        for at in range(0, len(rows), PIECE):
            self._append(Piece(rows[at : at + PIECE]))

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Row]:
        return chain.from_iterable(piece.rows for piece in self._pieces)

    def __reversed__(self) -> Iterator[Row]:
        return chain.from_iterable(reversed(piece.rows) for piece in reversed(self._pieces))

    def __contains__(self, row: Row) -> bool:
        if not row.here:
            return False
        piece, place = self._place_of(row)
        return piece < len(self._pieces) and self._pieces[piece].rows[place] is row

    def pieces(self) -> Sequence[Subjects[Row]]:
        """Return all rows, some hundreds at a time, to be read."""
        return self._pieces

    def only(self, passes: Callable[[Subjects[Row]], bytes]) -> "Rows":
        """Return the rows that pass.

        It works piece by piece: what one part of a test has read of a call is still at hand when
        the next part reads it. A piece that passes as a whole is not even copied.
        """
        found = Rows(key=self.key)
        for piece in self._pieces:
            passed = passes(piece)
            if False not in passed:
                piece.shared = True
                found._append(piece)
            elif True in passed:
                found._append(Piece(list(compress(piece.rows, passed))))
        return found

    def add(self, row: Row) -> None:
        """Put a row where it belongs."""
        number, place = self._place_of(row)
        if number == len(self._pieces):
            if number == 0:
                self._append(Piece([row]))
                return
            number -= 1
            place = len(self._pieces[number].rows)
            self._lasts[number] = self.key(row)
        rows = self._changing(number).rows
        rows.insert(place, row)
        self._length += 1
        self._begins = None
        if len(rows) >= 2 * PIECE:
            self._pieces[number : number + 1] = [Piece(rows[:PIECE]), Piece(rows[PIECE:])]
            self._lasts.insert(number, self.key(rows[PIECE - 1]))

    def remove(self, row: Row) -> None:
        """Take a row away; raises `ValueError` where it is not here."""
        number, place = self._place_of(row)
        if number == len(self._pieces) or self._pieces[number].rows[place] is not row:
            raise ValueError(f"no row of {row.call.key}")
        rows = self._changing(number).rows
        del rows[place]
        self._length -= 1
        self._begins = None
        if not rows:
            del self._pieces[number], self._lasts[number]
        elif place == len(rows):
            self._lasts[number] = self.key(rows[-1])

    def outdate(self, row: Row) -> None:
        """Note that the call or the text of a row that is here becomes another."""
        self._pieces[bisect_left(self._lasts, self.key(row))].outdate()

    def index(self, row: Row) -> int:
        """Return the number of a row that is here."""
        number, place = self._place_of(row)
        return self._counted()[number] + place

    def between(self, start: int, stop: int) -> list[Row]:
        """Return the rows with the numbers `start` to `stop - 1`."""
        begins = self._counted()
        number = max(0, bisect_left(begins, start + 1) - 1)
        found: list[Row] = []
        while number < len(self._pieces) and begins[number] < stop:
            begin = begins[number]
            found += self._pieces[number].rows[max(0, start - begin) : stop - begin]
            number += 1
        return found

    def _append(self, piece: Piece) -> None:
        self._pieces.append(piece)
        self._lasts.append(self.key(piece.rows[-1]))
        self._length += len(piece.rows)
        self._begins = None

    def _changing(self, number: int) -> Piece:
        """Return a piece that is about to change, and is nobody else's."""
        piece = self._pieces[number]
        if piece.shared:
            piece = self._pieces[number] = Piece(piece.rows[:])
        piece.outdate()
        return piece

    def _place_of(self, row: Row) -> tuple[int, int]:
        """Return in which piece a row belongs, and where; behind all of them there is no piece."""
        key = self.key(row)
        number = bisect_left(self._lasts, key)
        if number == len(self._pieces):
            return number, 0
        return number, bisect_left(self._pieces[number].rows, key, key=self.key)

    def _counted(self) -> list[int]:
        if self._begins is None:
            self._begins = list(accumulate((len(piece.rows) for piece in self._pieces), initial=0))
        return self._begins
