"""What keys do on the board, the mouse does as well: rows, words, hints, lists, the wheel."""

import asyncio
from typing import TypeVar

import pytest
from rich.cells import cell_len
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.model.tabs import Tab
from enigma_tui.model.windows import Window
from enigma_tui.ui.app import EnigmaApp
from enigma_tui.ui.commands import COMMANDS, READ_ONLY, Command, Group
from enigma_tui.ui.screens.alerts import AlertsDialog
from enigma_tui.ui.screens.callbacks import CallBacksDialog
from enigma_tui.ui.screens.choices import ExtensionsDialog, SortDialog
from enigma_tui.ui.screens.choosing_columns import ColumnsDialog
from enigma_tui.ui.screens.details import DetailsDialog
from enigma_tui.ui.screens.disposition import DispositionDialog
from enigma_tui.ui.screens.help import HelpDialog
from enigma_tui.ui.screens.outbox import OutboxDialog
from enigma_tui.ui.screens.palette import PaletteDialog
from enigma_tui.ui.screens.rejected import RejectedDialog
from enigma_tui.ui.screens.settings import SettingsDialog
from enigma_tui.ui.screens.statistics import StatisticsDialog
from enigma_tui.ui.screens.themes import ThemeDialog
from tests.ui import stage
from tests.ui.hands import (
    Eventually,
    Opened,
    outcome,
    text_of,
    toasts,
    type_keys,
    under_cursor,
)

Event = TypeVar("Event", bound=events.MouseEvent)


async def seen_at(app: EnigmaApp, pilot: Pilot[None], words: str) -> tuple[int, int]:
    """Return the cell of the screen that some words begin at, as soon as they are there."""
    shown: list[str] = []
    try:
        async with asyncio.timeout(15):
            while True:
                strips = app.screen._compositor.render_strips()
                shown = ["".join(segment.text for segment in strip) for strip in strips]
                for y, text in enumerate(shown):
                    if (place := text.find(words)) >= 0:
                        return cell_len(text[:place]), y
                await pilot.pause()
    except TimeoutError:
        pytest.fail(f"{words!r} is not on the screen:\n" + "\n".join(shown))


async def click(
    app: EnigmaApp, pilot: Pilot[None], words: str, *, right: int = 0, times: int = 1
) -> None:
    """Click on words on the screen, or so many cells to the right of where they begin."""
    x, y = await seen_at(app, pilot, words)
    await pilot.click(offset=(x + right, y), times=times)
    await taken(app, pilot)


def mouse(kind: type[Event], x: int, y: int, **more: int) -> Event:
    """Return what a mouse does at a cell, as the terminal tells it."""
    held = {"shift": False, "meta": False, "ctrl": False}
    return kind(widget=None, x=x, y=y, delta_x=0, delta_y=0, button=1, **held, **more)


async def taken(app: EnigmaApp, pilot: Pilot[None]) -> None:
    """Wait until what was clicked has been pressed, and has had its effect."""
    await pilot.pause()
    await app.keyboard.idle()
    await pilot.pause()


# ── the table ───────────────────────────────────────────────────────────────────────────────


async def test_a_click_moves_the_cursor_and_two_open_the_details(opened: Opened) -> None:
    async with opened() as (app, pilot):
        await pilot.click("CallTable", offset=(20, 5))
        assert under_cursor(app).key == app.floor.view.key_at(4)
        assert app.screen is app.board
        await pilot.click("CallTable", offset=(20, 3), times=2)
        await pilot.pause()
        assert under_cursor(app).key == app.floor.view.key_at(2)
        assert isinstance(app.screen, DetailsDialog)


async def test_two_quick_clicks_that_met_two_calls_open_nothing(opened: Opened) -> None:
    async with opened() as (app, pilot):
        await pilot.click("CallTable", offset=(20, 5))
        # Between the two another call has come to where the first was.
        app.board.table.on_click(mouse(events.Click, 20, 4, chain=2))
        await pilot.pause()
        assert under_cursor(app).key == app.floor.view.key_at(3)
        assert app.screen is app.board


async def test_a_click_in_front_of_a_call_marks_it_and_leaves_the_cursor(opened: Opened) -> None:
    async with opened() as (app, pilot):
        cursor = under_cursor(app).key
        await pilot.click("CallTable", offset=(0, 4))
        await pilot.click("CallTable", offset=(0, 6))
        await pilot.pause()
        marked = {app.floor.view.key_at(3), app.floor.view.key_at(5)}
        assert app.board.table.marked == marked
        assert under_cursor(app).key == cursor
        assert app.board.table.render_line(4).text.startswith("✓")
        await seen_at(app, pilot, "2 marked")
        await pilot.click("CallTable", offset=(0, 4))
        await pilot.pause()
        assert app.board.table.marked == marked - {app.floor.view.key_at(3)}
    async with opened(read_only=True) as (app, pilot):
        await pilot.click("CallTable", offset=(0, 4))
        await pilot.pause()
        assert app.board.table.marked == set()
        assert toasts(app) == READ_ONLY


