"""Promises of `model.related`: the calls of one caller, however the number was written."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from enigma_tui.model.call import Call, CallKey, EntryId, Feed, Leg
from enigma_tui.model.notification import Direction
from enigma_tui.model.phone import Dialplan
from enigma_tui.model.related import related

T = 1_763_800_000_000
PLAN = Dialplan("ZA")


def call(minute: int, caller: str, contact_ref: str = "") -> Call:
    entry = EntryId(T + minute * 60_000, 0)
    key = CallKey("pbx", Feed.INBOUND, str(minute), entry)
    legs = (Leg("2001", entry),)
    return Call(key, caller, "011", contact_ref, Direction.INBOUND, legs=legs)


def minutes(calls: list[Call]) -> list[str]:
    return [each.key.call_ref for each in calls]


def test_any_spelling_of_a_number_is_the_same_caller() -> None:
    this = call(3, "0820001234")
    others = [
        call(1, "27820001234"),
        call(2, "+27820001234"),
        call(4, "0027820001234"),
        call(5, "082 000 1234"),
        call(6, "0820001235"),
        call(7, "1820001234"),
        call(8, ""),
    ]
    found = related(this, [this, *others], PLAN)
    assert minutes(found.of_caller) == ["5", "4", "2", "1"]
    assert found.of_contact == []


def test_what_is_no_number_tells_nothing_of_who_called() -> None:
    for caller in ("", "anonymous", "Anna"):
        assert related(call(1, caller), [call(2, caller)], PLAN).of_caller == []


def test_the_same_reference_relates_calls_of_different_callers() -> None:
    this = call(1, "0820001234", "ACC-1")
    same = call(2, "0820001234", "ACC-1")
    found = related(this, [this, same, call(3, "", "ACC-1"), call(4, "", "ACC-2")], PLAN)
    assert minutes(found.of_caller) == ["2"]
    assert minutes(found.of_contact) == ["3"]
    bare = replace(this, contact_ref="")
    assert related(bare, [bare, call(3, "", "")], PLAN) == ([], [])


NUMBERS = st.sampled_from(
    ["0820001234", "27820001234", "+27820001234", "0820001235", "2001", "12001", "x", "", "+1"]
)


@given(st.lists(st.tuples(NUMBERS, st.sampled_from(["", "A", "B"])), min_size=1, max_size=12))
def test_it_is_what_comparing_with_each_call_finds(told: list[tuple[str, str]]) -> None:
    calls = [call(minute, *each) for minute, each in enumerate(told)]
    this, others = calls[0], calls[:0:-1]
    of_caller = [
        each
        for each in others
        if PLAN.forms(this.caller) and set(PLAN.forms(each.caller)) == set(PLAN.forms(this.caller))
    ]
    of_contact = [
        each
        for each in others
        if each not in of_caller and this.contact_ref and each.contact_ref == this.contact_ref
    ]
    assert related(this, calls, PLAN) == (of_caller, of_contact)
