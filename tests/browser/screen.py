"""What a tab shows of the board, read from the page itself."""

import asyncio
import json
import time
from collections.abc import Callable

from tests.browser.chromium import PATIENCE, Page

_ROWS = (
    "[...document.querySelectorAll('.xterm-rows > div')].map(row => row.textContent).join('\\n')"
)

_STEP = 0.02


async def text_of(page: Page) -> str:
    """Return the lines of the terminal in the page.

    What a line held beyond the last column before the window became smaller nobody sees.
    """
    rows = str(await page.run(_ROWS)).replace("\xa0", " ").splitlines()
    columns, _ = size_of(page)
    return "\n".join(row[:columns] for row in rows)


def size_of(page: Page) -> tuple[int, int]:
    """Return the columns and lines that the page has last told the board; none if it has not."""
    told = [json.loads(each) for each in page.sent]
    sizes = [(each[1]["width"], each[1]["height"]) for each in told if each[0] == "resize"]
    return sizes[-1] if sizes else (0, 0)


async def wait_for(page: Page, what: str | Callable[[str], object]) -> str:
    """Return the lines once they show `what`; fails with them when they do not.

    The tab is brought to the front: a browser paints no other.
    """
    await page.front()
    deadline = time.monotonic() + PATIENCE
    while True:
        text = await text_of(page)
        if what in text if isinstance(what, str) else what(text):
            return text
        if time.monotonic() > deadline:
            named = what if isinstance(what, str) else "what was expected"
            raise AssertionError(f"the page does not show {named!r}:\n{text}")
        await asyncio.sleep(_STEP)
