"""A board is killed in the middle of a disposition, before and after each of its steps."""

import asyncio
from collections.abc import Mapping

from enigma_tui.model.call import Call

from ..nursery import Child, Nursery, open_nursery
from ..patience import until
from ..result import Result, Size
from ..scene import Account, Scene, new_server, open_scene

_AT_ONCE = 4


async def row(size: Size) -> Result:
    """Kill at step 1, 2, … of handing an act in; then hand the same act in again by its id.

    Counted as lost: an act that is not recorded in the end, or half recorded at any time. Counted
    as twice: an act recorded twice.
    """
    account = Account("board killed in the middle of a disposition")
    async with (
        open_nursery() as nursery,
        new_server() as server,
        open_scene(nursery, server.url) as scene,
    ):
        scene.collector()
        await scene.pbx.push(size.times + 1)  # one to count the steps with
        await scene.settled()
        calls = list(scene.watch.board.calls.values())
        steps = await _steps(nursery, scene, calls.pop())
        turn = asyncio.Semaphore(_AT_ONCE)
        done = 0
        half = 0

        async def one(number: int, call: Call) -> None:
            nonlocal done, half
            async with turn:
                killed = _hand_in(nursery, scene, call, kill_at=1 + number % steps)
                assert await killed.ended == -9
                hashed, recorded = await _recorded(scene, call)
                half += not _agree(hashed, recorded)
                again = _hand_in(nursery, scene, call)
                outcome = (await again.says("answer"))["outcome"]
                done += outcome == "done"
                # What was sent just before the end may be read after we have looked.
                half += outcome not in (("repeated",) if recorded else ("repeated", "done"))
                hashed, entries = await _recorded(scene, call)
                scene.acts_twice += max(0, len(entries) - 1)
                half += not _agree(hashed, entries) or not entries
                account.times += 1

        await asyncio.gather(*(one(n, call) for n, call in enumerate(calls)))
        account.lost += half
        await until(
            lambda: sum(call.disposition is not None for call in _now(scene)) == len(calls) + 1,
            "every act is on the board",
        )
        scene.acts_twice += sum(
            call.disposition.version != 1 for call in _now(scene) if call.disposition
        )
        await account.close(scene)
    return account.result(
        f"{steps} steps; {account.times - done} acts recorded before the kill, {done} after"
    )


def _now(scene: Scene) -> list[Call]:
    return list(scene.watch.board.calls.values())


def _hand_in(nursery: Nursery, scene: Scene, call: Call, kill_at: int = 0) -> Child:
    return nursery.start(
        "dispose",
        kill_at=kill_at,
        url=scene.via,
        prefix=scene.prefix,
        call=list(call.key),
        act=f"act-{call.key.call_ref}",
        by="supervisor",
    )


async def _steps(nursery: Nursery, scene: Scene, call: Call) -> int:
    """Return how many steps handing in an act has once the server knows the script."""
    await _hand_in(nursery, scene, call).says("answer")
    at = 0
    while True:
        at += 1
        child = _hand_in(nursery, scene, call, kill_at=at)
        if await child.ended == 0:
            return at - 1


async def _recorded(
    scene: Scene, call: Call
) -> tuple[Mapping[bytes, bytes], list[Mapping[bytes, bytes]]]:
    """Return a call's hash and the journal's entries of the act on it, both of one moment."""
    pipeline = scene.connection.quick.pipeline(transaction=True)
    pipeline.hgetall(scene.keys.call(call.key))
    pipeline.xrange(scene.keys.journal)
    hashed, entries = await pipeline.execute()
    act = f"act-{call.key.call_ref}".encode()
    return hashed, [fields for _, fields in entries if fields.get(b"act") == act]


def _agree(hashed: Mapping[bytes, bytes], entries: list[Mapping[bytes, bytes]]) -> bool:
    """Whether the call's hash and the journal say the same."""
    if not entries:
        return not hashed
    names = (b"version", b"code", b"note", b"by")
    return all(hashed.get(name) == entries[-1][name] for name in names)
