"""A replay is the board: the same screen over another time, from which nothing is written."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
import redis
from textual.pilot import Pilot
from textual.widgets import OptionList

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.journal import stream
from enigma_tui.journal.keys import Keys
from enigma_tui.journal.replaying import HeldRecording
from enigma_tui.model import player
from enigma_tui.model.board import Board
from enigma_tui.model.call import EntryId
from enigma_tui.model.entry import Event, decode
from enigma_tui.model.tabs import Tab
from enigma_tui.settings import Settings
from enigma_tui.ui.commands import COMMANDS, REPLAY_COMMANDS, REPLAYED, Command, Group
from enigma_tui.ui.helping import Section, of_board
from enigma_tui.ui.palette import entries
from enigma_tui.ui.replay.app import Opened, Replay, ReplayApp
from enigma_tui.ui.screens.details import DetailsDialog
from enigma_tui.ui.screens.settings import SettingsDialog
from enigma_tui.ui.screens.statistics import StatisticsDialog
from tests.journal.test_acl import rules
from tests.ui import stage
from tests.ui.hands import Eventually, shown, text_of, toasts, type_keys
from tests.ui.hands import Opened as OpenedBoard

Run = Callable[..., AbstractAsyncContextManager[tuple[ReplayApp, Pilot[None]]]]


@pytest.fixture
def replayed(floor: EmbeddedServer) -> Run:
    """Open a replay of the demo's morning, at its beginning."""

    @asynccontextmanager
    async def run(
        size: tuple[int, int] = (120, 30), **how: Any
    ) -> AsyncIterator[tuple[ReplayApp, Pilot[None]]]:
        app = stage.make_replay(floor, **how)
        async with app.run_test(size=size, notifications=True) as pilot:
            await stage.replay_settled(app, pilot)
            yield app, pilot

    return run


def everything(server: EmbeddedServer) -> dict[bytes, object]:
    """Return every key of a server and what it holds."""
    with redis.Redis.from_url(server.url) as client:
        return {key: client.dump(key) for key in client.keys("*")}


def journal(server: EmbeddedServer, until_ms: int) -> list[Event]:
    with redis.Redis.from_url(server.url) as client:
        found = client.xrange(Keys().journal, max=str(until_ms))
    return [decode(EntryId.parse(entry.decode()), fields) for entry, fields in found]


def board_at(server: EmbeddedServer, ms: int) -> Board:
    """Return the board that has read everything up to a time."""
    board = Board(stage.demo_site().policy())
    for event in journal(server, ms):
        board.apply(event)
    return board


def is_at(app: ReplayApp, server: EmbeddedServer, seconds: float) -> None:
    """Assert that what is shown is what there was, so many seconds from the beginning."""
    ms = round((stage.REPLAYED_FROM + seconds) * 1000)
    assert app.floor.now_ms() == ms
    assert app.floor.board.calls == board_at(server, ms).calls
    live = [call for call in app.floor.board.calls.values() if call.end is None]
    assert app.floor.tally[Tab.LIVE] == len(live) > 0


def lines_of(app: ReplayApp, selector: str) -> list[object]:
    """Return the lines that a dialog shows there."""
    group = app.screen.query_one(selector).visual._renderable  # type: ignore[union-attr]
    return [getattr(line, "renderable", line) for line in group.renderables]


async def read(app: ReplayApp) -> None:
    """Wait until a dialog has read what it shows."""
    if reading := [worker for worker in app.workers if worker.group == "reading"]:
        await app.workers.wait_for_complete(reading)


async def test_it_begins_where_it_was_asked_to_and_says_what_it_is(
    replayed: Run, floor: EmbeddedServer
) -> None:
    async with replayed() as (app, _):
        is_at(app, floor, 0)
        said = text_of(app.board.status)
        assert "● replay 10×" in said
        assert "0%" in said
        assert said.endswith(" 3 Jun 2035 09:35:00 ")
        assert "live" not in said
        assert "ago" in said
        assert "backlog" not in said
        assert app.floor.figures().answered > 0, "those of the time before the beginning"


