"""An invite is found its call by number, extension and time; and none is better than another's."""

import pytest

from enigma_tui.model.call import Call, CallKey, EntryId, Feed, Leg
from enigma_tui.model.invited import BEFORE_MS, invited
from enigma_tui.model.notification import Direction
from enigma_tui.model.phone import Dialplan

RANG = 1_000_000
PLAN = Dialplan("ZA")


def call(
    ref: str,
    ms: int,
    caller: str = "0821234567",
    *,
    source: str = "pbx",
    legs: int = 1,
    **leg: object,
) -> Call:
    """A call that was connected then to 201, after so many others."""
    key = CallKey(source, Feed.INBOUND, ref, EntryId(ms, 0))
    before = [Leg("300", EntryId(ms - 600_000, number)) for number in range(legs - 1)]
    last = Leg(**{"extension": "201", "entry": EntryId(ms, 0), **leg})  # type: ignore[arg-type]
    return Call(key, caller, "0115550100", "", Direction.INBOUND, legs=(*before, last))


def found(*calls: Call, number: str = "+27821234567", others: tuple[CallKey, ...] = ()) -> str:
    """The reference of the call that is found; nothing where none is."""
    call = invited(
        calls, extension="201", number=number, since_ms=RANG, dialplan=PLAN, others=others
    )
    return call.key.call_ref if call else ""


@pytest.mark.parametrize("caller", ["0821234567", "27821234567", "+27 82 123 4567"])
def test_a_number_is_found_in_any_spelling(caller: str) -> None:
    assert found(call("a", RANG + 3_000, caller)) == "a"


def test_of_several_it_is_the_one_that_was_connected_last() -> None:
    early, late = call("a", RANG - 1_000), call("b", RANG + 3_000)
    assert found(early, late) == found(late, early) == "b"


def test_calls_of_before_others_callers_and_other_extensions_are_not_it() -> None:
    assert found(call("a", RANG - BEFORE_MS - 1)) == ""
    assert found(call("a", RANG, "0829999999")) == ""
    assert found(call("a", RANG, extension="202")) == ""
    assert found(call("a", RANG, late=True)) == "", "nobody knows when it began"


def test_one_that_belongs_to_an_earlier_invite_is_not_it() -> None:
    one = call("a", RANG)
    assert found(one, others=(one.key,)) == ""


def test_a_call_that_was_transferred_here_is_found() -> None:
    assert found(call("a", RANG + 1_000, legs=2)) == "a"


@pytest.mark.parametrize(
    ("number", "caller", "same"),
    [
        ("", "anonymous", True),
        ("", "", True),
        ("reception", "Reception", True),
        ("reception", "unknown", False),
        ("", "reception", False),
        ("0821234567", "anonymous", False),
        ("", "0821234567", False),
    ],
)
def test_what_is_no_number_is_not_every_caller(number: str, caller: str, same: bool) -> None:
    assert found(call("a", RANG, caller), number=number) == ("a" if same else "")


def test_of_two_sources_with_the_same_extension_nobody_knows_which() -> None:
    assert found(call("a", RANG), call("b", RANG, source="cape")) == ""
