"""Whoever holds the lease is frozen, another takes over, and the first one thaws."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack

from ..nursery import Child, open_nursery
from ..patience import until
from ..result import Result, Size
from ..scene import Account, Scene, new_server, open_scene, pushing


async def row(size: Size, *, other: bool) -> Result:
    """Freeze the holder of the lease while the PBX pushes."""
    where = "source on another server" if other else "one server"
    account = Account(f"lease holder frozen for {size.seconds:g} s and thawed, {where}")
    took_over = published = heard = 0
    async with open_nursery() as nursery:

        async def lane(number: int) -> None:
            nonlocal took_over, published, heard
            # A server each: what is published there reaches whoever listens, of whatever site.
            async with AsyncExitStack() as stack:
                url = (await stack.enter_async_context(new_server())).url
                source = (await stack.enter_async_context(new_server())).url if other else ""
                scene = await stack.enter_async_context(
                    open_scene(nursery, url, source_url=source, publish=True)
                )
                pair = [scene.collector(), scene.collector()]
                async with pushing(scene, calls=5, seconds=0.1):
                    for time in range(size.times // size.lanes):
                        # Not always while it waits: somewhere within a tenth of a second.
                        after = (number + time) % 10 / 100
                        taken = await _freeze(scene, pair, size.seconds, after)
                        took_over += taken
                        account.times += 1
                        await scene.settled()
                await account.close(scene)
                published += scene.pbx.published
                heard += await _heard(scene)

        async with asyncio.TaskGroup() as lanes:
            for number in range(size.lanes):
                lanes.create_task(lane(number))
    return account.result(
        f"taken over {took_over} times; of {published:,} published messages {heard:,} heard"
    )


async def _freeze(scene: Scene, pair: Sequence[Child], seconds: float, after: float) -> bool:
    """Freeze the holder of the lease; return whether the other one has it when it thaws."""
    await until(lambda: len(_holders(pair)) == 1, "one of the two collects")
    (frozen,) = _holders(pair)
    await asyncio.sleep(after)
    frozen.freeze()
    await asyncio.sleep(seconds)
    taken = len(_holders(pair)) == 2  # the frozen one does not know yet that it does not
    frozen.thaw()
    return taken


async def _heard(scene: Scene) -> int:
    """Return how many published messages are in the journal. None may be there twice."""
    entries = await scene.connection.quick.xrange(scene.keys.journal)
    return sum(fields[b"kind"] == b"status" for _, fields in entries)


def _holders(pair: Sequence[Child]) -> list[Child]:
    return [child for child in pair if child.latest("status").get("holding")]
