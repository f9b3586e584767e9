"""Promises of `model.query`: what a filter finds, and what it says of a mistake."""

import time

import pytest
from msgspec.structs import replace

from enigma_tui.model.query import (
    FIELDS,
    QueryError,
    parse,
)

from .floor import CALLS, LENS, LIVE, call


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


@pytest.mark.parametrize(
    "text", ["ext:2001, hold>60s", "ext:2001,hodl>3", "ext:2001, caller:082", "ext:1, disp!=x"]
)
def test_a_term_behind_a_comma_is_a_mistake_and_not_a_value(text: str) -> None:
    with pytest.raises(QueryError, match="space") as caught:
        parse(text)
    assert caught.value.start > text.index(",")


def test_a_value_behind_a_comma_may_be_anything_else() -> None:
    assert parse('contact:a,b-1,"hold>60"').text


def test_digits_with_something_between_them_are_sought_in_numbers_alone() -> None:
    reference = replace(LIVE, key=LIVE.key._replace(call_ref="47"), caller="", dialled="")
    assert parse("47").matches(reference, LENS)
    assert not parse("4-7").matches(reference, LENS)
    assert parse("082-000").matches(LIVE, LENS)


def test_a_plus_alone_is_sought_as_it_stands() -> None:
    assert not parse("+").matches(LIVE, LENS)
    assert parse("+").matches(replace(LIVE, contact_ref="a+b"), LENS)


@pytest.mark.parametrize("pasted", ["\x06", "\x07", "\x02", "\x0e", "\x02\x0e"])
def test_a_control_character_finds_nothing(pasted: str) -> None:
    for text in (f'"{pasted}"', f'contact:"{pasted}"', f'caller:"{pasted}"'):
        assert not parse(text).matches(LIVE, LENS)
