"""Who is to be called back, and when that is over."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from enigma_tui.model.board import Board
from enigma_tui.model.call import Call, DeedKind, Disposition
from enigma_tui.model.callbacks import Callbacks, callback_ms
from enigma_tui.model.entry import CalledBack, Disposed, Event, Undone
from tests.model.entries import T, calls, conn, entry, fed

WHEN = T + 60_000


def asked(seconds: float, call: Call, when: int | None = WHEN, version: int = 1) -> Disposed:
    at = entry(seconds)
    done = Disposition("callback", "thandi", at.ms, version, callback_ms=when)
    return Disposed(at, call.key, done)


def called(seconds: float, call: Call) -> CalledBack:
    return CalledBack(entry(seconds), call.key, "sipho", "2001", "201 Created")


def after(*events: Event, board: Board) -> Callbacks:
    found = Callbacks()
    for event in events:
        found.update(board.apply(event), board)
    return found


def test_a_scheduled_call_is_listed_until_somebody_calls() -> None:
    board = fed(conn(0))
    (call,) = calls(board)
    listed = after(asked(1, call), board=board)
    assert listed.listed() == [(WHEN, call.key)]
    assert (listed.due(WHEN - 1), listed.due(WHEN)) == (0, 1)
    assert [listed.came_due(at) for at in (WHEN - 1, WHEN, WHEN + 5)] == [[], [call.key], []]
    listed.update(board.apply(called(70, call)), board)
    assert not listed.listed()
    (deed,) = [deed for deed in calls(board)[0].audit if deed.by == "sipho"]
    assert deed.words == "on extension 2001, 201 Created"


def test_another_time_is_told_of_again_and_another_outcome_not() -> None:
    board = fed(conn(0))
    (call,) = calls(board)
    listed = after(asked(1, call), board=board)
    assert listed.came_due(WHEN) == [call.key]
    listed.update(board.apply(asked(2, call, WHEN + 10, version=2)), board)
    assert listed.came_due(WHEN) == []
    assert listed.came_due(WHEN + 10) == [call.key]
    listed.update(board.apply(asked(3, call, None, version=3)), board)
    assert not listed.listed()
    undone = Undone(entry(4), call.key, "thandi", 4, "resolved", asked(2, call).disposition)
    listed.update(board.apply(undone), board)
    assert listed.listed() == [(WHEN, call.key)], "what stands again is to be done again"


def test_who_was_called_before_it_was_scheduled_is_still_to_be_called() -> None:
    board = fed(conn(0))
    (call,) = calls(board)
    assert after(called(1, call), asked(2, call), board=board).listed() == [(WHEN, call.key)]


def test_who_was_perhaps_called_is_still_to_be_called() -> None:
    board = fed(conn(0))
    (call,) = calls(board)
    perhaps = replace(called(2, call), answer="no answer in time", unsure=True)
    assert after(asked(1, call), perhaps, board=board).listed() == [(WHEN, call.key)]
    (deed,) = [deed for deed in calls(board)[0].audit if deed.by == "sipho"]
    assert deed.kind is DeedKind.PERHAPS_CALLED_BACK


def test_a_call_that_is_let_go_of_is_not_listed() -> None:
    board = fed(conn(0), keep=100)
    (call,) = calls(board)
    listed = after(asked(1, call), board=board)
    for n in range(101):
        listed.update(board.apply(conn(2 + n, ext=str(3000 + n), ref=f"r{n}")), board)
    assert call.key not in board.calls
    assert not listed.listed()


@given(st.lists(st.tuples(st.integers(0, 3), st.none() | st.integers(0, 100)), max_size=30))
def test_it_is_what_looking_at_every_call_finds(acts: list[tuple[int, int | None]]) -> None:
    board = fed(*(conn(n, ext=str(2000 + n), ref=str(n)) for n in range(4)))
    found = Callbacks()
    for step, (place, when) in enumerate(acts):
        call = calls(board)[place]
        event: Event = called(10 + step, call)
        if when is not None and when > 20:
            event = asked(10 + step, call, T + when * 1000, call.version + 1)
        elif when is not None:
            event = asked(10 + step, call, None, call.version + 1)
        found.update(board.apply(event), board)
        every = {key: at for key, call in board.calls.items() if (at := callback_ms(call))}
        assert dict((key, at) for at, key in found.listed()) == every
        assert found.due(T + 50_000) == sum(at <= T + 50_000 for at in every.values())


def test_a_call_without_an_outcome_wants_nothing() -> None:
    (call,) = calls(fed(conn(0)))
    assert callback_ms(call) is None
    assert callback_ms(replace(call, disposition=Disposition("x", "y", T, 1))) is None
