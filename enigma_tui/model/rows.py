"""The rows of a view, kept in order: any of them by its number, and a change without moving many.

A list in pieces. To make one of rows that are in order already costs next to nothing, which is
what a filter does at every keystroke; a sorted container that checks the order, and keeps its keys
beside the rows, takes most of the time of a keystroke at 100,000 calls.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate, chain
from operator import attrgetter
from typing import Any

from .call import ORIGIN, EntryId
from .subject import Subject

PIECE = 512
"""Rows in a piece, at first; one that has grown to twice as many is cut in two."""

Order = tuple[int, Any, EntryId]
"""Where a call stands: behind everything (1) or before it (-1) what is unknown; the value that is
sorted by; when the call began, which makes it unique."""


class Row(Subject, gc=False, eq=False):
    """A call as a view has it, and where it stands, in parts: a tuple for each would be larger."""

    here: bool = False
    """Whether the call is in the tab; if not, what follows says nothing."""
    rank: int = 0
    value: Any = None
    since: EntryId = ORIGIN

    @property
    def order(self) -> Order:
        """Where the row stands."""
        return self.rank, self.value, self.since


_order = attrgetter("order")


class Rows:
    """Rows in the order of `Row.order`, which may not change while a row is here."""

    def __init__(self, rows: Sequence[Row] = ()) -> None:
        """Start with rows that are in order already."""
        self._pieces = [list(rows[at : at + PIECE]) for at in range(0, len(rows), PIECE)]
        self._lasts = [piece[-1].order for piece in self._pieces]
        self._length = len(rows)
        self._begins: list[int] | None = None
        """How many rows stand before each piece; `None` where that is to be counted anew."""

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Row]:
        return chain.from_iterable(self._pieces)

    def __reversed__(self) -> Iterator[Row]:
        return chain.from_iterable(map(reversed, reversed(self._pieces)))

    def __contains__(self, row: Row) -> bool:
        if not row.here:
            return False
        piece, place = self._place_of(row)
        return piece < len(self._pieces) and self._pieces[piece][place] is row

    def add(self, row: Row) -> None:
        """Put a row where it belongs."""
        number, place = self._place_of(row)
        if number == len(self._pieces):
            if number == 0:
                self._pieces.append([])
                self._lasts.append(row.order)
            number = len(self._pieces) - 1
            place = len(self._pieces[number])
            self._lasts[number] = row.order
        piece = self._pieces[number]
        piece.insert(place, row)
        self._length += 1
        self._begins = None
        if len(piece) >= 2 * PIECE:
            self._pieces[number : number + 1] = [piece[:PIECE], piece[PIECE:]]
            self._lasts.insert(number, piece[PIECE - 1].order)

    def remove(self, row: Row) -> None:
        """Take a row away; raises `ValueError` where it is not here."""
        number, place = self._place_of(row)
        if number == len(self._pieces) or self._pieces[number][place] is not row:
            raise ValueError(f"no row of {row.call.key}")
        piece = self._pieces[number]
        del piece[place]
        self._length -= 1
        self._begins = None
        if not piece:
            del self._pieces[number], self._lasts[number]
        elif place == len(piece):
            self._lasts[number] = piece[-1].order

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
            found += self._pieces[number][max(0, start - begin) : stop - begin]
            number += 1
        return found

    def _place_of(self, row: Row) -> tuple[int, int]:
        """Return in which piece a row belongs, and where; behind all of them there is no piece."""
        number = bisect_left(self._lasts, row.order)
        if number == len(self._pieces):
            return number, 0
        return number, bisect_left(self._pieces[number], row.order, key=_order)

    def _counted(self) -> list[int]:
        if self._begins is None:
            self._begins = list(accumulate(map(len, self._pieces), initial=0))
        return self._begins
