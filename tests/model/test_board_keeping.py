"""Promises of `model.board`: what is held, and what is let go of."""

import pytest

from enigma_tui.model import board as board_module
from enigma_tui.model.board import KEEP_RAW, KEEP_REJECTED, Board
from enigma_tui.model.entry import Cut, Notified, SiteChanged, Unknown
from enigma_tui.model.notification import Rejected, unpack

from .entries import BARE, CDR, cdr, conn, disposed, entry, fed, notified, states


def test_no_more_calls_are_held_than_asked_for_and_those_done_with_go_first() -> None:
    board = Board(CDR, keep=4)
    for ref in "1234":
        board.apply(conn(0, ref=ref))
    one, two, three, four = board.calls
    board.apply(cdr(1, ref="2"))
    board.apply(cdr(1, ref="3"))
    board.apply(disposed(2, three))
    board.apply(disposed(2, four))  # live still
    gone = []
    for place, ref in enumerate("5678"):
        before = set(board.calls)
        changed = board.apply(conn(3 + place, ref=ref))
        assert len(board.calls) == 4
        left = before - set(board.calls)
        assert left <= set(changed)
        gone += left
    assert gone == [three, two, one, four]


@pytest.mark.parametrize("keep", [1, 49, 50, 100, 1000])
def test_the_board_never_holds_more_and_seldom_much_less(keep: int) -> None:
    board = Board(CDR, keep)
    sizes = []
    for number in range(keep * 3):
        board.apply(conn(number, ref=str(number)))
        board.apply(cdr(number + 0.5, ref=str(number)))
        sizes.append(len(board.calls))
    assert max(sizes) == keep
    # Letting go of a few at a time is what makes it cheap.
    assert min(sizes[keep:]) == keep - keep // 50


def test_a_reference_of_a_call_let_go_of_can_be_used_again() -> None:
    board = fed(conn(0, ref="1"), cdr(1, ref="1"), conn(2, ref="2"), keep=1)
    assert [key.call_ref for key in board.calls] == ["2"]
    assert board.newest("pbx", "1") == []
    board.apply(conn(3, ref="1"))
    assert states(board, 3) == ["live"]


def test_what_is_noted_for_later_does_not_grow_with_the_calls_that_are_over() -> None:
    for policy in (CDR, BARE):
        board = Board(policy, keep=50)
        for number in range(5_000):
            board.apply(conn(number, ref=str(number), ext=str(number)))
            board.apply(cdr(number + 0.5, ref=str(number), ext=str(number)))
        assert len(board._due) < 1_200
        assert len(board._current) == len(board.calls)
        assert len(board._on_extension) <= len(board.calls)


def test_rejected_notifications_are_counted_and_the_newest_are_kept() -> None:
    board = Board(CDR)
    for number in range(KEEP_REJECTED + 5):
        at = entry(number)
        assert board.apply(Notified(at, "pbx", "inbound", False, unpack(b"%d" % number))) == ()
    assert board.rejected_total == KEEP_REJECTED + 5
    assert len(board.rejected) == KEEP_REJECTED
    newest = board.rejected[-1]
    assert (newest.raw, newest.feed) == (b"%d" % (KEEP_REJECTED + 4), "inbound")
    assert newest.reason == "not a JSON object but a number"


def test_rejected_notifications_are_bounded_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board_module, "KEEP_REJECTED_BYTES", 10)
    board = Board(CDR)
    for raw in (b"aaaa", b"bbbb", b"cccc", b"d" * 50, b"e"):
        board.apply(Notified(entry(0), "pbx", "inbound", False, unpack(raw)))
        held = [each.raw for each in board.rejected]
        assert held[-1] == raw
        assert len(held) == 1 or sum(map(len, held)) <= 10
    assert board.rejected_total == 5


def test_of_a_long_rejected_notification_only_the_beginning_is_held() -> None:
    raw = b"x" * 1_000_000
    told = unpack(raw)
    assert isinstance(told, Rejected)
    assert told.raw == raw
    board = fed(Notified(entry(0), "pbx", "inbound", False, told))
    [held] = board.rejected
    assert (held.raw, held.length) == (raw[:KEEP_RAW], 1_000_000)
    assert board._rejected_bytes == KEEP_RAW


def test_other_entries_change_no_call() -> None:
    board = fed(conn(0))
    status = notified(2, "status", {"ref": "2001", "status": "busy"})
    for event in (SiteChanged(entry(1), "x"), Unknown(entry(1), "claim"), status):
        assert board.apply(event) == ()
        assert board.last == event.id
    board.apply(Cut(entry(3), 7))
    board.apply(Cut(entry(4), 5))
    assert board.cut_total == 12
    assert states(board, 4) == ["live"]
