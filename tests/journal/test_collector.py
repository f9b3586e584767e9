"""One program collects, another takes over when it ends, and nothing is lost between them."""

import asyncio
import contextlib
import sys
import time
from collections.abc import Callable

import pytest

from enigma_tui.journal.collector import LEASE_MS, Collector
from enigma_tui.journal.connection import Connection
from enigma_tui.journal.keys import Keys
from enigma_tui.journal.stream import Journal
from enigma_tui.model.entry import Cut, decode
from enigma_tui.site import Retention, Site, Source

INBOUND, CDR = Source().inbound, Source().cdr
LEASE = LEASE_MS / 1000

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
    await eventually(lambda: collector.status.moved == 1, seconds=1.0)
    assert collector.holds.is_set()
    assert await payloads(connection) == [b"waited"]


async def test_a_mistake_of_the_program_is_no_answer_of_the_server(
    connection: Connection, keys: Keys, monkeypatch: pytest.MonkeyPatch, write_site: Callable
) -> None:
    async def collect(self: Collector, mover: object) -> None:
        raise ValueError("a mistake")

    await write_site(connection)
    monkeypatch.setattr(Collector, "_collect", collect)
    collector = Collector(connection, keys)
    with pytest.raises(BaseExceptionGroup) as caught:
        await asyncio.wait_for(collector.run(), 5)
    assert caught.group_contains(ValueError, match="a mistake")
    assert collector.status.fault is None
    assert not await connection.quick.exists(keys.lease)


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
    began, slowest = time.monotonic(), 0.0
    for n in range(50):
        await connection.quick.rpush(INBOUND, str(n))
        moved = n + 1
        slowest = max(slowest, await eventually(lambda m=moved: collector.status.moved == m))
        await eventually(waits)
    seconds = time.monotonic() - began
    stats = await connection.quick.info("commandstats")
    calls = {name.removeprefix("cmdstat_"): stat["calls"] for name, stat in stats.items()}
    # GET is counted inside the lease script, too.
    sent = sum(calls.get(name, 0) for name in ("evalsha", "blmove", "get", "set", "pttl", "time"))
    assert sent <= 50 * 2 + 4 + 3 * seconds
    assert slowest < 1.0
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
    # Commands inside scripts count: a renewal is three, looking at the site one.
    assert (after - before) / seconds <= 12


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
    assert await holder.connection.quick.get(keys.lease) == holder.id.encode()
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
    assert await holder.connection.quick.pttl(keys.lease) > LEASE_MS / 3


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
    start(second.run())
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert await second.connection.quick.get(keys.lease) in (None, second.id.encode())
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
    await connection.quick.set(keys.lease, "a frozen one, thawed", px=60_000)
    await eventually(lambda: not collector.status.holding, seconds=LEASE)
    assert await connection.quick.get(keys.lease) == b"a frozen one, thawed"
    await connection.quick.delete(keys.lease)
    await eventually(collector.holds.is_set, seconds=LEASE)


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
        await eventually(lambda: connection.quick.exists(keys.lease))
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
        assert time.monotonic() - died < LEASE + 1.0
    finally:
        with contextlib.suppress(ProcessLookupError):
            other.kill()
        await other.wait()

    async def all_there() -> bool:
        return not await connection.quick.exists(INBOUND)

    await eventually(all_there)
    assert await payloads(connection) == [b"%d" % n for n in range(sent)]


async def test_a_change_of_the_site_is_followed(
    connection: Connection,
    keys: Keys,
    start: Callable,
    eventually: Callable,
    write_site: Callable,
    payloads: Callable,
) -> None:
    await write_site(connection)
    await connection.quick.rpush(CDR, "record")
    collector = Collector(connection, keys)
    start(collector.run())
    await eventually(collector.holds.is_set)
    await connection.quick.rpush(INBOUND, "call")
    await eventually(lambda: collector.status.moved == 1)
    assert await connection.quick.llen(CDR) == 1
    await write_site(connection, Site(sources=(Source(collect_cdr=True),)))
    await eventually(lambda: collector.status.moved == 2, seconds=LEASE)
    assert await payloads(connection) == [b"call", b"record"]
    assert collector.status.fault is None


async def test_a_site_that_cannot_be_read_is_named_and_mended_settings_are_taken_up(
    connection: Connection, keys: Keys, start: Callable, eventually: Callable
) -> None:
    await connection.quick.set(keys.site, "{oops")
    collector = Collector(connection, keys)
    start(collector.run())
    await eventually(lambda: collector.status.fault)
    assert collector.status.fault.name == "wrong site settings"
    assert keys.site in collector.status.fault.sentence
    assert not await connection.quick.exists(keys.lease)
    await connection.quick.set(keys.site, Site().to_json())
    await eventually(collector.holds.is_set)
    await eventually(lambda: collector.status.fault is None)


