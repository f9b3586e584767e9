"""What calls can be sorted by.

A sort value never depends on the time of day, so an order that holds now holds a second later:
calls in conversation are ordered by when they began, which is the same as by how long they last.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .call import Call, CallKey, CallState, EntryId
from .query import Lens

Value = Any
"""Something that compares with every other value of the same column."""

Row = tuple[int, Value, EntryId, CallKey]
"""Where a call stands in an order; the last part makes it unique."""

_STATES = {state: place for place, state in enumerate(CallState)}


@dataclass(frozen=True, slots=True)
class Sort:
    """A column to sort by, and which way round."""

    by: str = "began"
    reverse: bool = True

    def row(self, call: Call, lens: Lens) -> Row:
        """Return where `call` stands. Unknown values come last, either way round."""
        value = SORTS[self.by](call, lens)
        if value is None:
            return (-1 if self.reverse else 1, 0, call.began, call.key)
        return (0, value, call.began, call.key)


def _extension(call: Call, _: Lens) -> Value:
    extension = call.extension
    if not extension:
        return None
    return (0, int(extension), "") if _is_number(extension) else (1, 0, extension.casefold())


def _reference(call: Call, _: Lens) -> Value:
    reference = call.key.call_ref
    return (0, int(reference), "") if _is_number(reference) else (1, 0, reference.casefold())


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20


def _talk(call: Call, lens: Lens) -> Value:
    if call.end is None:
        # Over, as far as anyone can tell, but nobody knows since when.
        if call.state(lens.now_ms, lens.policy) is CallState.ENDED:
            return None
        return (1, -call.began.ms)
    talk = call.talk_seconds(call.end.entry.ms)
    return None if talk is None else (0, talk)


def _label(call: Call, lens: Lens) -> Value:
    return (lens.label(call.dialled) or call.dialled).casefold() or None


SORTS: Mapping[str, Callable[[Call, Lens], Value]] = {
    "began": lambda call, _: call.began,
    "state": lambda call, lens: _STATES[call.state(lens.now_ms, lens.policy)],
    "caller": lambda call, _: call.caller.casefold() or None,
    "dialled": _label,
    "hold": lambda call, _: call.hold,
    "talk": _talk,
    "ext": _extension,
    "contact": lambda call, _: call.contact_ref.casefold() or None,
    "ref": _reference,
    "source": lambda call, _: call.key.source.casefold() or None,
    "disposition": lambda call, _: call.disposition.code if call.disposition else None,
    "by": lambda call, _: call.disposition.by.casefold() if call.disposition else None,
}
