"""Emptying a list of 100,000 waiting notifications: moved into the journal in batches.

Everyone finds the same payloads in the same list of a server, and uses a client that `connect`
made: the same socket, protocol and parser. Our time runs from `begin` (which marks what waited as
late, as a collector does) until a move says that nothing is left.

**On one server** the peer is the loop that the protocol's document suggests: `BLPOP` one,
`json.loads` it. Moving does not parse, for the screen does that at its own pace; so a second line
has our side read the journal back, decode every entry and apply it to a board as well. The limit
of any client is `LMPOP COUNT 500` with nothing else: it loses what it holds when it dies. How long
the slowest script took is what the server's own log says of commands over a millisecond.

**On two servers** the batch mover takes at the one and appends at the other. The peer is the usual
reliable queue, on one server alone: `BLMOVE` one to a list of those at work, `json.loads` it,
`LREM` it from there. It has no journal at the end.

After each of our runs the list must be empty and the journal must hold every payload, in order.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from statistics import median
from typing import Any, cast

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.journal.connection import Address, Connection, connect
from enigma_tui.journal.keys import Keys
from enigma_tui.journal.mover import BATCH, SameServerMover
from enigma_tui.journal.mover_batch import BatchMover
from enigma_tui.journal.stream import Journal
from enigma_tui.model.board import Board
from enigma_tui.model.call import ORIGIN
from enigma_tui.model.entry import decode
from enigma_tui.site import Source

from .measure import Effort, Result, alternate, at_most, rate
from .payloads import notifications

NUMBER = 100_000
FILL = 500
"""Pushed at a time."""
SCRIPT_MS = 5
"""What no script may take, since it keeps everybody else waiting."""
AT_WORK = "benchmark:at-work"
SOURCE = Source()
KEYS = Keys()

Contender = Callable[[Connection, Connection], Awaitable[None]]
"""Empties the list at the first server; the second has the journal, and may be the same."""

_SLOWLOG_US = 1_000


def collecting(effort: Effort) -> Sequence[Result]:
    """Measure notifications a second."""
    slowest: list[float] = []
    with EmbeddedServer() as server, EmbeddedServer() as other:

        def turn(contender: Contender, elsewhere: EmbeddedServer = server) -> Callable[[], float]:
            def run() -> float:
                rate, script_ms = asyncio.run(_rate(server.url, elsewhere.url, contender))
                if contender is _move:
                    slowest.append(script_ms)
                return rate

            return run

        moved, shown, popped, limit, carried, queued = alternate(
            turn(_move),
            turn(_move_and_show),
            turn(_pop),
            turn(_pop_batches),
            turn(_carry, other),
            turn(_queue),
            runs=effort.runs,
        )
    loop, raw, queue = "BLPOP + json.loads", f"LMPOP {BATCH}", "BLMOVE + LREM"
    return [
        rate("collect", "items/s", moved, loop, popped, 40),
        rate("collect", "items/s", moved, raw, limit, 0.12),
        at_most("collect: slowest script", median(slowest), "ms", SCRIPT_MS),
        rate("collect, read back, apply", "items/s", shown, loop, popped, None),
        rate("collect, two servers", "items/s", carried, queue, queued, 25),
    ]


async def _rate(url: str, elsewhere: str, contender: Contender) -> tuple[float, float]:
    """Fill the list, and let `contender` empty it.

    Return the notifications a second, and how many milliseconds the slowest script took.
    """
    source, journal = connect(Address(url), "benchmark"), connect(Address(elsewhere), "benchmark")
    try:
        for connection in (source, journal):
            await connection.quick.flushall()
        payloads = iter(notifications(NUMBER))
        while batch := list(islice(payloads, FILL)):
            await source.quick.rpush(SOURCE.inbound, *batch)
        await source.quick.config_set("slowlog-log-slower-than", _SLOWLOG_US)
        await source.quick.slowlog_reset()
        start = time.perf_counter()
        await contender(source, journal)
        seconds = time.perf_counter() - start
        slow: Any = await source.quick.slowlog_get(NUMBER)
        scripts = [each["duration"] for each in slow if each["command"].startswith(b"EVALSHA")]
        if await source.quick.llen(SOURCE.inbound):
            raise AssertionError("the list is not empty")
        if contender in (_move, _move_and_show, _carry):
            await _check_journal(journal)
        return NUMBER / seconds, max(scripts, default=_SLOWLOG_US) / 1e3
    finally:
        await source.close()
        await journal.close()


async def _move(source: Connection, _: Connection) -> None:
    await _drain(SameServerMover(source, KEYS, SOURCE))


async def _carry(source: Connection, journal: Connection) -> None:
    there = replace(SOURCE, server=source.address.shown)
    await _drain(BatchMover(journal, KEYS, there, source))


async def _drain(mover: SameServerMover | BatchMover) -> None:
    await mover.begin()
    while (await mover.move()).left:
        pass


async def _move_and_show(source: Connection, journal_at: Connection) -> None:
    await _move(source, journal_at)
    journal, board = Journal(journal_at, KEYS), Board()
    while entries := await journal.after(board.last, wait=False):
        for entry_id, fields in entries:
            board.apply(decode(entry_id, fields))
    if len(board.calls) != NUMBER:
        raise AssertionError(f"the board has {len(board.calls)} calls, not {NUMBER}")


async def _pop(source: Connection, journal: Connection) -> None:
    for _ in range(NUMBER):
        popped: Any = await source.waiting.blpop([SOURCE.inbound], timeout=1)
        if popped is None:
            raise AssertionError("the list was empty too early")
        json.loads(popped[1])


async def _pop_batches(source: Connection, _: Connection) -> None:
    popped = 0
    while answer := await source.quick.lmpop(1, SOURCE.inbound, direction="LEFT", count=BATCH):
        popped += len(cast(list[bytes], answer[1]))
    if popped != NUMBER:
        raise AssertionError(f"{popped} were popped, not {NUMBER}")


async def _queue(source: Connection, journal: Connection) -> None:
    client = source.waiting
    for _ in range(NUMBER):
        raw: Any = await client.blmove(SOURCE.inbound, AT_WORK, 1, "LEFT", "RIGHT")
        if raw is None:
            raise AssertionError("the list was empty too early")
        json.loads(raw)
        await source.quick.lrem(AT_WORK, 1, raw)


async def _check_journal(connection: Connection) -> None:
    journal, last = Journal(connection, KEYS), ORIGIN
    expected: Iterator[bytes] = iter(notifications(NUMBER))
    while entries := await journal.after(last, wait=False):
        last = entries[-1][0]
        for _, fields in entries:
            if fields[b"raw"] != next(expected, None):
                raise AssertionError("the journal holds something else than was sent")
    if next(expected, None) is not None:
        raise AssertionError("the journal does not hold everything that was sent")
