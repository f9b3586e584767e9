"""Behind sentinels and in a cluster everything works as on one server, and after a fail-over."""

import asyncio
import json
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from enigma_tui.journal import connection as connection_module
from enigma_tui.journal.address import Address, Login
from enigma_tui.journal.collector import Collector
from enigma_tui.journal.connection import BLOCK_MS, Connection, connect
from enigma_tui.journal.desk import Act, DispositionDesk, Who
from enigma_tui.journal.faults import FAILED, explain
from enigma_tui.journal.follower import Follower
from enigma_tui.journal.keys import Keys
from enigma_tui.journal.scripts import script
from enigma_tui.model.call import ORIGIN, CallKey, EntryId, Feed
from enigma_tui.model.entry import Event
from enigma_tui.site import Site, Source
from tests.topology import ClusterSet, SentinelSet

Topology = SentinelSet | ClusterSet


@pytest.fixture(params=[SentinelSet, ClusterSet], ids=["sentinel", "cluster"])
def topology(request: pytest.FixtureRequest) -> Iterator[Topology]:
    with request.param() as started:
        yield started


class Listener:
    """A sink that remembers."""

    def __init__(self) -> None:
        self.last = ORIGIN
        self.seen: list[Event] = []
        self.restarts: list[bool] = []

    def on_events(self, events: Sequence[Event]) -> None:
        self.seen += events
        self.last = events[-1].id

    def on_restart(self, missing: bool) -> None:
        self.restarts.append(missing)
        self.seen.clear()
        self.last = ORIGIN

    def on_site(self, site: Site | None) -> None:
        pass

    def on_link(self) -> None:
        pass


def home_of(topology: Topology, keys: Keys) -> int:
    if isinstance(topology, ClusterSet):
        return topology.primary_of(keys.journal)
    return topology.primary()


def failed_over(topology: Topology, keys: Keys) -> int:
    """Kill the primary of what is ours; return the port of the one that follows it."""
    if isinstance(topology, ClusterSet):
        return follower_of(topology, keys, topology.kill_primary_of(keys.journal))
    return follower_of(topology, keys, topology.kill_primary())


def follower_of(topology: Topology, keys: Keys, old: int) -> int:
    """Return the port of the primary that follows one that is gone, once most know of it."""
    if isinstance(topology, ClusterSet):
        return topology.await_failover(keys.journal, old)
    return topology.await_failover(old)


async def all_copied(link: Connection, replicas: int = 1) -> None:
    """Wait until the replicas have what was written."""
    assert await link.quick.execute_command("WAIT", replicas, 5000) >= replicas


async def patiently(ask: Callable[[], Any], seconds: float = 20) -> Any:
    """Ask again while the server is away, as everything does that uses a connection."""
    async with asyncio.timeout(seconds):
        while True:
            try:
                return await ask()
            except FAILED:
                await asyncio.sleep(0.05)


SITE = Site(sources=(Source(inbound="{test}:inbound", cdr="{test}:cdr"),))
CALL = CallKey("pbx", Feed.DIALLER, "ref", EntryId(1, 0))


def notification(number: int) -> bytes:
    return json.dumps({"number": number}).encode()


async def test_everything_goes_on_after_the_primary_has_died(
    topology: Topology,
    keys: Keys,
    open_connection: Callable[..., Connection],
    write_site: Callable[..., Any],
    start: Callable[..., object],
    eventually: Callable[..., Any],
) -> None:
    """The follower and the collector by themselves, the desk with the tries that it always has."""
    link, pbx = open_connection(topology.url), open_connection(topology.url, "pbx")
    assert link.clustered == isinstance(topology, ClusterSet)
    await write_site(link, SITE)
    listener = Listener()
    follower = Follower(link, keys, listener)
    start(follower.run())
    start(Collector(open_connection(topology.url), keys).run())
    await pbx.quick.rpush("{test}:inbound", notification(1))
    await eventually(lambda: len(listener.seen) == 2)  # the site's, and this one
    await all_copied(pbx)

    await asyncio.to_thread(failed_over, topology, keys)
    desk = DispositionDesk(link, keys, Who("ann"))
    answer = await patiently(lambda: desk.dispose(Act(CALL, "resolved", 0, id="one")))
    assert answer.recorded
    await patiently(lambda: pbx.quick.rpush("{test}:inbound", notification(2)))
    await eventually(lambda: len(listener.seen) == 4)
    assert follower.link.fault is None
    assert listener.restarts == []


