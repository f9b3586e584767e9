"""The failing network does what its name says, and is well again afterwards."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from .proxy import Mode, Proxy, open_proxy

LINE = b"PING\r\n"


@pytest_asyncio.fixture(params=[True, False], ids=["tcp", "unix"])
async def proxy(request: pytest.FixtureRequest, new_server: Callable) -> AsyncIterator[Proxy]:
    server = new_server(port=0) if request.param else new_server()
    async with open_proxy(server.url, tcp=request.param) as proxy:
        yield proxy


@pytest_asyncio.fixture
async def dial(proxy: Proxy) -> AsyncIterator[Callable]:
    writers = []

    async def connected() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if proxy.url.startswith("unix"):
            reader, writer = await asyncio.open_unix_connection(proxy.url.removeprefix("unix://"))
        else:
            port = int(proxy.url.split(":")[2].split("/")[0])
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writers.append(writer)
        return reader, writer

    yield connected
    for writer in writers:
        writer.transport.abort()


async def ping(line: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> bytes:
    reader, writer = line
    writer.write(LINE)
    return await asyncio.wait_for(reader.readline(), 10)


async def test_it_carries_both_ways_and_counts(proxy: Proxy, dial: Callable) -> None:
    line = await dial()
    assert await ping(line) == b"+PONG\r\n"
    assert (proxy.accepted, proxy.open, proxy.swallowed) == (1, 1, 0)
    assert proxy.forwarded == len(LINE) + len(b"+PONG\r\n")


async def test_a_cut_ends_every_connection_and_new_ones_are_carried(
    proxy: Proxy, dial: Callable, eventually: Callable
) -> None:
    lines = [await dial(), await dial()]
    for line in lines:
        await ping(line)
    assert proxy.cut() == 2
    for reader, _ in lines:
        with contextlib.suppress(ConnectionError):
            assert await asyncio.wait_for(reader.read(), 10) == b""
    await eventually(lambda: proxy.open == 0)
    assert await ping(await dial()) == b"+PONG\r\n"


async def test_what_stalls_comes_later(proxy: Proxy, dial: Callable) -> None:
    line = await dial()
    await ping(line)
    proxy.set(Mode.STALL)
    waiting = asyncio.create_task(ping(line))
    done, _ = await asyncio.wait({waiting}, timeout=0.2)
    assert not done
    proxy.set(Mode.WELL)
    assert await waiting == b"+PONG\r\n"


async def test_a_mute_network_carries_what_is_asked_and_holds_the_answer(
    proxy: Proxy, dial: Callable, eventually: Callable
) -> None:
    line = await dial()
    await ping(line)
    before = proxy.forwarded
    proxy.set(Mode.MUTE)
    waiting = asyncio.create_task(ping(line))
    await eventually(lambda: proxy.forwarded == before + len(LINE))
    done, _ = await asyncio.wait({waiting}, timeout=0.2)
    assert not done
    proxy.set(Mode.WELL)
    assert await waiting == b"+PONG\r\n"


async def test_latency_is_on_both_ways_and_not_on_the_rate(proxy: Proxy, dial: Callable) -> None:
    lines = [await dial() for _ in range(5)]
    proxy.set(Mode.SLOW)
    proxy.latency = 0.1
    began = time.monotonic()
    answers = await asyncio.gather(*(ping(line) for line in lines))
    assert answers == [b"+PONG\r\n"] * 5
    assert 0.2 <= time.monotonic() - began < 0.9


async def test_half_open_swallows_and_what_was_swallowed_stays_away(
    proxy: Proxy, dial: Callable, eventually: Callable
) -> None:
    reader, writer = await dial()
    await ping((reader, writer))
    proxy.set(Mode.SWALLOW)
    writer.write(LINE)
    await eventually(lambda: proxy.swallowed == len(LINE))
    assert proxy.open == 1
    proxy.set(Mode.WELL)
    assert await ping(await dial()) == b"+PONG\r\n"
    done, _ = await asyncio.wait({asyncio.create_task(reader.read(1))}, timeout=0.2)
    assert not done
    proxy.cut()


async def test_a_dribble_arrives_byte_by_byte_and_whole(proxy: Proxy, dial: Callable) -> None:
    line = await dial()
    proxy.set(Mode.DRIBBLE)
    assert await ping(line) == b"+PONG\r\n"
    assert proxy.pieces == proxy.forwarded == len(LINE) + len(b"+PONG\r\n")


async def test_a_refused_connection_ends_at_once(proxy: Proxy, dial: Callable) -> None:
    proxy.set(Mode.REFUSE)
    with contextlib.suppress(ConnectionError):
        reader, _ = await dial()
        assert await asyncio.wait_for(reader.read(), 10) == b""
    assert proxy.accepted == 1
