"""Promises of `model.board`: the life of a call with a CDR feed."""

import pytest

from enigma_tui.model.board import JOIN_MS
from enigma_tui.model.entry import Notified

from .entries import GHOST, HOUR, T, calls, cdr, conn, disposed, entry, fed, legs, states


def test_a_connection_opens_a_live_call_and_its_record_ends_it() -> None:
    board = fed(conn(0, hold_time=41))
    assert states(board) == ["live"]
    [call] = calls(board)
    assert (call.hold, call.caller, call.extension) == (41.0, "082", "2001")
    assert board.apply(cdr(73, talk=73)) == [call.key]
    [call] = calls(board)
    assert states(board) == ["ended"]
    assert call.end is not None
    assert (call.end.reason, call.end.talk, call.end.entry) == ("hungup", 73.0, entry(73))
    assert legs(call) == [("2001", True)]


def test_a_record_fills_in_what_the_connection_left_out_and_overwrites_nothing() -> None:
    board = fed(conn(0, contact_ref="A"), cdr(9, hold_time=8, dial_number="011", contact_ref="B"))
    [call] = calls(board)
    assert (call.hold, call.dialled, call.contact_ref) == (8.0, "011", "A")


@pytest.mark.parametrize(
    ("record", "state"),
    [
        (cdr(0, None, 0), "abandoned"),
        (cdr(0, None, 12), "abandoned"),
        (cdr(0, "2001", 0), "abandoned"),
        (cdr(0, "2001", 60), "ended"),
        (cdr(0, "2001", None), "ended"),
        (cdr(0, None, 0, call_dir="outbound"), "ended"),
        (cdr(0, "2001", 0, call_dir="outbound"), "ended"),
    ],
)
def test_abandoned_is_an_inbound_call_that_nobody_took(record: Notified, state: str) -> None:
    assert states(fed(record)) == [state]


def test_a_record_without_connection_still_names_its_extension() -> None:
    [call] = calls(fed(cdr(0, "2001", 60, call_dir="outbound")))
    assert call.extension == "2001"


@pytest.mark.parametrize("talk", [0, 60])
def test_a_connection_that_comes_after_its_record_joins_it(talk: int) -> None:
    board = fed(cdr(0, talk=talk))
    [key] = board.calls
    assert board.apply(conn(JOIN_MS / 1000, hold_time=5)) == [key]
    [call] = calls(board)
    assert states(board) == ["ended"]
    assert legs(call) == [("2001", True)]
    assert call.hold == 5.0
    assert call.legs[0].ended_ms is not None
    assert call.legs[0].ended_ms >= call.legs[0].entry.ms


def test_a_connection_too_long_after_a_record_is_another_use_of_the_reference() -> None:
    board = fed(cdr(0), conn(JOIN_MS / 1000 + 0.001))
    assert states(board, 61) == ["superseded", "live"]


def test_a_connection_to_another_extension_than_the_record_is_not_that_records() -> None:
    # An agent's telephone rang in vain, and then the call was put through to another.
    board = fed(cdr(0, "2001", 0), conn(5, "2002"))
    assert states(board, 5) == ["superseded", "live"]
    board.apply(cdr(65, "2002"))
    assert states(board, 65) == ["superseded", "ended"]


def test_a_transfer_whose_record_overtook_its_connection_is_one_call() -> None:
    board = fed(conn(0, "2001"), cdr(50, "2002"), conn(51, "2002"))
    [call] = calls(board)
    assert states(board, 51) == ["ended"]
    assert legs(call) == [("2001", True), ("2002", True)]


@pytest.mark.parametrize("ext", ["2001", "2002"])
def test_a_connection_after_the_end_opens_a_new_use(ext: str) -> None:
    board = fed(conn(0), cdr(60), conn(61, ext))
    first, second = calls(board)
    assert states(board, 61) == ["superseded", "live"]
    assert (first.key.since, second.key.since) == (entry(0), entry(61))
    assert board.newest("pbx", "1") == [second]


def test_a_call_that_was_disposed_of_stays_so_when_its_reference_is_used_again() -> None:
    board = fed(conn(0), cdr(60))
    [key] = board.calls
    board.apply(disposed(65, key))
    board.apply(conn(70))
    assert states(board, 70) == ["ended", "live"]
    assert calls(board)[0].superseded


