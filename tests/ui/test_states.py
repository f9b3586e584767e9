"""Whatever is wrong with a server, the board says it in a word, on 80 columns, too."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import redis
from textual.pilot import Pilot

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.journal.connection import Address, connect
from enigma_tui.journal.desk import Who
from enigma_tui.settings import Settings
from enigma_tui.ui.app import EnigmaApp
from enigma_tui.ui.following import Startup
from enigma_tui.ui.widgets.status import StatusLine
from tests.states import ONLY_WRITES, STATES

Eventually = Callable[..., Awaitable[float]]
INBOUND = "enigma:notifications:inbound"


@asynccontextmanager
async def opened(url: str, **settings: Any) -> AsyncIterator[tuple[EnigmaApp, Pilot[None]]]:
    made = Settings(redis_url=url, name="ann", **settings)
    app = EnigmaApp(
        made, lambda: Startup(connect(Address(url), "test"), Who("ann"), Path("/never"))
    )
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await app.wired.wait()
        yield app, pilot


def said(app: EnigmaApp) -> str:
    """Return the first line of the screen, as wide as it is drawn."""
    return app.query_one(StatusLine).render_line(0).text


@pytest.mark.parametrize("name", STATES)
async def test_every_state_of_a_server_is_named_in_the_status_line(
    name: str, eventually: Eventually
) -> None:
    with STATES[name]() as url:
        async with opened(url, collect="yes") as (app, _):
            words = f"cannot collect: {name}" if name in ONLY_WRITES else f"● {name}"
            await eventually(lambda: words in said(app))
            assert len(said(app)) <= 80
            assert "…" not in said(app)
            if name not in ONLY_WRITES:
                assert "retry" in said(app)


async def test_a_server_that_goes_away_is_disconnected_and_says_why(
    new_server: Callable[..., EmbeddedServer], eventually: Eventually
) -> None:
    server = new_server(port=0)
    async with opened(server.url) as (app, _):
        await eventually(lambda: "● live" in said(app))
        server.kill()
        await eventually(lambda: ", refused, retry in" in said(app))
        assert "● disconnected, data" in said(app)


async def test_lists_that_grow_while_nobody_collects_are_told_with_the_number(
    empty_server: EmbeddedServer, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("enigma_tui.journal.follower.PULSE_SECONDS", 0.05)
    with redis.Redis.from_url(empty_server.url) as client:
        client.rpush(INBOUND, *range(7))  # before the board first asks how many there are
        async with opened(empty_server.url, collect="no") as (app, _):
            await eventually(lambda: "backlog 7" in said(app))
            assert "growing" not in said(app)
            client.rpush(INBOUND, *range(1230))
            await eventually(lambda: "backlog 1,237, growing: 1,230 more" in said(app))
            client.set("{enigma-tui}:collector:pbx", "another")
            await eventually(lambda: "growing" not in said(app))


@pytest.mark.parametrize(("off", "words"), [(65, "this clock 1m 0"), (-7, "this clock 7s slow")])
async def test_a_clock_that_is_off_is_a_word_and_no_disconnection(
    off: float, words: str, empty_server: EmbeddedServer, eventually: Eventually
) -> None:
    async with opened(empty_server.url, collect="no") as (app, _):
        status = app.query_one(StatusLine)
        ours = status.wall
        await eventually(lambda: app.follower.pulse)
        status.tell()
        assert "clock" not in said(app)
        status.wall = lambda: ours() + off
        await eventually(lambda: words in said(app))
        assert "● live" in said(app)
        await asyncio.sleep(0)
