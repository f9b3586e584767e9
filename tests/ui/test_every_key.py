"""Every key does what it is there for: each is pressed, and its effect looked at."""

from collections.abc import Callable

import pytest
from textual.screen import Screen

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.model.sorting import Sort
from enigma_tui.model.tabs import Tab
from enigma_tui.model.windows import Window
from enigma_tui.ui.app import EnigmaApp
from enigma_tui.ui.commands import BY_ID, COMMANDS
from enigma_tui.ui.screens.alerts import AlertsDialog
from enigma_tui.ui.screens.callbacks import CallBacksDialog
from enigma_tui.ui.screens.calling_back import CallBackDialog
from enigma_tui.ui.screens.choices import ExtensionsDialog, SortDialog
from enigma_tui.ui.screens.choosing_columns import ColumnsDialog
from enigma_tui.ui.screens.details import DetailsDialog
from enigma_tui.ui.screens.disposition import DispositionDialog
from enigma_tui.ui.screens.help import HelpDialog
from enigma_tui.ui.screens.keeping_view import KeepViewDialog
from enigma_tui.ui.screens.outbox import OutboxDialog
from enigma_tui.ui.screens.palette import PaletteDialog
from enigma_tui.ui.screens.rejected import RejectedDialog
from enigma_tui.ui.screens.settings import SettingsDialog
from enigma_tui.ui.screens.statistics import StatisticsDialog
from enigma_tui.ui.screens.themes import ThemeDialog
from tests.ui import stage
from tests.ui.hands import Eventually, Opened, claimant, outcome, toasts, type_keys

Effect = Callable[[EnigmaApp], object]
"""What is to be seen soon after the key: something true."""


def opens(dialog: type[Screen[object]]) -> Effect:
    return lambda app: isinstance(app.screen, dialog)


def on_row(row: int) -> Effect:
    def found(app: EnigmaApp) -> bool:
        view = app.floor.view
        return app.board.table.cursor == view.key_at(row % len(view))

    return found


def says(words: str) -> Effect:
    return lambda app: words in toasts(app)


def code_of_first(app: EnigmaApp) -> str | None:
    done = outcome(app, app.floor.view.key_at(0))
    return done.code if done else None


def marks(app: EnigmaApp) -> int:
    return len(app.board.table.marked)


def shows(tab: Tab) -> Effect:
    return lambda app: app.floor.view.tab is tab


def sorts(by: str, reverse: bool) -> Effect:
    return lambda app: app.floor.view.sort == Sort(by, reverse)


def filters(text: str) -> Effect:
    return lambda app: app.floor.view.query.text == text


VIEWS = {name: f"ext:200{n}" for n, name in enumerate(("one", "two", "three", "four"), start=1)}
MARKED = ("space", "space")
RECORDED = ("d", "s")

EFFECTS: dict[str, tuple[tuple[str, ...], Effect]] = {
    "disposition": ((), opens(DispositionDialog)),
    "details": ((), opens(DetailsDialog)),
    "claim": ((), lambda app: claimant(app, app.floor.view.key_at(0)) == "thandi"),
    "amend": (
        RECORDED,
        lambda app: isinstance(app.screen, DispositionDialog) and app.screen._amending,
    ),
    "repeat": (
        (*RECORDED, "j"),
        lambda app: (done := outcome(app, app.floor.view.key_at(1))) and done.code == "spam",
    ),
    "call_back": ((), opens(CallBackDialog)),
    "mark": ((), lambda app: marks(app) == 1),
    "mark_all": ((), lambda app: marks(app) == len(app.floor.view)),
    "disposition_marked": (MARKED, opens(DispositionDialog)),
    "undo": (RECORDED, lambda app: code_of_first(app) is None),
    "outbox": ((), opens(OutboxDialog)),
    "callbacks": ((), opens(CallBacksDialog)),
    "alerts": ((), opens(AlertsDialog)),
    "acknowledge": ((), lambda app: app.alarms and not app.alarms.open),
    "copy": ((), lambda app: app.clipboard == app.floor.view.key_at(0).call_ref),
    "filter": ((), lambda app: app.focused is app.board.filter_bar.input),
    "extensions": ((), opens(ExtensionsDialog)),
    "clear": (("slash", *"ext:2001", "enter"), filters("")),
    "tab_1": (("5",), shows(Tab.LIVE)),
    "tab_2": ((), shows(Tab.TO_DISPOSE)),
    "tab_3": ((), shows(Tab.ABANDONED)),
    "tab_4": ((), shows(Tab.MINE)),
    "tab_5": ((), shows(Tab.ALL)),
    "view_6": ((), filters("ext:2001")),
    "view_7": ((), filters("ext:2002")),
    "view_8": ((), filters("ext:2003")),
    "view_9": ((), filters("ext:2004")),
    "keep_view": ((), opens(KeepViewDialog)),
    "sort": ((), opens(SortDialog)),
    "sort_previous": ((), sorts("by", reverse=False)),
    "sort_next": ((), sorts("state", reverse=False)),
    "reverse": ((), sorts("began", reverse=False)),
    "columns": ((), opens(ColumnsDialog)),
    "window": ((), lambda app: app.floor.window is Window.HOUR),
    "pause": ((), lambda app: app.floor.paused),
    "follow": ((), lambda app: not app.board.table.following),
    "statistics": ((), opens(StatisticsDialog)),
    "rejected": ((), opens(RejectedDialog)),
    "cursor_down": ((), on_row(1)),
    "cursor_up": (("j", "j"), on_row(1)),
    "page_down": ((), on_row(-1)),
    "page_up": (("G",), on_row(0)),
    "cursor_top": (("j", "j"), on_row(0)),
    "cursor_bottom": ((), on_row(-1)),
    "help": ((), opens(HelpDialog)),
    "theme": ((), opens(ThemeDialog)),
    "settings": ((), opens(SettingsDialog)),
    "palette": ((), opens(PaletteDialog)),
    "phone": ((), lambda app: "There is no phone" in toasts(app)),  # tests/ui/test_phone has one
    "quit": ((), lambda app: app._exit),
}
"""What is typed before each command's key, and what is to be seen after it."""

KEYS = [(name, key) for name in EFFECTS for key in BY_ID[name].keys.split(",")]


@pytest.mark.parametrize(("name", "key"), KEYS, ids=[f"{name}-{key}" for name, key in KEYS])
async def test_a_key_does_what_it_is_there_for(
    floor: EmbeddedServer, opened: Opened, eventually: Eventually, name: str, key: str
) -> None:
    before, effect = EFFECTS[name]
    stage.allow_calling_back(floor)
    alert = {"name": "long", "filter": "hold>1m state:live", "bell": False}
    async with opened(views=VIEWS, alerts=(alert,)) as (app, pilot):
        await eventually(lambda: app.alarms and app.alarms.open)
        if before[:2] == RECORDED:
            first = app.floor.view.key_at(0)
            await type_keys(app, pilot, *RECORDED)
            await eventually(lambda: outcome(app, first))
            await type_keys(app, pilot, *before[2:])
        else:
            await type_keys(app, pilot, *before)
        assert not effect(app), "it would be so without the key"
        await type_keys(app, pilot, key)
        await eventually(lambda: effect(app))


def test_no_command_is_left_out() -> None:
    assert list(EFFECTS) == [command.id for command in COMMANDS]
