"""Promises of `model.board`: calls without a CDR feed, whose a reference is, late calls, acts."""

from typing import Any

import pytest

from enigma_tui.model.call import (
    CallKey,
    Feed,
    Policy,
)

from .entries import (
    ASSUMED,
    BARE,
    GHOST,
    T,
    calls,
    cdr,
    conn,
    dialler,
    disposed,
    entry,
    fed,
    legs,
    notified,
    states,
)

# ── without one ─────────────────────────────────────────────────────────────────────────────


def test_without_records_a_newer_call_on_the_extension_ends_the_last_one() -> None:
    board = fed(conn(0, ref="1"), conn(5, "2002", ref="2"), policy=BARE)
    first, second = board.calls
    assert set(board.apply(conn(60, ref="3"))) == {first, CallKey(*first[:2], "3", entry(60))}
    assert states(board, 60) == ["ended", "live", "live"]
    end = board.calls[first].end
    assert end is not None
    assert (end.assumed, end.entry) == (True, entry(60))
    assert board.calls[second].end is None


def test_without_records_calls_without_extension_end_nothing() -> None:
    board = fed(conn(0, "", ref="1"), conn(5, "", ref="2"), policy=BARE)
    assert states(board, 5) == ["live", "live"]


def test_without_records_a_call_is_over_after_a_while_and_never_a_ghost() -> None:
    board = fed(conn(0), policy=BARE)
    assert states(board, ASSUMED) == ["live"]
    assert states(board, ASSUMED + 1) == ["ended"]
    assert states(board, GHOST + 1) == ["ended"]
    assert board.due(T + ASSUMED * 1000 + 1) == list(board.calls)


def test_another_pbx_or_one_with_records_does_not_end_calls_here() -> None:
    board = fed(conn(0, ref="1"), conn(5, ref="2", source="west"), policy=BARE)
    assert states(board, 5) == ["live", "live"]
    board = fed(conn(0, ref="1"), conn(5, ref="2"))
    assert states(board, 5) == ["live", "live"]


def test_without_records_a_transfer_frees_the_first_extension() -> None:
    board = fed(conn(0, ref="1"), conn(5, "2002", ref="1"), conn(9, "2001", ref="2"), policy=BARE)
    assert states(board, 9) == ["live", "live"]
    assert legs(calls(board)[0]) == [("2001", True), ("2002", False)]


def test_an_end_that_was_wrongly_assumed_is_taken_back() -> None:
    board = fed(conn(0, ref="1"), conn(5, ref="2"), policy=BARE)
    first, _ = board.calls
    board.apply(conn(9, "2002", ref="1"))
    assert states(board, 9) == ["live", "live"]
    assert [leg.extension for leg in board.calls[first].legs] == ["2001", "2002"]
    assert board.due(T + (ASSUMED + 9) * 1000 + 1) == [list(board.calls)[1], first]


def test_a_call_that_goes_on_on_its_extension_is_due_once() -> None:
    board = fed(conn(0, ref="1"), conn(5, ref="2"), conn(9, ref="1"), policy=BARE)
    first, _ = board.calls
    assert states(board, 9) == ["live", "ended"]
    assert board.due(T + (ASSUMED + 9) * 1000) == [first]


def test_a_record_settles_an_end_that_was_assumed() -> None:
    board = fed(conn(0, ref="1"), conn(5, ref="2"), cdr(6, ref="1"), policy=BARE)
    end = calls(board)[0].end
    assert end is not None
    assert (end.assumed, end.talk) == (False, 60.0)


# ── whose reference ─────────────────────────────────────────────────────────────────────────


def test_the_dialler_and_the_pbx_number_their_calls_independently() -> None:
    board = fed(conn(0), dialler(1))
    assert [key.feed for key in board.calls] == [Feed.INBOUND, Feed.DIALLER]
    assert states(board, 1) == ["live", "live"]
    board.apply(cdr(60, call_dir="inbound"))
    assert states(board, 60) == ["ended", "live"]
    campaign = {"call_ref": "1", "extension": "2010", "number": "083", "ref": "winback"}
    board.apply(notified(61, "cdr", {**campaign, "call_dir": "outbound"}))
    assert states(board, 61) == ["ended", "ended"]


