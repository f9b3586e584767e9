"""Promises of `model.query`: what a filter finds, and what it says of a mistake."""

import time
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from enigma_tui.model.call import (
    Call,
    CallKey,
    Disposition,
    End,
    EntryId,
    Feed,
    Leg,
    Policy,
)
from enigma_tui.model.notification import Direction
from enigma_tui.model.phone import Dialplan
from enigma_tui.model.query import (
    FIELDS,
    Lens,
    Query,
    QueryError,
    parse,
)
from enigma_tui.model.query_edit import field_values, with_field

NOW = 1_763_800_000_000
LENS = Lens(
    NOW,
    Policy(cdr_sources={"pbx"}),
    Dialplan("ZA"),
    {"+27115550100": "Support desk", "0115550199": "Sales"},
)


def entry(seconds_ago: float) -> EntryId:
    return EntryId(NOW - int(seconds_ago * 1000), 0)


def call(
    ref: str = "4711",
    *,
    caller: str = "0820001234",
    dialled: str = "0115550100",
    contact: str = "ACC-1023",
    ext: str = "2001",
    hold: float | None = 41.0,
    ago: float = 90,
    source: str = "pbx",
) -> Call:
    legs = (Leg(ext, entry(ago)),) if ext else ()
    key = CallKey(source, Feed.INBOUND, ref, entry(ago))
    return Call(key, caller, dialled, contact, Direction.INBOUND, hold=hold, legs=legs)


LIVE = call()
ENDED = replace(
    call("4709", caller="+27115550101", dialled="27115550199", contact="", ext="2004", hold=None),
    end=End(entry(10), talk=75.0),
    disposition=Disposition("callback.later", "Thandi", NOW, 1),
)
ABANDONED = replace(
    call("4705", caller="anonymous", dialled="0800123456", contact="[/", ext="", hold=200.0),
    end=End(entry(5), abandoned=True),
)
GHOST = call("4700", caller="+447700900123", dialled="2001", contact="or", ext="209", ago=5 * 3600)
SUPERSEDED = replace(
    call("9 9", caller="", dialled="", contact='a"b,c', ext="2099", hold=30.4, source="Branch"),
    end=End(entry(20), assumed=True),
    superseded=True,
)
CALLS = {
    "live": LIVE,
    "ended": ENDED,
    "abandoned": ABANDONED,
    "ghost": GHOST,
    "superseded": SUPERSEDED,
}


def found(text: str) -> str:
    query = parse(text)
    return " ".join(name for name, call in CALLS.items() if query.matches(call, LENS))


