"""Promises of `model.call`: the state of a call at any time, and what is counted of it."""

import pytest
from msgspec.structs import replace

from enigma_tui.model.call import (
    Call,
    CallKey,
    CallState,
    Disposition,
    End,
    EntryId,
    Feed,
    Leg,
    Policy,
)
from enigma_tui.model.notification import Direction

T = 1_763_800_000_000
CDR = Policy(cdr_sources={"pbx"}, ghost_after_ms=4_000, assume_ended_after_ms=2_000)
BARE = replace(CDR, cdr_sources=frozenset())


def at(ms: int) -> EntryId:
    return EntryId(T + ms, 0)


KEY = CallKey("pbx", Feed.INBOUND, "1", at(0))
LIVE = Call(KEY, "082", "011", "", Direction.INBOUND, legs=(Leg("2001", at(0)),))
MOVED = replace(LIVE, legs=(Leg("2001", at(0)), Leg("2002", at(1_000))))
OVER = replace(LIVE, end=End(at(1_500), talk=1.0))
UNHEARD = replace(LIVE, legs=(), end=End(at(0), abandoned=True))


@pytest.mark.parametrize(
    ("policy", "ms", "state"),
    [
        (CDR, 0, CallState.LIVE),
        (CDR, 5_000, CallState.LIVE),
        (CDR, 5_001, CallState.GHOST),
        (BARE, 3_000, CallState.LIVE),
        (BARE, 3_001, CallState.ENDED),
    ],
)
def test_a_call_nobody_ends_is_a_ghost_or_assumed_over_counted_from_its_last_leg(
    policy: Policy, ms: int, state: CallState
) -> None:
    assert MOVED.state(T + ms, policy) is state
    due = MOVED.due_ms(policy)
    assert due is not None
    assert MOVED.state(due, policy) is CallState.LIVE
    assert MOVED.state(due + 1, policy) is not CallState.LIVE


@pytest.mark.parametrize(
    ("call", "state"),
    [
        (OVER, CallState.ENDED),
        (UNHEARD, CallState.ABANDONED),
        (replace(OVER, superseded=True), CallState.SUPERSEDED),
        (replace(UNHEARD, superseded=True), CallState.SUPERSEDED),
        (
            replace(OVER, superseded=True, disposition=Disposition("x", "t", T, 1)),
            CallState.ENDED,
        ),
    ],
)
def test_a_call_that_is_over_does_not_change_by_time(call: Call, state: CallState) -> None:
    for policy in (CDR, BARE):
        assert call.due_ms(policy) is None
        for ms in (0, 10**9):
            assert call.state(T + ms, policy) is state


@pytest.mark.parametrize(
    ("call", "seconds"),
    [
        (LIVE, 9.0),
        (MOVED, 9.0),
        (OVER, 1.0),
        (replace(OVER, end=End(at(1_500))), 1.5),
        (replace(OVER, end=End(at(1_500), assumed=True)), None),
        (UNHEARD, None),
        (replace(UNHEARD, end=End(at(0), talk=0.0)), 0.0),
        # A connection that came after its record.
        (replace(LIVE, legs=(Leg("2001", at(500)),), end=End(at(0))), None),
        # Records of both legs, and a record of the whole.
        (
            replace(
                MOVED,
                legs=(Leg("2001", at(0), ended_ms=T, talk=30.0), Leg("2002", at(1_000))),
                end=End(at(1_500), talk=12.0),
            ),
            42.0,
        ),
        (replace(MOVED, end=End(at(1_500), talk=42.0)), 42.0),
    ],
)
def test_talk_is_what_the_pbx_counted_or_else_the_time_since_the_connection(
    call: Call, seconds: float | None
) -> None:
    assert call.talk_seconds(T + 9_000) == seconds


def test_talk_is_never_negative_where_clocks_disagree() -> None:
    assert LIVE.talk_seconds(T - 5_000) == 0.0


def test_the_extension_is_the_last_leg_or_whom_the_record_names() -> None:
    assert MOVED.extension == "2002"
    assert UNHEARD.extension == ""
    assert replace(UNHEARD, end=End(at(0), extension="2003")).extension == "2003"
    assert replace(MOVED, end=End(at(2_000), extension="2003")).extension == "2002"


def test_a_call_is_late_if_its_first_leg_is() -> None:
    first, second = MOVED.legs
    assert replace(MOVED, legs=(replace(first, late=True), second)).late
    assert not replace(MOVED, legs=(first, replace(second, late=True))).late
    assert not UNHEARD.late