@pytest.mark.parametrize(
    ("payload", "found"),
    [
        # A campaign's record; one from before v3.0.0; another agent's; an inbound one.
        ({"extension": "2010", "number": "083", "ref": "winback", "call_dir": "outbound"}, 1),
        ({"extension": "2010", "ref": "083", "call_dir": "outbound"}, 1),
        ({"extension": "2011", "ref": "083", "call_dir": "outbound"}, 2),
        ({"extension": None, "number": "082", "ref": "click-dial", "call_dir": "inbound"}, 2),
        ({"extension": "2010", "number": "082", "ref": "click-dial", "call_dir": "inbound"}, 2),
    ],
)
def test_a_record_ends_a_diallers_call_only_if_it_can_be_its_own(
    payload: dict[str, Any], found: int
) -> None:
    record = {"call_ref": "1", "call_time": 60, **payload}
    board = fed(dialler(0), notified(60, "cdr", record))
    assert len(board.calls) == found
    assert states(board, 60)[0] == ("ended" if found == 1 else "live")


def test_a_record_of_nobody_is_not_that_of_a_diallers_call_whose_extension_is_not_known() -> None:
    record = {"call_ref": "1", "extension": None, "ref": "083", "call_dir": "outbound"}
    call = notified(0, "call", {"call_ref": "1", "campaign_ref": "winback"})
    assert states(fed(call, notified(60, "cdr", record)), 60) == ["live", "ended"]


def test_the_record_of_an_outbound_call_does_not_end_an_inbound_one() -> None:
    outbound = {"call_ref": "1", "extension": "2002", "number": "083", "call_time": 9}
    record = notified(9, "cdr", {**outbound, "call_dir": "outbound", "ref": "click-dial"})
    board = fed(conn(0), record)
    assert states(board, 9) == ["live", "ended"]
    board.apply(cdr(60))
    assert states(board, 60) == ["ended", "ended"]
    assert [call.key.feed for call in board.newest("pbx", "1")] == [Feed.INBOUND, Feed.OUTBOUND]
    assert board.newest("pbx", "1") == calls(board)


def test_two_pbxs_may_use_one_reference() -> None:
    board = fed(conn(0), conn(1, source="west"), cdr(60, source="west"))
    assert states(board, 60) == ["live", "ended"]
    assert board.newest("west", "1") == [calls(board)[1]]
    assert board.newest("east", "1") == []


# ── late ────────────────────────────────────────────────────────────────────────────────────


def test_what_waited_uncollected_is_marked_late() -> None:
    board = fed(conn(0, late=True), cdr(9, late=True))
    [call] = calls(board)
    assert call.late
    assert call.end is not None
    assert call.end.late


# ── acts ────────────────────────────────────────────────────────────────────────────────────


def test_a_disposition_may_come_before_or_after_the_end() -> None:
    board = fed(conn(0))
    [key] = board.calls
    assert board.apply(disposed(5, key)) == [key]
    board.apply(cdr(60))
    [before] = calls(board)
    board = fed(conn(0), cdr(60))
    board.apply(disposed(65, key))
    [after] = calls(board)
    for call in (before, after):
        assert call.disposition is not None
        assert call.end is not None


def test_an_older_or_equal_version_changes_nothing() -> None:
    board = fed(conn(0))
    [key] = board.calls
    board.apply(disposed(5, key, 2, "second"))
    for version in (1, 2):
        assert board.apply(disposed(6, key, version, "other")) == ()
    assert board.apply(disposed(7, key, 3, "third")) == [key]
    done = board.calls[key].disposition
    assert done is not None
    assert (done.code, done.version) == ("third", 3)


def test_an_act_on_a_call_that_is_not_here_changes_nothing() -> None:
    board = fed(conn(0))
    assert board.apply(disposed(5, CallKey("pbx", Feed.INBOUND, "1", entry(9)))) == ()
    assert len(board.calls) == 1


# ── records switched on in the middle of the day ────────────────────────────────────────────


def test_of_calls_before_records_were_switched_on_no_end_is_awaited() -> None:
    policy = Policy(cdr_sources={"pbx"}, cdr_since_ms={"pbx": T + 100_000})
    board = fed(conn(0, "2001", "1"), conn(10, "2001", "2"), conn(20, "2002", "3"), policy=policy)
    assert states(board, 30) == ["ended", "live", "live"]
    assert states(board, ASSUMED + 60) == ["ended", "ended", "ended"], "and none is a ghost"
    for event in (conn(200, "2001", "4"), conn(210, "2001", "5")):
        board.apply(event)
    # The extension's call from before is over; of those after, only a record tells the end.
    assert states(board, 220) == ["ended", "ended", "live", "live", "live"]
    board.apply(cdr(230, "2001", ref="4"))
    assert states(board, 240)[3] == "ended"
    assert states(board, GHOST + 300)[4] == "ghost"