async def test_a_follower_notices_that_its_last_entry_went_down_with_the_primary(
    keys: Keys,
    open_connection: Callable[..., Connection],
    write_site: Callable[..., Any],
    start: Callable[..., object],
    eventually: Callable[..., Any],
) -> None:
    with SentinelSet() as topology:
        link = open_connection(topology.url)
        await write_site(link)
        await all_copied(link, 2)
        old = topology.primary()
        with topology.client(old) as primary:
            # What is written from now on reaches no replica: it is lost with this server.
            primary.execute_command("CLIENT", "KILL", "TYPE", "REPLICA")
            primary.config_set("repl-diskless-sync", "yes")
            primary.config_set("repl-diskless-sync-delay", 600)
            primary.config_set("repl-backlog-size", 1)
            primary.execute_command("CLIENT", "PAUSE", 0)
        listener = Listener()
        start(Follower(link, keys, listener).run())
        await eventually(lambda: len(listener.seen) == 1)
        for port in topology.replica_ports():
            with topology.client(port) as replica:
                replica.execute_command("REPLICAOF", "127.0.0.1", 1)
        lost = await link.quick.xadd(keys.journal, {"kind": "call", "raw": b"{}"})
        await eventually(lambda: len(listener.seen) == 2)
        assert str(listener.last) == lost.decode()
        topology.kill(old)
        for port in topology.replica_ports():
            if port != old:
                with topology.client(port) as replica:
                    assert replica.xlen(keys.journal) == 1
        await asyncio.to_thread(topology.await_failover, old)
        await eventually(lambda: listener.restarts == [True] and len(listener.seen) == 1)


async def test_scripts_run_and_are_loaded_where_they_have_never_been(
    topology: Topology, keys: Keys, open_connection: Callable[..., Connection]
) -> None:
    link = open_connection(topology.url)
    take = script(link.quick, "lease")
    assert await take(keys=[keys.lease("pbx")], args=["me", "0"]) == 0
    await asyncio.to_thread(failed_over, topology, keys)
    assert await patiently(lambda: take(keys=[keys.lease("pbx")], args=["me", "0"])) == 0


async def test_a_pipeline_over_lists_of_several_nodes_has_its_answers_in_order(
    keys: Keys, open_connection: Callable[..., Connection]
) -> None:
    with ClusterSet() as cluster:
        link = open_connection(cluster.url)
        names = [f"list:{number}" for number in range(12)]
        assert len({cluster.primary_of(name) for name in names}) == 3
        for number, name in enumerate(names):
            await link.quick.rpush(name, *range(number + 1))
        await link.quick.set("text", 1)
        pipeline = link.quick.pipeline(transaction=False)
        pipeline.time()
        for name in (*names, "text"):
            pipeline.llen(name)
        clock, *lengths, wrong = await pipeline.execute(raise_on_error=False)
        assert lengths == list(range(1, 13))
        assert explain(wrong, "here").name == "wrong key type"
        with cluster.client(cluster.primary_of(keys.journal)) as home:
            assert abs(home.time()[0] - clock[0]) <= 1

        # Moved behind our back, to where a script of ours has never been.
        lists = [f"{{{names[0]}}}:a", f"{{{names[0]}}}:b"]
        await asyncio.to_thread(cluster.move_slot, "moves")
        assert await link.quick.llen("moves") == 0
        assert await link.waiting.blmove("none", "none", 0.01, "LEFT", "LEFT") is None
        assert await script(link.quick, "lease")(keys=lists[:1], args=["me", "0"]) == 0

        crossing = ("EVAL", "return 1", 2, names[0], cluster.key_elsewhere(names[0]))
        with pytest.raises(FAILED) as caught:
            await link.quick.execute_command(*crossing)
        assert explain(caught.value, "here").name == "keys apart"


