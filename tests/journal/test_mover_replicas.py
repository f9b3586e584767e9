"""What is taken at a source with replicas is confirmed by one, before the journal gets it.

Otherwise a fail-over puts the same notifications into the list again, they are taken under another
id, and everyone sees them twice.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from redis.exceptions import ResponseError

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.journal.collector import Collector
from enigma_tui.journal.connection import Connection
from enigma_tui.journal.faults import explain
from enigma_tui.journal.keys import Keys
from enigma_tui.journal.mover_batch import BatchMover
from enigma_tui.site import Site, Source
from tests.faults.proxy import Mode, Proxy, open_proxy
from tests.journal.bench import INBOUND, Bench, drain
from tests.topology import ClusterSet, SentinelSet


@dataclass
class Pair:
    """A source whose replica hears of it through a network that can be broken."""

    bench: Bench
    primary: EmbeddedServer
    second: Connection
    network: Proxy

    async def copied(self) -> bool:
        """Whether the replica is in step."""
        said = await self.second.quick.info("replication")
        return said["role"] == "slave" and said["master_link_status"] == "up"

    async def fail_over(self) -> Bench:
        """Have the replica follow its primary; what is under way between them is lost."""
        self.primary.kill()
        self.network.cut()
        await self.second.quick.execute_command("REPLICAOF", "NO", "ONE")
        after = Bench.__new__(Bench)
        vars(after).update(vars(self.bench) | {"at_source": self.second})
        return after


@pytest.fixture
def pair(
    server: EmbeddedServer, new_server: Callable, open_connection: Callable, keys: Keys
) -> Callable:
    @asynccontextmanager
    async def begin() -> AsyncIterator[Pair]:
        primary = new_server("--repl-diskless-sync-delay", "0", port=0)
        bench = Bench(server, primary, keys, open_connection)
        async with open_proxy(primary.url, tcp=True) as network:
            port = network.url.split(":")[-1].split("/")[0]
            second = open_connection(new_server("--replicaof", f"127.0.0.1 {port}"))
            yield Pair(bench, primary, second, network)

    return begin


def mover_of(bench: Bench) -> BatchMover:
    mover = bench.mover()
    assert isinstance(mover, BatchMover)
    return mover


async def test_what_no_replica_has_seen_taken_is_not_journalled_and_after_a_fail_over_shown_once(
    pair: Callable, eventually: Callable
) -> None:
    async with pair() as two:
        await eventually(two.copied)
        mover = mover_of(two.bench)
        await two.bench.push(b"1", b"2")
        await drain(mover)
        await two.bench.push(b"3", b"4")
        assert await two.bench.at_source.quick.execute_command("WAIT", 1, 5_000) == 1
        two.network.set(Mode.STALL)
        for _ in range(2):
            with pytest.raises(ResponseError) as caught:
                await mover.move()
            fault = explain(caught.value, "here")
            assert fault.name == "too few replicas"
            assert fault.sentence == "no replica of here has confirmed in time what was moved"
            assert mover.blame.is_for(caught.value)
        assert await two.bench.payloads() == [b"1", b"2"]
        assert await two.bench.at_source.quick.llen(two.bench.keys.batch(INBOUND)) == 3

        after = await two.fail_over()
        assert await after.list() == [b"3", b"4"]
        await drain(mover_of(after))
        assert await after.payloads() == [b"1", b"2", b"3", b"4"]
        assert await two.second.quick.keys() == []


async def test_a_replica_that_comes_back_lets_the_batch_pass(
    pair: Callable, eventually: Callable
) -> None:
    async with pair() as two:
        await eventually(two.copied)
        mover = mover_of(two.bench)
        await two.bench.push(b"1", b"2")
        two.network.set(Mode.STALL)
        with pytest.raises(ResponseError):
            await mover.move()
        two.network.set(Mode.WELL)
        await drain(mover)
        await two.bench.push(b"3")
        await drain(mover)
        assert await two.bench.payloads() == [b"1", b"2", b"3"]
        # A fail-over just now finds at most a batch whose id the journal knows.
        after = await two.fail_over()
        await drain(mover_of(after))
        assert await after.payloads() == [b"1", b"2", b"3"]


async def test_a_batch_that_has_gone_meanwhile_is_looked_for_again(
    pair: Callable, eventually: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a fail-over between taking and asking: the batch is in the list again."""
    kept, asked = BatchMover._kept, []

    async def lost_once(self: BatchMover, feed: object, batch: object) -> bool:
        if not asked:
            client = self.at_source.quick
            await client.delete(self.keys.batch(INBOUND))
            await client.lpush(INBOUND, b"2", b"1")
        asked.append(batch.id)
        return await kept(self, feed, batch)

    monkeypatch.setattr(BatchMover, "_kept", lost_once)
    async with pair() as two:
        await eventually(two.copied)
        await two.bench.push(b"1", b"2")
        await drain(mover_of(two.bench))
        assert len(set(asked)) == 2
        assert await two.bench.payloads() == [b"1", b"2"]


