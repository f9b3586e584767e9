"""What calls can be sorted by.

A sort value never depends on the time of day, so an order that holds now holds a second later:
calls in conversation are ordered by when they began, which is the same as by how long they last.
"""

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import compress
from math import inf, nan
from typing import Any

from msgspec import Struct

from . import readings
from .call import CallState
from .readings import STATES, began_ms, states, told_talks
from .rows import Order, Row, Rows, note
from .subject import Lens, Subject, Subjects

Value = Any
"""Something that compares with every other value of the same column."""


class Sort(Struct, frozen=True):
    """A column to sort by, and which way round."""

    by: str = "began"
    reverse: bool = True

    @property
    def text(self) -> str:
        """As it stands in the settings: `hold`, or `-hold` for the largest first."""
        return f"-{self.by}" if self.reverse else self.by

    @classmethod
    def named(cls, text: str) -> "Sort":
        """Return the order that `text` names; raises `ValueError` where there is no such column."""
        by = text.removeprefix("-")
        if by not in SORTS:
            raise ValueError(f"there is no column {by!r}; there are {', '.join(SORTS)}")
        return cls(by, text != by)

    def order(self, subject: Subject, lens: Lens) -> Order:
        """Return where a call stands. Unknown values come last, either way round."""
        [value] = self._values(Subjects([subject]), lens)
        return isinstance(value, str), value, subject.call.began

    def arrange(self, begun: Rows, lens: Lens) -> Rows:
        """Note in each of the rows where it stands, and return them in order.

        They come in the order in which their calls began, so that values alone are compared, in a
        fraction of the time of what they are parts of: the sort is stable. Each piece is noted
        while it is at hand; to come back to 100,000 rows takes as long as to sort them.
        """
        numbers, words = _Unsorted(), _Unsorted()
        for piece in begun.pieces():
            values = self._values(piece, lens)
            note(piece.rows, values)
            kinds = set(map(type, values))
            if str not in kinds:
                numbers.take(piece.rows, values)
            elif len(kinds) == 1:
                words.take(piece.rows, values)
            else:
                are_words = [isinstance(value, str) for value in values]
                are_numbers = [not is_word for is_word in are_words]
                words.take(compress(piece.rows, are_words), compress(values, are_words))
                numbers.take(compress(piece.rows, are_numbers), compress(values, are_numbers))
        if self.by == "began":
            return begun
        return Rows(numbers.in_order() + words.in_order())

    def _values(self, subjects: Subjects[Any], lens: Lens) -> Sequence[Value]:
        """Return what each is sorted by: a number or a word."""
        values = SORTS[self.by](subjects, lens)
        if None not in values:
            return values
        last = _BEFORE_NUMBERS if self.reverse else _BEHIND_WORDS
        return [last if value is None else value for value in values]


_BEFORE_NUMBERS = -inf
_BEHIND_WORDS = "\U0010ffff"  # which no text that was made safe contains


class _Unsorted:
    """Rows and what each is sorted by."""

    def __init__(self) -> None:
        self._rows: list[Row] = []
        self._values: list[Value] = []

    def take(self, rows: Iterable[Row], values: Iterable[Value]) -> None:
        self._rows += rows
        self._values += values

    def in_order(self) -> list[Row]:
        # The key of each row is the next value: to ask the row for it takes as long as to sort.
        self._rows.sort(key=partial(next, iter(self._values)))
        return self._rows


def _folded(texts: Sequence[str]) -> Sequence[Value]:
    """Return the texts case-folded: all in one, which is faster, and side by side in memory."""
    found = "\n".join(texts).casefold().split("\n")
    if len(found) != len(texts):
        found = [text.casefold() for text in texts]
    return [text or None for text in found] if "" in found else found


_DIGITS_MOST = 15
"""A float is exact for every number of so many digits. Longer ones are sorted as words."""


def _by_size(texts: Sequence[str]) -> list[Value]:
    """Return a number for each text that is one: nothing is as fast to compare."""
    return [
        float(text)
        if text.isdigit() and text.isascii() and len(text) <= _DIGITS_MOST
        else text.casefold() or None
        for text in texts
    ]


