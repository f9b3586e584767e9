"""Whatever stands in a journal, in whatever order: the board, its counts and its views agree."""

from random import Random

from hypothesis import event, given

from enigma_tui.model.board import Board
from enigma_tui.model.call import Call, CallKey, CallState
from enigma_tui.model.notification import Direction
from enigma_tui.model.phone import Dialplan
from enigma_tui.model.query import Lens, parse
from enigma_tui.model.sorting import SORTS, Sort
from enigma_tui.model.tabs import BELONGS, Tab, Tally
from enigma_tui.model.view import View

from .cases import RANDOM, cases
from .stories import HOUR, Story, T, story

STORIES = RANDOM.map(story)
DIALPLAN = Dialplan("ZA")
LABELS = {"0820001234": "Support"}
FILTERS = (
    "",
    "",
    "ext:2001",
    "!ext:2001",
    "disp:none",
    "hold>10",
    'contact:""',
    "082 or by:thandi",
)
TIMED = ("state:live", "talk>30m", "!age<1h")


def lens(told: Story, now_ms: int) -> Lens:
    return Lens(now_ms, told.policy, DIALPLAN, LABELS)


def everything(board: Board) -> object:
    return (
        list(board.calls.items()),
        list(board.rejected),
        (board.rejected_total, board.cut_total, board.last),
        {key: board.newest(key.source, key.call_ref) for key in board.calls},
    )


@cases
@given(STORIES, RANDOM)
def test_the_same_entries_give_the_same_board_however_they_come(told: Story, rng: Random) -> None:
    one, other = Board(told.policy, told.keep), Board(told.policy, told.keep)
    for each in told.events:
        one.apply(each)
    batch: set[CallKey] = set()
    tally = Tally()
    for each in told.events:
        batch.update(other.apply(each))
        if rng.randrange(3) == 0:  # a screen looks whenever it likes
            now = each.id.ms + rng.choice((0, 1, HOUR, 9 * HOUR))
            tally.update([*batch, *other.due(now)], other, lens(told, now))
            batch.clear()
    assert everything(one) == everything(other)


@cases
@given(STORIES)
def test_every_call_keeps_its_shape_and_no_more_are_held_than_asked_for(told: Story) -> None:
    board = Board(told.policy, told.keep)
    for each in told.events:
        before = dict(board.calls)
        changed = board.apply(each)
        assert len(changed) == len(set(changed))
        differ = {k for k in before.keys() | board.calls if before.get(k) != board.calls.get(k)}
        assert differ <= set(changed)
        assert all(key in differ or key not in board.calls for key in changed)
        assert len(board.calls) <= told.keep
    event(f"calls: {min(len(board.calls), 5)}")
    newest = set()
    for key, call in board.calls.items():
        check_shape(key, call)
        newest |= set() if call.superseded else {key[:3]}
    assert len(newest) == sum(not call.superseded for call in board.calls.values())


def check_shape(key: CallKey, call: Call) -> None:
    assert call.key == key
    assert call.legs or call.end
    begun = [leg.entry for leg in call.legs]
    assert begun == sorted(set(begun))
    assert all(leg.ended_ms is None or leg.ended_ms >= leg.entry.ms for leg in call.legs)
    if call.end is not None and not call.end.assumed:
        assert all(leg.ended_ms is not None for leg in call.legs)
    if call.end is not None and call.end.abandoned:
        assert not call.legs
        assert call.direction is Direction.INBOUND
    for now in (T, call.began.ms, call.began.ms + 9 * HOUR):
        seconds = call.talk_seconds(now)
        assert seconds is None or seconds >= 0


def brute_force(board: Board, told: Story, now: int) -> tuple[set[CallKey], set[CallKey]]:
    """Return the keys of the calls that are live, and of those to be disposed of."""
    live, to_dispose = set(), set()
    for key, call in board.calls.items():
        state = call.state(now, told.policy)
        if call.end is None and state in (CallState.LIVE, CallState.GHOST):
            live.add(key)
        elif (
            call.direction is Direction.INBOUND and call.disposition is None and not call.superseded
        ):
            to_dispose.add(key)
    return live, to_dispose


@cases
@given(STORIES, RANDOM)
def test_what_is_due_and_what_is_counted_is_what_a_recount_finds(told: Story, rng: Random) -> None:
    board, tally = Board(told.policy, told.keep), Tally()
    now = T
    states: dict[CallKey, CallState] = {}
    for each in told.events:
        now = max(now, each.id.ms)
        due = board.due(now)
        assert len(due) == len(set(due))
        for key, call in board.calls.items():
            assert (call.state(now, told.policy) is not states[key]) == (key in due)
        changed = board.apply(each)
        if rng.randrange(2):
            now += rng.choice((0, 1, HOUR))
        tally.update([*due, *changed, *board.due(now)], board, lens(told, now))
        states = {key: call.state(now, told.policy) for key, call in board.calls.items()}
        live, to_dispose = brute_force(board, told, now)
        assert tally.keys(Tab.LIVE) == live
        assert tally.keys(Tab.TO_DISPOSE) == to_dispose
        assert (tally[Tab.LIVE], tally[Tab.TO_DISPOSE]) == (len(live), len(to_dispose))


def _in(tab: Tab, call: Call, look: Lens) -> bool:
    return BELONGS[tab](call, look)


@cases
@given(STORIES, RANDOM)
def test_a_view_that_is_kept_up_to_date_is_one_that_is_made_anew(told: Story, rng: Random) -> None:
    board = Board(told.policy, told.keep)
    query = parse(rng.choice((*FILTERS, *TIMED)))
    sort = Sort(rng.choice(sorted(SORTS)), bool(rng.randrange(2)))
    tab = rng.choice(list(Tab))
    view = View(board, lens(told, T), tab=tab, query=query, sort=sort)
    now, waiting = T, []
    for each in told.events:
        now = max(now, each.id.ms)
        waiting += board.apply(each)
        if rng.randrange(3):
            continue
        now += rng.choice((0, 1, HOUR))
        view.update([*waiting, *board.due(now)], lens(told, now))
        waiting.clear()
        if query.timed:
            view.rebuild(lens(told, now))
        keys = list(view.order())
        look = lens(told, now)
        wanted = [k for k, c in board.calls.items() if _in(tab, c, look) and query.matches(c, look)]
        assert sorted(keys) == sorted(wanted)
        fresh = View(board, lens(told, now), tab=tab, query=query, sort=sort)
        assert keys == list(fresh.order())
        assert [view.index(key) for key in keys] == list(range(len(keys)))
        assert [call.key for call in view.window(0, len(keys))] == keys
        assert view.matching == len(keys)
    event(f"rows: {min(len(view), 5)}")
