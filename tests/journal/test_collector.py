"""One program collects, another takes over when it ends, and nothing is lost between them."""

import asyncio
import contextlib
import statistics
import sys
import time
from collections.abc import Callable

import pytest

from enigma_tui.journal.collector import LEASE_MS, Collector
from enigma_tui.journal.connection import Connection
from enigma_tui.journal.keys import Keys
from enigma_tui.journal.mover import SameServerMover
from enigma_tui.site import Site, Source

INBOUND, CDR = Source().inbound, Source().cdr
LEASE = LEASE_MS / 1000
LEASE_KEY = Keys("test").lease("pbx")

COLLECT = """
import asyncio, sys
from enigma_tui.journal.collector import Collector
from enigma_tui.journal.connection import Address, connect
from enigma_tui.journal.keys import Keys
asyncio.run(Collector(connect(Address(sys.argv[1]), "other"), Keys("test")).run())
"""


async def test_nothing_happens_before_a_site_has_been_written(
    connection: Connection, keys: Keys, start: Callable, eventually: Callable
) -> None:
    await connection.quick.rpush(INBOUND, "theirs")
    await connection.quick.config_resetstat()
    collector = Collector(connection, keys)
    start(collector.run())

    async def asked() -> bool:
        return "cmdstat_get" in await connection.quick.info("commandstats")

    await eventually(asked)
    stats = await connection.quick.info("commandstats")
    assert not {"cmdstat_set", "cmdstat_evalsha", "cmdstat_blmove"} & set(stats)
    assert await connection.quick.keys() == [INBOUND.encode()]
    assert await connection.quick.lrange(INBOUND, 0, -1) == [b"theirs"]
    assert not collector.status.holding
    assert collector.status.fault is None


async def test_it_begins_at_once_when_told_that_the_site_is_written(
    connection: Connection,
    keys: Keys,
    start: Callable,
    eventually: Callable,
    write_site: Callable,
    payloads: Callable,
) -> None:
    await connection.quick.rpush(INBOUND, "waited")
    collector = Collector(connection, keys)
    start(collector.run())
    await asyncio.sleep(0)
    await write_site(connection)
    collector.nudge.set()
    await eventually(lambda: collector.status.moved == 1)
    assert collector.holds.is_set()
    assert await payloads(connection) == [b"waited"]


async def test_a_mistake_of_the_program_is_no_answer_of_the_server(
    connection: Connection, keys: Keys, monkeypatch: pytest.MonkeyPatch, write_site: Callable
) -> None:
    async def move(self: SameServerMover) -> None:
        raise ValueError("a mistake")

    await write_site(connection)
    monkeypatch.setattr(SameServerMover, "move", move)
    collector = Collector(connection, keys)
    with pytest.raises(BaseExceptionGroup) as caught:
        await asyncio.wait_for(collector.run(), 5)
    assert caught.group_contains(ValueError, match="a mistake")
    assert collector.status.fault is None
    assert not await connection.quick.exists(LEASE_KEY)


async def test_it_collects_what_comes_with_few_commands_and_promptly(
    connection: Connection,
    keys: Keys,
    start: Callable,
    eventually: Callable,
    write_site: Callable,
    payloads: Callable,
) -> None:
    await write_site(connection)
    collector = Collector(connection, keys)
    start(collector.run())
    await eventually(collector.holds.is_set)

    async def waits() -> bool:
        return (await connection.quick.info("clients"))["blocked_clients"] == 1

    await eventually(waits)
    await connection.quick.config_resetstat()
    began, waits_for = time.monotonic(), []
    for n in range(50):
        await connection.quick.rpush(INBOUND, str(n))
        moved = n + 1
        waits_for.append(await eventually(lambda m=moved: collector.status.moved == m))
        await eventually(waits)
    seconds = time.monotonic() - began
    stats = await connection.quick.info("commandstats")
    calls = {name.removeprefix("cmdstat_"): stat["calls"] for name, stat in stats.items()}
    # GET is counted inside the lease script, too.
    sent = sum(calls.get(name, 0) for name in ("evalsha", "blmove", "get", "set", "pttl", "time"))
    assert sent <= 50 * 2 + 4 + 3 * seconds
    assert statistics.median(waits_for) < 1.0
    assert await payloads(connection) == [b"%d" % n for n in range(50)]