EVERY = " ".join(CALLS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", EVERY),
        ("   ", EVERY),
        # bare words
        ("acc", "live"),
        ("ACC-1023", "live"),
        ("support", "live"),
        ('"support desk"', "live"),
        ("sales", "ended"),
        ("anon", "abandoned"),
        ("4709", "ended"),
        ("470", "ended abandoned ghost"),
        ("209", "ghost superseded"),
        ("[/", "abandoned"),
        ('"9 9"', "ended superseded"),
        ("9 9", "ended superseded"),
        ("9 and 9", "ended ghost superseded"),
        ("nobody", ""),
        # telephone numbers
        ("082 000", "live"),
        ("0820001234", "live"),
        ("27820001234", "live"),
        ("0027 82", "live"),
        ("+27 82", "live"),
        ('"+27 (0)82"', "live"),
        ("27 82", "live"),
        ("082-000", "live"),
        ("+44", "ghost"),
        ("000 1234", "live"),
        ("caller:082 000", "live"),
        ("caller:082 000 hold>30", "live"),
        ("caller:+27 82", "live"),
        ("caller:000", ""),
        ("caller:011", "ended"),
        ("caller=011 555 0101", "ended"),
        ("caller=011 555 010", ""),
        ("caller!=0115550101", "live abandoned ghost superseded"),
        ("caller:anon", "abandoned"),
        ("caller:non", ""),
        ('caller:""', "superseded"),
        ("caller:*1234", "live"),
        ("caller:+27*", "live ended"),
        ("caller:0*01", "ended"),
        ("caller:a*s", "abandoned"),
        ("caller:082,+44", "live ghost"),
        ("dialled:sup", "live"),
        ("dialled:desk", ""),
        ("dialled:*DESK", "live"),
        ("dialled=sales", "ended"),
        ("dialled!=sales", "live abandoned ghost superseded"),
        ("dialled:+27 11", "live ended"),
        ("dialled:2001", "ghost"),
        ('dialled:""', "superseded"),
        # texts
        ("ext:2001", "live"),
        ("EXT:2001", "live"),
        ("ext:20", "live ended ghost superseded"),
        ("ext=20", ""),
        ("ext=209", "ghost"),
        ("ext!=209", "live ended abandoned superseded"),
        ("ext:2001,2004", "live ended"),
        ("ext:2001, 2004", "live ended"),
        ("ext!=2001,2004", "abandoned ghost superseded"),
        ("ext:2000-2050", "live ended"),
        ("ext:200-299", "ghost"),
        ("ext:2002-2099,2001", "live ended superseded"),
        ('ext:"2000-2050"', ""),
        ("ext : 2001", "live"),
        ('ext:""', "abandoned"),
        ("ext:2*1", "live"),
        ("ext:*", EVERY),
        ("contact:acc", "live"),
        ("contact:1023", ""),
        ('contact:""', "ended"),
        ('contact=""', "ended"),
        ('contact!=""', "live abandoned ghost superseded"),
        ("contact:or", "ghost"),
        ('contact:"a\\"b,c"', "superseded"),
        ("contact:[/", "abandoned"),
        ('contact:"*"', ""),
        ("contact:*10*3", "live"),
        ("call:471", "live"),
        ("call:470,9", "ended abandoned ghost superseded"),
        ("source:branch", "superseded"),
        ("source=pbx", "live ended abandoned ghost"),
        # states and dispositions
        ("state:live", "live"),
        ("state:ended", "ended"),
        ("state:abandoned", "abandoned"),
        ("state:ghost", "ghost"),
        ("state:superseded", "superseded"),
        ("state:assumed", "superseded"),
        ("state:Live,GHOST", "live ghost"),
        ("state:super", "superseded"),
        ("state!=live", "ended abandoned ghost superseded"),
        ("disp:callback", "ended"),
        ("disp:CALL", "ended"),
        ("disp=callback", ""),
        ("disp=callback.later", "ended"),
        ("disp:none", "live abandoned ghost superseded"),
        ('disp:""', "live abandoned ghost superseded"),
        ('disp:"none"', ""),
        ("disp!=none", "ended"),
        ("by:thandi", "ended"),
        ('by:""', "live abandoned ghost superseded"),
        # durations
        ("hold>30", "live abandoned ghost superseded"),
        ("hold>30s", "live abandoned ghost superseded"),
        ("hold>=41", "live abandoned ghost"),
        ("hold > 41", "abandoned"),
        ("hold>3m", "abandoned"),
        ("hold>3:20", ""),
        ("hold>=3:20", "abandoned"),
        ("hold>=0:03:20", "abandoned"),
        ("hold>=3m20s", "abandoned"),
        ("hold<1h", "live abandoned ghost superseded"),
        ("hold<=30", ""),
        ("hold<=31", "superseded"),
        ("hold:30", "superseded"),
        ("hold=30,41", "live ghost superseded"),
        ("hold!=41", "abandoned superseded"),
        ('hold:""', "ended"),
        ('hold!=""', "live abandoned ghost superseded"),
        ("talk>1m", "live ended ghost"),
        ("talk:1:15", "ended"),
        ("age>1h", "ghost"),
        # combinations
        ("ext:2001 or ext:2004", "live ended"),
        ("ext:2001 OR ext:2004", "live ended"),
        ("ext:20 hold>30 state:live", "live"),
        ("ext:20 AND hold>30 and state:live", "live"),
        ("ext:2001 or ext:20 state:ended", "live ended"),
        ("(ext:2001 or ext:20) state:ended", "ended"),
        ("(ext:2001)(4711)", "live"),
        ("!ext:20", "abandoned"),
        ("! ext:20", "abandoned"),
        ("!!ext:2001", "live"),
        ("!(ext:2001 or ext:2004)", "abandoned ghost superseded"),
        ('"or"', "live ghost"),  # the label "Support" has it too
        ("support desk", "live"),
        ("*desk", "live"),
        ("*1234", "live"),
        ("+27*", "live ended abandoned"),
        ("th*di", ""),
    ],
)
def test_a_filter_finds_just_what_it_says(text: str, expected: str) -> None:
    assert found(text) == expected
    if text.strip():
        others = [name for name in CALLS if name not in expected.split()]
        assert found(f"!({text})").split() == others


