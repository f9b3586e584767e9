"""What calls can be sorted by.

A sort value never depends on the time of day, so an order that holds now holds a second later:
calls in conversation are ordered by when they began, which is the same as by how long they last.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from .call import Call, CallState
from .rows import Order, Row
from .subject import Lens

Value = Any
"""Something that compares with every other value of the same column."""

_STATES = {state: place for place, state in enumerate(CallState)}


@dataclass(frozen=True, slots=True)
class Sort:
    """A column to sort by, and which way round."""

    by: str = "began"
    reverse: bool = True

    def order(self, call: Call, lens: Lens) -> Order:
        """Return where `call` stands. Unknown values come last, either way round."""
        [value] = SORTS[self.by]([call], lens)
        return (self._last, 0, call.began) if value is None else (0, value, call.began)

    def arrange(self, rows: list[Row], lens: Lens) -> list[Row]:
        """Note in each of the rows where it stands, and return them in order.

        They are to come in the order in which their calls began (`by_beginning`). So values alone
        are compared, in a fraction of the time of what they are parts of: the sort is stable.
        """
        if self.by == "began":
            values: list[Value] = [row.since for row in rows]
        else:
            values = SORTS[self.by]([row.call for row in rows], lens)
        unknown: list[Row] = []
        if None in values:
            unknown = [row for row, value in zip(rows, values, strict=True) if value is None]
            rows = [row for row, value in zip(rows, values, strict=True) if value is not None]
            values = [value for value in values if value is not None]
        for row, value in zip(rows, values, strict=True):
            row.here, row.rank, row.value = True, 0, value
        last = self._last
        for row in unknown:
            row.here, row.rank, row.value = True, last, 0
        if self.by != "began":
            rows = [rows[place] for place in sorted(range(len(rows)), key=values.__getitem__)]
        return unknown + rows if self.reverse else rows + unknown

    @property
    def _last(self) -> int:
        return -1 if self.reverse else 1


def by_beginning(rows: Iterable[Row]) -> list[Row]:
    """Note in each row when its call began, and return them in that order."""
    found = list(rows)
    for row in found:
        row.since = row.call.began
    return sorted(found, key=attrgetter("since"))


def _folded(text: str, _: Lens) -> str:
    return text.casefold()


def _numbers_first(text: str, _: Lens) -> str:
    """Return a text that stands before those that are no numbers if `text` is one, by its size."""
    if text.isdigit() and text.isascii() and len(text) < 20:
        digits = text.lstrip("0")
        return chr(len(digits)) + digits  # fewer digits first; among as many, text is as good
    return "~" + text.casefold()


_AFTER_ALL = 2.0**53
"""More than any duration, and a time less than it is exact."""


def _talk(call: Call, lens: Lens) -> Value:
    if call.end is None:
        # Over, as far as anyone can tell, but nobody knows since when.
        if call.state(lens.now_ms, lens.policy) is CallState.ENDED:
            return None
        return _AFTER_ALL - call.began.ms
    return call.talk_seconds(call.end.entry.ms)


def _each(value: Callable[[str, Lens], Value], texts: Sequence[str], lens: Lens) -> list[Value]:
    """Return the value of each text; what many calls share is worked out once."""
    known = {text: value(text, lens) if text else None for text in set(texts)}
    return [known[text] for text in texts]


def _label(number: str, lens: Lens) -> Value:
    return (lens.label(number) or number).casefold()


# For each of several calls at once: a function called for each of 100,000 takes longer than all
# that it does.
SORTS: Mapping[str, Callable[[Sequence[Call], Lens], list[Value]]] = {
    "began": lambda calls, _: [call.began for call in calls],
    "state": lambda calls, lens: [_STATES[call.state(lens.now_ms, lens.policy)] for call in calls],
    "caller": lambda calls, _: [call.caller.casefold() or None for call in calls],
    "dialled": lambda calls, lens: _each(_label, [call.dialled for call in calls], lens),
    "hold": lambda calls, _: [call.hold for call in calls],
    "talk": lambda calls, lens: [_talk(call, lens) for call in calls],
    "ext": lambda calls, lens: _each(_numbers_first, [call.extension for call in calls], lens),
    "contact": lambda calls, _: [call.contact_ref.casefold() or None for call in calls],
    "ref": lambda calls, lens: [_numbers_first(call.key.call_ref, lens) for call in calls],
    "source": lambda calls, lens: _each(_folded, [call.key.source for call in calls], lens),
    "disposition": lambda calls, _: [
        call.disposition.code if call.disposition else None for call in calls
    ],
    "by": lambda calls, _: [
        call.disposition.by.casefold() if call.disposition else None for call in calls
    ],
}