async def test_time_passes_as_fast_as_it_is_told_to(replayed: Run, floor: EmbeddedServer) -> None:
    async with replayed() as (app, pilot):
        await stage.let_pass(app, pilot, 6)
        is_at(app, floor, 60)
        assert "10%" in text_of(app.board.status)
        await type_keys(app, pilot, "+")
        assert "replay 20×" in text_of(app.board.status)
        await type_keys(app, pilot, "=")
        await stage.let_pass(app, pilot, 1)
        is_at(app, floor, 110)
        await type_keys(app, pilot, "minus", "minus", "minus", "minus", "minus")
        assert "replay 1×" in text_of(app.board.status)
        await stage.let_pass(app, pilot, 5)
        is_at(app, floor, 115)


async def test_p_stops_the_time_and_lets_it_go_on(replayed: Run, floor: EmbeddedServer) -> None:
    async with replayed() as (app, pilot):
        await stage.let_pass(app, pilot, 1)
        await type_keys(app, pilot, "p")
        assert "replay 10×, paused" in text_of(app.board.status)
        assert "PAUSED  p goes on" in text_of(app.board.count)
        await stage.let_pass(app, pilot, 20)
        is_at(app, floor, 10)
        await type_keys(app, pilot, "p")
        assert "paused" not in text_of(app.board.status)
        await stage.let_pass(app, pilot, 1)
        is_at(app, floor, 20)