async def test_a_command_is_sent_on_by_a_node_that_gives_its_slot_away(
    open_connection: Callable[..., Connection],
) -> None:
    """`ASK`: what is there is answered by the old node, what is not yet, by the new one."""
    with ClusterSet(replicas=0) as cluster:
        link = open_connection(cluster.url)
        await link.quick.set("{m}here", "old")
        old = cluster.primary_of("{m}")
        new = cluster.primary_of(cluster.key_elsewhere("{m}"))
        with cluster.client(old) as before, cluster.client(new) as after:
            slot = before.cluster("KEYSLOT", "{m}")
            names = [c.execute_command("CLUSTER", "MYID").decode() for c in (before, after)]
            after.execute_command("CLUSTER", "SETSLOT", slot, "IMPORTING", names[0])
            before.execute_command("CLUSTER", "SETSLOT", slot, "MIGRATING", names[1])
            assert await link.quick.get("{m}here") == b"old"
            assert await link.quick.set("{m}there", "new")
            assert after.dbsize() == 1
        pipeline = link.quick.pipeline(transaction=False)
        pipeline.get("{m}here")
        pipeline.get("{m}there")
        assert await pipeline.execute() == [b"old", b"new"]


async def test_one_sentinel_or_node_that_is_away_is_none_too_many(
    topology: Topology, keys: Keys, open_connection: Callable[..., Connection]
) -> None:
    if isinstance(topology, SentinelSet):
        topology.kill_sentinel(topology.sentinel_ports[0])
        assert await open_connection(topology.url).quick.set("a", "1")
        for port in topology.sentinel_ports[1:]:
            topology.kill_sentinel(port)
        with pytest.raises(FAILED) as caught:
            await open_connection(topology.url).quick.ping()
        fault = explain(caught.value, topology.url)
        assert fault.name == "no sentinel"
        assert fault.passing
    else:
        away = next(p for p in topology.ports[:2] if p != topology.primary_of(keys.journal))
        topology.kill(away)
        assert await open_connection(topology.url).quick.ping()


async def test_sentinels_that_know_no_such_server_say_so(
    open_connection: Callable[..., Connection],
) -> None:
    with SentinelSet(replicas=0, sentinels=1) as topology:
        with pytest.raises(FAILED) as caught:
            await open_connection(topology.url.replace("/pbx/", "/other/")).quick.ping()
        fault = explain(caught.value, "redis+sentinel://here/other/0")
        assert fault.name == "unknown service"
        assert not fault.passing
        assert "redis_url" in fault.remedy


async def test_a_primary_that_was_demoted_alive_is_left(
    keys: Keys, open_connection: Callable[..., Connection], eventually: Callable[..., Any]
) -> None:
    """Nothing closes the connections there, and a read is answered still."""
    with SentinelSet(replicas=1) as topology:
        link = open_connection(topology.url)
        old = topology.primary()
        waiting = asyncio.create_task(link.waiting.xread({"none": "$"}, block=BLOCK_MS))
        await eventually(lambda: blocked(topology, old))
        new = await asyncio.to_thread(topology.fail_over)
        with pytest.raises(FAILED):
            await asyncio.wait_for(waiting, BLOCK_MS / 1000)
        await patiently(lambda: link.quick.set("key", "value"))
        with topology.client(new) as client:
            assert client.get("key") == b"value"
        await patiently(lambda: link.waiting.xread({"none": "0"}))
        assert [connection.port for connection in connections(link)] == [new] * 2


