"""Pages of others, open in the same browser, are not given the board."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
import redis

from tests.browser.chromium import Chromium
from tests.browser.conftest import Serve
from tests.browser.screen import wait_for
from tests.servers import free_port

pytestmark = pytest.mark.asyncio(loop_scope="session")

Eventually = Callable[..., Awaitable[float]]

PAGE = b"<!doctype html><title>another site</title><p>"

_CONNECT = """new Promise((told) => {
  const socket = new WebSocket(%r);
  socket.onopen = () => told("opened");
  socket.onerror = () => told("refused");
})"""


@pytest_asyncio.fixture(loop_scope="session")
async def elsewhere() -> AsyncIterator[int]:
    """A site of somebody else's; its port on this machine."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"
        writer.write(head + PAGE)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as listening:
        yield listening.sockets[0].getsockname()[1]


async def test_a_page_of_another_origin_cannot_drive_the_board(
    browser: Chromium, serve: Serve, client: redis.Redis, elsewhere: int
) -> None:
    served = serve()
    board = served.address.replace("http:", "ws:") + "board?width=80&height=24"
    ours = await browser.open(served.address)
    await wait_for(ours, "● live")
    assert await ours.run(_CONNECT % board) == "opened"
    for host in ("evil.example", "127.0.0.1", "localhost"):
        theirs = await browser.open(f"http://{host}:{elsewhere}/")
        assert await theirs.run("document.title") == "another site"
        assert await theirs.run(_CONNECT % board) == "refused"


async def test_nor_one_whose_name_was_made_to_stand_for_this_machine(
    browser: Chromium, serve: Serve, eventually: Eventually
) -> None:
    served = serve()
    theirs = served.address.replace("127.0.0.1", "evil.example")
    page = await browser.open(theirs)
    told = str(await page.run("document.body.innerText"))
    assert "not served under the name evil.example" in told
    assert "--public-url" in told
    assert await page.run(_CONNECT % f"{theirs.replace('http:', 'ws:')}board") == "refused"
    assert not served.boards()


async def test_nor_one_that_shows_it_inside_its_own(
    browser: Chromium, serve: Serve, client: redis.Redis, elsewhere: int, eventually: Eventually
) -> None:
    served = serve()
    page = await browser.open(f"http://localhost:{elsewhere}/")
    refused: list[str] = []
    page.on("Network.loadingFailed", lambda e: refused.append(e.get("blockedReason", "")))
    await page.run(f"""document.body.innerHTML = '<iframe src="{served.address}"></iframe>'""")
    await eventually(lambda: refused)
    assert not served.boards()


async def test_the_name_that_people_open_it_under_is_let_in(
    browser: Chromium, serve: Serve, client: redis.Redis
) -> None:
    port = free_port()
    name = f"http://board.example:{port}/"
    served = serve("--port", str(port), "--public-url", name)
    assert served.address == name
    await wait_for(await browser.open(name), "● live")
