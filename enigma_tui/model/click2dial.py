"""What Click2Dial takes, and what it does not (PROTOCOL.md §5).

It rings an agent's extension first; when that is answered, it calls the other party.
"""

import json
import re
from typing import Literal

from msgspec import Struct

from .phone import Dialplan

AGENT = re.compile(r"[0-9]{3,4}")
"""An extension that can be rung."""

REFERENCE_MOST = 230
"""Characters of a contact reference; what follows is cut."""

_HOME = re.compile(r"(?:0|27)[0-9]{9}")
_ABROAD = re.compile(r"00[0-9]{11,14}")
_OUTBOUND = re.compile(r"(?:0|27)[0-9]{9}|tvc_[A-Za-z0-9_.-]{1,60}")
_REFERENCE = re.compile(r"[A-Za-z0-9.\-_~]*")

ReferenceName = Literal["contact_ref", "call_ref"]
"""What the reference is called: `call_ref` before v3.0.0."""


class NotDialledError(ValueError):
    """A number that Click2Dial cannot call; the text says why."""


class Request(Struct, frozen=True):
    """What is asked of Click2Dial."""

    agent: str
    """The extension that is rung first: 3 or 4 digits."""
    callee: str
    """The number that is called then, as `callee` returns it."""
    outbound_id: str = ""
    """What the other party sees as the caller; not told where it is empty."""
    reference: str = ""
    """The contact reference that the new call gets, as `reference` returns it."""

    def body(self, name: ReferenceName) -> bytes:
        """Return it as JSON, with the reference under its `name`."""
        told = {"agent": self.agent, "callee": self.callee}
        if self.outbound_id:
            told["outbound_id"] = self.outbound_id
        return json.dumps({**told, name: self.reference}).encode()


def callee(number: str, dialplan: Dialplan) -> str:
    """Return a caller's number as Click2Dial takes it: `0` or `27` and 9 digits, or `00…`.

    Raises `NotDialledError` where there is none.
    """
    if not number:
        raise NotDialledError("The caller's number is not known.")
    forms = dialplan.forms(number)
    # The national form is the second; it is what people dial.
    for form in (*forms[1:2], *forms):
        if _HOME.fullmatch(form):
            return form
    for form in forms:
        if _ABROAD.fullmatch(form):
            return form
    raise NotDialledError(
        f"Click2Dial cannot call {dialplan.caller(number)}: it takes 0 or 27 and nine digits, or "
        "00 and 11 to 14."
    )


def is_outbound_id(text: str) -> bool:
    """Whether something can be shown to the other party: a number, or `tvc_` and a name."""
    return _OUTBOUND.fullmatch(text) is not None


def reference(contact_ref: str) -> str:
    """Return a contact reference as Click2Dial takes it; empty where it has other characters.

    With some of its characters left out it would be another's.
    """
    return contact_ref[:REFERENCE_MOST] if _REFERENCE.fullmatch(contact_ref) else ""
