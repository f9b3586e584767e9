"""Promises of `model.query` that hold of any text."""

from hypothesis import given

from enigma_tui.model.call import (
    Call,
)
from enigma_tui.model.query import (
    Query,
    QueryError,
    parse,
)

from .filters import CALL, TEXTS, filters
from .floor import CALLS, LENS


def read(text: str) -> Query | None:
    try:
        return parse(text, ("callback", "sale"))
    except QueryError as caught:
        error = caught
    assert 0 <= error.start < error.end <= len(text)
    assert error.message
    return None


@given(TEXTS, CALL)
def test_any_text_is_a_filter_or_a_mistake_with_a_place_in_it(text: str, value: Call) -> None:
    query = read(text)
    if query is not None:
        assert isinstance(query.matches(value, LENS), bool)


@given(filters(), CALL)
def test_the_negation_of_a_filter_is_its_complement(text: str, value: Call) -> None:
    for each in (value, *CALLS.values()):
        matches = parse(text).matches(each, LENS)
        assert parse(f"!({text})").matches(each, LENS) is not matches
        assert parse(f"!!({text})").matches(each, LENS) is matches


@given(filters(), filters(), CALL)
def test_and_and_or_mean_what_they_say(one: str, other: str, value: Call) -> None:
    for each in (value, *CALLS.values()):
        first, second = parse(one).matches(each, LENS), parse(other).matches(each, LENS)
        assert parse(f"({one}) ({other})").matches(each, LENS) is (first and second)
        assert parse(f"({one}) and ({other})").matches(each, LENS) is (first and second)
        assert parse(f"{one} or {other}").matches(each, LENS) is (first or second)
