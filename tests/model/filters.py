"""Texts that are filters, texts that are not, and calls to try them on."""

from hypothesis import assume
from hypothesis import strategies as st

from enigma_tui.model.query import (
    FIELDS,
    QueryError,
    parse,
)

from .floor import call

VALUES = st.sampled_from(
    ["2001", "2000-2099", "live", "none", '""', '"a b"', "or", "*1", "0*", "1:30", "90s", "x,y"]
)
TOKENS = st.sampled_from(
    [*FIELDS, "foo", "and", "or", "(", ")", "!", '"', ":", "=", "!=", ">", ">=", "<", ",", "*",
     "082", "000", "+27", "2001", "2000-2099", "thandi", "live", "1:30", "\\", " ", " ", "  "]
)  # fmt: skip
TEXTS = st.one_of(st.text(max_size=60), st.lists(TOKENS, max_size=25).map("".join))
NAMES = st.sampled_from(sorted(FIELDS))
WORD = st.text(max_size=20)
CALL = st.builds(
    call,
    WORD,
    caller=WORD,
    dialled=WORD,
    contact=WORD,
    ext=WORD,
    hold=st.none() | st.floats(0, 1e6),
    source=WORD,
)


@st.composite
def filters(draw: st.DrawFn) -> str:
    """A text that is a filter."""
    atoms = st.one_of(
        st.sampled_from(["acc", '"a b"', "082 000", "+27 82", "*1", "27", '"or"', "hold>30"]),
        st.builds("{}:{}".format, NAMES, VALUES),
        st.builds("{}!={}".format, NAMES, VALUES),
    )
    text = draw(
        st.recursive(
            atoms,
            lambda inner: st.one_of(
                st.builds("{} {}".format, inner, inner),
                st.builds("{}  and {}".format, inner, inner),
                st.builds("{} or {}".format, inner, inner),
                st.builds("({})".format, inner),
                st.builds("!({})".format, inner),
            ),
            max_leaves=6,
        )
    )
    try:
        parse(text)
    except QueryError:
        assume(False)
    return text
