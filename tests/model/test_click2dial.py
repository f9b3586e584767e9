"""What Click2Dial is asked, by the rules of PROTOCOL.md §5."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enigma_tui.model.click2dial import (
    NotDialledError,
    Request,
    callee,
    is_outbound_id,
    reference,
)
from enigma_tui.model.phone import Dialplan

HOME = Dialplan("ZA")


@pytest.mark.parametrize(
    "number", ["0820001234", "27820001234", "+27820001234", "0027820001234", "+27 82 000 1234"]
)
def test_every_spelling_of_a_caller_at_home_is_called_alike(number: str) -> None:
    assert callee(number, HOME) == "0820001234"


@pytest.mark.parametrize(
    ("number", "called"),
    [("+442079460000", "00442079460000"), ("004915112345678", "004915112345678")],
)
def test_callers_abroad_are_called_through_00(number: str, called: str) -> None:
    assert callee(number, HOME) == called


@pytest.mark.parametrize("number", ["", "anonymous", "2001", "082000", "+1234567", "0" * 30])
def test_what_is_no_such_number_is_not_called(number: str) -> None:
    with pytest.raises(NotDialledError, match=r"not known|it takes"):
        callee(number, HOME)


def test_a_masked_number_stays_masked_where_it_cannot_be_called() -> None:
    with pytest.raises(NotDialledError) as told:
        callee("+4930123", Dialplan("ZA", masked=True))
    assert "30123" not in str(told.value).replace(" ", "")


@given(st.text(alphabet="0123456789+ -()a", max_size=24))
def test_nothing_else_is_ever_asked_for(number: str) -> None:
    try:
        called = callee(number, HOME)
    except NotDialledError:
        return
    assert re.fullmatch(r"0\d{9}|27\d{9}|00\d{11,14}", called)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("0115550100", True),
        ("27115550100", True),
        ("tvc_sales", True),
        ("tvc_", False),
        ("115550100", False),
        ("+27115550100", False),
        ("011555010", False),
        ("tvc_a b", False),
    ],
)
def test_what_is_shown_to_who_is_called(text: str, right: bool) -> None:
    assert is_outbound_id(text) is right


def test_a_reference_is_cut_and_one_that_cannot_be_sent_is_not() -> None:
    assert reference("ACC-10.2_3~") == "ACC-10.2_3~"
    assert reference("a" * 300) == "a" * 230
    assert reference("ACC 1023") == ""
    assert reference("") == ""


def test_the_request_is_the_pbxs() -> None:
    asked = Request("2001", "0820001234", "tvc_sales", "ACC-1")
    assert json.loads(asked.body("contact_ref")) == {
        "agent": "2001",
        "callee": "0820001234",
        "outbound_id": "tvc_sales",
        "contact_ref": "ACC-1",
    }
    early = json.loads(Request("2001", "0820001234").body("call_ref"))
    assert early == {"agent": "2001", "callee": "0820001234", "call_ref": ""}
