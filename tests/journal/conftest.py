"""What tests of the journal share: the keys, a site, and tasks that end with the test."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any

import pytest
import pytest_asyncio

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.journal.connection import Address, Connection, connect
from enigma_tui.journal.keys import Keys
from enigma_tui.journal.sites import SiteStore
from enigma_tui.site import Site
from tests.journal.bench import Bench


@pytest.fixture
def keys() -> Keys:
    return Keys("test")


@pytest_asyncio.fixture
async def start() -> AsyncIterator[Callable[..., asyncio.Task[object]]]:
    """Run a coroutine beside the test. It is cancelled at the end, and must not have failed."""
    tasks: list[asyncio.Task[object]] = []

    def begin(work: Coroutine[object, object, object]) -> asyncio.Task[object]:
        task = asyncio.create_task(work)
        tasks.append(task)
        return task

    yield begin
    for task in tasks:
        task.cancel()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    failures = [e for e in ended if isinstance(e, Exception)]
    assert not failures


@pytest.fixture
def write_site(keys: Keys) -> Callable[..., Any]:
    """Write a site's settings, whatever they were before."""

    async def write(connection: Connection, site: Site | None = None) -> Site:
        store = SiteStore(connection, keys)
        site = site or Site()
        assert await store.save(site, "tester", await store.load())
        return site

    return write


@pytest.fixture
def payloads(keys: Keys) -> Callable[..., Any]:
    """Read the payloads of all notifications in the journal, in order."""

    async def read(connection: Connection) -> list[bytes]:
        entries = await connection.quick.xrange(keys.journal)
        return [fields[b"raw"] for _, fields in entries if b"raw" in fields]

    return read


@pytest.fixture(scope="session")
def other_server() -> Iterator[EmbeddedServer]:
    """The worker's second server; tests take `second_server`, which is empty."""
    with EmbeddedServer() as server:
        yield server


@pytest_asyncio.fixture
async def second_server(other_server: EmbeddedServer) -> EmbeddedServer:
    """Another server with nothing in it, not to be configured or stopped."""
    connection = connect(Address(other_server.url), "test")
    await connection.quick.flushall()
    await connection.close()
    return other_server


@pytest.fixture(params=["one server", "two servers"])
def bench(
    request: pytest.FixtureRequest,
    server: EmbeddedServer,
    second_server: EmbeddedServer,
    open_connection: Callable[..., Connection],
    keys: Keys,
) -> Bench:
    """A source and a journal, once on one server and once on two."""
    source = server if request.param == "one server" else second_server
    return Bench(server, source, keys, open_connection)


@pytest.fixture(params=["one server", "two servers"])
def own_bench(
    request: pytest.FixtureRequest,
    new_server: Callable[..., EmbeddedServer],
    open_connection: Callable[..., Connection],
    keys: Keys,
) -> Bench:
    """The same on servers that the test may treat as it likes."""
    server = new_server()
    source = server if request.param == "one server" else new_server()
    return Bench(server, source, keys, open_connection)
