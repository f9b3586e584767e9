"""The board's own frames, written through `Sparing`: the same is seen, and bytes are counted."""

import pytest

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.journal.desk import Act, DispositionDesk, Who
from tests.ui import stage
from tests.ui.hands import Eventually, Opened, payload, push, type_keys
from tests.ui.seen import Record

SIZE = (120, 44)
ROWS = 38
FULL_BYTES = 6_500
"""For a frame in which each row shows another call."""
ROW_BYTES = 500
"""For one row that has changed."""


async def test_the_board_looks_the_same_through_dialogs_filters_and_sizes(
    opened: Opened, recorded: Record
) -> None:
    record = recorded((120, 30))
    async with opened(size=(120, 30)) as (app, pilot):
        app._sync_available = True
        for keys in (
            ("5", "j", "j", "pagedown", "end", "home"),
            ("slash", *"hold>1", "enter", "escape"),
            ("d", "j", "escape"),
            ("question_mark", "pagedown", "escape"),
            ("enter", "escape", "ctrl+p", *"sort", "escape"),
            ("1", "p", "p", "2"),
        ):
            await type_keys(app, pilot, *keys)
        for size in ((80, 24), (100, 40), (120, 30)):
            record.twins.resize(*size)
            await pilot.resize_terminal(*size)
            await type_keys(app, pilot, "5", "j", "d", "escape")
        await push(app, payload("new 日本", 4001, contact_ref="é é 👍"), payload("x", 4002))
        await type_keys(app, pilot, "1", "5", "home")
        assert any("日本" in plain for plain, _ in record.frames)
    plain, spared = record.taken()
    assert spared < plain / 2


async def test_a_frame_of_other_calls_is_cheap(opened: Opened, recorded: Record) -> None:
    record = recorded(SIZE)
    async with opened(size=SIZE) as (app, pilot):
        # The first page key takes the cursor to the last row in sight, the second the next page.
        await type_keys(app, pilot, "5", "home", "pagedown")
        record.taken()
        await type_keys(app, pilot, "pagedown")
        plain, spared = record.taken()
        assert plain / app.board.table.size.height > 300  # all rows were painted
        assert app.board.table.size.height >= ROWS
        assert spared <= FULL_BYTES


async def test_one_row_that_changes_is_cheap(
    opened: Opened, recorded: Record, eventually: Eventually
) -> None:
    record = recorded(SIZE)
    async with opened(size=SIZE) as (app, pilot):
        await type_keys(app, pilot, "5", "home")
        key = app.floor.view.order()[4]
        desk = DispositionDesk(app.startup.connection, app.journal_keys, Who("naledi"))
        record.frames.clear()
        await desk.dispose(Act(key, "resolved", 0))
        await eventually(lambda: any("esolved" in spared for _, spared in record.frames))
        await pilot.pause()
        assert record.taken()[1] < ROW_BYTES


async def test_time_that_passes_is_cheap(
    opened: Opened, recorded: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = recorded(SIZE)
    async with opened(size=SIZE) as (app, pilot):
        await type_keys(app, pilot, "1", "home")
        record.frames.clear()
        monkeypatch.setattr(stage, "NOW", stage.NOW + 1)
        app.board.repaint()
        await pilot.pause()
        plain, spared = record.taken()
        live = len(app.floor.view)
        assert live > 5
        assert live < spared < live * 30 < plain


async def test_what_has_not_changed_is_not_written(opened: Opened, recorded: Record) -> None:
    record = recorded(SIZE)
    async with opened(size=SIZE) as (app, pilot):
        await type_keys(app, pilot, "5", "home")
        record.frames.clear()
        app.board.repaint()
        app.screen.refresh()
        await pilot.pause()
        plain, spared = record.taken()
        assert plain > 5_000
        assert spared == 0


async def test_the_first_call_takes_away_that_there_is_none(
    empty_server: EmbeddedServer, recorded: Record, eventually: Eventually
) -> None:
    stage.write_site(empty_server, stage.demo_site())
    record = recorded((120, 30))
    app = stage.make_app(empty_server)
    async with app.run_test(size=(120, 30)) as pilot:
        await stage.settled(app, pilot)
        screen = record.twins.plain_screen
        await eventually(lambda: any("No live calls." in line for line in screen.display))
        await push(app, payload("first", 2001))
        await eventually(lambda: any(" first " in line for line in screen.display))
        await eventually(lambda: not any("No live calls." in line for line in screen.display))
