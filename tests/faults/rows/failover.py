"""A primary is killed, and another server takes its place."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator

from enigma_tui.model.call import EntryId
from tests.topology import ClusterSet, SentinelSet

from ..nursery import open_nursery
from ..patience import until
from ..result import Result, Size
from ..scene import Account, Scene, open_scene, pushing

_ALONE = 20
"""Calls that only the primary hears of before it dies."""


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


async def _kill_alone(topology: SentinelSet, scene: Scene) -> int:
    """Kill the primary when a board has seen entries that no replica has; return its port."""
    old = await asyncio.to_thread(topology.primary)
    replicas = [topology.server(port).pid for port in topology.ports if port != old]
    for replica in replicas:
        os.kill(replica, signal.SIGSTOP)
    try:
        with topology.client(old) as link:
            link.execute_command("CLIENT", "KILL", "TYPE", "replica")
            told = link.xrevrange(scene.keys.journal, count=1)[0][0]
        last_copied = EntryId.parse(told.decode())
        await scene.pbx.push(_ALONE)
        await until(
            lambda: scene.watch.last > last_copied, "the board sees what only the primary has"
        )
        await asyncio.to_thread(topology.kill, old)
    finally:
        for replica in replicas:
            os.kill(replica, signal.SIGCONT)
    return old
