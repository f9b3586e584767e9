"""Promises of `model.board` that hold of any sequence of entries."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from enigma_tui.model.board import Board
from enigma_tui.model.call import (
    Call,
    CallKey,
    CallState,
    Feed,
    Policy,
)
from enigma_tui.model.entry import Event, Notified
from enigma_tui.model.metrics import Metrics
from enigma_tui.model.notification import CallConnected, unpack
from enigma_tui.model.windows import Window

from .entries import BARE, CDR, HOUR, conn, dialler, disposed, entry, fed, notified

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
                before = metrics.at(event.id.ms, Window.HOUR).answered
                metrics.connected(call, event.id)
                if metrics.at(event.id.ms, Window.HOUR).answered > before:
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
