"""The moving script fails half way: a key of a wrong type, no memory, a permission taken away."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from redis.asyncio import Redis

from enigma_tui.demo.embedded import EmbeddedServer

from ..nursery import Child, open_nursery
from ..result import Result, Size
from ..scene import Account, Scene, new_server, open_scene, pushing

Break = Callable[[Redis, Scene, int], Awaitable[None]]

_ASIDE = """
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('RENAME', KEYS[1], KEYS[2]) end
redis.call('SET', KEYS[1], 'of another type')
"""
_BACK = """
redis.call('DEL', KEYS[1])
if redis.call('EXISTS', KEYS[2]) == 1 then redis.call('RENAME', KEYS[2], KEYS[1]) end
"""

_USER = "collector"
_PERMITTED = (">secret", "reset", "on", "nopass", "~*", "&*", "+@all")
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


async def journal_type(size: Size) -> Result:
    """The journal becomes a string while it is appended to."""

    async def key(scene: Scene) -> str:
        return scene.keys.journal

    return await _wrong_type(size, "journal of a wrong type, while collecting", key)


async def source_type(size: Size) -> Result:
    """The source's list becomes a string; the PBX is refused meanwhile."""

    async def key(scene: Scene) -> str:
        return scene.pbx.inbound

    return await _wrong_type(size, "source list of a wrong type, while collecting", key)


async def _wrong_type(size: Size, fault: str, of: Callable[[Scene], Awaitable[str]]) -> Result:
    async def wrong(client: Redis, scene: Scene, _: int) -> None:
        key = await of(scene)
        await client.eval(_ASIDE, 2, key, f"{key}:aside")

    async def right(client: Redis, scene: Scene, _: int) -> None:
        key = await of(scene)
        await client.eval(_BACK, 2, key, f"{key}:aside")

    return await _row(size, fault, wrong, right, "wrong key type")


async def maxmemory(size: Size) -> Result:
    """The server has no memory left; the PBX is refused, too."""

    async def full(client: Redis, _: Scene, __: int) -> None:
        await client.config_set("maxmemory", "1mb")

    async def room(client: Redis, _: Scene, __: int) -> None:
        await client.config_set("maxmemory", "0")

    return await _row(size, "maxmemory reached, while collecting", full, room, "out of memory")


async def acl(size: Size) -> Result:
    """The collector's user may no longer do what a step needs."""

    async def revoke(client: Redis, _: Scene, time: int) -> None:
        rules = _TAKEN[time % len(_TAKEN)]
        await client.execute_command("ACL", "SETUSER", _USER, *rules)

    async def permit(client: Redis, _: Scene, __: int) -> None:
        await client.execute_command("ACL", "SETUSER", _USER, *_PERMITTED[1:])

    return await _row(size, "ACL revoked, while collecting", revoke, permit, "no permission")


async def _row(size: Size, fault: str, wrong: Break, right: Break, named: str) -> Result:
    account = Account(fault)
    async with (
        open_nursery() as nursery,
        new_server() as server,
        _scene(nursery, server) as scene,
    ):
        client = scene.connection.quick
        child = scene.collector()
        await _collecting(child)
        for time in range(size.times):
            await scene.settled()
            # The collector waits for more now, so what it does next is a whole move.
            await wrong(client, scene, time)
            async with pushing(scene):
                await scene.pbx.push(20)
                await _fails(child, named)
                await right(client, scene, time)
                await scene.pbx.push(20)
                await scene.settled()
            account.times += 1
        await account.close(scene)
    return account.result()


@contextlib.asynccontextmanager
async def _scene(nursery: object, server: EmbeddedServer) -> AsyncIterator[Scene]:
    """A scene whose collector has a user of its own."""
    async with open_scene(nursery, server.url) as scene:  # type: ignore[arg-type]
        await scene.connection.quick.execute_command("ACL", "SETUSER", _USER, *_PERMITTED[1:])
        scene.via = server.url.replace("redis://", f"redis://{_USER}:any@")
        yield scene


async def _collecting(child: Child) -> None:
    async with asyncio.timeout(30):
        while not (await child.says("status"))["holding"]:
            pass


async def _fails(child: Child, named: str) -> None:
    """Wait until the collector says what is wrong."""
    async with asyncio.timeout(30):
        while (await child.says("status"))["fault"] != named:
            pass
