"""A floor in a replay: whichever way it came to a time, it shows what there was."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enigma_tui.model import player as module
from enigma_tui.model.call import CallKey, Claim, Disposition, EntryId
from enigma_tui.model.entry import Claimed, Disposed, Event, Notified
from enigma_tui.model.marks import Marks
from enigma_tui.model.notification import AgentStatus
from enigma_tui.model.phone import Dialplan
from enigma_tui.model.query import parse
from enigma_tui.model.sorting import Sort
from enigma_tui.model.tabs import Tab
from enigma_tui.model.windows import Window
from enigma_tui.site import Site, Source
from enigma_tui.ui.floor import Floor
from enigma_tui.ui.replay.floor import ReplayFloor
from tests.model.entries import HOUR, T, entry
from tests.model.test_board_always import Story, stories

PLAN = Dialplan("ZA")
SITES = {"records": Site(sources=(Source(collect_cdr=True),)), "bare": Site()}
LOOKS: Sequence[dict[str, Any]] = (
    {"tab": Tab.LIVE},
    {"tab": Tab.TO_DISPOSE, "sort": Sort("talk", reverse=True)},
    {"tab": Tab.ALL, "query": parse("talk>2m")},
    {"tab": Tab.ALL, "query": parse("state:live"), "sort": Sort("state", reverse=False)},
    {"tab": Tab.MINE},
)


class Nobody:
    """Looks at nothing."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_: None


def shown(floor: Floor) -> object:
    """Return all that the screen makes of a floor."""
    return (
        list(floor.board.calls.items()),
        {tab: floor.tally.keys(tab) for tab in Tab if tab is not Tab.ALL},
        list(floor.view.order()),
        {window: floor.figures(window) for window in Window},
        floor.newest_ms,
        floor.last,
        floor.board.rejected_total,
        floor.callbacks.listed(),
        floor.agents.counts(),
        [floor.agents.wrap_seconds(key, floor.now_ms()) for key in floor.board.calls],
    )


def fresh(events: Sequence[Event], now_ms: int, site: Site, look: dict[str, Any]) -> Floor:
    """Return a floor that has read everything up to a time, at that time."""
    floor = Floor(PLAN, 100, Nobody(), own_name="thandi", clock=lambda: now_ms / 1000)
    floor.on_site(site)
    floor.look(**look)
    if known := [event for event in events if event.id.ms <= now_ms]:
        floor.on_events(known)
    floor.tick()
    floor.look(**look)
    return floor


def with_more(story: Story) -> Sequence[Event]:
    """Claim calls soon after they begin, have some called back, and agents wrap up.

    A claim ends by the mere passing of time, a call-back comes due, and wrapping up goes on.
    """
    more: list[Event] = []
    for n, key in enumerate(story.keys):
        ms, seq = key.since.ms, 10 + 4 * n
        more.append(Claimed(EntryId(ms + 3, seq), key, Claim("thandi", ms + 60_003, f"c{n}")))
        status = ("wrapup", "idle", "busy")[n % 3]
        told = AgentStatus("200" + str(n % 3 + 1), status, "winback")
        more.append(Notified(EntryId(ms + 4, seq + 1), "pbx", "agents", late=False, what=told))
        if n % 3 == 0:
            done = Disposition("callback", "thandi", ms + 5, 5, callback_ms=ms + 900_000)
            more.append(Disposed(EntryId(ms + 5, seq + 2), key, done))
    return sorted([*story.events, *more], key=lambda event: event.id)


@given(
    stories(),
    st.lists(st.tuples(st.sampled_from(["seek", "play"]), st.floats(0, 1)), max_size=6),
    st.sampled_from(list(SITES)),
    st.sampled_from(LOOKS),
    st.integers(1, 4),
)
def test_whichever_way_it_came_there_the_floor_is_that_of_the_time(
    story: Story, moves: list[tuple[str, float]], site: str, look: dict[str, Any], every: int
) -> None:
    events = with_more(story)
    length = (events[-1].id.ms - T) / 1000 if events else HOUR
    now = 0.0
    floor = ReplayFloor(
        PLAN,
        100,
        Nobody(),
        own_name="thandi",
        begin_ms=T + round(length * 200),
        end_ms=T + round(length * 1100),
        speed=100,
        beat=lambda: now,
    )
    floor.on_site(SITES[site])
    floor.look(**look)
    player = floor.player
    player._marks = Marks(3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MARK_EVERY", every)
        patch.setattr(module, "PIECE", 3)
        for move, share in [("play", 0.0), *moves]:
            if move == "seek":
                player.seek(T + round(length * share * 1100))
            until = now + (length * share / 300 if move == "play" else 0)
            while True:
                while player.turn() or _read(floor, events):
                    floor.figures()  # a frame is painted on the way
                    floor.tick()
                if now >= until:
                    break
                now = min(until, now + 1.5)
            floor.tick()
            if floor.view.query.timed:
                floor.look(**look)  # what is done now and then anyway
            expected = fresh(events, player.now_ms, SITES[site], look)
            assert shown(floor) == shown(expected)


def _read(floor: ReplayFloor, events: Sequence[Event]) -> bool:
    after = floor.player.wants
    if after is None:
        return False
    left = [e for e in events if e.id > after and e.id.ms <= floor.player.end_ms]
    floor.player.take(after, left[:4], len(left) <= 4)
    return True


def test_the_call_under_the_cursor_stays_under_it_where_it_is_known() -> None:
    from tests.model.entries import conn

    events = [conn(n * 60, str(2000 + n), str(n)) for n in range(10)]
    floor = ReplayFloor(PLAN, 100, Nobody(), begin_ms=T, end_ms=entry(900).ms, beat=lambda: 0.0)
    floor.on_site(replace(SITES["records"], delivery=()))

    def go(seconds: float) -> None:
        floor.player.seek(entry(seconds).ms)
        while floor.player.turn() or _read(floor, events):
            pass

    go(600)
    key: CallKey = next(key for key in floor.board.calls if key.call_ref == "5")
    floor.view.pin(key, floor.lens())
    go(400)
    assert floor.view.index(key) is not None
    assert floor.view.pinned == key
    go(200)
    assert floor.view.index(key) is None, "it had not come yet"
    go(400)
    assert floor.view.index(key) is not None