@pytest.mark.parametrize(
    ("text", "marked", "said"),
    [
        ("exr:1", "exr", "did you mean ext?"),
        ("a extension:1", "extension", "did you mean ext?"),
        ("zzz:1", "zzz", "one of ext, caller"),
        ("14:03", "14", "unknown field"),
        ("state:lve", "lve", "did you mean live?"),
        ("state:zzz", "zzz", "one of live, ended"),
        ('state:""', '""', "unknown state"),
        ("state:live,gohst", "gohst", "did you mean ghost?"),
        ("ext:", "ext:", "a value is expected"),
        ("ext: ", "ext:", "a value is expected"),
        ("a ext:2001,", ",", "after the comma"),
        ("contact: or a", "contact:", "a value is expected"),
        ("hold>", "hold>", "a value is expected"),
        ("hold>abc", "abc", "90, 90s, 2m, 1:30 or 1h"),
        ("hold>1:75", "1:75", "not a duration"),
        ('hold>""', '""', "not a duration"),
        ("hold>-5", "-5", "not a duration"),
        ("hold>1,2", "2", "one value"),
        ("ext>2000", ">", ": = or !="),
        ("ext:2000-20", "2000-20", "same number of digits"),
        ("ext:2099-2000", "2099-2000", "2000-2099"),
        ('a "b', '"b', "not closed"),
        ('ext:"b', '"b', "not closed"),
        ("a (b", "(", "not closed"),
        ("((a)", "(", "not closed"),
        ("a) b", ")", "no parenthesis is open"),
        ("()", ")", "a word or a field"),
        ("(", "(", "a word or a field"),
        ("!", "!", "a word or a field"),
        ("a or", "or", "after this"),
        ("a and  ", "and", "after this"),
        ("or a", "or", "before or"),
        ("a or or b", "or", "before or"),
        ("a (or b)", "or", "before or"),
        (":x", ":", "a field is expected"),
        ("!=x", "!=", "a field is expected"),
        ("ax !=x", "ax", "unknown field"),
        ('""', '""', "between the quotes"),
        ("(" * 51 + "a" + ")" * 51, "(", "50"),
        ("!(" * 51 + "a" + ")" * 51, "(", "50"),
        ("a" * 2001, "a", "2,000"),
    ],
)
def test_a_mistake_is_marked_where_it_is_and_named(text: str, marked: str, said: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    error = caught.value
    assert said in error.message
    assert text[error.start : error.end] == marked
    assert str(error) == error.message


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("contact:ab*b", "ab", False),
        ("contact:ab*b", "abb", True),
        ("contact:a*b*b", "ab", False),
        ("contact:a*b*b", "axbxb", True),
        ("ext:1000-2000", "1abc", False),
        ("ext:1000-2000", "1\u0660\u0660\u0660", False),
        ("ext:1000-2000", "1000", True),
        ("ext:1000-2000", "2000", True),
        ("ext:1000-2000", "10000", False),
        ("caller:*1234", "082 000 12-34", True),
        ("caller:*1234", "082 000 12-35", False),
        ("caller:SIP:*", "sip:thandi@pbx", True),
        ("contact:straße", "STRASSE", True),
    ],
)
def test_wildcards_and_ranges_stop_at_their_edges(text: str, value: str, expected: bool) -> None:
    subject = replace(call(ext=value, caller=value), contact_ref=value)
    assert parse(text).matches(subject, LENS) is expected


def test_an_unknown_code_is_a_mistake_only_where_codes_are_known() -> None:
    codes = ("callback.later", "sale")
    assert parse("disp:xyz").matches(LIVE, LENS) is False
    for text in ("disp:call", "disp:SALE", "disp:none", 'disp:""', "disp:*later"):
        parse(text, codes)
    with pytest.raises(QueryError, match=r"did you mean sale\?") as caught:
        parse("a disp:sael", codes)
    assert (caught.value.start, caught.value.end) == (7, 11)


def test_the_deepest_and_longest_filters_still_work() -> None:
    assert parse("(" * 50 + "ext:2001" + ")" * 50).matches(LIVE, LENS)
    assert parse("!" * 1992 + "ext:2001").matches(LIVE, LENS)
    assert parse("!" * 1991 + "ext:2001").matches(LIVE, LENS) is False
    assert not parse("ext:" + "*2" * 998).matches(LIVE, LENS)


def test_hostile_wildcards_take_no_longer_than_others() -> None:
    value = replace(LIVE, contact_ref="a" * 256)
    query = parse("contact:" + "*a" * 100 + "b")
    begun = time.process_time()
    assert not query.matches(value, LENS)
    assert time.process_time() - begun < 0.1


@pytest.mark.parametrize(
    ("text", "timed"),
    [("state:live", True), ("a (b or !talk>1m)", True), ("age<1h", True), ("ext:1 hold>3", False)],
)
def test_a_filter_tells_whether_time_changes_its_answer(text: str, timed: bool) -> None:
    assert parse(text).timed is timed


def test_every_field_has_a_line_of_help_and_can_be_asked_for() -> None:
    assert set(FIELDS) >= {"ext", "caller", "dialled", "contact", "call", "state", "disp", "hold"}
    for name, text in FIELDS.items():
        assert text
        assert "\n" not in text
        parse(f"{name}:{'live' if name == 'state' else '5'}")


# ── properties ──────────────────────────────────────────────────────────────────────────────

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


@given(st.text(min_size=1, max_size=30))
def test_a_value_written_by_with_field_finds_the_call_that_has_it(value: str) -> None:
    assume("*" not in value)
    text = with_field("", "contact", [value])
    assert parse(text).matches(replace(LIVE, contact_ref=value), LENS)


@given(filters(), NAMES, st.lists(st.text(max_size=10), max_size=4))
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


@pytest.mark.parametrize(
    "text", ["ext:2001, hold>60s", "ext:2001,hodl>3", "ext:2001, caller:082", "ext:1, disp!=x"]
)
def test_a_term_behind_a_comma_is_a_mistake_and_not_a_value(text: str) -> None:
    with pytest.raises(QueryError, match="space") as caught:
        parse(text)
    assert caught.value.start > text.index(",")


def test_a_value_behind_a_comma_may_be_anything_else() -> None:
    assert parse('contact:a,b-1,"hold>60"').text
