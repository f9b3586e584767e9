"""What 100,000 calls must not cost: counts that are the same on every machine."""

import gc
import operator
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import FrameType

import pytest

from enigma_tui.model.board import Board
from enigma_tui.model.call import CallKey, Disposition, EntryId, Policy
from enigma_tui.model.entry import Disposed, Event, decode
from enigma_tui.model.phone import Dialplan
from enigma_tui.model.query import Lens, Query, parse
from enigma_tui.model.query_test import by_value
from enigma_tui.model.rows import PIECE, Rows, by_beginning
from enigma_tui.model.sorting import SORTS, Sort
from enigma_tui.model.subject import Read, Subject, Subjects
from enigma_tui.model.tabs import Tab, Tally
from enigma_tui.model.view import View
from tests.model.floor import LENS

T = 1_763_800_000_000
CALLS = 2_000
POLICY = Policy(cdr_sources={"pbx"})
PLAN = Dialplan("ZA")
LABELS: dict[str, str] = {}

CALL = (
    b'{"type":"call","payload":{"call_ref":"%d","ref":"%d","number":"082%07d",'
    b'"dial_number":"0115550100","hold_time":"41","contact_ref":"ACC-%d","call_dir":"inbound"}}'
)


def events(first: int, count: int) -> Sequence[Event]:
    return [
        decode(
            EntryId(T + n * 10, 0),
            {b"kind": b"call", b"source": b"pbx", b"feed": b"inbound"}
            | {b"raw": CALL % (n, 2000 + n % 500, n, n)},
        )
        for n in range(first, first + count)
    ]


def disposed(key: CallKey) -> Event:
    return Disposed(EntryId(T + 900_000, 0), key, Disposition("spam", "thandi", T, 1))


def lens() -> Lens:
    return Lens(T + 1_000_000, POLICY, PLAN, LABELS)


def filled(count: int = CALLS, tab: Tab = Tab.ALL) -> tuple[Board, Tally, View]:
    board, tally = Board(POLICY), Tally()
    view = View(board, lens(), tab=tab)
    for event in events(0, count):
        take(board, tally, view, event)
    return board, tally, view


def take(board: Board, tally: Tally, view: View, event: Event) -> None:
    keys = board.apply(event)
    tally.update(keys, board, lens())
    view.update(keys, lens())


def python_calls(work: Callable[[], object]) -> int:
    """Return how many functions written in Python `work` calls."""
    count = 0

    def note(_frame: FrameType, what: str, _argument: object) -> None:
        nonlocal count
        count += what == "call"

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def test_a_call_is_few_objects_for_the_garbage_collector_to_walk() -> None:
    told = events(0, CALLS)
    kept = [Board(POLICY), Tally(), None]
    gc.collect()
    before = len(gc.get_objects())
    kept[2] = View(kept[0], lens(), tab=Tab.ALL)  # type: ignore[arg-type]
    for event in told:
        take(*kept, event)  # type: ignore[arg-type]
    gc.collect()
    # Its key, when it began, where its reference is looked up, when its state is due, its legs.
    assert (len(gc.get_objects()) - before) / CALLS <= 6


def test_an_entry_takes_as_much_on_a_full_board_as_on_an_empty_one() -> None:
    def one_more(count: int) -> int:
        board, tally, view = filled(count)
        [event] = events(count, 1)
        return python_calls(lambda: take(board, tally, view, event))

    few, many = one_more(10), one_more(CALLS)
    assert many <= few + 20  # steps of a search in what is in order
    assert many <= 120


@pytest.mark.parametrize(
    ("policy", "now_ms"), [(POLICY, T + 1_000_000), (Policy(), T + 100_000_000)]
)
@pytest.mark.parametrize(
    "text",
    [
        *("082", "0825", "ext:200", "caller:082", "contact:ACC", "hold>3", "!ext:2001", "x or 0"),
        *("ext:2000-2099 hold>30", "!state:live talk>2", "age<1h", "disp:none", "source:pbx"),
    ],
)
def test_a_filter_calls_no_function_for_each_call(text: str, policy: Policy, now_ms: int) -> None:
    _, _, view = filled()
    view.query = parse(text)
    later = Lens(now_ms, policy, PLAN, LABELS)
    different = 500 if "-" in text else 0  # extensions, each of which is looked at once
    assert python_calls(lambda: view.rebuild(later)) <= 200 + 3 * different


@pytest.mark.parametrize("column", SORTS)
def test_another_sort_calls_no_function_for_each_call(column: str) -> None:
    _, _, view = filled()
    view.sort = Sort(column)
    assert python_calls(lambda: view.rebuild(lens())) <= CALLS // 10


def test_a_filter_reads_again_only_the_calls_around_those_that_changed() -> None:
    read: list[int] = []

    def spy(rows: Sequence[Subject]) -> list[str]:
        read.append(len(rows))
        return [row.call.dialled for row in rows]

    board, tally, view = filled()
    view.query = Query("spied", False, by_value(spy, lambda _: True))
    view.rebuild(lens())
    assert sum(read) == CALLS
    view.query = Query("spied again", False, by_value(spy, lambda _: False))
    view.rebuild(lens())
    assert sum(read) == CALLS, "whatever the filter, what was read is known"
    take(board, tally, view, disposed(next(iter(board.calls))))
    read.clear()
    view.query = Query("spied once more", False, by_value(spy, lambda _: True))
    view.rebuild(lens())
    assert 1 <= sum(read) <= 2 * PIECE


def test_what_filters_ask_for_is_read_ahead_piece_by_piece(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    board, tally, view = filled()
    pieces = len(view.pieces())
    assert pieces > 1
    assert not view.read_ahead(1)
    assert view.read_ahead(pieces)
    read: list[int] = []
    column = Subjects.column

    def spied(subjects: Subjects[Subject], what: Read[object]) -> Sequence[object]:
        if what not in subjects._columns:
            read.append(len(subjects.rows))
        return column(subjects, what)

    monkeypatch.setattr(Subjects, "column", spied)
    for text in ("082", "ext:2000-2099 hold>30", "!state:live talk>2"):
        view.query = parse(text)
        view.rebuild(lens())
    assert not read
    view.query = parse("")
    view.rebuild(lens())
    take(board, tally, view, disposed(next(iter(board.calls))))
    assert view.read_ahead(2)  # one piece, and a look at the end
    assert set(read) <= {PIECE, 2 * PIECE - 1}


def test_a_filter_that_all_calls_pass_copies_no_list_of_them() -> None:
    _, _, view = filled()
    rows = Rows([row for piece in view.pieces() for row in piece.rows], by_beginning)
    passing = rows.only(parse("082").through(lens()))
    assert all(map(operator.is_, rows.pieces(), passing.pieces()))


def test_the_counts_count() -> None:
    with suppress(ZeroDivisionError):
        assert python_calls(lambda: [LENS.label("0115550100") for _ in range(10)]) >= 10
