"""What the Dialler publishes is journalled once, by one of those who collect."""

import asyncio
import os
import random
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from enigma_tui.journal.collector import Collector
from enigma_tui.journal.collector_source import SourceCollector
from enigma_tui.journal.connection import Connection
from enigma_tui.journal.lease import LeaseLost
from enigma_tui.journal.pubsub import Listener
from enigma_tui.journal.stream import Journal
from enigma_tui.model.board import Board
from enigma_tui.model.call import ORIGIN, Feed
from enigma_tui.model.entry import decode
from enigma_tui.site import Site, Source
from tests.journal.bench import Bench

CHANNEL = "enigma:notifications:agents:2010"
DATA = Path(__file__).parents[1] / "data"


def samples(name: str) -> list[bytes]:
    return (DATA / f"{name}.jsonl").read_bytes().split(b"\n")[:-1]


def listening(bench: Bench, **settings: object) -> Site:
    return Site(sources=(bench.source(agents=True, **settings),))


async def heard_by(connection: Connection) -> int:
    return await connection.quick.pubsub_numpat()


async def test_calls_and_states_are_journalled_and_the_dialler_has_calls_of_its_own(
    bench: Bench, start: Callable, eventually: Callable, write_site: Callable
) -> None:
    await write_site(bench.journal, listening(bench))
    start(Collector(bench.journal, bench.keys).run())
    await eventually(lambda: heard_by(bench.at_source))
    sent = samples("dialler-call") + samples("agent-status")
    for raw in sent:
        await bench.at_source.quick.publish(CHANNEL, raw)

    async def all_there() -> bool:
        return len(await bench.payloads()) == len(sent)

    await eventually(all_there)
    entries = await bench.entries()
    assert [f[b"raw"] for f in entries] == sent
    assert {f[b"feed"] for f in entries} == {b"agents"}
    assert [f[b"kind"] for f in entries] == [b"call"] * 2 + [b"status"] * 6
    board = Board()
    found = await Journal(bench.journal, bench.keys).after(ORIGIN, wait=False)
    for entry_id, fields in found:
        board.apply(decode(entry_id, fields))
    assert {(key.feed, key.call_ref) for key in board.calls} == {
        (Feed.DIALLER, "9001"),
        (Feed.DIALLER, "9002"),
    }
    assert board.rejected_total == 0


async def test_without_the_setting_nothing_is_listened_to(
    bench: Bench, start: Callable, eventually: Callable, write_site: Callable
) -> None:
    await write_site(bench.journal, Site(sources=(bench.source(),)))
    collector = Collector(bench.journal, bench.keys)
    start(collector.run())
    await eventually(collector.holds.is_set)
    assert await heard_by(bench.at_source) == 0


async def test_of_two_collectors_one_listens_and_everything_is_journalled_once(
    bench: Bench, start: Callable, eventually: Callable, write_site: Callable
) -> None:
    await write_site(bench.journal, listening(bench))
    collectors = [Collector(bench.opened(bench.servers["journal"]), bench.keys) for _ in range(2)]
    for collector in collectors:
        start(collector.run())
    await eventually(lambda: heard_by(bench.at_source))
    assert await heard_by(bench.at_source) == 1
    sent = [b"%d" % n for n in range(2_000)]
    pipeline = bench.at_source.quick.pipeline(transaction=False)
    for raw in sent:
        pipeline.publish(CHANNEL, raw)
    await pipeline.execute()

    async def all_there() -> bool:
        return len(await bench.payloads()) >= len(sent)

    await eventually(all_there)
    assert await bench.payloads() == sent


async def test_one_who_was_frozen_journals_nothing_that_its_successor_has_heard(
    bench: Bench,
) -> None:
    source = bench.source(agents=True)
    frozen, successor = (
        Listener(bench.journal, bench.at_source, bench.keys, source) for _ in range(2)
    )
    assert await frozen.lease.acquire()
    await frozen.append([b"1"])
    await bench.journal.quick.delete(frozen.lease.key)  # it has run out
    assert await successor.lease.acquire()
    await successor.append([b"2", b"3"])
    with pytest.raises(LeaseLost):
        await frozen.append([b"2", b"3"])
    await successor.lease.release()
    with pytest.raises(LeaseLost):  # though nobody holds it now
        await frozen.append([b"2", b"3"])
    assert await bench.payloads() == [b"1", b"2", b"3"]


