"""A real browser, a board served to it, and calls that the PBX announces."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import pytest_asyncio
import redis

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.site import Site, Source
from tests.browser import chromium
from tests.browser.chromium import Chromium
from tests.served import Served

Serve = Callable[..., Served]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium_running() -> AsyncIterator[Chromium]:
    """The worker's browser; tests take `browser`, which knows nothing of other tests."""
    program = chromium.find()
    if program is None:
        pytest.skip(
            "there is no Chromium: apt-get install chromium, or say in "
            f"{chromium.VARIABLE} where it is"
        )
    async with chromium.running(program) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def browser(chromium_running: Chromium) -> AsyncIterator[Chromium]:
    """A real browser, without tabs."""
    async with chromium_running.forgetting():
        yield chromium_running


@pytest.fixture
def client(server: EmbeddedServer) -> Iterator[redis.Redis]:
    """A plain client, as the PBX has one, of a site that collects records of calls too."""
    with redis.Redis.from_url(server.url) as plain:
        site = Site(title="Test floor", sources=(Source(collect_cdr=True),))
        plain.set("{enigma-tui}:site", site.to_json())
        yield plain


@pytest.fixture
def serve(server: EmbeddedServer, tmp_path: Path) -> Iterator[Serve]:
    """Serve boards of `server`, under the name of Thandi."""
    with ExitStack() as stack:

        def start(*options: str, **environment: str) -> Served:
            arguments = ("--redis-url", server.url, "--as", "thandi")
            served = Served(*arguments, home=tmp_path, options=options, **environment)
            return stack.enter_context(served)

        yield start
