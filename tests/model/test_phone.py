"""Promises of `model.phone`: one way to show a number, every way to find it."""

import gc
import subprocess
import sys
import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enigma_tui.model.phone import Dialplan, Match

ZA = Dialplan("ZA")

SUBSCRIBERS = st.from_regex(r"[1-8][0-9]{8}", fullmatch=True)
"""What follows the 0 or the 27 of a South African number."""


def spellings(subscriber: str) -> list[str]:
    return [
        f"0{subscriber}",
        f"27{subscriber}",
        f"0027{subscriber}",
        f"+27{subscriber}",
        f"+27 {subscriber[:2]} {subscriber[2:5]} {subscriber[5:]}",
        f"+27 (0){subscriber[:2]} {subscriber[2:5]}-{subscriber[5:]}",
        f"(0{subscriber[:2]}) {subscriber[2:5]}-{subscriber[5:]}",
    ]


def finds(typed: str, stored: str, match: Match = "infix", plan: Dialplan = ZA) -> bool:
    needles = plan.needles(typed, match, "|")
    assert needles, f"{typed!r} looks like no number"
    return any(needle in plan.framed(stored, "|") for needle in needles)


@pytest.mark.parametrize("stored", spellings("820001234"))
def test_every_spelling_is_shown_the_same(stored: str) -> None:
    assert ZA.international(stored) == "+27 82 000 1234"


@pytest.mark.parametrize(
    "stored",
    ["", "anonymous", "2001", "112", "[/", "[red]x", "0990", "08200012345678901234", "+", "00",
     "sip:0820001234", "\u0661\u0662\u0663", "082000123\u0664", "0820001234 ext 5", "\x00"],
)  # fmt: skip
def test_what_is_no_valid_number_is_shown_unchanged(stored: str) -> None:
    assert ZA.international(stored) == stored


@pytest.mark.parametrize("stored", ["+447700900123", "00447700900123"])
def test_a_foreign_number_is_shown_with_its_country(stored: str) -> None:
    assert ZA.international(stored) == "+44 7700 900123"


@given(st.text(max_size=40))
def test_no_text_stops_the_reading(text: str) -> None:
    ZA.international(text)
    assert all(form.isdigit() for form in ZA.forms(text))
    assert bool(ZA.needles(text, "infix", "|")) is (ZA.digits(text) is not None)


@given(SUBSCRIBERS)
def test_forms_agree_between_all_spellings(subscriber: str) -> None:
    forms = {ZA.forms(stored) for stored in spellings(subscriber)}
    assert forms == {(f"27{subscriber}", f"0{subscriber}", f"0027{subscriber}")}


def test_a_foreign_number_has_its_international_forms_only() -> None:
    assert ZA.forms("+447700900123") == ("447700900123", "00447700900123")
    assert ZA.forms("00447700900123") == ("447700900123", "00447700900123")


@pytest.mark.parametrize("stored", ["2001", "0990", "271", "10111"])
def test_a_short_code_is_no_number_of_a_country(stored: str) -> None:
    assert ZA.forms(stored) == (stored,)


@pytest.mark.parametrize("stored", ["", "anonymous", "[/", "082x"])
def test_what_is_no_number_has_no_forms(stored: str) -> None:
    assert ZA.forms(stored) == ()


@pytest.mark.parametrize(
    ("typed", "digits"),
    [
        ("082 000", "082000"),
        ("+27 82", "2782"),
        ("+27 (0)82", "2782"),
        ("(082) 000-1234", "0820001234"),
        ("(0", "0"),
        ("2001", "2001"),
        ("", None),
        ("+", None),
        ("-", None),
        ("082x", None),
        ("27+82", None),
        ("\u0661\u0662", None),
    ],
)
def test_digits_are_read_from_what_looks_like_a_number(typed: str, digits: str | None) -> None:
    assert ZA.digits(typed) == digits


@pytest.mark.parametrize("match", ["prefix", "infix"])
@pytest.mark.parametrize("stored", spellings("820001234"))
@pytest.mark.parametrize(
    "typed",
    ["+27 82", "+27", "+2", "0027 82", "002", "27 82", "2", "082", "0", "0820001234",
     "27820001234", "+27820001234", "0027820001234", "+27 (0)82 000"],
)  # fmt: skip
def test_the_beginning_of_any_spelling_finds_every_spelling(
    typed: str, stored: str, match: Match
) -> None:
    assert finds(typed, stored, match)


@pytest.mark.parametrize(
    ("typed", "stored", "match", "expected"),
    [
        ("1234", "0820001234", "infix", True),
        ("1234", "0820001234", "prefix", False),
        ("7820", "0820001234", "infix", True),
        ("+82", "0820001234", "infix", False),
        ("+1234", "0820001234", "infix", False),
        ("00 44", "+447700900123", "prefix", True),
        ("44", "+447700900123", "prefix", True),
        ("044", "+447700900123", "infix", False),
        ("0027", "0820010027", "infix", True),
        ("027", "0820001234", "infix", False),
        ("0020", "2001", "prefix", False),
        ("+2001", "2001", "prefix", False),
        ("2001", "2001", "exact", True),
        ("200", "2001", "exact", False),
        ("+27 82 000 1234", "0820001234", "exact", True),
        ("0820001234", "+27820001234", "exact", True),
        ("082000123", "0820001234", "exact", False),
        ("00", "0821234567", "infix", False),
        ("00", "0821234567", "prefix", True),
        ("082", "anonymous", "infix", False),
        ("0", "", "infix", False),
    ],
)
def test_a_number_is_found_where_it_was_asked_for(
    typed: str, stored: str, match: Match, expected: bool
) -> None:
    assert finds(typed, stored, match) is expected