def test_a_transfer_is_one_call_with_one_more_leg_and_a_repeat_changes_nothing() -> None:
    board = fed(conn(0, "2001"))
    assert board.apply(conn(5, "2001")) == ()
    assert board.apply(conn(6, "")) == ()
    [key] = board.calls
    assert board.apply(conn(10, "2002")) == [key]
    assert board.apply(conn(11, "2002")) == ()
    [call] = calls(board)
    assert legs(call) == [("2001", False), ("2002", False)]
    assert call.began == entry(0)
    assert states(board, 11) == ["live"]


def test_the_record_of_an_earlier_leg_ends_that_leg_only() -> None:
    board = fed(conn(0, "2001"), conn(10, "2002"))
    [key] = board.calls
    assert board.apply(cdr(12, "2001", 10)) == [key]
    assert legs(calls(board)[0]) == [("2001", True), ("2002", False)]
    assert states(board, 12) == ["live"]
    assert board.apply(cdr(13, "2001", 10)) == ()
    board.apply(cdr(40, "2002", 30))
    assert states(board, 40) == ["ended"]
    assert calls(board)[0].talk_seconds(T) == 40.0


def test_a_leg_ends_though_its_record_does_not_tell_for_how_long_it_talked() -> None:
    board = fed(conn(0, "2001"), conn(10, "2002"), cdr(12, "2001", None))
    assert legs(calls(board)[0]) == [("2001", True), ("2002", False)]


def test_the_record_of_an_earlier_leg_may_come_after_the_end() -> None:
    board = fed(conn(0, "2001"), conn(10, "2002"), cdr(40, "2002", 30))
    [key] = board.calls
    assert board.apply(cdr(41, "2001", 10)) == [key]
    assert board.apply(cdr(42, "2001", 10)) == ()
    assert board.apply(cdr(42, "2002", 30)) == ()
    [call] = calls(board)
    assert call.talk_seconds(T) == 40.0
    assert call.end is not None
    assert call.end.entry == entry(40)


def test_one_record_for_the_whole_of_a_transferred_call_ends_every_leg() -> None:
    board = fed(conn(0, "2001"), conn(10, "2002"), cdr(40, "2002", 40))
    [call] = calls(board)
    assert legs(call) == [("2001", True), ("2002", True)]
    assert call.talk_seconds(T) == 40.0


@pytest.mark.parametrize("ext", ["2001", "", None])
def test_back_to_the_first_extension_its_record_ends_the_call(ext: str | None) -> None:
    board = fed(conn(0, "2001"), conn(10, "2002"), conn(20, "2001"), cdr(40, ext))
    assert states(board, 40) == ["ended"]


def test_a_record_that_is_repeated_changes_nothing() -> None:
    for first in ([conn(0)], []):
        board = fed(*first, cdr(60))
        assert board.apply(cdr(61)) == ()
        assert len(board.calls) == 1


def test_a_record_long_after_the_end_is_of_another_use() -> None:
    board = fed(conn(0), cdr(60), cdr(300, None, 0))
    assert states(board, 300) == ["superseded", "abandoned"]


def test_a_call_that_no_record_ends_is_a_ghost_and_not_dropped() -> None:
    board = fed(conn(0))
    [key] = board.calls
    assert board.due(T + GHOST * 1000) == []
    assert board.due(T + GHOST * 1000 + 1) == [key]
    assert board.due(T + GHOST * 1000 + 2) == []
    assert states(board, GHOST + 1) == ["ghost"]
    board.apply(cdr(GHOST + 60, talk=GHOST + 60))
    assert states(board, GHOST + 60) == ["ended"]


@pytest.mark.parametrize(
    ("record", "found"),
    [
        (cdr(GHOST + 600, None, 0), ["superseded", "abandoned"]),
        (cdr(3 * 24 * HOUR, None, None), ["superseded", "abandoned"]),
        (cdr(3 * 24 * HOUR, "2001", 0), ["superseded", "abandoned"]),
        (cdr(3 * 24 * HOUR, "2001", 60), ["superseded", "ended"]),
        (cdr(3 * 24 * HOUR, "2001", 60, late=True), ["ended"]),
        (cdr(3 * 24 * HOUR, "2001", None), ["ended"]),
        (cdr(GHOST + 600, "2001", GHOST + 600), ["ended"]),
        (cdr(GHOST - 600, "2001", 60), ["ended"]),
    ],
)
def test_a_ghost_is_not_ended_by_the_record_of_a_later_use(
    record: Notified, found: list[str]
) -> None:
    assert states(fed(conn(0), record), 10**6) == found


def test_a_ghosts_reference_may_be_used_again() -> None:
    assert states(fed(conn(0), conn(GHOST)), GHOST) == ["live"]
    assert states(fed(conn(0), conn(GHOST + 1)), GHOST + 1) == ["superseded", "live"]
