"""A primary is killed, and another server takes its place."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Iterator

from enigma_tui.model.call import EntryId
from tests.topology import ClusterSet, SentinelSet

from ..nursery import open_nursery
from ..patience import until
from ..result import Result, Size
from ..scene import Account, Scene, new_server, open_scene, pushing

_ALONE = 20
"""Calls that only the primary hears of before it dies."""

_IN_THE_WAY = 32 * 1024 * 1024
"""Bytes; more than a socket's two ends hold."""


async def sentinel(size: Size) -> Result:
    """Kill the primary of a set with three sentinels; it comes back as a replica.

    A push counts as accepted once both replicas have it, for either may be promoted. Just before
    its end the primary is cut off from them, and what it then journals, boards have seen: their
    last entry is gone with it, and they must begin again.
    """
    account = Account("Sentinel fail-over, the primary killed")
    async with open_nursery() as nursery, _started(SentinelSet()) as topology:

        def primary() -> str:
            return f"redis://127.0.0.1:{topology.primary()}/0"

        async with open_scene(
            nursery, topology.url, push_to=primary, confirm=("WAIT", 2, 500)
        ) as scene:
            for _ in range(2):
                scene.collector()
            async with pushing(scene):
                for _ in range(size.times):
                    await _enough(scene, size)
                    rebuilt = scene.watch.rebuilt
                    old = await _kill_alone(topology, scene)
                    await asyncio.to_thread(topology.await_failover, old)
                    await asyncio.to_thread(topology.restart, old)
                    await asyncio.to_thread(topology.await_replicas)
                    await until(
                        lambda rebuilt=rebuilt: scene.watch.rebuilt > rebuilt,
                        "the board notices that its last entry is gone, and begins again",
                    )
                    await scene.settled()
                    account.times += 1
            await account.close(scene)
            note = f"the board began again {scene.watch.rebuilt} times"
    return account.result(note)


async def sentinel_source(size: Size) -> Result:
    """Kill the primary of a source's own set when no replica has seen what was taken from it.

    The replica that is promoted still has all of it, and the collectors take it there: once more,
    unless what a replica had not confirmed was kept out of the journal.
    """
    account = Account("Sentinel fail-over at the source, journal on another server")
    async with (
        open_nursery() as nursery,
        new_server() as server,
        _started(SentinelSet()) as topology,
    ):

        def primary() -> str:
            return f"redis://127.0.0.1:{topology.primary()}/0"

        async with open_scene(
            nursery,
            server.url,
            source_url=topology.url,
            push_to=primary,
            confirm=("WAIT", 2, 500),
        ) as scene:
            for _ in range(2):
                scene.collector()
            async with pushing(scene):
                for _ in range(size.times):
                    await _enough(scene, size)
                    old = await _kill_taken(topology, scene)
                    await asyncio.to_thread(topology.await_failover, old)
                    await asyncio.to_thread(topology.restart, old)
                    await asyncio.to_thread(topology.await_replicas)
                    await scene.settled()
                    account.times += 1
            await account.close(scene)
    return account.result()


async def cluster(size: Size) -> Result:
    """Kill a primary of a six-node cluster: the journal's, the source's, and so on by turns.

    A push counts as accepted once the replica of its list's primary has it.
    """
    account = Account("six-node cluster, a primary killed")
    async with open_nursery() as nursery, _started(ClusterSet()) as topology:
        inbound = "{faults-pbx}:inbound"

        def primary() -> str:
            return f"redis://127.0.0.1:{topology.primary_of(inbound)}/0"

        async with open_scene(
            nursery, topology.url, push_to=primary, confirm=("WAIT", 1, 500)
        ) as scene:
            assert scene.pbx.inbound == inbound
            for _ in range(2):
                scene.collector()
            async with pushing(scene):
                for time in range(size.times):
                    await _enough(scene, size)
                    key = inbound if time % 2 else scene.keys.journal
                    old = await asyncio.to_thread(topology.kill_primary_of, key)
                    await asyncio.to_thread(topology.await_failover, key, old)
                    await asyncio.to_thread(topology.restart, old)
                    await asyncio.to_thread(topology.await_ok)
                    await scene.settled()
                    account.times += 1
            await account.close(scene)
            note = f"the board began again {scene.watch.rebuilt} times"
    return account.result(note)


@contextlib.asynccontextmanager
async def _started(topology: SentinelSet | ClusterSet) -> AsyncIterator[SentinelSet | ClusterSet]:
    await asyncio.to_thread(topology.__enter__)
    try:
        yield topology
    finally:
        await asyncio.to_thread(topology.__exit__, None, None, None)


async def _enough(scene: Scene, size: Size) -> None:
    """Wait until the PBX has had another share of what it is to push."""
    share = len(scene.pbx.accepted) + size.notifications // size.times
    await until(lambda: len(scene.pbx.accepted) >= share, "the PBX pushes")


async def _kill_taken(topology: SentinelSet, scene: Scene) -> int:
    """Kill the primary when a batch has been taken that no replica has seen; return its port."""
    old = await asyncio.to_thread(topology.primary)
    for collector in scene.collectors:
        collector.freeze()
    accepted = len(scene.pbx.accepted)
    await until(lambda: len(scene.pbx.accepted) > accepted + _ALONE, "the PBX pushes")
    with _frozen_replicas(topology, old), topology.client(old) as link:
        # It fills what the system keeps for a replica to read; what follows dies with the primary.
        link.set("in the way", bytes(_IN_THE_WAY))
        for collector in scene.collectors:
            collector.thaw()
        await until(lambda: link.exists(scene.keys.batch(scene.pbx.inbound)), "a batch is taken")
        await asyncio.to_thread(topology.kill, old)
    return old


async def _kill_alone(topology: SentinelSet, scene: Scene) -> int:
    """Kill the primary when a board has seen entries that no replica has; return its port."""
    old = await asyncio.to_thread(topology.primary)
    with _frozen_replicas(topology, old):
        with topology.client(old) as link:
            link.execute_command("CLIENT", "KILL", "TYPE", "replica")
            told = link.xrevrange(scene.keys.journal, count=1)[0][0]
        last_copied = EntryId.parse(told.decode())
        await scene.pbx.push(_ALONE)
        await until(
            lambda: scene.watch.last > last_copied, "the board sees what only the primary has"
        )
        await asyncio.to_thread(topology.kill, old)
    return old


@contextlib.contextmanager
def _frozen_replicas(topology: SentinelSet, primary: int) -> Iterator[None]:
    replicas = [topology.server(port).pid for port in topology.ports if port != primary]
    for replica in replicas:
        os.kill(replica, signal.SIGSTOP)
    try:
        yield
    finally:
        for replica in replicas:
            os.kill(replica, signal.SIGCONT)
