"""What a filter looks at: a call, and one text in which all its words are sought.

To fold and test six fields of 100,000 calls at a keystroke takes a second; to look for a few
characters in one text of each takes some milliseconds. So the text is worked out once, when the
call comes. In it every field stands between marks of its own, which no value can contain
(`text.safe`): the mark and `200` is the beginning of an extension, the mark, `2001` and the mark is
all of it, and `200` alone is anywhere in the call.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from itertools import compress
from typing import Any, Generic, TypeVar

from msgspec import Struct

from .call import Call, Policy
from .phone import Dialplan


class Frame(StrEnum):
    """What stands before and behind each field of a subject's text."""

    CALLER = "\x01"
    CALLER_FORMS = "\x02"
    """The caller's number as `Dialplan.framed` writes it."""
    DIALLED = "\x03"
    DIALLED_FORMS = "\x04"
    LABEL = "\x05"
    CONTACT = "\x06"
    EXTENSION = "\x07"
    REFERENCE = "\x08"


class Lens(Struct, frozen=True):
    """What a filter needs beside the call."""

    now_ms: int
    """Milliseconds since the epoch, the server's clock."""
    policy: Policy
    dialplan: Dialplan
    labels: Mapping[str, str]
    """Dialled number, in any spelling that `Dialplan.label` understands, to its label."""
    own_name: str = ""
    """Under which whoever looks claims calls and records outcomes."""

    def label(self, number: str) -> str:
        """Return the label of a dialled number, empty if it has none."""
        return self.dialplan.label(number, self.labels)

    def text(self, call: Call) -> str:
        """Return the text of a call in which words are sought, case-folded."""
        plan, caller, dialled = self.dialplan, call.caller, call.dialled
        label = self.label(dialled) if self.labels else ""
        text = (
            f"\x01{caller}\x01{plan.framed(caller, Frame.CALLER_FORMS)}"
            f"\x03{dialled}\x03{plan.framed(dialled, Frame.DIALLED_FORMS)}"
            f"\x05{label}\x05\x06{call.contact_ref}\x06"
            f"\x07{call.extension}\x07\x08{call.key.call_ref}\x08"
        )
        return text.casefold()


class Subject(Struct, gc=False, eq=False):
    """A call and its text."""

    call: Call
    text: str


Some = TypeVar("Some", bound=Subject)
Value = TypeVar("Value")
Read = Callable[[Sequence[Subject]], Sequence[Value]]
"""Reads something of each of several subjects that depends on nothing else."""


class Subjects(Generic[Some]):
    """Several subjects, and side by side what has been read of them.

    To get from 100,000 subjects to their texts, each somewhere in memory, takes longer than to
    look for a word in these; so does a number that is some steps away. What a test reads is
    therefore kept, some bytes for each call, until something is `outdate`d.
    """

    __slots__ = ("_columns", "rows")

    def __init__(self, rows: list[Some]) -> None:
        self.rows = rows
        self._columns: dict[Read[Any], Sequence[Any]] = {}

    def outdate(self) -> None:
        """Forget what has been read: a subject becomes another."""
        self._columns = {}

    def column(self, read: Read[Value]) -> Sequence[Value]:
        """Return what `read` reads of each."""
        found = self._columns.get(read)
        if found is None:
            found = self._columns[read] = read(self.rows)
        return found

    def read_ahead(self, reads: Sequence[Read[Any]]) -> bool:
        """Read all this now, for whoever asks for it next; return whether there was any to read."""
        left = [read for read in reads if read not in self._columns]
        for read in left:
            self.column(read)
        return bool(left)

    def only(self, chosen: Iterable[object]) -> "Subjects[Some]":
        """Return those for which `chosen` has something true."""
        return _Chosen(self, list(chosen))


class _Chosen(Subjects[Some]):
    """Some of others, of which all is read that is to be read: once, whichever are chosen."""

    __slots__ = ("_among", "_chosen")

    def __init__(self, among: Subjects[Some], chosen: list[object]) -> None:
        super().__init__(list(compress(among.rows, chosen)))
        self._among, self._chosen = among, chosen

    def column(self, read: Read[Value]) -> Sequence[Value]:
        return list(compress(self._among.column(read), self._chosen))
