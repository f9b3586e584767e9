"""Promises of `model.query_complete`: what is offered goes on from what was typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enigma_tui.model.query import parse
from enigma_tui.model.query_complete import complete, ways_on
from enigma_tui.model.query_fields import TABLE

KNOWN = {
    "ext": ["2001", "2004", "201"],
    "state": ["live", "ended"],
    "disp": ["none", "escalated.billing"],
    "dialled": ["Support floor", "Sales"],
    "by": ["ann-marie", 'o"brien'],
}


def known(field: str) -> list[str]:
    return KNOWN.get(field, [])


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("e", "ext:"),
        ("hold>30 st", "hold>30 state:"),
        ("ho", "hold>"),
        ("!(di", "!(dialled:"),
        ("ext:", "ext:2001"),
        ("ext:2004,", "ext:2004,2001"),
        ("ext:2004,201", None),
        ("ext!=200", "ext!=2001"),
        ("x or state:e", "x or state:ended"),
        ("disp=esc", "disp=escalated.billing"),
        ("dialled:S", "dialled:Sales"),
        ('dialled:"Su', 'dialled:"Support floor"'),
        ('dialled:"Sales","Support f', 'dialled:"Sales","Support floor"'),
        ("by:o", None),
        ("contact:A", None),
        ("hold>3", None),
        ("zzz", None),
        ("ext ", None),
        ("", None),
        ('"e', None),
    ],
)
def test_what_may_come_next(typed: str, offered: str | None) -> None:
    assert complete(typed, known) == offered


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("d", ["dialled:", "disp:"]),
        ("hold>30 s", ["hold>30 state:", "hold>30 source:"]),
        ("ext:20", ["ext:2001", "ext:2004", "ext:201"]),
        ("ext:2001", []),
        ("zzz", []),
        ("by:o", []),
    ],
)
def test_every_way_on(typed: str, offered: list[str]) -> None:
    assert list(ways_on(typed, known)) == offered


@pytest.mark.parametrize("typed", ["", "ext:2001 ", "(", "!"])
def test_where_no_word_has_been_begun_every_field_is_a_way_on(typed: str) -> None:
    assert [way.removeprefix(typed)[:-1] for way in ways_on(typed, known)] == list(TABLE)


@given(st.text('exstadilbyhop:=!",( )>2001.SuE-', max_size=20))
def test_what_is_offered_goes_on_from_what_was_typed(typed: str) -> None:
    offered = complete(typed, known)
    if offered is not None:
        assert offered.startswith(typed)
        assert len(offered) > len(typed)


@pytest.mark.parametrize("field", KNOWN)
def test_every_value_that_is_offered_can_be_read(field: str) -> None:
    for value in KNOWN[field]:
        for typed in (f"{field}:{value[:1]}", f'{field}:"{value[:1]}'):
            if (offered := complete(typed, {field: [value]}.__getitem__)) and '"' not in value:
                parse(offered)
