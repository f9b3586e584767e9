"""What calls can be sorted by.

A sort value never depends on the time of day, so an order that holds now holds a second later:
calls in conversation are ordered by when they began, which is the same as by how long they last.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import compress
from operator import attrgetter
from typing import Any

from . import readings
from .call import CallState
from .readings import began_ms, states, told_talks
from .rows import Order, Row, Rows, note
from .subject import Lens, Subject, Subjects

Value = Any
"""Something that compares with every other value of the same column."""

_STATES = {state: place for place, state in enumerate(CallState)}


@dataclass(frozen=True, slots=True)
class Sort:
    """A column to sort by, and which way round."""

    by: str = "began"
    reverse: bool = True

    def order(self, subject: Subject, lens: Lens) -> Order:
        """Return where a call stands. Unknown values come last, either way round."""
        [value] = SORTS[self.by](Subjects([subject]), lens)
        began = subject.call.began
        return (self._last, 0, began) if value is None else (0, value, began)

    def arrange(self, begun: Rows, lens: Lens) -> Rows:
        """Note in each of the rows where it stands, and return them in order.

        They come in the order in which their calls began, so that values alone are compared, in a
        fraction of the time of what they are parts of: the sort is stable. Each piece is noted
        while it is at hand; to come back to 100,000 rows takes as long as to sort them.
        """
        known: list[Row] = []
        unknown: list[Row] = []
        for piece in begun.pieces():
            values = SORTS[self.by](piece, lens)
            note(piece.rows, values)
            if None in values:
                known += [row for row in piece.rows if row.value is not None]
                unknown += [row for row in piece.rows if row.value is None]
            else:
                known += piece.rows
        if self.by == "began":
            return begun
        last = self._last
        for row in unknown:
            row.rank, row.value = last, 0
        known.sort(key=_value)
        return Rows(unknown + known if self.reverse else known + unknown)

    @property
    def _last(self) -> int:
        return -1 if self.reverse else 1


_value = attrgetter("value")


def _folded(texts: Sequence[str]) -> list[Value]:
    """Return the texts case-folded: all in one, which is faster, and side by side in memory."""
    found = "\n".join(texts).casefold().split("\n")
    if len(found) != len(texts):
        found = [text.casefold() for text in texts]
    return [text or None for text in found] if "" in found else found


_SIZES = [chr(size) for size in range(20)]
"""What stands before the digits of a number that has so many."""


def _numbers_first(texts: Sequence[str]) -> list[Value]:
    """Return for each text one that stands before those that are no numbers if it is, by its size.

    Of numbers those with fewer digits come first; among as many, text is as good.
    """
    if _are_alike(texts):
        size = _SIZES[len(texts[0])]
        return [size + digits for digits in texts]
    found: list[Value] = []
    for text in texts:
        if text.isdigit() and text.isascii() and len(text) < 20:
            digits = text.lstrip("0")
            found.append(_SIZES[len(digits)] + digits)
        else:
            found.append("~" + text.casefold() if text else None)
    return found


def _are_alike(texts: Sequence[str]) -> bool:
    """Whether all are numbers of as many digits, as references in a row are."""
    sizes = set(map(len, texts))
    if len(sizes) != 1 or not 0 < min(sizes) < len(_SIZES):
        return False
    digits = "".join(texts)
    return digits.isdigit() and digits.isascii() and min(texts)[0] != "0"


_AFTER_ALL = 2.0**53
"""More than any duration, and a time less than it is exact."""


def _talks(subjects: Subjects[Any], lens: Lens) -> list[Value]:
    """Return the seconds of the calls that are over; behind them come the others by their age."""
    told = subjects.column(told_talks)
    rest = iter(_untold(list(compress(subjects.rows, [talk != talk for talk in told])), lens))
    return [next(rest) if talk != talk else talk for talk in told]


def _untold(rows: list[Subject], lens: Lens) -> list[Value]:
    # Over, as far as anyone can tell, but nobody knows since when: that has no place.
    others = zip(rows, began_ms(rows), states(Subjects(rows), lens), strict=True)
    return [
        call.talk_seconds(call.end.entry.ms)
        if (call := row.call).end is not None
        else None
        if state is CallState.ENDED
        else _AFTER_ALL - ms
        for row, ms, state in others
    ]


def _shared(value: Callable[[Sequence[str]], Sequence[Value]], texts: Sequence[str]) -> list[Value]:
    """Return the value of each text; what many calls share is worked out once."""
    different = list(set(texts))
    known = dict(zip(different, value(different), strict=True))
    return [known[text] for text in texts]


def _labels(numbers: Sequence[str], lens: Lens) -> list[Value]:
    return _folded([lens.label(number) or number for number in numbers])


# For each of several calls at once: a function called for each of 100,000 takes longer than all
# that it does.
SORTS: Mapping[str, Callable[[Subjects[Any], Lens], list[Value]]] = {
    "began": lambda calls, _: [0] * len(calls.rows),  # alike, and so it decides when they began
    "state": lambda calls, lens: [_STATES[state] for state in states(calls, lens)],
    "caller": lambda calls, _: _folded(readings.callers(calls.rows)),
    "dialled": lambda calls, lens: _shared(
        partial(_labels, lens=lens), readings.dialled(calls.rows)
    ),
    "hold": lambda calls, _: [row.call.hold for row in calls.rows],
    "talk": _talks,
    "ext": lambda calls, _: _shared(_numbers_first, calls.column(readings.extensions)),
    "contact": lambda calls, _: _folded(readings.contact_refs(calls.rows)),
    "ref": lambda calls, _: _numbers_first(readings.call_refs(calls.rows)),
    "source": lambda calls, _: _shared(_folded, readings.sources(calls.rows)),
    "disposition": lambda calls, _: [code or None for code in readings.codes(calls.rows)],
    "by": lambda calls, _: _shared(_folded, readings.persons(calls.rows)),
}
