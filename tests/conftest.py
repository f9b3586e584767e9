"""What every test of the program may ask for: a real server, and patience with a limit.

Each pytest-xdist worker has a server of its own on a Unix socket, emptied before each test. A
test that stops, kills or configures a server starts one for itself with `new_server`.
"""

import asyncio
import inspect
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path

import hypothesis
import pytest
import pytest_asyncio

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.journal.connection import Address, Connection, connect

hypothesis.settings.register_profile(
    "patient",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("patient")  # the machine may be busy with other things


# Whoever runs the tests in the background of a script, or under nohup, ignores these, and every
# process that is started inherits it: then none of them can be interrupted.
for _number, _usual in (
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGHUP, signal.SIG_DFL),
):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, _usual)


def pytest_xdist_auto_num_workers() -> int:
    """Two workers for each core: much of what they do is to wait for servers and processes."""
    return 2 * (os.cpu_count() or 1)


BOUND = 15.0
"""Seconds; generous, for a loaded machine. Nothing waits so long unless it is broken."""

STEP = 0.01
"""Seconds between two looks at a condition."""

Predicate = Callable[[], object | Awaitable[object]]


async def _eventually(predicate: Predicate, seconds: float = BOUND) -> float:
    began = time.monotonic()
    while True:
        found = predicate()
        if inspect.isawaitable(found):
            found = await found
        if found:
            return time.monotonic() - began
        if time.monotonic() - began > seconds:
            pytest.fail(f"not within {seconds} seconds: {_text_of(predicate)}")
        await asyncio.sleep(STEP)


def _text_of(predicate: Predicate) -> str:
    try:
        return inspect.getsource(predicate).strip()
    except (OSError, TypeError):
        return repr(predicate)


@pytest.fixture(scope="session")
def eventually() -> Callable[..., Awaitable[float]]:
    """Wait until a predicate, plain or async, is true; fail after so many seconds.

    `await eventually(lambda: seen == 3, seconds=2)` returns the seconds it took.
    """
    return _eventually


@pytest.fixture(scope="session")
def shared_server() -> Iterator[EmbeddedServer]:
    """The worker's server; tests take `server`, which is empty."""
    with EmbeddedServer() as server:
        yield server


@pytest_asyncio.fixture
async def server(shared_server: EmbeddedServer) -> EmbeddedServer:
    """A server with nothing in it, not to be configured or stopped."""
    connection = connect(Address(shared_server.url), "test")
    await connection.quick.flushall()
    await connection.close()
    return shared_server


@pytest.fixture
def new_server(tmp_path: Path) -> Iterator[Callable[..., EmbeddedServer]]:
    """Start a server that the test may treat as it likes: `new_server("--appendonly", "yes")`.

    Its files outlast a stop and a start. `port=0` gives it a TCP port, too.
    """
    with ExitStack() as stack:

        def start(*arguments: str, port: int | None = None) -> EmbeddedServer:
            number = len(list(tmp_path.glob("server-*")))
            directory = tmp_path / f"server-{number}"
            server = EmbeddedServer(directory, port=port, arguments=arguments)
            return stack.enter_context(server)

        yield start


@pytest_asyncio.fixture
async def open_connection() -> AsyncIterator[Callable[..., Connection]]:
    """Open a connection to a server or an address, closed after the test."""
    async with AsyncExitStack() as stack:

        def opened(where: EmbeddedServer | str, role: str = "test") -> Connection:
            url = where if isinstance(where, str) else where.url
            connection = connect(Address(url), role)
            stack.push_async_callback(connection.close)
            return connection

        yield opened


@pytest_asyncio.fixture
async def connection(
    server: EmbeddedServer, open_connection: Callable[..., Connection]
) -> Connection:
    """A connection to `server`."""
    return open_connection(server)