async def test_an_idle_collector_hardly_troubles_the_server(
    connection: Connection, keys: Keys, start: Callable, eventually: Callable, write_site: Callable
) -> None:
    await write_site(connection, Site(sources=(Source(collect_cdr=True),)))
    collector = Collector(connection, keys)
    start(collector.run())
    await eventually(collector.holds.is_set)
    before = (await connection.quick.info("stats"))["total_commands_processed"]
    began = time.monotonic()
    # The promise is about time that passes, so some has to.
    await asyncio.sleep(3.0)
    seconds = time.monotonic() - began
    after = (await connection.quick.info("stats"))["total_commands_processed"]
    # About ten, as commands inside scripts count; how many rounds fall into three seconds varies.
    # To ask two lists ten times a second would be twenty more.
    assert (after - before) / seconds <= 20


async def test_only_one_of_two_collects(
    server: object,
    open_connection: Callable,
    keys: Keys,
    start: Callable,
    eventually: Callable,
    write_site: Callable,
) -> None:
    both = [Collector(open_connection(server), keys) for _ in range(2)]
    await write_site(both[0].connection)
    for collector in both:
        start(collector.run())
    await eventually(lambda: any(c.status.holding for c in both))
    holder = next(c for c in both if c.status.holding)
    other = next(c for c in both if c is not holder)
    held = await holder.connection.quick.get(LEASE_KEY)
    assert held
    for n in range(100):
        await holder.connection.quick.rpush(INBOUND, str(n))
    await eventually(lambda: holder.status.moved == 100)
    # Long enough for the lease to be renewed and for the other to ask again.
    until = time.monotonic() + LEASE / 3 + 1.5
    while time.monotonic() < until:
        assert not (both[0].status.holding and both[1].status.holding)
        await asyncio.sleep(0.02)
    assert holder.status.holding
    assert other.status.moved == 0
    assert await holder.connection.quick.get(LEASE_KEY) == held
    assert await holder.connection.quick.pttl(LEASE_KEY) > LEASE_MS / 3


async def test_the_lease_is_given_up_on_quitting_and_taken_over(
    server: object,
    open_connection: Callable,
    keys: Keys,
    start: Callable,
    eventually: Callable,
    write_site: Callable,
    payloads: Callable,
) -> None:
    first, second = (Collector(open_connection(server), keys) for _ in range(2))
    await write_site(first.connection)
    running = asyncio.create_task(first.run())
    await eventually(first.holds.is_set)
    held = await second.connection.quick.get(LEASE_KEY)
    start(second.run())
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert await second.connection.quick.get(LEASE_KEY) != held
    assert not first.status.holding
    await second.connection.quick.rpush(INBOUND, "next")
    assert await eventually(lambda: second.status.moved == 1) < LEASE
    assert await payloads(second.connection) == [b"next"]


async def test_a_lease_taken_by_another_is_not_fought_over(
    connection: Connection, keys: Keys, start: Callable, eventually: Callable, write_site: Callable
) -> None:
    await write_site(connection)
    collector = Collector(connection, keys)
    start(collector.run())
    await eventually(collector.holds.is_set)
    await connection.quick.set(LEASE_KEY, "a frozen one, thawed", px=60_000)
    await eventually(lambda: not collector.status.holding)
    assert await connection.quick.get(LEASE_KEY) == b"a frozen one, thawed"
    await connection.quick.delete(LEASE_KEY)
    await eventually(collector.holds.is_set)


async def test_when_a_collector_is_killed_another_takes_over_and_nothing_is_lost_or_repeated(
    server: object,
    open_connection: Callable,
    keys: Keys,
    start: Callable,
    eventually: Callable,
    write_site: Callable,
    payloads: Callable,
) -> None:
    connection = open_connection(server)
    await write_site(connection)
    other = await asyncio.create_subprocess_exec(sys.executable, "-c", COLLECT, server.url)
    try:
        await eventually(lambda: connection.quick.exists(LEASE_KEY))
        collector = Collector(open_connection(server), keys)
        start(collector.run())
        sent = 0
        # Killed in the middle of its work: what is pushed never stops.
        for _ in range(40):
            await connection.quick.rpush(INBOUND, *[str(n) for n in range(sent, sent + 250)])
            sent += 250
        await eventually(lambda: connection.quick.exists(keys.journal))
        other.kill()
        died = time.monotonic()
        for _ in range(8):
            await connection.quick.rpush(INBOUND, *[str(n) for n in range(sent, sent + 250)])
            sent += 250
        await eventually(collector.holds.is_set)
        assert time.monotonic() - died < 2 * LEASE
    finally:
        with contextlib.suppress(ProcessLookupError):
            other.kill()
        await other.wait()

    async def all_there() -> bool:
        return not await connection.quick.exists(INBOUND)

    await eventually(all_there)
    assert await payloads(connection) == [b"%d" % n for n in range(sent)]
