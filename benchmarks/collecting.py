"""Emptying a list of waiting notifications: batches moved into the journal, against `BLPOP`.

Everyone finds the same 20,000 payloads in the same list of the same server, and uses a client
that `connect` made: the same socket, protocol and parser. Our time runs from `begin` (which
marks what waited as late, as a collector does) until a move says that nothing is left. The peer
is the loop that the protocol's document suggests: `BLPOP` one, `json.loads` it.

Moving does not parse, for the screen does that at its own pace; so a second line has our side
read the journal back, decode every entry and apply it to a board as well. The limit of any
consumer that parses is `LMPOP COUNT 500` with `json.loads`, which loses what it holds when it
dies; moving may be faster still, since the payloads never leave the server.

After each of our runs the list must be empty and the journal must hold every payload, in order.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from itertools import islice
from typing import Any, cast

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.journal.connection import Address, Connection, connect
from enigma_tui.journal.keys import Keys
from enigma_tui.journal.mover import SameServerMover
from enigma_tui.journal.stream import Journal
from enigma_tui.model.board import Board
from enigma_tui.model.call import ORIGIN
from enigma_tui.model.entry import decode
from enigma_tui.site import Source

from .measure import Effort, Result, alternate, rate
from .payloads import notifications

NUMBER = 20_000
BATCH = 500
SOURCE = Source()
KEYS = Keys()

Contender = Callable[[Connection], Awaitable[None]]


def collecting(effort: Effort) -> Sequence[Result]:
    """Measure notifications a second."""
    with EmbeddedServer() as server:

        def turn(contender: Contender) -> Callable[[], float]:
            return lambda: asyncio.run(_rate(server.url, contender))

        moved, shown, popped, limit = alternate(
            turn(_move), turn(_move_and_show), turn(_pop), turn(_pop_batches), runs=effort.runs
        )
    return [
        rate("collect", "items/s", moved, "BLPOP + json.loads", popped, 10),
        rate("collect, read back, apply", "items/s", shown, "BLPOP + json.loads", popped, None),
        rate("collect", "items/s", moved, "LMPOP 500 + json.loads", limit, None),
    ]


async def _rate(url: str, contender: Contender) -> float:
    """Fill the list, let `contender` empty it, and return the notifications a second."""
    connection = connect(Address(url), "benchmark")
    try:
        await connection.quick.flushall()
        payloads = iter(notifications(NUMBER))
        while batch := list(islice(payloads, BATCH)):
            await connection.quick.rpush(SOURCE.inbound, *batch)
        start = time.perf_counter()
        await contender(connection)
        seconds = time.perf_counter() - start
        if await connection.quick.llen(SOURCE.inbound):
            raise AssertionError("the list is not empty")
        if contender in (_move, _move_and_show):
            await _check_journal(connection)
        return NUMBER / seconds
    finally:
        await connection.close()


async def _move(connection: Connection) -> None:
    mover = SameServerMover(connection, KEYS, SOURCE)
    await mover.begin()
    while (await mover.move()).left:
        pass


async def _move_and_show(connection: Connection) -> None:
    await _move(connection)
    journal, board = Journal(connection, KEYS), Board()
    while entries := await journal.after(board.last, wait=False):
        for entry_id, fields in entries:
            board.apply(decode(entry_id, fields))
    if len(board.calls) != NUMBER:
        raise AssertionError(f"the board has {len(board.calls)} calls, not {NUMBER}")


async def _pop(connection: Connection) -> None:
    for _ in range(NUMBER):
        popped: Any = await connection.waiting.blpop([SOURCE.inbound], timeout=1)
        if popped is None:
            raise AssertionError("the list was empty too early")
        json.loads(popped[1])


async def _pop_batches(connection: Connection) -> None:
    while answer := await connection.quick.lmpop(1, SOURCE.inbound, direction="LEFT", count=BATCH):
        for raw in cast(list[bytes], answer[1]):
            json.loads(raw)


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