@given(
    typed=st.from_regex(r"\+?[01278]{1,12}", fullmatch=True),
    stored=st.from_regex(r"(\+|00)?[01278]{0,12}", fullmatch=True),
    match=st.sampled_from(["prefix", "infix", "exact"]),
    region=st.sampled_from(["ZA", "US", "IT", "HU", "RU", "GB"]),
)
def test_the_quick_way_of_finding_agrees_with_the_forms(
    typed: str, stored: str, match: Match, region: str
) -> None:
    plan = Dialplan(region)
    plain = typed.removeprefix("+")
    forms = plan.forms(stored)
    local = len(forms) == 1
    abroad = [] if local else [form for form in forms if form.endswith(forms[0])][1:]
    own = [form for form in forms if form not in abroad]
    if typed.startswith("+"):
        plain, own = f"00{plain}", []
    # A prefix that dials abroad counts once it is whole; within a number, once more follows it.
    idd = next((idd for idd in ("00", "011", "810") if plain.startswith(idd)), None)
    whole = [form for form in abroad if idd and form.startswith(idd)]
    if match == "exact":
        expected = plain in (*own, *whole)
    elif match == "prefix":
        expected = any(form.startswith(plain) for form in (*own, *whole))
    else:
        expected = any(plain in form for form in own) or (
            plain != idd and any(form.startswith(plain) for form in whole)
        )
    assert finds(typed, stored, match, plan) is expected


@pytest.mark.parametrize(
    ("region", "stored", "shown", "forms"),
    [
        ("US", "2125550100", "+1 212-555-0100", ("12125550100", "2125550100")),
        ("US", "12125550100", "+1 212-555-0100", ("12125550100", "2125550100")),
        ("IT", "0115550100", "+39 011 555 0100", ("390115550100", "0115550100")),
        ("IT", "390115550100", "+39 011 555 0100", ("390115550100", "0115550100")),
        ("GB", "02079460000", "+44 20 7946 0000", ("442079460000", "02079460000")),
        ("GB", "442079460000", "+44 20 7946 0000", ("442079460000", "02079460000")),
    ],
)
def test_regions_with_other_prefixes_are_read_by_their_own_rules(
    region: str, stored: str, shown: str, forms: tuple[str, str]
) -> None:
    plan = Dialplan(region)
    assert plan.international(stored) == shown
    assert plan.forms(stored)[:2] == forms


@pytest.mark.parametrize("key", ["+27115550100", "27115550100", "0115550100", "0027115550100"])
@pytest.mark.parametrize("dialled", spellings("115550100"))
def test_a_label_is_found_whichever_way_it_was_given(key: str, dialled: str) -> None:
    assert ZA.label(dialled, {key: "Support"}) == "Support"


def test_a_number_without_a_label_has_none() -> None:
    assert ZA.label("0115550101", {"+27115550100": "Support"}) == ""
    assert ZA.label("anonymous", {"anonymous": "Withheld"}) == "Withheld"
    assert ZA.label("0115550100", {}) == ""


def test_a_region_is_read_whatever_its_case() -> None:
    assert Dialplan(" za ").region == "ZA"


@pytest.mark.parametrize(
    ("region", "named"), [("ZB", "ZA"), ("UK", "GB"), ("", "ZA"), ("ZAF", "ZA"), ("\x1b[", "ZA")]
)
def test_an_unknown_region_is_refused_with_known_ones(region: str, named: str) -> None:
    with pytest.raises(ValueError, match=r"unknown region") as caught:
        Dialplan(region)
    assert named in str(caught.value)


def test_a_dialplan_is_freed_without_the_garbage_collector() -> None:
    gc.disable()
    try:
        plan = Dialplan("ZA")
        plan.international("0820001234")
        plan.forms("0820001234")
        plan.framed("0820001234", "|")
        gone = weakref.ref(plan)
        del plan
        assert gone() is None
    finally:
        gc.enable()


def test_importing_the_module_does_not_import_the_slow_library() -> None:
    code = "import sys, enigma_tui.model.query; print('phonenumbers' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("0820001234", "+27 82 ••• ••34"),
        ("2001", "2001"),
        ("200123", "200123"),
        ("2001234", "2001•34"),
        ("anonymous", "anonymous"),
        ("", ""),
    ],
)
def test_a_masked_caller_is_told_by_the_ends_of_the_number(number: str, shown: str) -> None:
    assert Dialplan("ZA", masked=True).caller(number) == shown
    assert Dialplan("ZA").caller(number) == Dialplan("ZA").international(number)
