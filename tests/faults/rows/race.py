"""Eight boards dispose of the same calls at the same time."""

import asyncio

from ..nursery import open_nursery
from ..patience import until
from ..result import Result, Size
from ..scene import Account, new_server, open_scene

BOARDS = 8


async def row(size: Size) -> Result:
    """Let eight processes dispose of the same calls in the same order, started together.

    Counted as lost: a call that nobody won, and a loser who was not told who was first. Counted
    as twice: a call that two won, or with two acts in the journal.
    """
    account = Account(f"{BOARDS} boards dispose of the same {size.notifications:,} calls")
    async with (
        open_nursery() as nursery,
        new_server() as server,
        open_scene(nursery, server.url) as scene,
    ):
        scene.collector()
        await scene.pbx.push(size.notifications)
        await scene.settled()
        keys = [list(key) for key in scene.watch.board.calls]
        boards = [
            nursery.start(
                "race", url=scene.via, prefix=scene.prefix, calls=keys, by=f"supervisor {n}"
            )
            for n in range(BOARDS)
        ]
        for board in boards:
            await board.says("ready")
        await scene.connection.quick.xadd(f"{{{scene.prefix}}}:go", {"go": "1"})
        answers = await asyncio.gather(*(board.says("raced", 120) for board in boards))
        won = sum(answer["won"] for answer in answers)
        told = sum(answer["told"] for answer in answers)
        await until(
            lambda: all(call.disposition for call in scene.watch.board.calls.values()),
            "every call is disposed of on the board",
        )
        entries = await scene.connection.quick.xrange(scene.keys.journal)
        acts = sum(fields[b"kind"] == b"disposition" for _, fields in entries)
        account.times = 1
        account.lost += max(0, len(keys) - won) + max(0, 7 * len(keys) - told)
        scene.acts_twice = max(0, won - len(keys)) + max(0, acts - len(keys))
        await account.close(scene)
    return account.result(f"{won:,} won, {told:,} told who was first")
