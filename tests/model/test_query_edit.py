"""Promises of `model.query_edit`: one term is changed, the rest stays as it was typed."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from enigma_tui.model.call import (
    Call,
)
from enigma_tui.model.query import (
    FIELDS,
    QueryError,
    parse,
)
from enigma_tui.model.query_edit import field_values, with_field
from enigma_tui.model.text import safe

from .filters import CALL, NAMES, filters
from .floor import CALLS, LENS, LIVE


@given(st.text(min_size=1, max_size=30).map(safe))
def test_a_value_written_by_with_field_finds_the_call_that_has_it(value: str) -> None:
    assume("*" not in value)
    text = with_field("", "contact", [value])
    assert parse(text).matches(replace(LIVE, contact_ref=value), LENS)


@given(filters(), NAMES, st.lists(st.text(max_size=10).map(safe), max_size=4))
def test_with_field_and_field_values_make_a_round_trip(
    text: str, name: str, values: list[str]
) -> None:
    try:
        changed = with_field(text, name, values)
    except QueryError:
        assume(False)
    assert field_values(changed, name) == tuple(values)
    for other in FIELDS:
        if other != name and "or" not in text:
            assert field_values(changed, other) == field_values(text, other)
    assert with_field(changed, name, values) == changed


@given(filters(), st.sampled_from(["ext", "caller"]), CALL)
def test_a_field_that_was_added_narrows_the_filter_and_can_be_taken_back(
    text: str, name: str, value: Call
) -> None:
    assume(not field_values(text, name))
    changed = with_field(text, name, ["2001", "082"])
    narrowing = parse(f"{name}:2001,082")
    removed = with_field(changed, name, [])
    for each in (value, *CALLS.values()):
        before = parse(text).matches(each, LENS)
        assert parse(changed).matches(each, LENS) is (before and narrowing.matches(each, LENS))
        assert parse(removed).matches(each, LENS) is before


@pytest.mark.parametrize(
    ("text", "field", "values", "expected"),
    [
        ("", "ext", ["2001"], "ext:2001"),
        ("", "ext", [], ""),
        (" acc ", "ext", [], " acc "),
        ("acc", "ext", ["2001", "2004"], "acc ext:2001,2004"),
        ("ext:2001", "ext", [], ""),
        ("acc  ext:2001 hold>30", "ext", ["2004"], "acc  ext:2004 hold>30"),
        ("acc  ext:2001 hold>30", "ext", [], "acc hold>30"),
        ("acc and ext:2001 and  hold>30", "ext", [], "acc hold>30"),
        ("ext:2001 and acc", "ext", [], "acc"),
        ("acc and ext:2001", "ext", [], "acc"),
        ("ext:2001 acc ext:2004", "ext", ["2009"], "ext:2009 acc"),
        ("082 ext:2001 000", "ext", [], "082 and 000"),
        ("!ext:2001", "ext", ["2004"], "!ext:2001 ext:2004"),
        ("(ext:2001)", "ext", ["2004"], "(ext:2001) ext:2004"),
        ("ext=2001", "ext", ["2004"], "ext:2004"),
        ("a or ext:2001", "ext", ["2004"], "(a or ext:2001) ext:2004"),
        ("ext:2000-2099,20*", "ext", ["2000-2099", "20*", "3"], "ext:2000-2099,20*,3"),
        ("", "contact", ["", "a b", 'q"\\', "or"], 'contact:"","a b","q\\"\\\\",or'),
        ("000", "caller", ["082"], '000 caller:"082"'),
        ('caller:"1" 000', "caller", ["082"], 'caller:"082" 000'),
    ],
)
def test_with_field_changes_its_term_and_leaves_the_rest(
    text: str, field: str, values: list[str], expected: str
) -> None:
    assert with_field(text, field, values) == expected


def test_with_field_can_ask_for_exactly_the_values() -> None:
    assert with_field("acc ext:20", "ext", ["2001"], exactly=True) == "acc ext=2001"
    assert with_field("ext=2001", "ext", [], exactly=True) == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ext:2001,2004 acc", ("2001", "2004")),
        ("acc EXT:2001", ("2001",)),
        ('ext:"a b",""', ("a b", "")),
        ("ext:2000-2099", ("2000-2099",)),
        ("!ext:2001", ()),
        ("(ext:2001)", ()),
        ("ext!=2001", ()),
        ("ext:2001 or acc", ()),
        ("ext:", ()),
        ("", ()),
    ],
)
def test_field_values_reads_the_term_that_stands_by_itself(
    text: str, expected: tuple[str, ...]
) -> None:
    assert field_values(text, "ext") == expected


def test_with_field_refuses_what_would_be_no_filter() -> None:
    for text, field, values in (
        ("(a", "ext", ["1"]),
        ("a", "extension", ["1"]),
        ("a", "state", ["lve"]),
        ("a", "contact", ["x" * 2000]),
    ):
        with pytest.raises(QueryError):
            with_field(text, field, values)
