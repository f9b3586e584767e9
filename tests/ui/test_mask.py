"""A board that others can see: no caller's number is on it, whatever is opened."""

import re

from tests.ui.hands import Opened, payload, push, type_keys

NUMBER = re.compile(r"0820001234|27820001234|82 000 1234")


async def test_a_masked_number_is_on_no_screen(opened: Opened) -> None:
    async with opened(mask=True, size=(160, 50)) as (app, pilot):
        app.floor.board.rejected.clear()
        await push(app, payload("masked", 4001), b'{"number": "0820001234"')
        for keys in (("g",), ("enter",), ("escape", "d"), ("escape", "x"), ("escape", "i")):
            await type_keys(app, pilot, *keys)
            if reading := [worker for worker in app.workers if worker.group == "reading"]:
                await app.workers.wait_for_complete(reading)
            await pilot.pause()
            shown = re.sub(r"<[^>]+>|&#160;", " ", app.export_screenshot())
            text = re.sub(r"\s+", " ", shown)
            assert not NUMBER.search(text), keys
            if keys == ("g",):
                assert "+27 82 ••• ••34" in text
        await type_keys(app, pilot, "escape", "slash", *"0820001234", "enter")
        assert {call.caller for call in app.floor.view.window(0, 9)} == {"0820001234"}
