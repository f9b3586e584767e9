"""Promises of `model.view`: its rows are the board's, filtered and sorted, whatever happens."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from enigma_tui.model import rows, sorting
from enigma_tui.model.board import Board
from enigma_tui.model.call import Call, CallKey, CallState, Disposition, EntryId, Policy
from enigma_tui.model.entry import Disposed, Notified
from enigma_tui.model.notification import CallConnected, CallEnded, Direction
from enigma_tui.model.phone import Dialplan
from enigma_tui.model.query import Lens, parse
from enigma_tui.model.rows import PIECE, Row
from enigma_tui.model.sorting import SORTS, Sort
from enigma_tui.model.subject import Subject, Subjects
from enigma_tui.model.tabs import Tab, Tally
from enigma_tui.model.view import View

T = 1_763_800_000_000
HOUR = 3_600_000
PLAN = Dialplan("ZA")
CDR = Policy(cdr_sources={"pbx"})


def lens(now: int, policy: Policy = CDR) -> Lens:
    return Lens(now, policy, PLAN, {}, "thandi")


def conn(now: int, ref: str, ext: str, hold: float | None = None) -> Notified:
    told = CallConnected(ref, ext, "082", "011", hold, "", Direction.INBOUND)
    return Notified(EntryId(now, 0), "pbx", "inbound", False, told)


def cdr(
    now: int, ref: str, ext: str, direction: Direction = Direction.INBOUND, talk: float = 9.0
) -> Notified:
    told = CallEnded(ref, ext, "082", "011", 5.0, "", direction, None, "hungup", "16", talk, "")
    return Notified(EntryId(now, 0), "pbx", "cdr", False, told)


QUERIES = ["", "ext:2001", "!ext:2001", "hold>10s", "state:live or state:ghost", "call:1", "none"]


def takes(text: str, call: Call, now: int, policy: Policy) -> bool:
    """Say for each of `QUERIES` whether it takes the call, without the filter language."""
    match text:
        case "":
            return True
        case "ext:2001":
            return call.extension == "2001"
        case "!ext:2001":
            return call.extension != "2001"
        case "hold>10s":
            return call.hold is not None and call.hold > 10
        case "state:live or state:ghost":
            return call.state(now, policy) in (CallState.LIVE, CallState.GHOST)
        case "call:1":
            return call.key.call_ref.startswith("1")
        case _:
            return "none" in (call.caller, call.contact_ref, call.key.call_ref)


class Oracle(RuleBasedStateMachine):
    """Drives a view as a floor does, and works out the same anew after every step."""

    @initialize(
        policy=st.sampled_from([CDR, Policy()]),
        keep=st.sampled_from([2, 5, 100]),
        size=st.sampled_from([1, 2, PIECE]),
    )
    def start(self, policy: Policy, keep: int, size: int) -> None:
        rows.PIECE = size
        self.now = T
        self.policy = policy
        self.board = Board(policy, keep)
        self.tally = Tally()
        self.view = View(self.board, lens(T, policy), tab=Tab.ALL)

    def teardown(self) -> None:
        rows.PIECE = PIECE

    def take(self, event: Notified | Disposed) -> None:
        keys = self.board.apply(event)
        self.tally.update(keys, self.board, self.lens())
        self.view.update(keys, self.lens())

    def lens(self) -> Lens:
        return lens(self.now, self.policy)

    refs = st.sampled_from(["1", "2", "10", "11", "x"])
    exts = st.sampled_from(["2001", "2002", "a", ""])

    @rule(ref=refs, ext=exts, hold=st.sampled_from([None, 0.0, 9.0, 41.0]))
    def connects(self, ref: str, ext: str, hold: float | None) -> None:
        self.pass_time(1)
        self.take(conn(self.now, ref, ext, hold))

    @rule(ref=refs, ext=exts, direction=st.sampled_from(Direction), talk=st.sampled_from([0, 9]))
    def ends(self, ref: str, ext: str, direction: Direction, talk: float) -> None:
        self.pass_time(1)
        self.take(cdr(self.now, ref, ext, direction, talk))

    @rule(data=st.data(), code=st.sampled_from(["resolved", "spam"]), version=st.integers(1, 3))
    def is_disposed(self, data: st.DataObject, code: str, version: int) -> None:
        self.pass_time(1)
        if self.board.calls:
            key = data.draw(st.sampled_from(list(self.board.calls)))
            at = EntryId(self.now, 0)
            self.take(Disposed(at, key, Disposition(code, "thandi", self.now, version)))

    @rule(ms=st.sampled_from([1_000, 61_000, HOUR, 3 * HOUR, 5 * HOUR]))
    def pass_time(self, ms: int) -> None:
        self.now += ms
        keys = self.board.due(self.now)
        self.tally.update(keys, self.board, self.lens())
        self.view.update(keys, self.lens())

    @rule(tab=st.sampled_from(Tab))
    def chooses_tab(self, tab: Tab) -> None:
        self.asks_anew(tab, self.view.query.text)

    @rule(text=st.sampled_from(QUERIES))
    def filters(self, text: str) -> None:
        self.asks_anew(self.view.tab, text)

    def asks_anew(self, tab: Tab, text: str) -> None:
        same = (tab, text) == (self.view.tab, self.view.query.text)
        pinned = self.view.pinned
        self.view.tab, self.view.query = tab, parse(text)
        self.view.rebuild(self.lens())
        call = self.board.calls.get(pinned) if pinned else None
        if call is not None and not same and not self.belongs(call):
            assert self.view.pinned is None
        else:
            assert self.view.pinned == pinned

    @rule(column=st.sampled_from(list(SORTS)), reverse=st.booleans())
    def sorts(self, column: str, reverse: bool) -> None:
        pinned = self.view.pinned
        self.view.sort = Sort(column, reverse)
        self.view.rebuild(self.lens())
        assert self.view.pinned == pinned

    @rule(data=st.data())
    def pins(self, data: st.DataObject) -> None:
        keys = [*self.view.order(), None]
        before = set(self.view.order())
        let_go = self.view.pin(data.draw(st.sampled_from(keys)), self.lens())
        assert let_go == (set(self.view.order()) != before)

    def belongs(self, call: Call) -> bool:
        state = call.state(self.now, self.policy)
        live = state in (CallState.LIVE, CallState.GHOST)
        if self.view.tab is Tab.LIVE and not live:
            return False
        if self.view.tab is Tab.TO_DISPOSE and not self.to_dispose(call):
            return False
        if self.view.tab is Tab.ABANDONED and not (call.end and call.end.abandoned):
            return False
        if self.view.tab is Tab.MINE and not self.mine(call):
            return False
        return takes(self.view.query.text, call, self.now, self.policy)

    def mine(self, call: Call) -> bool:
        by = call.disposition.by if call.disposition else None
        return "thandi" in (by, call.claimed_by(self.now))

    def to_dispose(self, call: Call) -> bool:
        over = call.state(self.now, self.policy) in (CallState.ENDED, CallState.ABANDONED)
        return over and call.disposition is None and call.direction is Direction.INBOUND

    @invariant()
    def rows_are_the_calls_that_belong_in_order(self) -> None:
        if not hasattr(self, "view"):
            return
        view, calls = self.view, self.board.calls
        matching = {key for key, call in calls.items() if self.belongs(call)}
        shown = matching | ({view.pinned} & calls.keys())
        keys = list(view.order())
        assert len(keys) == len(view) == len(shown)
        assert set(keys) == shown
        assert view.matching == len(matching)
        assert {key for key in calls if view.has_left(key)} == shown - matching

        places = [self.place(calls[key]) for key in keys]
        known = [place for place in places if place is not None]
        assert places == known + [None] * (len(places) - len(known)), "what is unknown is last"
        assert known == sorted(known, reverse=view.sort.reverse)

    def place(self, call: Call) -> tuple[bool, object, EntryId, CallKey] | None:
        [value] = SORTS[self.view.sort.by](Subjects([Subject(call, "")]), self.lens())
        return None if value is None else (isinstance(value, str), value, call.began, call.key)

    @invariant()
    def every_way_of_reading_the_rows_agrees(self) -> None:
        if not hasattr(self, "view"):
            return
        view = self.view
        keys = list(view.order())
        assert [view.key_at(place) for place in range(len(keys))] == keys
        assert [view.index(key) for key in keys] == list(range(len(keys)))
        assert view.key_at(-1) is None
        assert view.key_at(len(keys)) is None
        for absent in self.board.calls.keys() - set(keys):
            assert view.index(absent) is None
        for start in range(-1, len(keys) + 1):
            for count in (0, 1, 3, 100):
                wanted = keys[max(0, start) : max(0, start) + count]
                window = view.window(start, count)
                assert list(window) == [self.board.calls[key] for key in wanted]

    @invariant()
    def the_tally_is_right(self) -> None:
        if not hasattr(self, "view"):
            return
        states = {k: call.state(self.now, self.policy) for k, call in self.board.calls.items()}
        live = {k for k, state in states.items() if state in (CallState.LIVE, CallState.GHOST)}
        assert self.tally[Tab.LIVE] == len(live)
        assert self.tally.keys(Tab.LIVE) == live
        assert self.tally[Tab.TO_DISPOSE] == sum(map(self.to_dispose, self.board.calls.values()))
        abandoned = {k for k, call in self.board.calls.items() if call.end and call.end.abandoned}
        assert self.tally.keys(Tab.ABANDONED) == abandoned
        assert self.tally[Tab.MINE] == sum(map(self.mine, self.board.calls.values()))


TestView = Oracle.TestCase
TestView.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def filled(count: int = 10, tab: Tab = Tab.LIVE) -> tuple[Board, View]:
    board = Board(CDR)
    for number in range(count):
        board.apply(conn(T + number, str(number), str(number)))
    return board, View(board, lens(T), tab=tab)


def test_a_pinned_call_that_leaves_stays_flagged_until_the_cursor_moves() -> None:
    board, view = filled()
    key = list(view.order())[3]
    assert view.pin(key, lens(T)) is False
    view.update(board.apply(cdr(T + 100, key.call_ref, key.call_ref)), lens(T))
    assert view.has_left(key)
    assert view.index(key) == 3
    assert (len(view), view.matching) == (10, 9)
    other = view.key_at(0)
    assert view.pin(other, lens(T)) is True
    assert (len(view), view.index(key), view.has_left(key)) == (9, None, False)


@pytest.mark.parametrize("change", ["time", "sort"])
def test_a_pinned_call_that_has_left_outlasts_what_is_no_new_question(change: str) -> None:
    board, view = filled()
    key = list(view.order())[3]
    view.pin(key, lens(T))
    view.update(board.apply(cdr(T + 100, key.call_ref, key.call_ref)), lens(T))
    if change == "sort":
        view.sort = Sort("ext", reverse=False)
    view.rebuild(lens(T + 10_000))
    assert (view.pinned, view.has_left(key), len(view), view.matching) == (key, True, 10, 9)
    view.query = parse("ext:5")
    view.rebuild(lens(T + 10_000))
    assert (view.pinned, view.index(key), len(view)) == (None, None, 1)


def test_a_pinned_call_that_the_board_lets_go_of_is_gone() -> None:
    board = Board(CDR, keep=1)
    view = View(board, lens(T), tab=Tab.ALL)
    view.update(board.apply(conn(T, "1", "1")), lens(T))
    key = view.key_at(0)
    view.pin(key, lens(T))
    view.update(board.apply(conn(T + 1, "2", "2")), lens(T))
    assert key is not None
    assert (len(view), view.matching, view.index(key), view.has_left(key)) == (1, 1, None, False)


def test_a_pinned_call_comes_back_when_the_board_is_read_again() -> None:
    board, view = filled(3, Tab.ALL)
    key = view.key_at(1)
    again = View(Board(CDR), lens(T), tab=Tab.ALL)
    again.pinned = key
    again.rebuild(lens(T))
    assert again.pinned == key
    for event_key in board.calls:
        again.board.calls[event_key] = board.calls[event_key]
    again.update(board.calls, lens(T))
    assert key is not None
    assert again.index(key) == 1
    assert not again.has_left(key)


def test_an_update_touches_only_the_rows_that_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    board, view = filled(1_000)
    worked_out: list[CallKey] = []
    began = SORTS["began"]

    def spy(calls: Subjects[Row], lens: Lens) -> list[object]:
        worked_out.extend(row.call.key for row in calls.rows)
        return began(calls, lens)

    monkeypatch.setattr(sorting, "SORTS", {**SORTS, "began": spy})
    keys = board.apply(conn(T + 5_000, "500", "2001"))  # a transfer
    assert view.update(keys, lens(T)) is True
    assert worked_out == list(keys)
    assert len(keys) == 1


def test_an_update_tells_whether_anything_in_sight_may_look_different() -> None:
    board, view = filled(3)
    key = view.key_at(0)
    assert key is not None
    at = EntryId(T + 50, 0)
    act = Disposed(at, key, Disposition("spam", "thandi", T, 1))
    assert view.update(board.apply(act), lens(T)) is True  # the same row, another disposition
    assert view.update(board.apply(cdr(T + 60, "x", "x")), lens(T)) is False  # over: not here
    assert view.update(board.apply(cdr(T + 70, key.call_ref, key.call_ref)), lens(T)) is True
    assert view.update([], lens(T)) is False