async def test_a_source_that_not_all_know_by_its_new_name_yet_is_heard_once(
    bench: Bench, eventually: Callable
) -> None:
    """Each holds the lease of the source that it knows; only one of them listens."""

    def collector(name: str) -> SourceCollector:
        return SourceCollector(
            bench.opened(bench.servers["journal"]),
            bench.keys,
            bench.source(name=name, agents=True),
            lambda source: bench.opened(source.server),
            lambda: None,
            random.Random(),
        )

    async def published(*messages: bytes) -> None:
        for raw in messages:
            await bench.at_source.quick.publish(CHANNEL, raw)

        async def all_there() -> bool:
            return len(await bench.payloads()) >= len(messages)

        await eventually(all_there)

    old, new = collector("old"), collector("new")
    before = asyncio.create_task(old.run())
    await eventually(lambda: heard_by(bench.at_source))
    after = asyncio.create_task(new.run())
    try:
        await eventually(lambda: old.status.holding and new.status.holding)
        asked = await times_asked(bench)

        async def asked_again() -> bool:
            return await times_asked(bench) > asked + 2

        await eventually(asked_again)
        assert await heard_by(bench.at_source) == 1
        sent = [b"%d" % n for n in range(100)]
        await published(*sent)
        assert [(f[b"source"], f[b"raw"]) for f in await bench.entries()] == [
            (b"old", raw) for raw in sent
        ]
        await bench.journal.quick.delete(bench.keys.journal)
        before.cancel()
        await asyncio.gather(before, return_exceptions=True)
        took = await eventually(lambda: heard_by(bench.at_source))
        assert took < 2
        await published(*sent)
        assert [(f[b"source"], f[b"raw"]) for f in await bench.entries()] == [
            (b"new", raw) for raw in sent
        ]
        assert old.status.fault is None
        assert new.status.fault is None
    finally:
        after.cancel()
        before.cancel()
        await asyncio.gather(before, after, return_exceptions=True)


async def times_asked(bench: Bench) -> int:
    """Return how often a lease was asked for."""
    stats = await bench.journal.quick.info("commandstats")
    return int(stats.get("cmdstat_set", {"calls": 0})["calls"])


def test_a_server_has_one_word_whatever_else_its_address_says() -> None:
    one = ["redis://PBX.example/1", "redis://user@pbx.example:6379/0", "rediss://pbx.example"]
    others = ["", "redis://pbx.example:6380", "redis://south.example", "unix:///run/redis.sock"]
    assert len({Source(server=server).server_tag for server in one}) == 1
    assert len({Source(server=server).server_tag for server in (one[0], *others)}) == 5


async def test_a_connection_that_is_cut_is_a_fault_and_is_opened_again(
    bench: Bench, start: Callable, eventually: Callable, write_site: Callable
) -> None:
    await write_site(bench.journal, listening(bench))
    collector = Collector(bench.journal, bench.keys)
    start(collector.run())
    await eventually(lambda: heard_by(bench.at_source))
    await bench.at_source.quick.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
    await eventually(lambda: collector.status.fault)
    assert collector.status.fault is not None
    assert collector.status.fault.name == "connection lost"

    async def heard() -> bool:
        await bench.at_source.quick.publish(CHANNEL, b"again")
        await asyncio.sleep(0.05)
        return bool(await bench.payloads())

    await eventually(heard)
    assert set(await bench.payloads()) == {b"again"}


async def test_a_silent_connection_is_asked_whether_it_is_there_still(
    own_bench: Bench, monkeypatch: pytest.MonkeyPatch, start: Callable, eventually: Callable
) -> None:
    bench = own_bench
    monkeypatch.setattr("enigma_tui.journal.pubsub.QUIET_SECONDS", 0.2)
    source = bench.source(agents=True)
    listener = Listener(bench.journal, bench.at_source, bench.keys, source)
    listening = asyncio.create_task(listener.run())
    await eventually(lambda: heard_by(bench.at_source))
    done, _ = await asyncio.wait({listening}, timeout=1.0)
    assert not done, "nothing is published, and that is no fault"
    os.kill(bench.servers["source"].pid, signal.SIGSTOP)
    try:
        with pytest.raises(BaseExceptionGroup) as caught:
            await asyncio.wait_for(listening, 5)
        assert caught.group_contains(TimeoutError)
    finally:
        os.kill(bench.servers["source"].pid, signal.SIGCONT)
