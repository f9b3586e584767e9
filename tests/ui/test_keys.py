"""Every key, and every click, does what the help says."""

import pytest
from textual import events

from enigma_tui.cli.board import key_mistakes
from enigma_tui.model.tabs import Tab
from enigma_tui.ui.commands import COMMANDS, Command, Group
from enigma_tui.ui.helping import of_board
from enigma_tui.ui.screens.disposition import DispositionDialog
from enigma_tui.ui.screens.help import HelpDialog
from tests.ui.hands import (
    Opened,
    toasts,
    type_keys,
    under_cursor,
)


def test_help_and_palette_and_footer_name_every_command() -> None:
    told = [row.words for section in of_board(COMMANDS, {}) for row in section.rows]
    assert told == [
        command.help for group in Group for command in COMMANDS if command.group is group
    ]
    assert len({command.id for command in COMMANDS}) == len(COMMANDS)
    keys = [key for command in COMMANDS for key in command.keys.split(",")]
    assert len(keys) == len(set(keys))


async def test_a_remapped_key_works_and_is_shown(opened: Opened) -> None:
    async with opened(keys={"disposition": "f2"}) as (app, pilot):
        await type_keys(app, pilot, "d")
        assert len(app.screen_stack) == 1
        await type_keys(app, pilot, "f2")
        assert isinstance(app.screen, DispositionDialog)
        await type_keys(app, pilot, "escape", "question_mark")
        assert isinstance(app.screen, HelpDialog)
        told = app.screen.query_one("#text")
        lines = [told.render_line(y).text.split() for y in range(told.size.height)]
        assert ["f2", "Record"] in [line[:2] for line in lines]


async def test_escape_and_a_view_in_one_write_are_two_keys(opened: Opened) -> None:
    async with opened() as (app, pilot):
        await type_keys(app, pilot, "d")
        assert isinstance(app.screen, DispositionDialog)
        app.keyboard.typed(events.Key("pound_sign", "£"))  # as Textual reads ESC 3
        await type_keys(app, pilot)
        assert len(app.screen_stack) == 1
        assert app.floor.view.tab is Tab.ABANDONED
        for key, tab in zip("¡™£¢∞", Tab, strict=True):
            app.keyboard.typed(events.Key("a_sign", key))
            await type_keys(app, pilot)
            assert app.floor.view.tab is tab
        await type_keys(app, pilot, "slash")
        app.keyboard.typed(events.Key("pound_sign", "£"))
        await type_keys(app, pilot)
        assert app.board.filter_bar.input.value == "£"


async def test_a_click_chooses_a_row_and_a_title_sorts(opened: Opened) -> None:
    async with opened() as (app, pilot):
        await pilot.click("CallTable", offset=(10, 4))
        assert under_cursor(app).key == app.floor.view.key_at(3)
        await pilot.click("CallTable", offset=(24, 0))
        await pilot.pause()
        assert app.floor.view.sort.by == "caller"
        await pilot.click("ViewsLine", offset=(20, 0))
        assert app.floor.view.tab is Tab.TO_DISPOSE
        await pilot.click("ViewsLine", offset=(5, 0))
        assert app.floor.view.tab is Tab.LIVE


async def test_a_read_only_board_takes_nothing_and_records_nothing(opened: Opened) -> None:
    async with opened(read_only=True) as (app, pilot):
        await type_keys(app, pilot, "d")
        assert len(app.screen_stack) == 1
        assert not app.collector.status.holding
        said = [text for _, parts in app.board.status.items() for text, _ in parts]
        assert "read-only" in said


@pytest.mark.parametrize("command", [each for each in COMMANDS if each.writes], ids=lambda c: c.id)
async def test_a_read_only_board_says_why_a_key_does_nothing(
    opened: Opened, command: Command
) -> None:
    async with opened(read_only=True, keys={"claim": "f3"}) as (app, pilot):
        key = "f3" if command.id == "claim" else command.keys
        assert toasts(app) == ""
        await type_keys(app, pilot, key)
        assert "This board is read-only (--read-only)" in toasts(app)
        assert len(app.screen_stack) == 1
        assert not app.board.table.marked
        app.clear_notifications()
        await type_keys(app, pilot, "slash", *"dcD", "enter", "c")
        assert toasts(app) == "", "typed into the filter, or no key of the kind"


async def test_a_read_only_board_says_so_in_the_palette_too(opened: Opened) -> None:
    async with opened(read_only=True) as (app, pilot):
        await type_keys(app, pilot, "colon", *"claim", "enter")
        assert app.screen is app.board
        assert "This board is read-only (--read-only)" in toasts(app)


async def test_the_reference_is_sent_to_the_clipboard(opened: Opened) -> None:
    async with opened() as (app, pilot):
        await type_keys(app, pilot, "y")
        assert app.clipboard == under_cursor(app).key.call_ref


@pytest.mark.parametrize(
    ("keymap", "name"),
    [
        ({"phone": "P"}, "phone"),
        ({"phone_answer": "escape"}, "phone_answer"),
        ({"phone_mute": "ctrl+t"}, "phone_mute"),
        ({"phone": "f9", "phone_hold": "f9"}, "phone_hold"),
        ({"phone_mute": "h"}, "phone_mute"),
    ],
)
def test_a_key_that_would_be_in_the_phones_way_is_a_mistake(
    keymap: dict[str, str], name: str
) -> None:
    assert name in [named for named, _ in key_mistakes(keymap)]


def test_the_phone_may_have_keys_that_the_board_has() -> None:
    assert list(key_mistakes({"phone": "f9", "phone_answer": "d", "phone_mute": "ctrl+t"})) == []
