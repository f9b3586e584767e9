"""A collector is killed with SIGKILL between every two of its steps."""

import asyncio
from contextlib import AsyncExitStack

from ..nursery import open_nursery
from ..result import Result, Size
from ..scene import Account, Scene, new_server, open_scene, pushing

_STEPS = 120
"""By then a collector has connected, taken the lease, and moved a few times."""


async def row(size: Size, *, other: bool) -> Result:
    """Kill at steps 1, 2, 3, … of a collector's talk with the servers, each in a new process.

    The steps are shared out among several sites, for a collector that is killed while it has
    the lease leaves it to run out, and the next has to wait for that. A small form takes larger
    strides over the same steps.
    """
    where = "source on another server" if other else "one server"
    account = Account(f"collector killed between two steps, {where}")
    stepped: set[str] = set()
    stride = max(1, _STEPS // size.times)
    async with open_nursery() as nursery, new_server() as server, AsyncExitStack() as stack:
        source = (await stack.enter_async_context(new_server())).url if other else ""
        calls = size.notifications * 2 // 3 // size.times + 1  # every second has a record, too

        async def lane(number: int) -> None:
            async with open_scene(
                nursery, server.url, prefix=f"site{number}", source_url=source
            ) as scene:
                await through(number, scene)
                scene.collector()
                await account.close(scene)

        async def through(number: int, scene: Scene) -> None:
            for kill in range(number, size.times, size.lanes):
                at = 1 + kill * stride
                await scene.pbx.push(calls // 2)
                async with pushing(scene):
                    child = scene.collector(kill_at=at)
                    assert await child.ended == -9
                stepped.update(line["step"] for line in child.take("step"))
                await scene.pbx.push(calls - calls // 2)
                account.times += 1

        async with asyncio.TaskGroup() as lanes:
            for number in range(size.lanes):
                lanes.create_task(lane(number))
    return account.result(f"{len(stepped)} different steps")
