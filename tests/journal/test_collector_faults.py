"""A collector follows the site, keeps the retention, and outlives whatever a server answers."""

import asyncio
import time
from collections.abc import Callable

import pytest

from enigma_tui.journal.collector import LEASE_MS, Collector
from enigma_tui.journal.connection import Connection
from enigma_tui.journal.keys import Keys
from enigma_tui.journal.lease import Lease, LeaseLost
from enigma_tui.journal.stream import Journal
from enigma_tui.model.entry import Cut, decode
from enigma_tui.site import Retention, Site, Source

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
    await eventually(lambda: collector.status.moved == 2)
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
    assert not await connection.quick.exists(LEASE_KEY)
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
        assert collector.status.fault.lost or collector.status.fault.name == "loading"
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
    assert not await connection.quick.exists(LEASE_KEY)


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
    monkeypatch.setattr(Lease, "keep", _lose_lease_at_once(Lease.keep, lambda: failing))
    running = start(collector.run())
    await eventually(lambda: collector.status.fault)
    assert collector.status.fault.name == "unreachable"
    failing = False
    await eventually(collector.holds.is_set)
    assert not running.done()


def _lose_lease_at_once(renew: Callable, failing: Callable[[], bool]) -> Callable:
    async def lost(self: Lease, *rest: object) -> None:
        if not failing():
            await renew(self, *rest)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise LeaseLost from None

    return lost


async def test_a_source_that_wants_a_password_has_its_own_settings_named(
    connection: Connection,
    keys: Keys,
    new_server: Callable,
    open_connection: Callable,
    start: Callable,
    eventually: Callable,
    write_site: Callable,
) -> None:
    closed = new_server()
    await open_connection(closed).quick.config_set("requirepass", "secret")
    source = Source(name="north", server=closed.url)
    await write_site(connection, Site(sources=(source,)))
    collector = Collector(connection, keys, open_source=lambda _: open_connection(closed))
    start(collector.run())
    await eventually(lambda: collector.status.fault)
    fault = collector.status.fault
    assert fault.name == "wrong password"
    assert "source north" in fault.sentence
    assert "source_password_files" in fault.remedy
    assert "password_file in the settings" not in fault.remedy, "that is the journal's"