async def test_one_bad_list_is_named_steadily_and_not_tried_in_a_rush(
    connection: Connection, keys: Keys, start: Callable, eventually: Callable, write_site: Callable
) -> None:
    north, south = Source(name="north"), Source(name="south", inbound="south:in", cdr="south:cdr")
    await write_site(connection, Site(sources=(north, south)))
    await connection.quick.set("south:in", "no list")
    collector = Collector(connection, keys)
    start(collector.run())
    await eventually(lambda: collector.status.fault)
    await connection.quick.config_resetstat()
    until = time.monotonic() + 2.0
    while time.monotonic() < until:
        assert collector.status.fault is not None
        assert "south:in" in collector.status.fault.sentence
        await asyncio.sleep(0.01)
    tries = (await connection.quick.info("commandstats")).get("cmdstat_set", {"calls": 0})["calls"]
    assert tries <= 4  # a quarter of a second, a half, one, two
    await connection.quick.delete("south:in")
    await connection.quick.rpush("south:in", "at last")
    await eventually(lambda: collector.status.moved == 1)
    await eventually(lambda: collector.status.fault is None)


async def test_the_retention_is_kept(
    connection: Connection, keys: Keys, start: Callable, eventually: Callable, write_site: Callable
) -> None:
    day = 86_400_000
    now = int((await connection.quick.time())[0]) * 1000
    for begin in (now - 3 * day, now - day // 2):
        pipeline = connection.quick.pipeline()
        for n in range(30_000 if begin < now - day else 1_000):
            pipeline.xadd(keys.journal, {"kind": "call", "raw": "{}"}, id=f"{begin + n}-0")
        await pipeline.execute()
    await write_site(connection, Site(retention=Retention(days=1)))
    start(Collector(connection, keys).run())

    # Whole nodes of 100 entries are trimmed.
    async def trimmed() -> bool:
        return await connection.quick.xlen(keys.journal) < 1_000 + 1 + 100

    await eventually(trimmed)
    assert await connection.quick.xlen(keys.journal) > 1_000  # and nothing newer
    last = (await connection.quick.xrevrange(keys.journal, count=1))[0][1]
    assert last[b"kind"] == b"site"  # trimming what is old enough is no cut


async def test_a_cut_by_the_cap_is_recorded(
    connection: Connection, keys: Keys, start: Callable, eventually: Callable, write_site: Callable
) -> None:
    pipeline = connection.quick.pipeline()
    for _ in range(25_000):
        pipeline.xadd(keys.journal, {"kind": "call", "raw": "{}"})
    await pipeline.execute()
    await write_site(connection, Site(retention=Retention(entries=1_000)))
    start(Collector(connection, keys).run())

    async def cut() -> bool:
        return (await connection.quick.xrevrange(keys.journal, count=1))[0][1][b"kind"] == b"cut"

    await eventually(cut)
    left = await connection.quick.xlen(keys.journal)
    newest = (await connection.quick.xrevrange(keys.journal, count=1))[0]
    event = decode((0, 0), newest[1])
    assert isinstance(event, Cut)
    assert event.count == 25_000 + 1 - (left - 1)
    assert 1_000 <= left <= 1_101


async def test_a_server_that_is_killed_and_comes_back_has_missed_nothing(
    new_server: Callable,
    open_connection: Callable,
    keys: Keys,
    start: Callable,
    eventually: Callable,
    write_site: Callable,
    payloads: Callable,
) -> None:
    server = new_server("--appendonly", "yes", "--appendfsync", "always")
    connection = open_connection(server)
    await write_site(connection)
    collector = Collector(open_connection(server), keys)
    start(collector.run())
    await eventually(collector.holds.is_set)
    for n in range(3):
        await connection.quick.rpush(INBOUND, *[str(500 * n + m) for m in range(500)])
        server.kill()
        await eventually(lambda: collector.status.fault)
        assert collector.status.fault.name in ("unreachable", "loading")
        assert not collector.status.holding
        server.start()

        async def drained() -> bool:
            return not await connection.quick.exists(INBOUND)

        await eventually(drained)
        await eventually(lambda: collector.status.fault is None)
    assert await payloads(connection) == [b"%d" % n for n in range(1_500)]


async def test_an_unforeseen_failure_is_not_swallowed(
    connection: Connection, keys: Keys, write_site: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    await write_site(connection)

    async def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(Journal, "trim", broken)
    with pytest.raises(ExceptionGroup) as caught:
        await asyncio.wait_for(Collector(connection, keys).run(), 5.0)
    assert caught.group_contains(RuntimeError, match="a bug")
    assert not await connection.quick.exists(keys.lease)


async def test_a_lost_lease_and_a_failure_at_once_are_both_survived(
    connection: Connection,
    keys: Keys,
    start: Callable,
    eventually: Callable,
    write_site: Callable,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await write_site(connection)
    failing = True

    async def trim(*_: object) -> int:
        if failing:
            raise ConnectionResetError
        return 0

    monkeypatch.setattr(Journal, "trim", trim)
    collector = Collector(connection, keys)
    monkeypatch.setattr(Collector, "_renew", _lose_lease_at_once(Collector._renew, lambda: failing))
    running = start(collector.run())
    await eventually(lambda: collector.status.fault)
    assert collector.status.fault.name == "unreachable"
    failing = False
    await eventually(collector.holds.is_set)
    assert not running.done()


def _lose_lease_at_once(renew: Callable, failing: Callable[[], bool]) -> Callable:
    from enigma_tui.journal.collector import _LeaseLost

    async def lost(self: Collector, *rest: object) -> None:
        if not failing():
            await renew(self, *rest)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise _LeaseLost from None

    return lost
