"""A theme is seen before it is chosen, and is there again when the board is opened again."""

import tomllib
from pathlib import Path

import pytest
from textual.widgets import OptionList

from enigma_tui.settings import COMMAND_LINE
from enigma_tui.ui.app import EnigmaApp
from enigma_tui.ui.screens.themes import ThemeDialog
from enigma_tui.ui.themes import ABOUT, COLOUR_BLIND, DARK, HIGH_CONTRAST, LIGHT, NAMES
from tests.ui.hands import Opened, shown, toasts, type_keys
from tests.ui.seen import Record


def ground(app: EnigmaApp) -> str:
    """Return the colour that the table is drawn on."""
    colour = app.board.table.style_of("base").bgcolor
    assert colour is not None
    assert colour.triplet is not None
    return colour.triplet.hex


async def test_each_theme_is_seen_as_the_cursor_comes_to_it_and_escape_goes_back(
    opened: Opened, recorded: Record
) -> None:
    recorded((120, 30))
    async with opened() as (app, pilot):
        await type_keys(app, pilot, "T")
        assert isinstance(app.screen, ThemeDialog)
        assert app.screen.query_one(OptionList).highlighted == 0
        for theme, key in ((DARK, ""), (LIGHT, "j"), (HIGH_CONTRAST, "down"), (COLOUR_BLIND, "j")):
            await type_keys(app, pilot, *filter(None, [key]))
            assert app.theme == theme.name
            assert ground(app) == theme.background
            assert shown(app, "#about") == ABOUT[theme.name]
        await type_keys(app, pilot, "end")
        assert app.theme == NAMES[-1]
        await type_keys(app, pilot, "escape")
        assert app.screen is app.board
        assert ground(app) == DARK.background
        assert toasts(app) == ""
        assert app.settings.theme == DARK.name


async def test_the_one_that_is_chosen_is_kept_in_the_settings_file(
    opened: Opened, tmp_path: Path
) -> None:
    file = tmp_path / "new" / "config.toml"
    async with opened(settings_file=file) as (app, pilot):
        await type_keys(app, pilot, "T", "j", "enter")
        assert app.theme == LIGHT.name
        assert tomllib.loads(file.read_text()) == {"theme": LIGHT.name}
        assert toasts(app) == f"Kept in {file}."
        # What was there is kept as it was, and choosing the same again writes nothing.
        file.write_text(f'# mine\nname = "ann"\ntheme = "{LIGHT.name}"  # for the sun\n')
        before = file.stat().st_mtime_ns
        await type_keys(app, pilot, "T", "enter")
        assert file.stat().st_mtime_ns == before
        await type_keys(app, pilot, "T", "k", "enter")
        assert file.read_text() == f'# mine\nname = "ann"\ntheme = "{DARK.name}"  # for the sun\n'


@pytest.mark.parametrize("origin", ["ENIGMA_TUI_THEME", COMMAND_LINE])
async def test_it_is_said_when_something_else_will_count_for_more(
    opened: Opened, tmp_path: Path, origin: str
) -> None:
    file = tmp_path / "config.toml"
    origins = {"theme": origin, "views": str(file)}
    async with opened(settings_file=file, origins=origins) as (app, pilot):
        await type_keys(app, pilot, "T", "j", "enter")
        assert tomllib.loads(file.read_text())["theme"] == LIGHT.name
        assert f"Kept in {file}; but {origin} says otherwise" in toasts(app)
        await type_keys(app, pilot, "slash", *"ext:2001", "enter", "v", *"x", "enter")
        assert toasts(app) == f"Kept in {file}.", "which is so for that setting only"


async def test_where_nothing_can_be_kept_the_board_says_so_and_goes_on(
    opened: Opened, tmp_path: Path
) -> None:
    file = tmp_path / "config.toml"
    file.write_text("not toml")
    async with opened(settings_file=file) as (app, pilot):
        await type_keys(app, pilot, "T", "j", "enter")
        assert "not TOML" in toasts(app)
        assert "for this session only" in toasts(app)
        assert app.theme == LIGHT.name
        assert file.read_text() == "not toml"
    async with opened() as (app, pilot):  # as the demo is
        await type_keys(app, pilot, "T", "j", "enter")
        assert toasts(app) == "Kept for this session only."
        assert app.theme == LIGHT.name