async def test_behind_sentinels_everything_is_shown_once_when_the_source_fails_over(
    server: EmbeddedServer,
    open_connection: Callable,
    keys: Keys,
    start: Callable,
    eventually: Callable,
    write_site: Callable,
    payloads: Callable,
) -> None:
    with SentinelSet(replicas=1) as pbx:
        journal, source = open_connection(server), Source(name="north", server=pbx.url)
        await write_site(journal, Site(sources=(source,)))
        collector = Collector(journal, keys, open_source=lambda s: open_connection(s.server))
        start(collector.run())
        await eventually(collector.holds.is_set)
        (replica,) = pbx.replica_ports()
        os.kill(pbx.server(replica).pid, signal.SIGSTOP)
        try:
            with pbx.client(pbx.primary()) as client:
                client.rpush(INBOUND, "1", "2")
            await eventually(lambda: collector.status.fault)
            assert collector.status.fault.name == "too few replicas"
            assert "source north" in collector.status.fault.sentence
            assert await payloads(journal) == []
            old = pbx.kill_primary()
        finally:
            os.kill(pbx.server(replica).pid, signal.SIGCONT)
        await asyncio.to_thread(pbx.await_failover, old)

        async def all_there() -> bool:
            return len(await payloads(journal)) >= 2

        await eventually(all_there, seconds=30)
        await eventually(collector.holds.is_set, seconds=30)
        assert await payloads(journal) == [b"1", b"2"]


async def test_in_a_cluster_the_replica_of_the_lists_node_confirms(
    open_connection: Callable, keys: Keys
) -> None:
    with ClusterSet() as cluster:
        link = open_connection(cluster.url)
        source = Source(inbound=cluster.key_elsewhere(keys.journal))
        mover = BatchMover(link, keys, source, link)
        await link.quick.rpush(source.inbound, b"1")
        await drain(mover)
        with cluster.client(cluster.primary_of(source.inbound)) as client:
            replica = int(client.info("replication")["slave0"]["port"])
        await link.quick.rpush(source.inbound, b"2")
        pid = cluster.server(replica).pid
        os.kill(pid, signal.SIGSTOP)
        try:
            with pytest.raises(ResponseError, match=r"NOREPLICAS .* the source's server"):
                await mover.move()
        finally:
            os.kill(pid, signal.SIGCONT)
        assert len(await link.quick.xrange(keys.journal)) == 1

        # A write that a node sends on is not confirmed where it was sent first.
        await asyncio.to_thread(cluster.move_slot, "moves")
        pipeline = link.quick.pipeline(transaction=False)
        pipeline.rpush("moves", b"1")
        pipeline.execute_command("WAIT", 1, 1_000)
        assert await pipeline.execute() == [1, 0]
        pipeline.rpush("moves", b"2")
        pipeline.execute_command("WAIT", 1, 5_000)
        assert await pipeline.execute() == [2, 1]
