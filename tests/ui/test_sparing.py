"""Whatever is written, the terminal shows the same as without `Sparing`, for fewer bytes."""

import pyte
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from enigma_tui.ui.sparing import Sparing
from tests.ui.seen import Twins

COLUMNS, LINES = 12, 5

# ── whatever is written ──────────────────────────────────────────────────────────────────────

_SGR = st.sampled_from(
    [
        *("1", "2", "3", "4", "7", "9", "31", "92", "45", "103", "1;2", "0;4;31", "38;2;1;2;3"),
        *("38;5;9", "48;2;9;8;7", "1;38;2;1;2;3;48;2;9;8;7", "22", "39", "49", "27", "", "99"),
        *("4;58;5;1", "2;7", "21", "38;2;1"),
    ]
)
_TEXT = st.text("aab  —é日́👍\u200d", max_size=9)
_STYLED = st.builds(lambda sgr, text: f"\x1b[{sgr}m{text}\x1b[0m", _SGR, _TEXT)
_MOVE = st.builds(
    lambda y, x: f"\x1b[{y};{x}H", st.integers(1, LINES + 1), st.integers(1, COLUMNS + 1)
)
_OTHER = st.sampled_from(
    [
        *("\x07", "\x1b[?25l", "\x1b[?2026h", "\x1b[?2026l", "\x1b[?7l", "\x1b[?7h", "\r", "\n"),
        *("\x1b[2J", "\x1b[K", "\x1b[1J", "\x1b[3A", "\x1b[2C", "\x1b[H", "\x1b[2X", "\x1b[L"),
        *("\x1b[31m", "\x1b[0m", "\x1b[m", "\x1b7", "\x1b8", "\x1bc", "\x1bM", "\x1b[?5h", "\t"),
        *("\x1b[4h", "\x1b[2;4r", "\x1b[?6h", "\x1b]8;;http://a\x1b\\", "\x1b(0", "\x0e", "\x0f"),
    ]
)
_PIECE = st.builds(
    lambda move, parts, end: move + "".join(parts) + end,
    _MOVE,
    st.lists(st.one_of(_STYLED, _STYLED, _TEXT), max_size=3),
    st.sampled_from(["", "", "\n"]),
)
_FRAME = st.builds(
    lambda pieces, end: "".join(pieces) + end, st.lists(_PIECE, max_size=5), _MOVE | st.just("")
)
_STRANGE = st.lists(_PIECE | _OTHER | _STYLED | _TEXT, max_size=4).map("".join)
_SIZE = st.tuples(st.integers(2, COLUMNS + 3), st.integers(2, LINES + 2))
_STEPS = st.lists(st.one_of(_FRAME, _FRAME, _FRAME, _FRAME, _STRANGE, _OTHER, _SIZE), max_size=12)


@given(_STEPS)
@example(["\x1b[1;1Hab\x1b[1;1H", "\x1b[1;2H\u0301\x1b[1;1H", "\x1b[1;1Hab\x1b[1;1H"])
@example(["\x1b[1;1Hab\x1b[1;1H", "\x1b[4h", "\x1b[1;1Hac\x1b[1;1H"])
@example(["\x1b[31m", "\x1b[1;1Ha\x1b[1;1H", "\x1b[0m", "\x1b[1;1Ha\x1b[1;1H"])
@example(["\x1b[5;1Ha\x1b[1;1H", "\x1b[5;1Ha\n\x1b[1;1H", "\x1b[5;1Ha\x1b[1;1H"])
@example(["\x1b[1;12Ha\x1b[1;1H", "\x1b[2;1H\u0301\x1b[1;1H", "\x1b[1;12Ha\x1b[1;1H"])
@example(["\x1b[1;12Ha\x1b[1;13H", "b"])
@example(["\x1b[1;1Ha\x1b[1;4Hb\x1b[1;1H"])
@example(["\x1b[4;5Haaaa日日\u0301\n\x1b[1;1H"])
@example(["\x1b[1;1H\x1b[31ma\x1b[0m\x1b[2;1Hb\x1b[K\x1b[1;1H"])
@example(["\x1b[1;1H\x1b[1;2ma\x1b[0m\x1b[1mb\x1b[0m\x1b[1;1H"])
def test_the_terminal_shows_what_it_would_have_shown(steps: list[str | tuple[int, int]]) -> None:
    twins = Twins(COLUMNS, LINES)
    for step in steps:
        if isinstance(step, str):
            twins.write(step)
        else:
            twins.resize(*step)
        assert twins.difference() == ""


