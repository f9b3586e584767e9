"""A row for the table of faults: a receiver that is down, then fails, and killed deliverers.

`python -m tests.faults_delivery [KILLS] [SECONDS]` runs it alone.
"""

import asyncio
import json
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.journal.connection import Address, Connection, connect
from enigma_tui.journal.desk import Act, DispositionDesk, Who
from enigma_tui.journal.keys import Keys
from enigma_tui.journal.sites import SiteStore
from enigma_tui.model.call import CallKey, EntryId, Feed
from enigma_tui.model.entry import Delivered, DeliveryOutcome, decode
from enigma_tui.site import Site

from .delivery.receiver import OK, Receiver, status

ROOT = Path(__file__).parents[1]
PREFIX = "faults"

_SEED = 7
_MOST_STEPS = 40
_PATIENCE = 120.0


@dataclass(frozen=True, slots=True)
class Account:
    """What came out."""

    kills: int
    recorded: int
    lost: int
    """Recorded, and never accepted by the receiver."""
    twice: int
    """Accepted under two keys, or journalled as delivered twice."""
    repeats: int
    """Arrived again under its key, as it may: the receiver drops those."""
    seconds: float


async def row(kills: int = 50, down_seconds: float = 60.0) -> Account:
    """Take the receiver away for `down_seconds`, let it fail for half as long, and then be well.

    Meanwhile outcomes are recorded, and `kills` deliverers are killed at a step of their work.
    """
    began = time.monotonic()
    with EmbeddedServer() as server:
        connection = connect(Address(server.url), "faults")
        try:
            async with Receiver() as receiver:
                return await _run(connection, receiver, kills, down_seconds, began)
        finally:
            await connection.close()


async def _run(
    connection: Connection, receiver: Receiver, kills: int, down_seconds: float, began: float
) -> Account:
    target = {"kind": "webhook", "name": "crm", "url": receiver.url, "max_age_minutes": 600}
    site = Site.from_json(json.dumps({"delivery": [target], "undo_seconds": 0}), "faults")
    assert await SiteStore(connection, Keys(PREFIX)).save(site, "faults", None)
    acts: list[Act] = []
    over = asyncio.Event()
    recording = asyncio.create_task(_record(connection, acts, over))
    weather = asyncio.create_task(_weather(receiver, down_seconds))
    killed = await _kill(connection, kills, down_seconds * 2)
    await weather
    over.set()
    await recording
    process = await _start(connection, 0)
    wanted = {act.id for act in acts}
    deadline = time.monotonic() + _PATIENCE
    while not await _is_over(connection, wanted) and time.monotonic() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    process.kill()
    await process.wait()
    keys_of_a_call: dict[str, set[str]] = {}
    for request in receiver.requests:
        keys_of_a_call.setdefault(request.payload["call_ref"], set()).add(request.key)
    journalled = await _delivered(connection)
    return Account(
        kills=killed,
        recorded=len(acts),
        lost=len(wanted - set(receiver.accepted)),
        twice=sum(len(keys) - 1 for keys in keys_of_a_call.values())
        + sum(count - 1 for count in journalled.values()),
        repeats=receiver.accepted.total() - len(receiver.accepted),
        seconds=time.monotonic() - began,
    )


async def _record(connection: Connection, acts: list[Act], over: asyncio.Event) -> None:
    """Record outcomes, some twenty a second, until the fault is over; one a call."""
    desk = DispositionDesk(connection, Keys(PREFIX), Who("ann"))
    while not over.is_set():
        reference = str(len(acts))
        raw = json.dumps({"type": "call", "payload": {"call_ref": reference, "ref": "2001"}})
        entry = await connection.quick.xadd(
            Keys(PREFIX).journal, {"kind": "call", "raw": raw, "source": "pbx", "feed": "inbound"}
        )
        key = CallKey("pbx", Feed.INBOUND, reference, EntryId.parse(entry.decode()))
        act = Act(key, "resolved", 0)
        assert (await desk.dispose(act)).recorded
        acts.append(act)
        await asyncio.sleep(0.05)


async def _weather(receiver: Receiver, down_seconds: float) -> None:
    await receiver.down()
    await asyncio.sleep(down_seconds)
    receiver.usual = status(500)
    await receiver.up()
    await asyncio.sleep(down_seconds / 2)
    receiver.usual = OK
    await asyncio.sleep(down_seconds / 2)  # some are killed while all is well


async def _kill(connection: Connection, kills: int, seconds: float) -> int:
    """Run deliverers one after the other, each to the step at which it dies.

    They are spread over `seconds`, so that some die in every weather.
    """
    seeded = random.Random(_SEED)
    began = time.monotonic()
    for n in range(kills):
        await asyncio.sleep(max(0.0, began + seconds * n / kills - time.monotonic()))
        process = await _start(connection, seeded.randrange(1, _MOST_STEPS))
        try:
            async with asyncio.timeout(10):
                await process.wait()
        except TimeoutError:  # there was not so much to do
            process.kill()
            await process.wait()
        # The dead one's lease is not waited out: more die in the same time.
        await connection.quick.delete(Keys(PREFIX).delivering("crm"))
    return kills


async def _start(connection: Connection, last: int) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.delivery.program"),
        *(connection.address.url, PREFIX, str(last)),
        cwd=ROOT,
    )


async def _delivered(connection: Connection) -> Counter[str]:
    found: Counter[str] = Counter()
    for entry_id, fields in await connection.quick.xrange(Keys(PREFIX).journal):
        event = decode(EntryId.parse(entry_id.decode()), fields)
        if isinstance(event, Delivered) and event.outcome is DeliveryOutcome.DELIVERED:
            found[event.act] += 1
    return found


async def _is_over(connection: Connection, wanted: set[str]) -> bool:
    return wanted <= set(await _delivered(connection))


if __name__ == "__main__":
    arguments = [float(argument) for argument in sys.argv[1:]]
    print(asyncio.run(row(int(arguments[0]), arguments[1]) if arguments else row()))
