"""The command palette has everything, and enter does what was typed."""

import pytest
from textual.widgets import OptionList

from enigma_tui.model.tabs import Tab
from enigma_tui.ui.app import EnigmaApp
from enigma_tui.ui.commands import COMMANDS
from enigma_tui.ui.palette import Entry, entries, matching
from enigma_tui.ui.screens.disposition import DispositionDialog
from enigma_tui.ui.screens.palette import PaletteDialog
from enigma_tui.ui.themes import NAMES
from tests.ui.hands import Opened, shown, toasts, type_keys

VIEWS = {"Long holds": "hold>30s", "[red]Disposed[/": "disp:resolved"}
ALL = entries(COMMANDS, {}, VIEWS)


def listed(app: EnigmaApp) -> list[str]:
    """Return the names in the list."""
    found = app.screen.query_one(OptionList)
    return [option.item.label for option in found.options]  # type: ignore[attr-defined]


def test_every_command_view_and_theme_is_offered() -> None:
    commands = [entry.command for entry in ALL if entry.command]
    assert commands == [command.id for command in COMMANDS]
    assert [entry.theme for entry in ALL if entry.theme] == list(NAMES)
    labels = [entry.label for entry in ALL]
    assert len(set(labels)) == len(labels)
    for name in (*Tab, *VIEWS, "Saved view 8"):
        assert name in labels


@pytest.mark.parametrize("entry", ALL, ids=lambda entry: entry.label)
def test_what_begins_with_the_letters_typed_comes_first(entry: Entry) -> None:
    for end in range(1, len(entry.label) + 1):
        for typed in (entry.label[:end], entry.label[:end].lower(), f" {entry.label[:end]} "):
            found = matching(ALL, typed)
            assert entry in found
            assert found[0].label.casefold().startswith(typed.strip().casefold()), typed
    assert matching(ALL, entry.label)[0] is entry


def test_words_letters_and_what_a_command_does_are_found_behind_that() -> None:
    assert [entry.label for entry in matching(ALL, "disp")[:3]] == [
        "Disposition",
        "Disposition marked",
        "To dispose",
    ]
    assert matching(ALL, "light")[0].label == "Theme enigma-light"
    assert matching(ALL, "next sort")[0].label == "Sort by next column"
    assert "Copy" in [entry.label for entry in matching(ALL, "clipboard")]
    assert "Statistics" in [entry.label for entry in matching(ALL, "stcs")]
    assert matching(ALL, "zzzz") == []
    assert list(matching(ALL, "  ")) == list(ALL)


async def test_the_name_enter_and_what_it_asks_for_typed_at_once(opened: Opened) -> None:
    async with opened() as (app, pilot):
        # All of it is in the queue before the first key has had any effect.
        await type_keys(app, pilot, "ctrl+p", *"disp", "enter", "slash")
        assert isinstance(app.screen, DispositionDialog)
        assert app.screen._searching
        await type_keys(app, pilot, "escape", "escape", "colon", *"abandoned", "enter")
        assert app.screen is app.board
        assert app.floor.view.tab is Tab.ABANDONED


async def test_nothing_is_done_where_nothing_was_found(opened: Opened) -> None:
    async with opened() as (app, pilot):
        await type_keys(app, pilot, "colon", *"qqqq", "enter")
        assert isinstance(app.screen, PaletteDialog)
        assert listed(app) == []
        await type_keys(app, pilot, *["backspace"] * 4, "down", "down", "up")
        assert app.screen.query_one(OptionList).highlighted == 1
        assert COMMANDS[1].help in shown(app, "#about Static")
        await type_keys(app, pilot, "escape")
        assert app.screen is app.board


async def test_a_saved_view_and_a_theme_are_chosen_by_name(opened: Opened) -> None:
    async with opened(views=VIEWS) as (app, pilot):
        await type_keys(app, pilot, "colon", *"long", "enter")
        assert app.floor.view.query.text == "hold>30s"
        await type_keys(app, pilot, "colon", *"red", "enter")
        assert app.floor.view.query.text == "disp:resolved"
        await type_keys(app, pilot, "colon", *"theme enigma-l", "enter")
        assert app.theme == "enigma-light"
        assert "this session" in toasts(app)


async def test_a_name_that_looks_like_markup_is_shown_as_it_stands(opened: Opened) -> None:
    async with opened(views=VIEWS, size=(120, 30)) as (app, pilot):
        await type_keys(app, pilot, "colon", *"red")
        assert listed(app)[0] == "[red]Disposed[/"
        line = app.screen.query_one(OptionList).render_line(0).text
        assert line.startswith(" [red]Disposed[/")


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 50)], ids=str)
async def test_what_is_cut_has_an_ellipsis_and_stands_below_in_full(
    opened: Opened, size: tuple[int, int]
) -> None:
    async with opened(size=size, views={"v" * 20: "caller:082 " * 40}) as (app, pilot):
        await type_keys(app, pilot, "colon", *"vvv")
        found = app.screen.query_one(OptionList)
        line = found.render_line(0).text.rstrip()
        assert line.endswith("…")
        assert len(line) <= found.size.width
        assert "caller:082 " * 10 in shown(app, "#about Static")
