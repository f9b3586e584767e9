"""Promises of `model.text`: what comes out is safe on any terminal, and still distinct."""

import re
import unicodedata

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from enigma_tui.model.text import MARK, MAX_LENGTH, MAX_REFERENCE, safe, safe_reference

M = MARK

DANGEROUS = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # C0, DEL, C1
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidi
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2060-\u206f"  # invisible
    "\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff"
    "\u2028\u2029"  # line breaks
    "\ud800-\udfff"  # surrogates
    "\ue000-\uf8ff]"  # private
)

ANY = st.text(st.characters(exclude_categories=()), max_size=60)
NASTY = st.text(
    st.sampled_from(
        "aé\u0301\u0302\u0338\u200d\ufe0f\u202e\x1b\u034f가ᄀ\u1161\u11a8\u0915\u093e\u0e33\u20e3"
        "🇿\U0001f3fd👩 \u00a0\ud800\r\n~…"
    ),
    max_size=40,
)


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[2J", f"{M}[2J"),
        ("\x1b]0;owned\x07", f"{M}]0;owned{M}"),
        ("\x9b31mred", f"{M}31mred"),
        ("\x9d8;;http://x\x9c", f"{M}8;;http://x{M}"),
        ("\u202egnp.exe", f"{M}gnp.exe"),
        ("\u2066x\u2069", f"{M}x{M}"),
        ("👩\u200d👧", f"👩{M}👧"),
        ("❤\ufe0f", f"❤{M}"),
        ("a\u200bb\u2060c\ufeff", f"a{M}b{M}c{M}"),
        ("so\u00adft", f"so{M}ft"),
        ("tab\tbed", f"tab{M}bed"),
        ("\x00nul\x7f", f"{M}nul{M}"),
        ("\ud800", M),
        ("one\r\ntwo\nthree\rfour", f"one{M}two{M}three{M}four"),
        ("\u2028\u2029\x85\x0b\x0c", M * 5),
        ("a\u00a0b\u3000c", "a b c"),
        ("e\u0301", "é"),
        ("q\u0335\u0336\u0337\u0338\u0335", f"q\u0335\u0336{M}"),
        ("q\u0335\u0336w\u0335\u0336", "q\u0335\u0336w\u0335\u0336"),
        ("\u0301x", f"{M}x"),
        ("\ue000\U0010ffff", M * 2),
        ("\u3164\u2800\U0001d159", M * 3),
        ("a\u180b\U000e0100", f"a{M}{M}"),
        # Of disputed width: flags, skin tones, keycaps, spacing marks, loose jamo.
        ("🇿🇦", M * 2),
        ("👍\U0001f3fd", f"👍{M}"),
        ("1\u20e3", f"1{M}"),
        ("क\u093e", f"क{M}"),
        ("\u1161\u11a8", M * 2),
        ("\u1112\u1161\u11ab", "한"),
        ("日本語 עברית Ελλάδα", "日本語 עברית Ελλάδα"),
        ("naïve – ‘ok’", "naïve – ‘ok’"),
    ],
)
def test_hostile_text_shows_a_mark_for_each_character_taken_out(hostile: str, shown: str) -> None:
    assert safe(hostile) == shown


@given(ANY | NASTY)
def test_nothing_dangerous_comes_out(value: str) -> None:
    assert not DANGEROUS.search(safe(value))


def test_no_single_character_is_dangerous_or_ends_a_line() -> None:
    for code in range(0x110000):
        shown = safe(f"a{chr(code)}")
        assert not DANGEROUS.search(shown), hex(code)
        assert len(shown.splitlines()) == 1, hex(code)


def test_terminals_agree_on_the_width_of_what_comes_out() -> None:
    # Rich lays the screen out; wcwidth stands for the terminals, which follow the same tables.
    wcwidth = pytest.importorskip("wcwidth")
    disputed = []
    for code in range(0x110000):
        char = chr(code)
        if unicodedata.normalize("NFC", char) != char or safe(f"a{char}") != f"a{char}":
            continue
        if cell_len(char) != wcwidth.wcwidth(char):
            disputed.append(hex(code))
        if not unicodedata.combining(char) and unicodedata.category(char) != "Mn":
            assert cell_len(char) > 0, hex(code)
    assert disputed == []


@given(ANY | NASTY, st.integers(2, 20))
@example("a\u0301\u0302\u0303\u0304", 4)
def test_making_safe_twice_is_making_safe_once(value: str, limit: int) -> None:
    assert safe(safe(value)) == safe(value)
    assert safe(safe(value, limit), limit) == safe(value, limit)


@given(ANY | NASTY, st.integers(1, 2000), st.integers(2, 300))
def test_what_comes_out_is_bounded_and_says_when_it_was_cut(
    value: str, times: int, limit: int
) -> None:
    shown = safe(value * times, limit)
    assert len(shown) <= limit
    if len(value) * times > limit * 4:
        assert shown.endswith("…")


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=MAX_LENGTH))
def test_printable_ascii_passes_unchanged(value: str) -> None:
    assert safe(value) == value


def test_a_pile_of_accents_costs_no_time_and_no_space() -> None:
    assert safe("q" + "\u0323\u0301" * 500_000) == f"q\u0323\u0323{M}…"


@pytest.mark.parametrize("clean", ["4711", "a.b-c_d~e", "réf-1", "", "x" * MAX_REFERENCE])
def test_a_clean_reference_passes_unchanged(clean: str) -> None:
    assert safe_reference(clean) == clean


@given(ANY | NASTY, st.integers(1, 10))
def test_a_reference_is_bounded_safe_and_stable(value: str, times: int) -> None:
    once = safe_reference(value * times)
    assert len(once) <= MAX_REFERENCE
    assert not DANGEROUS.search(once)
    assert safe_reference(once) == once
    assert safe(once) == once


@given(ANY | NASTY, ANY | NASTY)
@example("a\x01", "a\x02")
@example("é", "e\u0301")
@example("\ud800", "\ud801")
@example("x" * 200, "x" * 201)
def test_different_references_stay_different(one: str, other: str) -> None:
    assume(one != other)
    assume("~" not in one + other)  # nobody but us writes a digest behind a tilde
    assert safe_reference(one) != safe_reference(other)
