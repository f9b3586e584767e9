"""The server is killed with SIGKILL while its journal is written, and started again."""

import asyncio

from ..nursery import open_nursery
from ..patience import until
from ..result import Result, Size
from ..scene import Account, new_server, open_scene, pushing

_EVERY_BURST = ("WAITAOF", 1, 0, 2_000)


async def row(size: Size, *, fsync: str) -> Result:
    """Kill and restart it again and again while two collectors work.

    With `appendfsync always` an answered push is on the disk. With `everysec` the server may
    answer up to two seconds before it so much as writes, when the disk is slow; there a push
    counts as accepted only when `WAITAOF` has confirmed it, and what was answered and is gone
    counts as destroyed.
    """
    account = Account(f"server killed and restarted, appendfsync {fsync}")
    confirm = _EVERY_BURST if fsync == "everysec" else ()
    arguments = ("--appendonly", "yes", "--appendfsync", fsync)
    async with (
        open_nursery() as nursery,
        new_server(*arguments) as server,
        open_scene(nursery, server.url, confirm=confirm) as scene,
    ):
        for _ in range(2):
            scene.collector()
        calls = 300 if confirm else 20  # a confirmation takes up to a second
        async with pushing(scene, calls=calls, seconds=0.01):
            for _ in range(size.times):
                enough = len(scene.pbx.accepted) + size.notifications // size.times
                await until(
                    lambda enough=enough: len(scene.pbx.accepted) >= enough, "the PBX pushes"
                )
                await asyncio.to_thread(server.kill)
                await asyncio.to_thread(server.start)
                account.times += 1
        await account.close(scene)
        note = f"the board rebuilt {scene.watch.rebuilt} times" if scene.watch.rebuilt else ""
    return account.result(note)