async def test_the_wheel_scrolls_the_table_and_the_line_below_leads_back(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened(size=(120, 20)) as (app, pilot):
        await type_keys(app, pilot, "5")
        table = app.board.table
        for _ in range(4):
            app.post_message(mouse(events.MouseScrollDown, 20, 8))
        await eventually(lambda: table.above > 0 and "above" in text_of(app.board.count))
        await click(app, pilot, f"↑ {table.above} above")
        assert table.above == 0
        assert under_cursor(app).key == app.floor.view.key_at(0)


# ── the lines around it ─────────────────────────────────────────────────────────────────────


async def test_figures_lead_to_what_they_count_and_to_those_of_another_time(
    opened: Opened,
) -> None:
    async with opened(size=(140, 30)) as (app, pilot):
        await click(app, pilot, "TO DISPOSE")
        assert app.floor.view.tab is Tab.TO_DISPOSE
        await click(app, pilot, "ABANDONED")
        assert app.floor.view.tab is Tab.ABANDONED
        await click(app, pilot, "LIVE")
        assert app.floor.view.tab is Tab.LIVE
        for words, window in (
            ("ASA", Window.HOUR),
            ("last hour", Window.TODAY),
            ("today", Window.FIVE_MINUTES),
            ("P90", Window.HALF_AN_HOUR),
        ):
            await click(app, pilot, words)
            assert app.floor.window is window
        await click(app, pilot, "/min")
        assert isinstance(app.screen, StatisticsDialog)
        await click(app, pilot, "w another time")
        assert app.floor.window is Window.HOUR
        await click(app, pilot, "esc closes")
        assert app.screen is app.board


async def test_what_the_top_line_counts_is_opened_by_a_click(
    floor: EmbeddedServer, eventually: Eventually
) -> None:
    alerts = [{"name": "Talks long", "filter": "state:live talk>5m"}]
    stage.schedule_call_backs(floor)
    app = stage.make_app(floor, alerts=alerts)
    async with app.run_test(size=(160, 30), notifications=True) as pilot:
        await stage.settled(app, pilot)
        stage.leave_waiting(app)
        app.board.tick()
        await pilot.pause()
        for words, dialog in (
            ("to hand in", OutboxDialog),
            ("refused", OutboxDialog),
            ("rejected", RejectedDialog),
            ("call-backs due", CallBacksDialog),
            ("alert", AlertsDialog),
            ("Enigma", PaletteDialog),
        ):
            await click(app, pilot, words)
            assert isinstance(app.screen, dialog), words
            await click(app, pilot, "esc ")
            assert app.screen is app.board, words
        await click(app, pilot, "backlog")
        assert app.screen is app.board
        await type_keys(app, pilot, "p")
        await eventually(lambda: app.floor.paused)
        await click(app, pilot, "PAUSED")
        assert not app.floor.paused
        await type_keys(app, pilot, "p")
        await click(app, pilot, "● paused")
        assert not app.floor.paused


@pytest.mark.parametrize(
    ("words", "dialog"),
    [
        ("Disposition s", DispositionDialog),
        ("Details", DetailsDialog),
        ("Extension", ExtensionsDialog),
        ("Sort", SortDialog),
        ("Help", HelpDialog),
    ],
)
@pytest.mark.parametrize("width", [80, 120])
async def test_the_keys_at_the_foot_are_clicked(
    opened: Opened, words: str, dialog: type[object], width: int
) -> None:
    async with opened(size=(width, 24)) as (app, pilot):
        # Its own line: the same words may stand above.
        foot = "".join(s.text for s in app.screen._compositor.render_strips()[-1])
        place = foot.index(words.split()[0])
        await pilot.click(offset=(place, 23))
        await taken(app, pilot)
        assert isinstance(app.screen, dialog)


async def test_a_remapped_key_at_the_foot_is_clicked_as_well(opened: Opened) -> None:
    async with opened(size=(120, 24), keys={"mark": "f7", "help": "f2"}) as (app, pilot):
        call = under_cursor(app)
        for words in ("f7 Mark", "f2 Help"):
            foot = "".join(s.text for s in app.screen._compositor.render_strips()[-1])
            await pilot.click(offset=(foot.lower().index(words.lower()), 23))
            await taken(app, pilot)
        assert call.key in app.board.table.marked
        assert isinstance(app.screen, HelpDialog)


# ── the filter line ─────────────────────────────────────────────────────────────────────────


async def test_a_click_on_the_filter_begins_to_type_and_one_on_a_call_ends_it(
    opened: Opened,
) -> None:
    async with opened() as (app, pilot):
        bar = app.board.filter_bar
        await click(app, pilot, "filter: a name")
        assert bar.input.has_focus
        await type_keys(app, pilot, *"ext:2001")
        await pilot.click("CallTable", offset=(20, 0))
        await pilot.pause()
        assert app.board.table.has_focus
        assert app.floor.view.query.text == bar.input.value == "ext:2001"
        # What was ended so is what escape falls back to, and what the arrow brings back.
        await click(app, pilot, "ext:2001")
        await type_keys(app, pilot, "end", *"9", "escape")
        assert bar.input.value == "ext:2001"
        await click(app, pilot, "✕")
        assert (bar.input.value, app.floor.view.query.text) == ("", "")
        await click(app, pilot, "/ ")
        assert bar.input.has_focus
        await type_keys(app, pilot, "up")
        assert bar.input.value == "ext:2001"


async def test_a_mistake_is_not_left_behind_by_a_click_elsewhere(opened: Opened) -> None:
    async with opened() as (app, pilot):
        await type_keys(app, pilot, "slash", *"ext:2001", "enter", "slash", *"hold>soon")
        assert app.board.filter_bar.mistake is not None
        await pilot.click("CallTable", offset=(20, 2))
        await pilot.pause()
        assert app.board.filter_bar.mistake is None
        assert app.floor.view.query.text == app.board.filter_bar.input.value == "ext:2001"


async def test_the_window_of_another_program_does_not_end_typing(opened: Opened) -> None:
    async with opened() as (app, pilot):
        await type_keys(app, pilot, "slash", *"hold>s")
        app.post_message(events.AppBlur())
        await pilot.pause()
        app.post_message(events.AppFocus())
        await pilot.pause()
        await type_keys(app, pilot, *"o")
        assert app.board.filter_bar.input.value == "hold>so"
        await type_keys(app, pilot, "escape")
        assert app.board.filter_bar.input.value == ""


# ── dialogs ─────────────────────────────────────────────────────────────────────────────────


async def test_an_outcome_is_recorded_with_the_mouse_alone(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        await pilot.click("CallTable", offset=(20, 3))
        call = under_cursor(app)
        await pilot.click(offset=(1, 29))  # `d Disposition` at the foot
        await taken(app, pilot)
        assert isinstance(app.screen, DispositionDialog)
        await click(app, pilot, "Escalated")
        await click(app, pilot, "Billing")
        await eventually(lambda: outcome(app, call.key))
        found = outcome(app, call.key)
        assert found is not None
        assert found.code == "escalated.billing"


async def test_a_disposition_dialog_goes_on_and_back_by_its_hints(opened: Opened) -> None:
    async with opened() as (app, pilot):
        await type_keys(app, pilot, "5", "G", "d")
        await click(app, pilot, "/ searches")
        assert isinstance(app.screen, DispositionDialog)
        assert app.screen._searching
        await click(app, pilot, "Complaint")
        assert app.screen.query_one("#note", Input).has_focus
        await click(app, pilot, "enter records it")
        await seen_at(app, pilot, "Complaint needs a note")
        await click(app, pilot, "F1 help")
        assert isinstance(app.screen, HelpDialog)
        await click(app, pilot, "esc closes")
        await click(app, pilot, "esc back")
        await seen_at(app, pilot, "/ searches")
        await click(app, pilot, "esc leaves")
        assert app.screen is app.board


async def test_extensions_are_marked_and_shown_with_the_mouse(opened: Opened) -> None:
    async with opened() as (app, pilot):
        await type_keys(app, pilot, "e")
        for place in (2, 4):
            await click(app, pilot, f"[ ] {app.floor.extensions()[place][0]}")
        await click(app, pilot, "space marks")  # the last one again
        await click(app, pilot, "space marks")
        assert isinstance(app.screen, ExtensionsDialog)
        await click(app, pilot, "enter shows it")
        names = [app.floor.extensions()[place][0] for place in (2, 4)]
        assert app.floor.view.query.text == f"ext={','.join(names)}"
        await type_keys(app, pilot, "e")
        await click(app, pilot, f"] {app.floor.extensions()[1][0]}", right=3)
        assert app.floor.view.query.text == f"ext={app.floor.extensions()[1][0]}"


async def test_columns_are_shown_moved_and_kept_with_the_mouse(opened: Opened) -> None:
    async with opened(columns={"state": 0, "caller": 0, "ext": 0}) as (app, pilot):
        await type_keys(app, pilot, "t")
        await click(app, pilot, "[✓] Caller")
        assert "Caller" not in app.board.table.render_line(0).text
        await click(app, pilot, "] Ext", right=3)  # which is under the cursor now, and no more
        assert isinstance(app.screen, ColumnsDialog)
        await click(app, pilot, "K moves it")
        await click(app, pilot, "K moves it")
        await click(app, pilot, "+ - width")
        await click(app, pilot, "enter keeps")
        assert app.screen is app.board
        assert list(app.board.table.chosen) == ["ext", "state"]
        assert app.board.table.chosen["ext"] > 0


@pytest.mark.parametrize(
    ("keys", "leaves"),
    [
        (("t",), "esc leaves"),
        (("B",), "esc closes"),
        (("e",), "esc leaves"),
        (("s",), "esc leaves"),
        (("enter",), "esc closes"),
        (("x",), "esc closes"),
        (("o",), "esc closes"),
        (("n",), "esc closes"),
        (("i",), "esc closes"),
        (("question_mark",), "esc closes"),
        (("T",), "esc goes back"),
        (("ctrl+o",), "esc closes"),
        (("colon",), "esc leaves"),
        (("slash", *"ext:1", "enter", "v"), "esc leaves"),
    ],
    ids=lambda value: "".join(value),
)
async def test_every_dialog_is_left_by_a_click(
    opened: Opened, keys: tuple[str, ...], leaves: str
) -> None:
    alerts = [{"name": "Long", "filter": "hold>2m"}]
    async with opened(size=(80, 24), alerts=alerts) as (app, pilot):
        await type_keys(app, pilot, *keys)
        assert app.screen is not app.board
        await click(app, pilot, leaves)
        assert app.screen is app.board


@pytest.mark.parametrize("keys", [("enter",), ("question_mark",), ("colon",), ("ctrl+o",), ("i",)])
async def test_the_wheel_scrolls_what_is_longer_than_a_dialog(
    opened: Opened, eventually: Eventually, keys: tuple[str, ...]
) -> None:
    async with opened(size=(80, 24)) as (app, pilot):
        await type_keys(app, pilot, *keys)
        if reading := [worker for worker in app.workers if worker.group == "reading"]:
            await app.workers.wait_for_complete(reading)
        await pilot.pause()
        scrolled = [
            each
            for each in app.screen.query("*")
            if each.allow_vertical_scroll and each.max_scroll_y > 0 and each.region.height > 4
        ]
        place = scrolled[0].region
        before = scrolled[0].scroll_y
        app.post_message(mouse(events.MouseScrollDown, place.x + 4, place.y + 2))
        await eventually(lambda: scrolled[0].scroll_y > before)


# ── commands that have no place of their own ────────────────────────────────────────────────


@pytest.mark.parametrize(
    "command", [each for each in COMMANDS if each.group is not Group.MOVE], ids=lambda each: each.id
)
async def test_every_command_is_reached_with_the_mouse_alone(
    opened: Opened, command: Command
) -> None:
    async with opened(size=(120, 60)) as (app, pilot):
        done: list[str] = []

        async def do(name: str) -> None:
            done.append(name)

        app.do = do  # type: ignore[method-assign]
        await click(app, pilot, "Enigma")
        found = app.screen.query_one(OptionList)
        place = [each.id for each in COMMANDS].index(command.id)
        found.scroll_to(y=place, animate=False)
        await pilot.pause()
        line = place - round(found.scroll_y)
        await pilot.click(found, offset=(5, line))
        await pilot.pause()
        assert done == [command.id]
        assert app.screen is app.board


async def test_a_line_of_the_help_does_what_it_says(opened: Opened) -> None:
    async with opened(size=(120, 50), keys={"sort": "f6"}) as (app, pilot):
        for words, dialog in (
            ("Choose the column to sort by", SortDialog),
            ("Choose extensions from a list", ExtensionsDialog),
        ):
            await type_keys(app, pilot, "question_mark")
            await click(app, pilot, words)
            assert isinstance(app.screen, dialog)
            await type_keys(app, pilot, "escape")
        await type_keys(app, pilot, "d", "question_mark")
        await click(app, pilot, "Search the codes")
        assert isinstance(app.screen, DispositionDialog)
        assert app.screen._searching
        await type_keys(app, pilot, "escape", "escape", "question_mark", "G")
        for words, dialog in (
            ("Choose the colours", ThemeDialog),
            ("Settings in force", SettingsDialog),
        ):
            if not isinstance(app.screen, HelpDialog):
                await type_keys(app, pilot, "question_mark")
            app.screen.query_one("VerticalScroll").scroll_to(y=22, animate=False)
            await pilot.pause()
            await click(app, pilot, words)
            assert isinstance(app.screen, dialog), words
            await type_keys(app, pilot, "escape")
