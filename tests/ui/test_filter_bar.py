"""Typing a filter: what is offered, and what was typed before."""

from enigma_tui.ui.app import EnigmaApp
from tests.ui.hands import Eventually, Opened, type_keys


def offered(app: EnigmaApp) -> str:
    return app.board.filter_bar.input._suggestion


async def test_fields_and_known_values_are_offered_and_tab_takes_them(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        await type_keys(app, pilot, "slash", *"st")
        await eventually(lambda: offered(app) == "state:")
        await type_keys(app, pilot, "tab")
        assert app.board.filter_bar.input.value == "state:"
        await type_keys(app, pilot, "a")
        await eventually(lambda: offered(app) == "state:abandoned")
        await type_keys(app, pilot, "tab", "enter")
        assert app.floor.view.query.text == "state:abandoned"
        await type_keys(app, pilot, "slash", *"ext:")
        extensions = {name for name, _, _ in app.floor.extensions()}
        await eventually(lambda: offered(app).removeprefix("ext:") in extensions)


async def test_up_and_down_go_through_the_filters_that_were_typed(opened: Opened) -> None:
    async with opened() as (app, pilot):
        for text in ("ext:2001", "hold>30", "ext:2001", "hold>5"):
            await type_keys(app, pilot, "slash", *text, "enter")
        line = app.board.filter_bar.input
        await type_keys(app, pilot, "slash", *"new")
        seen = []
        for key in ("up", "up", "up", "up", "down", "down", "down", "down"):
            await type_keys(app, pilot, key)
            seen.append(line.value)
        assert seen == [
            *("hold>5", "ext:2001", "hold>30", "hold>30"),
            *("ext:2001", "hold>5", "new", "new"),
        ]
        await type_keys(app, pilot, "up", "escape")
        assert app.floor.view.query.text == "hold>5", "what is not entered is not kept"


async def test_up_and_down_move_the_cursor_again_once_the_filter_is_left(opened: Opened) -> None:
    async with opened() as (app, pilot):
        await type_keys(app, pilot, "slash", "escape", "down")
        assert app.floor.view.index(app.board.table.cursor) == 1  # type: ignore[arg-type]
