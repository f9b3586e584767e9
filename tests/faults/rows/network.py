"""The network between the program and its server fails in five ways."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack

from enigma_tui.journal.connection import Address, connect
from enigma_tui.journal.desk import Act, Answer, DispositionDesk, Who
from enigma_tui.journal.faults import FAILED
from enigma_tui.journal.scripts import script

from ..nursery import open_nursery
from ..patience import until
from ..proxy import Mode, Proxy, open_proxy
from ..result import Result, Size
from ..scene import Account, Scene, new_server, open_scene, pushing

CUT, STALL, SLOW = "cut", "stall", "200 ms latency"
HALF_OPEN, DRIBBLE = "half-open", "one byte at a time"

_MODE = {STALL: Mode.STALL, SLOW: Mode.SLOW, DRIBBLE: Mode.DRIBBLE, HALF_OPEN: Mode.SWALLOW}


async def row(size: Size, *, kind: str, other: bool = False) -> Result:
    """Break the network between the server and a collector, a board, and a desk, which acts.

    The PBX is on the other side of it and pushes on. Each time all that was accepted must come
    to the board, and the act must be recorded once if its answer came, at most once if not.
    """
    length = f"{size.seconds:g} s " if kind == STALL else ""
    where = ", source on another server" if other else ""
    account = Account(f"network: {length}{kind}{where}")
    recorded = 0
    async with open_nursery() as nursery, new_server() as server, AsyncExitStack() as stack:
        source = (await stack.enter_async_context(new_server())).url if other else ""

        async def lane(number: int) -> None:
            nonlocal recorded
            async with (
                open_proxy(server.url, tcp=number % 2 == 0) as near,
                open_proxy(source or server.url) as far,
                open_scene(
                    nursery,
                    server.url,
                    prefix=f"site{number}",
                    source_url=source,
                    source_via=far.url,
                    via=near.url,
                ) as scene,
            ):
                scene.collector()
                proxies = [near, far] if other else [near]
                async with pushing(scene):
                    await until(lambda: scene.pbx.accepted, "the PBX pushes")
                    for _ in range(size.times // size.lanes):
                        await scene.settled()
                        account.times += 1
                        answered = await _once(scene, proxies, kind, account.times, size.seconds)
                        recorded += answered
                await account.close(scene)

        async with asyncio.TaskGroup() as lanes:
            for number in range(size.lanes):
                lanes.create_task(lane(number))
    return account.result(f"{recorded} of {account.times} acts answered meanwhile")


async def _once(
    scene: Scene, proxies: Sequence[Proxy], kind: str, time: int, seconds: float
) -> bool:
    """Break the network once, hand in an act meanwhile, and check that act."""
    call = next(c for c in scene.watch.board.calls.values() if c.disposition is None)
    act = Act(call.key, "resolved", 0, f"act {time}")
    link = connect(Address(scene.via), "board")
    await link.quick.ping()
    heard = kind == CUT and time % 2
    if heard:
        # The worst moment: everything asked has been done, and no answer to it arrives.
        await link.quick.script_load(script(link.quick, "dispose").script)
        for proxy in proxies:
            proxy.set(Mode.MUTE)
    acting = asyncio.create_task(_hand_in(DispositionDesk(link, scene.keys, Who("tester")), act))
    await asyncio.sleep(time % 5 / 1_000)  # before, within, and after the sending of the act
    if heard:
        await until(
            lambda: scene.connection.quick.exists(scene.keys.call(call.key)), "the act is recorded"
        )
    if kind == CUT:
        for proxy in proxies:
            proxy.cut()
            proxy.set(Mode.WELL)
    else:
        for proxy in proxies:
            proxy.set(_MODE[kind])
        if seconds:
            await asyncio.sleep(seconds)
        else:
            await _noticed(scene, proxies)
        for proxy in proxies:
            proxy.set(Mode.WELL)
            if kind == HALF_OPEN and seconds:
                proxy.cut()  # too short to be noticed: the far end says that it is over
    answer = await acting
    if answer is None:
        # Not known to be recorded: handed in again under its id, it is recorded once.
        again = await DispositionDesk(scene.connection, scene.keys, Who("tester")).dispose(act)
        assert again.recorded, again
    await link.close()
    await until(
        lambda: scene.watch.board.calls[call.key].disposition is not None, "the act is on the board"
    )
    disposition = scene.watch.board.calls[call.key].disposition
    assert disposition is not None
    scene.acts_twice += disposition.version - 1
    return answer is not None and answer.recorded


async def _hand_in(desk: DispositionDesk, act: Act) -> Answer | None:
    try:
        return await desk.dispose(act)
    except FAILED:
        return None


async def _noticed(scene: Scene, proxies: Sequence[Proxy]) -> None:
    """Wait until the board knows that nothing arrives, and something was swallowed everywhere."""
    await until(
        lambda: scene.follower.link.fault and all(proxy.swallowed for proxy in proxies),
        "the board notices a half-open network",
    )