_NATIONAL = 16e14
"""More than any of what `_by_digits` returns for an international number, below zero."""


def _by_digits(texts: Sequence[str]) -> list[Value]:
    """Return a number for each telephone number; they compare as their digits do as text."""
    most = _DIGITS_MOST - 1
    return [
        float(digits.ljust(most, "0")) * 16
        + (size if (size := len(digits)) == len(text) else size - _NATIONAL)
        if (digits := text.removeprefix("+")).isdigit() and len(digits) <= most and text.isascii()
        else text.casefold() or None
        for text in texts
    ]


def _packed(values: list[Value]) -> Sequence[Value]:
    """Return the values in less memory where they are numbers or unknown, which is no number."""
    if str in set(map(type, values)):
        return values
    return array("d", [nan if value is None else value for value in values])


def _known(packed: Sequence[Value]) -> Sequence[Value]:
    """Return the values; `None` in place of no number."""
    unknown = [each != each for each in packed]
    if True not in unknown:
        return packed
    return [None if each != each else each for each in packed]


def _call_refs(rows: Sequence[Subject]) -> Sequence[Value]:
    return _packed(_by_size(readings.call_refs(rows)))


def _extensions(rows: Sequence[Subject]) -> Sequence[Value]:
    return _packed(_shared(_by_size, readings.extensions(rows)))


def _callers(rows: Sequence[Subject]) -> Sequence[Value]:
    return _packed(_by_digits(readings.callers(rows)))


_AFTER_ALL = 2.0**53
"""More than any duration, and a time less than it is exact."""


def _talks(subjects: Subjects[Any], lens: Lens) -> Sequence[Value]:
    """Return the seconds of the calls that are over; behind them come the others by their age."""
    told = subjects.column(told_talks)
    left = [talk != talk for talk in told]
    if True not in left:
        return told
    rest = iter(_untold(list(compress(subjects.rows, left)), lens))
    return [next(rest) if talk != talk else talk for talk in told]


def _untold(rows: list[Subject], lens: Lens) -> list[Value]:
    # Over, as far as anyone can tell, but nobody knows since when: that has no place.
    others = zip(rows, began_ms(rows), states(Subjects(rows), lens), strict=True)
    return [
        call.talk_seconds(call.end.entry.ms)
        if (call := row.call).end is not None
        else None
        if STATES[state] is CallState.ENDED
        else _AFTER_ALL - ms
        for row, ms, state in others
    ]


def _shared(value: Callable[[Sequence[str]], Sequence[Value]], texts: Sequence[str]) -> list[Value]:
    """Return the value of each text; what many calls share is worked out once."""
    different = list(set(texts))
    known = dict(zip(different, value(different), strict=True))
    return [known[text] for text in texts]


def _labels(numbers: Sequence[str], lens: Lens) -> Sequence[Value]:
    return _folded([lens.label(number) or number for number in numbers])


# For each of several calls at once: a function called for each of 100,000 takes longer than all
# that it does.
SORTS: Mapping[str, Callable[[Subjects[Any], Lens], Sequence[Value]]] = {
    "began": lambda calls, _: [0] * len(calls.rows),  # alike, and so it decides when they began
    "state": lambda calls, lens: list(states(calls, lens)),
    "caller": lambda calls, _: _known(calls.column(_callers)),
    "dialled": lambda calls, lens: _shared(
        partial(_labels, lens=lens), readings.dialled(calls.rows)
    ),
    "hold": lambda calls, _: _known(calls.column(readings.holds)),
    "talk": _talks,
    "ext": lambda calls, _: _known(calls.column(_extensions)),
    "contact": lambda calls, _: _folded(calls.column(readings.contact_refs)),
    "ref": lambda calls, _: _known(calls.column(_call_refs)),
    "source": lambda calls, _: _shared(_folded, readings.sources(calls.rows)),
    "disposition": lambda calls, _: [code or None for code in readings.codes(calls.rows)],
    "by": lambda calls, _: _shared(_folded, readings.persons(calls.rows)),
}

AHEAD = (*readings.AHEAD, _call_refs, _extensions, _callers, readings.contact_refs)
"""What the slowest filters and sorts read: some 65 bytes for each call."""
