"""Help for the place that one is in: what it is for, and its keys, as they are bound there."""

import importlib
import pkgutil
from collections.abc import Iterator

import pytest
from textual.binding import Binding
from textual.widgets import Input

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.model.query_help import EXAMPLES, FIELDS, MEANINGS
from enigma_tui.ui import screens
from enigma_tui.ui.app import EnigmaApp
from enigma_tui.ui.helping import Section
from enigma_tui.ui.screens.dialog import Dialog
from enigma_tui.ui.screens.disposition import DispositionDialog
from enigma_tui.ui.screens.finding import FindingDialog
from enigma_tui.ui.screens.help import HelpDialog
from tests.ui import stage
from tests.ui.hands import Opened, type_keys

LONG = {"name": "Long hold", "filter": "hold>2m"}

PLACES: dict[str, tuple[str, ...]] = {
    "AlertsDialog": ("n",),
    "CallBackDialog": ("b",),
    "CallBacksDialog": ("B",),
    "ColumnsDialog": ("t",),
    "DetailsDialog": ("enter",),
    "DispositionDialog": ("d",),
    "ExtensionsDialog": ("e",),
    "KeepViewDialog": ("slash", *"ext:2001", "enter", "v"),
    "OutboxDialog": ("o",),
    "PaletteDialog": ("colon",),
    "RejectedDialog": ("x",),
    "SettingsDialog": ("ctrl+o",),
    "SortDialog": ("s",),
    "StatisticsDialog": ("i",),
    "ThemeDialog": ("T",),
}
"""The keys that open each dialog; the one about collecting is asked by itself."""


def dialogs() -> Iterator[type[Dialog[object]]]:
    for module in pkgutil.iter_modules(screens.__path__):
        importlib.import_module(f"{screens.__name__}.{module.name}")
    waiting = list(Dialog.__subclasses__())
    while waiting:
        one = waiting.pop()
        waiting += one.__subclasses__()
        if one not in (HelpDialog, FindingDialog):
            yield one


def told(app: EnigmaApp) -> dict[str, str]:
    """Return what the help on the screen says, by the keys."""
    assert isinstance(app.screen, HelpDialog)
    sections: list[Section] = list(app.screen._sections)
    return {row.keys: row.words for section in sections for row in section.rows}


def test_every_dialog_is_explained_and_so_is_each_of_its_keys() -> None:
    found = {one.__name__: one for one in dialogs()}
    assert {*PLACES, "ConsentDialog"} <= set(found)
    for name, one in found.items():
        assert one.TOPIC, name
        assert one.ABOUT.endswith("."), name
        for binding in Binding.make_bindings(one.BINDINGS):
            assert binding.description, (name, binding.key)


@pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=str)
@pytest.mark.parametrize("place", PLACES)
async def test_help_in_a_dialog_is_of_that_dialog(
    floor: EmbeddedServer, opened: Opened, place: str, size: tuple[int, int]
) -> None:
    stage.allow_calling_back(floor)
    async with opened(size=size, alerts=[LONG]) as (app, pilot):
        await type_keys(app, pilot, *PLACES[place])
        dialog = app.screen
        assert isinstance(dialog, Dialog)
        assert type(dialog).__name__ == place
        typing = isinstance(dialog.focused, Input)
        assert ("F1 help" if typing else "? help") in str(dialog.query_one(".box").border_subtitle)
        await type_keys(app, pilot, "f1" if typing else "question_mark")
        assert isinstance(app.screen, HelpDialog)
        assert app.screen.query_one(".box").border_title == f"Help: {dialog.TOPIC}"
        keys = told(app)
        assert "F1" in keys if typing else "? F1" in keys
        for binding in Binding.make_bindings(type(dialog).BINDINGS):
            if dialog.check_action(binding.action.partition("(")[0], ()):
                assert binding.description in keys.values(), binding.key
        assert not any(word in keys for word in ("q", "d", "ctrl+p :")), "of the board"
        await type_keys(app, pilot, "question_mark")
        assert app.screen is dialog
        await type_keys(app, pilot, "escape")
        assert app.screen is app.board


async def test_a_question_mark_that_is_typed_is_text(opened: Opened) -> None:
    async with opened() as (app, pilot):
        await type_keys(app, pilot, "d", "c", *"why", "question_mark")
        assert isinstance(app.screen, DispositionDialog)
        assert app.screen.query_one("#when", Input).value == "why?"
        await type_keys(app, pilot, "f1")
        keys = told(app)
        assert "Search the codes" not in keys.values(), "which a slash does not do while one types"
        assert keys["tab"] == "To the next field"


async def test_the_codes_that_can_be_chosen_are_in_the_help_and_nothing_that_cannot(
    opened: Opened,
) -> None:
    async with opened() as (app, pilot):
        await type_keys(app, pilot, "d", "question_mark")
        keys = told(app)
        tree = app.floor.site.code_tree()
        for code in tree.codes:
            assert keys[code.key].startswith(code.label)
        assert keys["/"] == "Search the codes"
        assert "Amend what stands, with a reason" not in keys.values()
        await type_keys(app, pilot, "escape", "e", "question_mark")
        group = next(code for code in tree.codes if code.key == "e")
        inner = told(app)
        assert {code.label for code in group.codes} <= set(inner.values())


async def test_help_while_a_filter_is_typed_is_of_filters(opened: Opened) -> None:
    async with opened() as (app, pilot):
        await type_keys(app, pilot, "slash", *"ext:", "question_mark", "f1")
        assert app.board.filter_bar.input.value == "ext:?"
        keys = told(app)
        for table in (EXAMPLES, FIELDS, MEANINGS):
            assert table.items() <= keys.items()
        assert (keys["tab"], keys["↑"], keys["↓"]) == ("Complete", "Earlier", "Later")
        assert "Scroll Up" not in keys.values()
        await type_keys(app, pilot, "escape")
        assert app.board.filter_bar.input.has_focus
        assert app.board.filter_bar.input.value == "ext:?"


async def test_help_of_the_board_has_the_keys_in_force_and_says_what_is_off(
    opened: Opened,
) -> None:
    async with opened(keys={"claim": "f3"}, read_only=True) as (app, pilot):
        await type_keys(app, pilot, "f1")
        keys = told(app)
        assert keys["f3"].endswith("(off: this board is read-only)")
        assert "c" not in keys
        assert FIELDS.items() <= keys.items()
