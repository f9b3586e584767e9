"""Promises of `model.board`: the life of a call, with and without a CDR feed."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enigma_tui.model import board as board_module
from enigma_tui.model.board import JOIN_MS, KEEP_RAW, KEEP_REJECTED, Board
from enigma_tui.model.call import (
    Call,
    CallKey,
    CallState,
    Disposition,
    EntryId,
    Feed,
    Policy,
)
from enigma_tui.model.entry import Cut, Disposed, Event, Notified, SiteChanged, Unknown
from enigma_tui.model.metrics import Metrics
from enigma_tui.model.notification import CallConnected, Rejected, unpack

T = 1_763_800_000_000
HOUR = 3600
GHOST = 4 * HOUR
ASSUMED = 2 * HOUR
CDR = Policy(cdr_sources={"pbx"})
BARE = Policy()


def entry(seconds: float, seq: int = 0) -> EntryId:
    return EntryId(T + round(seconds * 1000), seq)


def notified(
    seconds: float, kind: str, payload: dict[str, Any], *, late: bool = False, source: str = "pbx"
) -> Notified:
    raw = json.dumps({"type": kind, "payload": payload}).encode()
    return Notified(entry(seconds), source, kind, late, unpack(raw))


def conn(seconds: float, ext: str = "2001", ref: str = "1", **more: Any) -> Notified:
    options = {name: more.pop(name) for name in ("late", "source") if name in more}
    payload = {"call_ref": ref, "ref": ext, "number": "082", "call_dir": "inbound", **more}
    return notified(seconds, "call", payload, **options)


def cdr(
    seconds: float, ext: str | None = "2001", talk: int | None = 60, ref: str = "1", **more: Any
) -> Notified:
    options = {name: more.pop(name) for name in ("late", "source") if name in more}
    payload = {
        "call_ref": ref,
        "extension": ext,
        "call_time": talk,
        "number": "082",
        "call_dir": "inbound",
        "ref": "click-dial",
        "end_reason": "hungup",
        **more,
    }
    return notified(seconds, "cdr", payload, **options)


def disposed(seconds: float, key: CallKey, version: int = 1, code: str = "resolved") -> Disposed:
    at = entry(seconds)
    return Disposed(at, key, Disposition(code, "thandi", at.ms, version))


def fed(*events: Event, policy: Policy = CDR, keep: int = 100) -> Board:
    board = Board(policy, keep)
    for event in events:
        board.apply(event)
    return board


def calls(board: Board) -> list[Call]:
    return list(board.calls.values())


def states(board: Board, seconds: float = 0) -> list[str]:
    return [call.state(T + round(seconds * 1000), board.policy).value for call in calls(board)]


def legs(call: Call) -> list[tuple[str, bool]]:
    return [(leg.extension, leg.ended_ms is not None) for leg in call.legs]


# ── with a CDR feed ─────────────────────────────────────────────────────────────────────────


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


def dialler(seconds: float, ext: str = "2010", ref: str = "1") -> Notified:
    return notified(seconds, "call", {"call_ref": ref, "agent": ext, "ref": ext, "number": "083"})


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


# ── keeping ─────────────────────────────────────────────────────────────────────────────────


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


# ── any sequence ────────────────────────────────────────────────────────────────────────────

REFS = st.sampled_from(["1", "2", "3"])
EXTS = st.sampled_from(["2001", "2002", "2003", ""])


@dataclass
class Story:
    """Entries in order, as a journal could hold them."""

    events: list[Event] = field(default_factory=list)
    keys: list[CallKey] = field(default_factory=list)


@st.composite
def stories(draw: st.DrawFn) -> Story:
    story, now = Story(), 0.0
    for _ in range(draw(st.integers(0, 25))):
        now += draw(st.sampled_from([0.001, 1, 5, 59, 61, 3 * HOUR, 5 * HOUR]))
        kind = draw(st.sampled_from(["conn", "conn", "cdr", "cdr", "dialler", "act", "bad"]))
        late = draw(st.integers(0, 9)) == 0
        ref = draw(REFS)
        if kind == "conn":
            event: Event = conn(now, draw(EXTS), ref, late=late)
            story.keys.append(CallKey("pbx", Feed.INBOUND, ref, event.id))
        elif kind == "dialler":
            event = dialler(now, draw(EXTS), ref)
        elif kind == "cdr":
            payload = {
                "call_ref": ref,
                "extension": draw(EXTS) or None,
                "call_time": draw(st.sampled_from([0, 9, 60, None])),
                "call_dir": draw(st.sampled_from(["inbound", "inbound", "outbound"])),
                "ref": draw(st.sampled_from(["click-dial", "winback", "082"])),
            }
            if draw(st.booleans()):
                payload["number"] = "082"
            event = notified(now, "cdr", payload, late=late)
        elif kind == "act" and story.keys:
            event = disposed(now, draw(st.sampled_from(story.keys)), draw(st.integers(1, 3)))
        else:
            event = Notified(entry(now), "pbx", "inbound", late, unpack(b"{"))
        story.events.append(event)
    return story


POLICIES = st.sampled_from([CDR, BARE])
KEEPS = st.sampled_from([1, 2, 4, 100])


def everything(board: Board) -> tuple[object, ...]:
    return (
        list(board.calls.items()),
        list(board.rejected),
        board.rejected_total,
        board.last,
        board._current,
    )


@given(stories(), POLICIES, KEEPS)
def test_the_same_entries_give_the_same_board(story: Story, policy: Policy, keep: int) -> None:
    one = fed(*story.events, policy=policy, keep=keep)
    other = Board(policy, keep)
    for event in story.events:
        other.apply(event)
        other.due(event.id.ms + 10**7)  # looking does not change it
        other.newest("pbx", "1")
    assert everything(one) == everything(other)


def changes(before: dict[CallKey, Call], after: dict[CallKey, Call]) -> set[CallKey]:
    return {key for key in before.keys() | after if before.get(key) != after.get(key)}


@given(stories(), POLICIES, KEEPS)
def test_exactly_the_calls_that_changed_or_left_are_returned(
    story: Story, policy: Policy, keep: int
) -> None:
    board = Board(policy, keep)
    for event in story.events:
        before = dict(board.calls)
        told: Sequence[CallKey] = board.apply(event)
        assert len(told) == len(set(told))
        came_and_went = {key for key in told if key not in before and key not in board.calls}
        assert set(told) - came_and_went == changes(before, dict(board.calls))
        assert len(board.calls) <= keep


@given(stories(), POLICIES)
def test_time_changes_the_state_of_exactly_the_calls_that_are_due(
    story: Story, policy: Policy
) -> None:
    board = Board(policy)
    state: dict[CallKey, CallState] = {}
    for event in story.events:
        now = event.id.ms
        due = board.due(now)
        assert len(due) == len(set(due))
        for key, call in board.calls.items():
            assert (call.state(now, policy) is not state[key]) == (key in due)
        board.apply(event)
        state = {key: call.state(now, policy) for key, call in board.calls.items()}


@given(stories(), POLICIES)
def test_what_holds_of_every_board(story: Story, policy: Policy) -> None:
    board, metrics, answered = Board(policy), Metrics(), set()
    for event in story.events:
        for key in board.apply(event):
            call = board.calls[key]
            if isinstance(event, Notified) and isinstance(event.what, CallConnected):
                before = len(metrics._answered)
                metrics.answered(call, event.id)
                if len(metrics._answered) > before:
                    assert key not in answered, "a call was counted twice"
                    answered.add(key)
        in_use = {}
        for key, call in board.calls.items():
            assert call.key == key
            assert call.legs or call.end
            begun = [leg.entry for leg in call.legs]
            assert begun == sorted(set(begun))
            assert all(leg.ended_ms is None or leg.ended_ms >= leg.entry.ms for leg in call.legs)
            if call.end is None:
                assert not call.superseded
            elif not call.end.assumed:
                assert all(leg.ended_ms is not None for leg in call.legs)
            if call.end is not None and call.end.abandoned:
                assert not call.legs
                assert call.direction == "inbound"
            if not call.superseded:
                assert key[:3] not in in_use, "two calls have one reference at a time"
                in_use[key[:3]] = key
        assert in_use == board._current


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
