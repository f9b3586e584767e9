"""What supervisors do in browsers, and that every screen agrees."""

import re
from collections.abc import Awaitable, Callable
from functools import partial

import pytest
import redis

from tests.browser.chromium import Chromium
from tests.browser.conftest import Serve
from tests.browser.screen import text_of, wait_for
from tests.e2e.test_supervisors import INBOUND, call

pytestmark = pytest.mark.asyncio(loop_scope="session")

Eventually = Callable[..., Awaitable[float]]


async def test_it_shows_the_calls_and_takes_keys_without_a_click(
    browser: Chromium, serve: Serve, client: redis.Redis
) -> None:
    client.rpush(INBOUND, *(call(ref, 2000 + ref % 100) for ref in range(4701, 4704)))
    page = await browser.open(serve().address)
    text = await wait_for(page, "[1 Live 3]")
    assert {"4701", "4702", "4703"} <= set(text.split())
    assert "+27 82 000 1234" in text
    client.rpush(INBOUND, call(4704, 2010))
    await wait_for(page, "4704")

    await page.type("/ext:2002")
    text = await wait_for(page, "1 of 4 calls")
    assert "4702" in text
    assert "4703" not in text
    await page.press("Escape", code=27)
    await wait_for(page, lambda text: "1 of 4" not in text and "4703" in text)


async def test_an_outcome_recorded_in_one_tab_is_shown_in_the_other(
    browser: Chromium, serve: Serve, client: redis.Redis
) -> None:
    served = serve()
    one = await browser.open(served.address)
    two = await browser.open(served.address)
    client.rpush(INBOUND, call(4711, 2001), call(4712, 2002))
    for page in (one, two):
        await wait_for(page, "[1 Live 2]")
    assert len(served.boards()) == 2
    await one.front()
    await one.type("/4711")
    await one.press("Enter", code=13)
    await wait_for(one, "1 of 2 calls")
    await one.type("ds")
    await wait_for(one, lambda text: re.search(r" 4711 +spam +me", text))
    text = await wait_for(two, lambda text: re.search(r" 4711 +spam +me", text))
    assert not re.search(r" 4712 +spam", text)
    (key,) = client.scan_iter("{enigma-tui}:call:*")
    assert client.hmget(key, "code", "by") == [b"spam", b"thandi"]


async def test_keys_that_browsers_use_themselves_the_mouse_and_the_clipboard(
    browser: Chromium, serve: Serve, client: redis.Redis
) -> None:
    served = serve()
    client.rpush(INBOUND, *(call(ref, 2000 + ref % 100) for ref in range(4701, 4711)))
    page = await browser.open(served.address)
    text = await wait_for(page, "[1 Live 10]")
    lines = text.splitlines()
    row = next(number for number, line in enumerate(lines) if " 4705 " in line)
    height = float(await page.run("document.querySelector('.xterm-rows > div').offsetHeight"))
    await wait_for(page, "following the newest")  # and so all is where it stays
    await page.click(200, (row + 0.5) * height)
    await wait_for(page, lambda text: re.search(r"▌.* 4705 ", text))

    for pressed in ("p", ":"):
        if pressed == ":":
            await page.type(pressed)
        else:
            await page.press(pressed, code=80, control=True)  # prints, where nobody takes it
        await wait_for(page, "a command, a view, a theme")
        await page.press("Escape", code=27)
        await wait_for(page, lambda text: "a command, a view, a theme" not in text)

    await page.type("y")
    await wait_for(page, "4705 sent to the clipboard")
    assert await page.pasted() == "4705"


def _fits(text: str, columns: float, lines: float) -> bool:
    """Whether the frame ends near the last column, and the keys stand in the last line."""
    rows = text.splitlines()
    return (
        abs(len(rows) - lines) < 1.5
        and abs(rows[2].find("╮") - columns) < 2.5
        and "? Help" in rows[-1]
    )


async def test_another_size_of_the_window_is_the_size_of_the_board(
    browser: Chromium, serve: Serve, client: redis.Redis
) -> None:
    client.rpush(INBOUND, call(4701))
    page = await browser.open(serve().address)
    await wait_for(page, "[1 Live 1]")
    for width, height in ((800, 500), (1400, 800)):
        await page.resize(width, height)
        # Of the font at 16 pixels a cell is 9.6 pixels wide and 21 high.
        await wait_for(page, partial(_fits, columns=width / 9.6, lines=height / 21))


async def test_nothing_is_loaded_from_another_host(
    browser: Chromium, serve: Serve, client: redis.Redis
) -> None:
    served = serve()
    page = await browser.open(served.address)
    await wait_for(page, "No live calls")
    host = served.address.removeprefix("http://")
    assert len(page.requested) >= 8
    for address in page.requested:
        assert address.startswith((f"http://{host}", f"ws://{host}")), address
    assert await page.run("document.fonts.check('16px \"Roboto Mono\"')")


async def test_a_tab_that_is_closed_ends_its_board_and_no_other(
    browser: Chromium, serve: Serve, client: redis.Redis, eventually: Eventually
) -> None:
    served = serve()
    one = await browser.open(served.address)
    await wait_for(one, "● live")
    (board,) = served.boards()
    two = await browser.open(served.address)
    await wait_for(two, "● live")
    await one.close()
    await eventually(lambda: len(served.boards()) == 1)
    assert board not in served.boards()
    client.rpush(INBOUND, call(4701))
    await wait_for(two, "[1 Live 1]")


async def test_a_board_that_was_quit_is_opened_again_with_enter(
    browser: Chromium, serve: Serve, client: redis.Redis, eventually: Eventually
) -> None:
    served = serve()
    page = await browser.open(served.address)
    await wait_for(page, "● live")
    await page.type("q")
    ended = "getComputedStyle(document.getElementById('ended')).display !== 'none'"
    await eventually(lambda: page.run(ended))
    await eventually(lambda: not served.boards())
    await page.press("Enter", code=13)
    await eventually(lambda: served.boards())
    client.rpush(INBOUND, call(4701))
    await wait_for(page, "[1 Live 1]")
    assert "● live" in await text_of(page)
