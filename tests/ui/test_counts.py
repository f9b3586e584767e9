"""What one change may cost the screen: counts that are the same on every machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from textual.strip import Strip

from enigma_tui.model.tabs import Tab
from enigma_tui.ui.app import EnigmaApp
from enigma_tui.ui.widgets.call_lines import Shown
from tests.ui.hands import Eventually, Opened, payload, push, type_keys


@contextmanager
def drawn(app: EnigmaApp) -> Iterator[list[str]]:
    """Note the reference of each row that is drawn; not those that are only moved."""
    noted: list[str] = []
    lines = app.board.table._lines
    original = lines.row

    def counted(shown: Shown, *more: Any) -> Strip:
        noted.append(shown.call.key.call_ref)
        return original(shown, *more)

    lines.row = counted  # type: ignore[method-assign]
    try:
        yield noted
    finally:
        lines.row = original  # type: ignore[method-assign]


def on_screen(app: EnigmaApp) -> list[str]:
    return [shown.call.key.call_ref for shown in app.board.table._shown if shown]


async def test_a_call_that_comes_draws_its_row_and_moves_the_others(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened(size=(120, 40)) as (app, pilot):
        await type_keys(app, pilot, "5")
        before = on_screen(app)
        with drawn(app) as noted:
            await push(app, payload(7001, 7001))
            await eventually(lambda: "7001" in on_screen(app) and noted)
        assert on_screen(app)[1:] == before[: len(on_screen(app)) - 1]
        assert noted == ["7001"]


async def test_a_second_that_passes_draws_the_rows_that_count_it(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened(size=(120, 40)) as (app, pilot):
        await type_keys(app, pilot, "5")
        live = {key.call_ref for key in app.floor.tally.keys(Tab.LIVE)}
        over = set(on_screen(app)) - live
        assert live
        assert over
        later = app.floor.now_ms() / 1000 + 1
        app.floor.clock = lambda: later
        with drawn(app) as noted:
            await eventually(lambda: live & set(noted) == live & set(on_screen(app)))
        assert not over & set(noted)
