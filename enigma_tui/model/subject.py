"""What a filter looks at: a call, and one text in which all its words are sought.

To fold and test six fields of 100,000 calls at a keystroke takes a second; to look for a few
characters in one text of each takes some milliseconds. So the text is worked out once, when the
call comes. In it every field stands between marks of its own, which no value can contain
(`text.safe`): the mark and `200` is the beginning of an extension, the mark, `2001` and the mark is
all of it, and `200` alone is anywhere in the call.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

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


@dataclass(frozen=True, slots=True)
class Lens:
    """What a filter needs beside the call."""

    now_ms: int
    """Milliseconds since the epoch, the server's clock."""
    policy: Policy
    dialplan: Dialplan
    labels: Mapping[str, str]
    """Dialled number, in any spelling that `Dialplan.label` understands, to its label."""

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
