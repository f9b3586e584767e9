"""A page up or down moves the cursor, and the cursor stays in sight."""

import pytest

from enigma_tui.demo.embedded import EmbeddedServer
from tests.ui import stage


@pytest.mark.parametrize("size", [(120, 14), (120, 30)])
async def test_every_page_shows_the_cursor_and_the_rows_that_follow(
    floor: EmbeddedServer, size: tuple[int, int]
) -> None:
    app = stage.make_app(floor)
    async with app.run_test(size=size, notifications=True) as pilot:
        await stage.settled(app, pilot)

        async def place_after(*keys: str) -> int:
            await pilot.press(*keys)
            await app.keyboard.idle()
            await pilot.pause()
            assert app.board.table.cursor_in_sight
            cursor = app.board.table.cursor
            place = app.floor.view.index(cursor) if cursor else None
            assert place is not None
            return place

        await place_after("5", "g")
        rows = len(app.floor.view)
        step = await place_after("pagedown")
        assert 5 < step < size[1]
        for page in range(2, 5):
            assert await place_after("pagedown") == min(page * step, rows - 1)
        last = await place_after("G")
        assert last == rows - 1
        assert await place_after("pageup") == last - step
        assert await place_after("up") == last - step - 1
        assert await place_after("down") == last - step
