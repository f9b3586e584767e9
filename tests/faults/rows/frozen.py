"""Whoever holds the lease is frozen, another takes over, and the first one thaws."""

import asyncio
from contextlib import AsyncExitStack

from ..nursery import Child, open_nursery
from ..patience import until
from ..result import Result, Size
from ..scene import Account, Scene, new_server, open_scene, pushing


async def row(size: Size, *, other: bool) -> Result:
    """Freeze the holder of the lease while the PBX pushes."""
    where = "source on another server" if other else "one server"
    account = Account(f"lease holder frozen for {size.seconds:g} s and thawed, {where}")
    took_over = 0
    async with open_nursery() as nursery, new_server() as server, AsyncExitStack() as stack:
        source = (await stack.enter_async_context(new_server())).url if other else ""

        async def lane(number: int) -> None:
            nonlocal took_over
            prefix = f"site{number}"
            async with open_scene(nursery, server.url, prefix=prefix, source_url=source) as scene:
                pair = {name: scene.collector(name) for name in (f"{prefix}-a", f"{prefix}-b")}
                async with pushing(scene, calls=5, seconds=0.1):
                    for time in range(size.times // size.lanes):
                        # Not always while it waits: somewhere within a tenth of a second.
                        after = (number + time) % 10 / 100
                        taken = await _freeze(scene, pair, size.seconds, after)
                        took_over += taken
                        account.times += 1
                        await scene.settled()
                await account.close(scene)

        async with asyncio.TaskGroup() as lanes:
            for number in range(size.lanes):
                lanes.create_task(lane(number))
    return account.result(f"taken over {took_over} times")


async def _freeze(scene: Scene, pair: dict[str, Child], seconds: float, after: float) -> bool:
    """Freeze the holder of the lease; return whether the other one has it when it thaws."""
    frozen = await _holder(scene, pair)
    await asyncio.sleep(after)
    pair[frozen].freeze()
    await asyncio.sleep(seconds)
    taken = await _holder(scene, pair) != frozen
    pair[frozen].thaw()
    return taken


async def _holder(scene: Scene, pair: dict[str, Child]) -> str:
    """Wait until one of the pair holds the lease; return its name."""
    holder = ""

    async def held() -> bool:
        nonlocal holder
        name = await scene.connection.quick.get(scene.keys.lease)
        holder = name.decode() if name else ""
        return holder in pair

    await until(held, "somebody holds the lease")
    return holder
