"""The moving script fails half way: a key of a wrong type, no memory, a permission taken away."""

import asyncio
from collections.abc import Awaitable, Callable

from enigma_tui.journal.connection import Connection

from ..nursery import Child, open_nursery
from ..result import Result, Size
from ..scene import Account, Scene, new_server, open_scene, pushing

Break = Callable[[Scene, int], Awaitable[None]]

_ASIDE = """
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('RENAME', KEYS[1], KEYS[2]) end
redis.call('SET', KEYS[1], 'of another type')
"""
_BACK = """
redis.call('DEL', KEYS[1])
if redis.call('EXISTS', KEYS[2]) == 1 then redis.call('RENAME', KEYS[2], KEYS[1]) end
"""

_USER = "collector"
_PERMITTED = ("reset", "on", "nopass", "~*", "&*", "+@all")
_TAKEN = (
    ("-ltrim",),
    ("-xadd",),
    ("-lrange",),
    ("-ltrim", "-llen"),
    ("-evalsha", "-eval"),
    ("-type",),
    ("-@write",),
    ("resetkeys", "~{*"),
    ("-llen",),
    ("-@all",),
)
"""What is taken from the collector's user. Without LTRIM a script that has appended cannot
finish: that is the half way."""

_TAKEN_AT_SOURCE = (("-ltrim",), ("-rpush",), ("-lrange",), ("-del",), ("-@all",))
_TAKEN_AT_JOURNAL = (("-xadd",), ("-zadd",), ("-type",), ("-zscore",), ("-@write",))
"""The same where a batch is taken from one server and appended at another."""


async def journal_type(size: Size, *, other: bool) -> Result:
    """The journal becomes a string while it is appended to."""
    return await _wrong_type(size, "journal of a wrong type", other, of_source=False)


async def source_type(size: Size, *, other: bool) -> Result:
    """The source's list becomes a string; the PBX is refused meanwhile."""
    return await _wrong_type(size, "source list of a wrong type", other, of_source=True)


async def _wrong_type(size: Size, fault: str, other: bool, *, of_source: bool) -> Result:
    async def change(scene: Scene, how: str) -> None:
        place = scene.source if of_source else scene.connection
        key = scene.pbx.inbound if of_source else scene.keys.journal
        await place.quick.eval(how, 2, key, f"{key}:aside")

    async def wrong(scene: Scene, _: int) -> None:
        await change(scene, _ASIDE)

    async def right(scene: Scene, _: int) -> None:
        await change(scene, _BACK)

    return await _row(size, fault, other, wrong, right, "wrong key type")


async def maxmemory(size: Size, *, other: bool) -> Result:
    """A server has no memory left: the PBX's, which is refused too, or the journal's, by turns."""

    async def full(scene: Scene, time: int) -> None:
        await _turn(scene, time).quick.config_set("maxmemory", "1mb")

    async def room(scene: Scene, time: int) -> None:
        await _turn(scene, time).quick.config_set("maxmemory", "0")

    return await _row(size, "maxmemory reached", other, full, room, "out of memory")


async def acl(size: Size, *, other: bool) -> Result:
    """The collector's user may no longer do what a step needs."""

    async def revoke(scene: Scene, time: int) -> None:
        taken = _TAKEN
        if other:
            taken = _TAKEN_AT_JOURNAL if time % 2 else _TAKEN_AT_SOURCE
            rules = taken[time // 2 % len(taken)]
        else:
            rules = taken[time % len(taken)]
        await _turn(scene, time).quick.execute_command("ACL", "SETUSER", _USER, *rules)

    async def permit(scene: Scene, time: int) -> None:
        await _turn(scene, time).quick.execute_command("ACL", "SETUSER", _USER, *_PERMITTED[1:])

    return await _row(size, "ACL revoked", other, revoke, permit, "no permission")


def _turn(scene: Scene, time: int) -> Connection:
    """Return the server whose turn it is; there may be but one."""
    return scene.connection if time % 2 else scene.source


async def _row(
    size: Size, fault: str, other: bool, wrong: Break, right: Break, named: str
) -> Result:
    where = "source on another server" if other else "one server"
    account = Account(f"{fault} while collecting, {where}")
    async with (
        open_nursery() as nursery,
        new_server() as server,
        new_server() as apart,
        open_scene(
            nursery,
            server.url,
            via=_as_user(server.url),
            source_url=apart.url if other else "",
            source_via=_as_user(apart.url),
        ) as scene,
    ):
        for place in (scene.connection, scene.source):
            await place.quick.execute_command("ACL", "SETUSER", _USER, *_PERMITTED)
        child = scene.collector()
        await _collecting(child)
        for time in range(size.times):
            await scene.settled()
            # The collector waits for more now, so what it does next is a whole move.
            await wrong(scene, time)
            async with pushing(scene):
                await scene.pbx.push(20)
                await _fails(child, named)
                await right(scene, time)
                await scene.pbx.push(20)
                await scene.settled()
            account.times += 1
        await account.close(scene)
    return account.result()


def _as_user(url: str) -> str:
    return url.replace("redis://", f"redis://{_USER}@")


async def _collecting(child: Child) -> None:
    async with asyncio.timeout(30):
        while not (await child.says("status"))["holding"]:
            pass


async def _fails(child: Child, named: str) -> None:
    """Wait until the collector says what is wrong."""
    async with asyncio.timeout(30):
        while (await child.says("status"))["fault"] != named:
            pass
