"""A stage for tests of the screen."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import redis
from textual.drivers.headless_driver import HeadlessDriver
from textual.pilot import Pilot

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.ui.app import EnigmaApp
from tests.ui import stage
from tests.ui.hands import Opened
from tests.ui.seen import Record, Recorded


@pytest.fixture
def empty_server(shared_server: EmbeddedServer) -> EmbeddedServer:
    """The worker's server with nothing in it, for tests that are not async."""
    stage.use_utc()
    with redis.Redis.from_url(shared_server.url) as client:
        client.flushall()
    for kept in Path(shared_server.directory).glob("state-*"):
        shutil.rmtree(kept)
    return shared_server


@pytest.fixture
def floor(empty_server: EmbeddedServer) -> EmbeddedServer:
    """A server with the demo's site and a busy morning."""
    stage.demo_floor(empty_server)
    return empty_server


@pytest.fixture
def opened(floor: EmbeddedServer) -> Opened:
    """Open the board on the demo's morning, settled."""

    @asynccontextmanager
    async def run(
        size: tuple[int, int] = (120, 30), **settings: Any
    ) -> AsyncIterator[tuple[EnigmaApp, Pilot[None]]]:
        app = stage.make_app(floor, **settings)
        # notifications=True: a toast that cannot be drawn must fail the test.
        async with app.run_test(size=size, notifications=True) as pilot:
            await stage.settled(app, pilot)
            yield app, pilot

    return run


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> Record:
    """Let apps that have no terminal write to emulators, in full colour."""
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)

    def begin(size: tuple[int, int]) -> Recorded:
        record = Recorded(size)
        monkeypatch.setattr(HeadlessDriver, "is_headless", False)
        monkeypatch.setattr(HeadlessDriver, "write", lambda _, data: record.write(data))
        return record

    return begin
