"""Promises of `model.player`: what is on the board is what was known at that time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from enigma_tui.model import player as module
from enigma_tui.model.board import Board
from enigma_tui.model.call import EntryId
from enigma_tui.model.entry import Event
from enigma_tui.model.marks import Mark, Marks
from enigma_tui.model.player import SPEEDS, Player

from .entries import CDR, HOUR, T, conn, entry
from .test_board_always import Story, everything, stories


@dataclass
class Watcher:
    """A board that looks on, and what it was told."""

    board: Board = field(default_factory=lambda: Board(CDR))
    arrivals: int = 0
    recalled: int = 0

    @property
    def last(self) -> EntryId:
        return self.board.last

    def on_events(self, events: Sequence[Event]) -> None:
        for event in events:
            self.board.apply(event)

    def remember(self) -> Board:
        return self.board.copy()

    def recall(self, state: Board) -> None:
        self.board = state.copy()
        self.recalled += 1

    def arrived(self) -> None:
        self.arrivals += 1


@dataclass
class Show:
    """A player, somebody who reads for it, and a clock that goes when it is told to."""

    events: Sequence[Event]
    begin: float = 0
    end: float = 100
    piece: int = 7
    now: float = 0.0

    def __post_init__(self) -> None:
        self.watcher = Watcher()
        begin_ms, end_ms = entry(self.begin).ms, entry(self.end).ms
        self.player = Player(begin_ms, end_ms, self.watcher, lambda: self.now)

    def read(self) -> bool:
        """Read a piece, if one is wanted."""
        after = self.player.wants
        if after is None:
            return False
        left = [event for event in self.events if event.id > after]
        left = [event for event in left if event.id.ms <= self.player.end_ms]
        self.player.take(after, left[: self.piece], len(left) <= self.piece)
        return True

    def settle(self) -> None:
        """Do all that can be done at this time."""
        while self.player.turn() or self.read():
            pass

    def let_pass(self, seconds: float) -> None:
        """Let so much time pass, a second at a time."""
        until = self.now + seconds
        while self.now < until:
            self.now = min(until, self.now + 1)
            self.settle()

    def at(self) -> float:
        """Return the time of the replay, in seconds."""
        return (self.player.now_ms - T) / 1000


@pytest.fixture
def calls() -> Sequence[Event]:
    """A call every ten seconds, from long before the beginning."""
    return [conn(at, str(2000 + n), str(n)) for n, at in enumerate(range(-50, 100, 10))]


def refs(show: Show) -> set[str]:
    return {key.call_ref for key in show.watcher.board.calls}


def test_what_came_before_the_beginning_is_there_when_it_begins(calls: Sequence[Event]) -> None:
    show = Show(calls)
    assert show.player.reading
    show.settle()
    assert not show.player.reading
    assert show.watcher.arrivals == 1
    assert show.at() == 0
    assert refs(show) == {str(n) for n in range(6)}


def test_time_passes_as_fast_as_it_is_told_to_and_entries_come_when_they_came(
    calls: Sequence[Event],
) -> None:
    show = Show(calls)
    show.settle()
    show.let_pass(9.5)
    assert len(refs(show)) == 6
    assert show.player.wait_seconds() == pytest.approx(0.5)
    show.let_pass(0.5)
    assert len(refs(show)) == 7
    for _ in range(3):
        show.player.faster()
    assert show.player.speed == 10
    assert show.at() == 10, "a change of speed is no jump"
    show.let_pass(2)
    assert show.at() == 30
    assert len(refs(show)) == 9
    assert show.player.wait_seconds() == pytest.approx(0.1)
    show.player.slower()
    show.let_pass(1)
    assert show.at() == 35


def test_a_program_that_was_stopped_goes_on_where_it_was(calls: Sequence[Event]) -> None:
    show = Show(calls)
    show.settle()
    show.let_pass(5)
    show.now += 3_600
    show.settle()
    assert show.at() == 7
    show.let_pass(1)
    assert show.at() == 8


def test_speeds_go_by_steps_and_stay_within_bounds(calls: Sequence[Event]) -> None:
    player = Show(calls).player
    seen = [player.speed]
    for _ in range(9):
        player.faster()
        seen.append(player.speed)
    assert tuple(dict.fromkeys(seen)) == SPEEDS
    player.speed = 30
    player.slower()
    assert player.speed == 20
    for _ in range(9):
        player.slower()
    assert player.speed == 1


def test_a_pause_stops_time_and_nothing_is_lost_or_skipped(calls: Sequence[Event]) -> None:
    show = Show(calls)
    show.settle()
    show.let_pass(15)
    show.player.pause(True)
    show.let_pass(100)
    assert (show.at(), len(refs(show))) == (15, 7)
    assert show.player.wait_seconds() is None
    show.player.pause(False)
    assert show.at() == 15
    show.let_pass(5)
    assert (show.at(), len(refs(show))) == (20, 8)


def test_a_paused_replay_can_be_moved_and_stays_paused(calls: Sequence[Event]) -> None:
    show = Show(calls)
    show.settle()
    show.player.pause(True)
    show.player.seek(entry(42).ms)
    show.let_pass(8)
    assert (show.at(), len(refs(show))) == (42, 10)


def test_it_ends_at_its_end_and_stays_there(calls: Sequence[Event]) -> None:
    show = Show(calls)
    show.settle()
    show.let_pass(500)
    assert show.player.at_end
    assert show.at() == 100
    assert show.player.share == 1
    assert len(refs(show)) == 15
    assert show.player.wait_seconds() is None
    show.player.seek(entry(-900).ms)
    show.settle()
    assert not show.player.at_end
    assert show.at() == 0, "there is nothing before the beginning"
    show.player.seek(entry(900).ms)
    show.settle()
    assert show.at() == 100


def test_time_waits_for_what_has_not_been_read(calls: Sequence[Event]) -> None:
    show = Show(calls, piece=8)
    show.read()  # until 20 seconds
    while show.player.turn():
        pass
    for _ in range(30):
        show.now += 1
        while show.player.turn():
            pass
    assert show.at() == 20
    show.read()
    assert show.at() == 20, "and goes on from there"
    show.now += 1
    assert show.at() == 21


def test_seconds_add_up_while_it_is_on_the_way(calls: Sequence[Event]) -> None:
    show = Show(calls)
    show.settle()
    for _ in range(3):
        show.player.seek(show.player.aim_ms + 10_000)
    assert show.player.aim_ms == entry(30).ms
    show.settle()
    assert show.at() == 30


def test_an_answer_to_a_question_from_before_a_jump_is_of_no_use(calls: Sequence[Event]) -> None:
    show = Show(calls, piece=2)
    show.settle()
    show.let_pass(99)
    asked = EntryId(entry(70).ms, 0)
    show.player.seek(entry(5).ms)
    show.player.take(asked, list(calls)[-2:], True)
    show.settle()
    assert (show.at(), len(refs(show))) == (5, 6)


def test_more_entries_of_one_moment_than_are_read_ahead_do_not_stop_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "AHEAD", 10)
    monkeypatch.setattr(module, "PIECE", 3)
    burst = [replace(conn(5, str(2000 + n), str(n)), id=entry(5, n)) for n in range(50)]
    show = Show(burst)
    show.settle()
    show.let_pass(6)
    assert len(refs(show)) == 50


@given(
    stories(),
    st.lists(st.tuples(st.sampled_from(["seek", "play", "pause", "go on"]), st.floats(-1, 2))),
    st.integers(1, 5),
    st.integers(1, 5),
    st.integers(2, 6),
)
def test_whichever_way_it_came_there_the_board_is_that_of_the_time(
    story: Story, moves: list[tuple[str, float]], piece: int, every: int, most: int
) -> None:
    length = (story.events[-1].id.ms - T) / 1000 if story.events else HOUR
    show = Show(story.events, begin=length * 0.2, end=length * 0.9, piece=piece)
    show.player._marks = Marks(most)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MARK_EVERY", every)
        patch.setattr(module, "PIECE", piece)
        for move, share in [("play", 0.0), *moves]:
            if move == "seek":
                show.player.seek(T + round(length * share * 1000))
                if share > 1:  # looked away before it got there
                    show.player.turn()
                    continue
            elif move == "play":
                show.player.speed = 1 + length  # there is room for the whole of it in two seconds
                show.now += max(0.0, share)
            else:
                show.player.pause(move == "pause")
            show.settle()
            assert not show.player.reading
            expected = Board(CDR)
            for event in story.events:
                if event.id.ms <= show.player.now_ms:
                    expected.apply(event)
            assert everything(show.watcher.board) == everything(expected)


def test_marks_are_close_together_where_they_are_new() -> None:
    marks: Marks[None] = Marks(6)
    for count in range(0, 10_000, 100):
        marks.keep(Mark(count, EntryId(count, 0), count, None))
    kept = [mark.count for mark in marks._marks]
    assert len(kept) == len(marks) == 6
    assert (kept[0], kept[-1]) == (0, 9_900)
    gaps = [behind - before for before, behind in pairwise(kept)]
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[-1] <= 300
    found = marks.best(9_950)
    assert found is not None
    assert found.count == 9_900
    assert marks.best(-1) is None


def test_going_back_takes_in_again_only_what_came_since_a_mark(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MARK_EVERY", 10)
    many = [conn(n / 10, str(2000 + n), str(n)) for n in range(1_000)]
    show = Show(many, piece=50)
    show.let_pass(99)
    taken: list[Event] = []
    applied = show.watcher.on_events
    show.watcher.on_events = lambda events: (taken.extend(events), applied(events))[1]  # type: ignore[method-assign]
    show.player.seek(entry(97.5).ms)
    show.settle()
    assert show.watcher.recalled == 1
    assert 0 < len(taken) <= 50
    assert show.watcher.last == many[975].id
