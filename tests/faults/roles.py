"""What the children of a row do: the program's own parts, each in a process that may be killed.

Every role takes `say`, by which it tells the row what it does, and only what JSON can hold.
"""

import asyncio
import contextlib
import resource
import sys
from collections.abc import Callable
from typing import Any

from enigma_tui.journal.collector import Collector
from enigma_tui.journal.connection import Address, connect
from enigma_tui.journal.desk import Act, DispositionDesk, Who
from enigma_tui.journal.follower import Follower
from enigma_tui.journal.keys import Keys
from enigma_tui.model.call import CallKey, EntryId, Feed

from .pbx import Pbx
from .watch import Watch

Say = Callable[..., None]


async def collect(say: Say, url: str, prefix: str) -> None:
    """Collect for ever; says when it begins and stops, and what fails."""
    collector = Collector(connect(Address(url), "collector"), Keys(prefix))

    async def tell() -> None:
        told = (False, "", "")
        while True:
            status = collector.status
            fault = status.fault
            state = (
                status.holding,
                fault.name if fault else "",
                fault.sentence[:500] if fault else "",
            )
            if state != told:
                say(
                    "status",
                    holding=state[0],
                    fault=state[1],
                    sentence=state[2],
                    moved=status.moved,
                )
                told = state
            await asyncio.sleep(0.02)

    telling = asyncio.create_task(tell())
    try:
        await collector.run()
    finally:
        telling.cancel()


async def dispose(say: Say, url: str, prefix: str, call: list[Any], act: str, by: str) -> None:
    """Record the outcome of a call under the act's id, and say what became of it."""
    connection = connect(Address(url), "board")
    desk = DispositionDesk(connection, Keys(prefix), Who(by))
    answer = await desk.dispose(Act(call_key(call), "resolved", 0, "by test", id=act))
    say("answer", outcome=str(answer.outcome), by=answer.by)
    await connection.close()


async def race(say: Say, url: str, prefix: str, calls: list[list[Any]], by: str) -> None:
    """Wait for the start, then dispose of all the calls; say how often it won and was told who."""
    connection = connect(Address(url), "board")
    keys = Keys(prefix)
    desk = DispositionDesk(connection, keys, Who(by))
    say("ready")
    await connection.waiting.xread({f"{{{prefix}}}:go": "0"}, block=5_000, count=1)
    won, told, silent = 0, 0, 0
    for call in calls:
        answer = await desk.dispose(Act(call_key(call), "resolved", 0, by))
        won += answer.outcome == "done"
        told += answer.outcome == "conflict" and bool(answer.by) and answer.by != by
        silent += answer.outcome not in ("done", "conflict")
    say("raced", won=won, told=told, silent=silent)
    await connection.close()


async def watch(say: Say, url: str, prefix: str, keep: int) -> None:
    """Follow as a board does; say every half second how far it is, and its memory in MB."""
    sink = Watch(keep)
    follower = Follower(connect(Address(url), "board"), Keys(prefix), sink)

    async def tell() -> None:
        while True:
            say(
                "board",
                shown=len(sink.shown),
                calls=len(sink.board.calls),
                twice=sink.twice,
                last=str(sink.last),
                rebuilt=sink.rebuilt,
                mb=_resident_mb(),
            )
            await asyncio.sleep(0.5)

    telling = asyncio.create_task(tell())
    running = asyncio.create_task(follower.run())
    digested = asyncio.create_task(_digests(say, sink))
    await asyncio.wait({telling, running, digested}, return_when=asyncio.FIRST_COMPLETED)
    for task in (telling, running, digested):
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _digests(say: Say, sink: Watch) -> None:
    """Say the board's digest whenever nothing new has come for a second."""
    before, told = sink.last, None
    while True:
        await asyncio.sleep(1.0)
        if sink.last == before and before != told:
            told = before
            say("digest", digest=sink.digest(), last=str(before), shown=len(sink.shown))
        before = sink.last


async def push(say: Say, url: str, inbound: str, cdr: str, calls: int, burst: int) -> None:
    """Push so many calls as fast as the server takes them; say how many it accepted."""
    pbx = Pbx(url, inbound, cdr)
    for _ in range(calls // burst):
        await pbx.push(burst)
    say("pushed", accepted=len(pbx.accepted), refused=len(pbx.refused))


def call_key(parts: list[Any]) -> CallKey:
    """Return a key that went through JSON: source, feed, reference, since."""
    source, feed, call_ref, since = parts
    return CallKey(source, Feed(feed), call_ref, EntryId(*since))


def _resident_mb() -> float:
    """Return the memory this process holds now; its peak where the system does not tell."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * resource.getpagesize() / 2**20
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / 2**20 if sys.platform == "darwin" else peak / 2**10