async def test_a_primary_that_hangs_keeps_nobody_longer_than_the_time_limit(
    topology: Topology,
    keys: Keys,
    open_connection: Callable[..., Connection],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The line is up, and nobody answers: half open, or a frozen machine."""
    monkeypatch.setattr(connection_module, "ANSWER_SECONDS", 0.4)
    monkeypatch.setattr(connection_module, "_MARGIN_SECONDS", 0.4 - BLOCK_MS / 1000)
    link = open_connection(topology.url)
    await link.quick.set(keys.lease("pbx"), "before")
    await all_copied(link)
    await link.waiting.get(keys.lease("pbx"))
    old = home_of(topology, keys)
    os.kill(topology.server(old).pid, signal.SIGSTOP)
    # Without a limit of its own it would wait until the server goes on, which is never.
    async with asyncio.timeout(30):
        with pytest.raises(FAILED) as caught:
            await link.waiting.xread({keys.journal: "$"}, block=BLOCK_MS)
    assert explain(caught.value, "here").name == "no answer"
    await patiently(lambda: link.quick.set(keys.lease("pbx"), "after"))
    assert await patiently(lambda: link.waiting.get(keys.lease("pbx"))) == b"after"
    # Whoever led the fail-over sends us to the new one before most others know of it.
    new = await asyncio.to_thread(follower_of, topology, keys, old)
    with topology.client(new) as client:
        assert client.get(keys.lease("pbx")) == b"after"


async def test_a_primary_that_is_cut_off_is_left_though_it_answers(
    open_connection: Callable[..., Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It knows of nothing; the sentinels have another one."""
    monkeypatch.setattr("enigma_tui.journal.sentinel.LOOK_AGAIN_SECONDS", 0.0)
    with SentinelSet(replicas=1) as topology, SentinelSet(replicas=0, sentinels=1) as other:
        link = open_connection(other.url)
        assert await link.quick.set("key", "old")
        (sentinel,) = other.sentinel_ports
        with other.sentinel(sentinel) as told:
            told.execute_command("SENTINEL", "REMOVE", "pbx")
            told.execute_command("SENTINEL", "MONITOR", "pbx", "127.0.0.1", topology.primary(), 1)
        assert await link.quick.get("key") is None


def blocked(topology: Topology, port: int) -> bool:
    with topology.client(port) as client:
        return int(client.info("clients")["blocked_clients"]) > 0


def connections(link: Connection) -> list[Any]:
    pools = [link.quick.connection_pool, link.waiting.connection_pool]
    return [connection for pool in pools for connection in pool._available_connections]


@pytest.mark.parametrize("fresh", [True, False], ids=["connecting", "connected"])
async def test_a_cancelled_command_is_cancelled_wherever_it_is(
    topology: Topology, open_connection: Callable[..., Connection], fresh: bool
) -> None:
    link = open_connection(topology.url)
    await link.quick.set("key", "value")
    steps = 0
    while True:
        if fresh:
            for client in (link.quick, *getattr(link.quick, "_nodes", {}).values()):
                await client.connection_pool.disconnect()
        task = asyncio.create_task(link.quick.get("key"))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        if task.done():
            break
        await asyncio.wait({task})
        assert task.cancelled(), f"swallowed after {steps} steps"
        assert await link.quick.get("key") == b"value"
        assert await link.quick.strlen("key") == 5
        steps += 1
    assert steps > 2


async def test_each_has_its_own_password(open_connection: Callable[..., Connection]) -> None:
    with SentinelSet(replicas=0, sentinels=1, password="inner", sentinel_password="outer") as two:
        with pytest.raises(FAILED) as caught:
            await open_connection(two.url).quick.ping()
        fault = explain(caught.value, two.url)
        assert fault.name == "wrong password"
        assert "sentinel_password" in fault.remedy
        link = connect(Address(two.url, sentinel_login=Login(password="outer")), "test")
        assert await link.quick.ping()
        await link.close()
    with ClusterSet(replicas=0, password="inner") as cluster:
        assert await open_connection(cluster.url).quick.set(cluster.key_elsewhere("a"), 1)
        with pytest.raises(FAILED) as caught:
            await open_connection(cluster.url.replace("inner", "other")).quick.ping()
        assert explain(caught.value, "here").name == "wrong password"