_TICK = st.builds(
    lambda y, x, parts: f"\x1b[{y};{x}H" + "".join(parts) + "\x1b[1;1H",
    st.integers(1, LINES),
    st.integers(1, 3),
    st.lists(
        st.builds(
            lambda sgr, text: f"\x1b[{sgr}m{text}\x1b[0m",
            st.sampled_from(["1;31", "31", "2;31;44", "44", "7;44", "4"]),
            st.text("ab — ", min_size=1, max_size=5),
        ),
        max_size=2,
    ),
)


@given(st.lists(_TICK, min_size=2, max_size=20))
def test_cells_that_change_little_are_kept_apart(frames: list[str]) -> None:
    twins = Twins(COLUMNS, LINES)
    for frame in frames:
        twins.write(frame)
        assert twins.difference() == ""
        assert len(twins.spared) <= len(frame) + len("\x1b[0m") + len("\x1b[m")


def test_a_frame_that_changes_nothing_writes_nothing() -> None:
    sparing = Sparing(COLUMNS, LINES)
    frame = "\x1b[2;1H\x1b[31mlive \x1b[0m—\n\x1b[3;1Hover\x1b[1;1H"
    assert "live" in sparing.write(frame)
    written = [sparing.write(part) for part in ("\x1b[?2026h", frame, "\x1b[?2026l")]
    assert written == ["", "", ""]


def test_a_frame_is_painted_at_once_where_the_terminal_can() -> None:
    sparing = Sparing(COLUMNS, LINES)
    written = [sparing.write(part) for part in ("\x1b[?2026h", "\x1b[1;1Ha", "\x1b[?2026l")]
    assert written == ["", "\x1b[?2026h\x1b[m\x1b[1;1Ha", "\x1b[?2026l"]


def test_what_is_forgotten_is_written_again() -> None:
    sparing = Sparing(COLUMNS, LINES)
    frame = "\x1b[2;1Hlive\x1b[1;1H"
    sparing.write(frame)
    sparing.forget()
    assert "live" in sparing.write(frame)
    sparing.resize(COLUMNS + 1, LINES)
    assert "live" in sparing.write(frame)


@pytest.mark.parametrize(
    ("before", "after", "written"),
    [
        ("0:01", "0:02", "\x1b[1;4H2\x1b[1;1H"),
        ("ab cd", "xb cx", "\x1b[1;1Hxb cx\x1b[1;1H"),
        ("a    bcdef", "x    bcdex", "\x1b[1;1Hx\x1b[8Cx\x1b[1;1H"),
        ("a\x1b[31mbc\x1b[0md", "x\x1b[31mbc\x1b[0mx", "\x1b[1;1Hx\x1b[2Cx\x1b[1;1H"),
        ("\x1b[1;31ma\x1b[0mb", "\x1b[31ma\x1b[0mc", "\x1b[1;1H\x1b[31ma\x1b[mc\x1b[1;1H"),
        ("\x1b[31m a\x1b[0m", "\x1b[32m b\x1b[0m", "\x1b[1;2H\x1b[32mb\x1b[m\x1b[1;1H"),
    ],
)
def test_the_cheapest_way_is_taken(before: str, after: str, written: str) -> None:
    sparing = Sparing(COLUMNS, LINES)
    sparing.write(f"\x1b[1;1H{before}\x1b[1;1H")
    assert sparing.write(f"\x1b[1;1H{after}\x1b[1;1H") == written


def test_the_emulator_tells_looks_apart() -> None:
    """Otherwise the other tests could not fail for a wrong colour."""
    twins = Twins(COLUMNS, LINES)
    twins.write("\x1b[1;1H\x1b[31ma\x1b[0m")
    pyte.Stream(twins.sparing_screen).feed("\x1b[1;1H\x1b[32ma\x1b[0m")
    assert twins.difference()