@pytest.mark.parametrize(
    ("keys", "seconds"),
    [
        (("right",), 60),
        (("right_square_bracket", "right"), 120),
        (("right", "right", "right", "left"), 120),
        (("right", "right", "left_square_bracket"), 60),
        (("shift+right", "left", "left"), 480),
        (("right_curly_bracket",), 600),
        (("shift+right", "shift+left"), 0),
        (("shift+right", "left_curly_bracket", "right"), 60),
        (("left",), 0),
        (("right", "right", "0"), 0),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else str(value),
)
async def test_keys_move_the_time(
    replayed: Run, floor: EmbeddedServer, keys: tuple[str, ...], seconds: float
) -> None:
    async with replayed() as (app, pilot):
        await type_keys(app, pilot, *keys)
        await stage.replay_settled(app, pilot)
        is_at(app, floor, seconds)


async def test_at_its_end_it_stays_and_says_so(replayed: Run, floor: EmbeddedServer) -> None:
    async with replayed() as (app, pilot):
        await stage.let_pass(app, pilot, 70)
        is_at(app, floor, 600)
        assert "● replay, end  100%" in text_of(app.board.status)
        assert "END  ← [ goes back, 0 begins again" in text_of(app.board.count)
        await type_keys(app, pilot, "p")
        assert "0 begins again" in toasts(app)
        assert not app.floor.player.paused
        await type_keys(app, pilot, "left")
        await stage.replay_settled(app, pilot)
        is_at(app, floor, 540)
        assert "replay 10×" in text_of(app.board.status)


async def test_filters_tabs_sorts_details_and_statistics_are_of_the_time_of_the_replay(
    replayed: Run, floor: EmbeddedServer
) -> None:
    async with replayed() as (app, pilot):
        await type_keys(app, pilot, "5", "slash", *"hold>20s", "enter", "s", "escape")
        await stage.let_pass(app, pilot, 12)
        calls = board_at(floor, app.floor.now_ms()).calls.values()
        expected = {call.key for call in calls if (call.hold or 0) > 20}
        assert set(app.floor.view.order()) == expected
        assert len(expected) > 3
        await type_keys(app, pilot, "0")
        await stage.replay_settled(app, pilot)
        calls = board_at(floor, app.floor.now_ms()).calls.values()
        assert set(app.floor.view.order()) == {c.key for c in calls if (c.hold or 0) > 20}
        await type_keys(app, pilot, "enter")
        assert isinstance(app.screen, DetailsDialog)
        await read(app)
        assert '"dial_number"' in "".join(map(str, lines_of(app, "#raw")))
        await type_keys(app, pilot, "escape", "i")
        assert isinstance(app.screen, StatisticsDialog)
        await read(app)
        assert f"{app.floor.figures().answered:,} answered" in shown(app, "#total")


@pytest.mark.parametrize("command", REPLAY_COMMANDS, ids=lambda command: command.id)
async def test_every_key_does_something_and_breaks_nothing(replayed: Run, command: Command) -> None:
    async with replayed() as (app, pilot):
        for key in command.keys.split(","):
            assert key in app.screen.active_bindings
            await type_keys(app, pilot, key)
            if command.id == "quit":
                assert not app.is_running or app._exit
                return
            await type_keys(app, pilot, "escape")
        assert app.is_running
        assert len(app.screen_stack) == 1


@pytest.mark.parametrize("command", [each for each in COMMANDS if each.writes], ids=lambda c: c.id)
async def test_what_would_change_something_says_why_it_does_nothing(
    replayed: Run, command: Command
) -> None:
    async with replayed() as (app, pilot):
        await type_keys(app, pilot, command.keys)
        assert toasts(app) == REPLAYED
        assert len(app.screen_stack) == 1
        assert not app.board.table.marked


async def test_nothing_is_written_and_no_more_is_needed_than_a_wall_may(
    floor: EmbeddedServer, eventually: Eventually
) -> None:
    before = everything(floor)
    with redis.Redis.from_url(floor.url) as admin:
        for rule in rules()["wall"]:
            admin.execute_command("ACL", "SETUSER", "enigma-wall", *rule)
        admin.acl_log_reset()
        try:
            url = floor.url.replace("unix://", "unix://enigma-wall:PASSWORD@")
            app = stage.make_replay(floor, url=url)
            async with app.run_test(size=(120, 30), notifications=True) as pilot:
                await stage.replay_settled(app, pilot)
                await type_keys(app, pilot, *"pp+-d", "right", "left", "enter", "escape", "c", "i")
                await type_keys(app, pilot, "escape", "space", "shift+right")
                await stage.replay_settled(app, pilot)
                is_at(app, floor, 600)
                assert app.floor.replaying is not None
                assert app.floor.replaying.fault is None
                await type_keys(app, pilot, "q")
            denied = [each for each in admin.acl_log() if each["username"] == "enigma-wall"]
            assert denied == []
        finally:
            admin.acl_deluser("enigma-wall")
    assert everything(floor) == before


def told(sections: Sequence[Section]) -> str:
    """Return what a help says."""
    rows = [f"{row.keys} {row.words}" for each in sections for row in each.rows]
    return "\n".join([*(each.title for each in sections), *rows])


def test_the_keys_of_a_replay_are_in_its_help_and_not_in_the_boards() -> None:
    board, replay = told(of_board(COMMANDS, {})), told(of_board(REPLAY_COMMANDS, {}))
    own = [command for command in REPLAY_COMMANDS if command.group is Group.REPLAY]
    assert {command.id for command in own} == {
        *("pause", "faster", "slower", "back_1", "back_10", "forward_1", "forward_10"),
        "beginning",
    }
    for command in own:
        assert command.help in replay
        assert command.help not in board
    assert replay.startswith(Group.REPLAY)
    assert Group.REPLAY not in board
    for command in REPLAY_COMMANDS:
        assert command.help in replay
    keys = [key for command in REPLAY_COMMANDS for key in command.keys.split(",")]
    assert len(keys) == len(set(keys))
    assert len({command.id for command in REPLAY_COMMANDS}) == len(REPLAY_COMMANDS)


async def test_the_board_knows_nothing_of_the_keys_of_a_replay(opened: OpenedBoard) -> None:
    async with opened() as (app, pilot):
        own = {key for command in REPLAY_COMMANDS for key in command.keys.split(",")}
        own -= {key for command in COMMANDS for key in command.keys.split(",")}
        assert own
        assert not own & app.screen.active_bindings.keys()
        await type_keys(app, pilot, *own)
        assert app.floor.now_ms() == round(stage.NOW * 1000)


async def test_the_palette_of_a_replay_has_its_commands(replayed: Run) -> None:
    async with replayed() as (app, _):
        offered = [entry.label for entry in entries(app.commands, {}, {})]
        assert "Faster" in offered
        assert "Claim" not in offered


async def test_a_remapped_key_works_and_is_shown(replayed: Run) -> None:
    async with replayed(keys={"faster": "f2", "pause": "f3", "beginning": "f4"}) as (app, pilot):
        await type_keys(app, pilot, "f2", "f3")
        assert app.floor.player.speed == 20
        assert "PAUSED  f3 goes on" in text_of(app.board.count)
        await type_keys(app, pilot, "plus")
        assert app.floor.player.speed == 20
        assert "f4 Begin again" in told(of_board(app.commands, app.settings.keys))


async def test_the_mouse_stops_the_time_and_marks_nothing(replayed: Run) -> None:
    async with replayed() as (app, pilot):
        await pilot.click("ReplayStatus", offset=(text_of(app.board.status).index("●"), 0))
        await pilot.pause()
        assert app.floor.player.paused
        await pilot.click("CountLine", offset=(text_of(app.board.count).index("PAUSED"), 0))
        await pilot.pause()
        assert not app.floor.player.paused
        await pilot.click("CallTable", offset=(0, 3))
        await pilot.pause()
        assert toasts(app) == REPLAYED
        assert not app.board.table.marked


async def test_the_settings_of_a_replay_are_in_force_there(replayed: Run) -> None:
    async with replayed() as (app, pilot):
        await type_keys(app, pilot, "ctrl+o", *"read_only")
        assert isinstance(app.screen, SettingsDialog)
        options = app.screen.query_one(OptionList).options
        assert [str(option.prompt).split() for option in options] == [
            ["read_only", "true", "command", "line"]
        ]


async def test_alerts_are_silent(replayed: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    alerts = [{"name": "Any", "filter": "hold>0s", "command": ["false"]}]
    bells: list[None] = []
    async with replayed(alerts=alerts) as (app, pilot):
        monkeypatch.setattr(app, "bell", lambda: bells.append(None))
        await stage.let_pass(app, pilot, 10)
        assert not bells
        assert "Any" not in toasts(app)
        assert not [worker for worker in app.workers if worker.name == "alert"]


async def test_numbers_stay_masked(replayed: Run) -> None:
    async with replayed(mask=True) as (app, pilot):
        await type_keys(app, pilot, "5")
        lines = [app.board.table.render_line(y).text for y in range(1, 6)]
        callers = [call.caller for call in app.floor.board.calls.values() if len(call.caller) > 8]
        assert "•" in "".join(lines)
        assert not [each for each in callers if each[-6:-2] in "".join(lines).replace(" ", "")]


async def test_a_server_that_goes_away_is_named_and_what_is_known_is_played(
    new_server: Callable[..., EmbeddedServer],
    eventually: Eventually,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(player, "AHEAD", 8)
    monkeypatch.setattr(stream, "READ_COUNT", 8)
    monkeypatch.setattr(stream, "_FIRST_COUNT", 8)
    server = new_server("--appendonly", "yes")
    stage.demo_floor(server)
    app = stage.make_replay(server, begin=stage.BEGAN, speed=100)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await stage.replay_settled(app, pilot)
        server.stop()
        for _ in range(4):
            await stage.let_pass(app, pilot, 1)
        await eventually(lambda: "● replay, no socket, retry" in text_of(app.board.status))
        stood = app.floor.now_ms()
        await stage.let_pass(app, pilot, 2)
        assert app.floor.now_ms() == stood, "time waits for what is to be shown"
        server.start()
        await eventually(lambda: "● replay 100×" in text_of(app.board.status))
        await stage.let_pass(app, pilot, 2)
        assert app.floor.now_ms() > stood
        assert app.floor.board.calls == board_at(server, app.floor.now_ms()).calls


async def test_a_file_needs_no_server_and_has_no_payloads(floor: EmbeddedServer) -> None:
    events = journal(floor, round((stage.BEGAN + stage.LASTS) * 1000))
    recording = HeldRecording(events, "november.csv")
    begin, end = events[0].id.ms, events[-1].id.ms
    what = Replay(stage.demo_site(), begin, end, lambda: Opened(recording), 1, "From a file.", 2)
    app = stage.StagedReplay(Settings(redis_url="redis://127.0.0.1:1/0"), what, beat=stage.Beat())
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        await stage.replay_settled(app, pilot)
        assert toasts(app) == "From a file."
        assert "2 lines not read" in text_of(app.board.status)
        await type_keys(app, pilot, "right", "right", "right")
        await stage.replay_settled(app, pilot)
        assert app.floor.board.calls == board_at(floor, begin + 180_000).calls
        await type_keys(app, pilot, "enter")
        await read(app)
        assert "an exported file does not have it" in str(lines_of(app, "#raw")[-1])


async def test_entries_beyond_the_end_are_not_of_the_replay(floor: EmbeddedServer) -> None:
    end = stage.REPLAYED_FROM + 60
    app = stage.make_replay(floor, end=end)
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        await stage.replay_settled(app, pilot)
        await type_keys(app, pilot, "shift+right")
        await stage.replay_settled(app, pilot)
        is_at(app, floor, 60)
        assert app.floor.player.at_end
