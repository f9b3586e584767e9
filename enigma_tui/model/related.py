"""Other calls that a call has to do with: those of its caller, and those about the same thing."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .call import Call
from .phone import Dialplan

_END = 6
"""Digits in which all spellings of a number are alike."""


class Related(NamedTuple):
    """Calls that a call has to do with, the newest first; no call is in both."""

    of_caller: Sequence[Call]
    """Those of the same caller, in whatever spelling the number came."""
    of_contact: Sequence[Call]
    """Those with the same contact reference, of other callers."""


def related(call: Call, among: Iterable[Call], dialplan: Dialplan) -> Related:
    """Return the calls that `call` has to do with; what is no number does not tell who called."""
    forms = dialplan.forms(call.caller)
    end = forms[0][-_END:] if forms else ""
    of_caller: list[Call] = []
    of_contact: list[Call] = []
    for other in among:
        caller = other.caller
        alike = caller.endswith(end) or not caller[1:].isdigit()  # which few are
        if forms and alike and dialplan.forms(caller) == forms:
            of_caller.append(other)
        elif call.contact_ref and other.contact_ref == call.contact_ref:
            of_contact.append(other)
    return Related(_others(of_caller, call), _others(of_contact, call))


def _others(calls: list[Call], call: Call) -> Sequence[Call]:
    others = [each for each in calls if each.key != call.key]
    return sorted(others, key=lambda each: each.began, reverse=True)
