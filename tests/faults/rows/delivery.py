"""A webhook receiver that is down, then fails, then is well, and deliverers that are killed."""

import asyncio
import json
import random
import sys
import time
from collections import Counter
from pathlib import Path

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.journal.connection import Address, Connection, connect
from enigma_tui.journal.desk import Act, DispositionDesk, Who
from enigma_tui.journal.keys import Keys
from enigma_tui.journal.sites import SiteStore
from enigma_tui.model.call import CallKey, EntryId, Feed
from enigma_tui.model.entry import Delivered, DeliveryOutcome, decode
from enigma_tui.site import Site

from ...delivery.receiver import OK, Receiver, status
from ..result import Result, Size

ROOT = Path(__file__).parents[3]
PREFIX = "faults"

_SEED = 7
_MOST_STEPS = 40
_PATIENCE = 60.0
"""So long nothing more may be delivered before what is left counts as lost: a machine that is slow
loses nothing."""


async def row(size: Size) -> Result:
    """Take the receiver away for `size.seconds`, let it fail for half as long, and then be well.

    Meanwhile outcomes are recorded, and `size.times` deliverers are killed at a step of their
    work. Counted as lost: an outcome that the receiver never accepted. Counted as twice: one
    accepted under two keys, or journalled as delivered twice.
    """
    began = time.monotonic()
    with EmbeddedServer() as server:
        connection = connect(Address(server.url), "faults")
        try:
            async with Receiver() as receiver:
                return await _run(connection, receiver, size, began)
        finally:
            await connection.close()


async def _run(connection: Connection, receiver: Receiver, size: Size, began: float) -> Result:
    target = {"kind": "webhook", "name": "crm", "url": receiver.url, "max_age_minutes": 600}
    site = Site.from_json(json.dumps({"delivery": [target], "undo_seconds": 0}), "faults")
    assert await SiteStore(connection, Keys(PREFIX)).save(site, "faults", None)
    acts: list[Act] = []
    over = asyncio.Event()
    recording = asyncio.create_task(_record(connection, acts, over))
    weather = asyncio.create_task(_weather(receiver, size.seconds))
    killed = await _kill(connection, size.times, size.seconds * 2)
    await weather
    over.set()
    await recording
    process = await _start(connection, 0)
    wanted = {act.id for act in acts}
    done, moved = 0, time.monotonic()
    while done < len(wanted) and time.monotonic() - moved < _PATIENCE:
        await asyncio.sleep(0.5)
        delivered = len(wanted & set(await _delivered(connection)))
        done, moved = (delivered, time.monotonic()) if delivered > done else (done, moved)
    process.kill()
    await process.wait()
    keys_of_a_call: dict[str, set[str]] = {}
    for request in receiver.requests:
        keys_of_a_call.setdefault(request.payload["call_ref"], set()).add(request.key)
    journalled = await _delivered(connection)
    repeats = receiver.accepted.total() - len(receiver.accepted)
    return Result(
        fault=f"webhook receiver down {size.seconds:.0f} s, then 500s; deliverer killed",
        times=killed,
        notifications=len(acts),
        lost=len(wanted - set(receiver.accepted)),
        destroyed=0,
        twice=sum(len(keys) - 1 for keys in keys_of_a_call.values())
        + sum(count - 1 for count in journalled.values()),
        seconds=time.monotonic() - began,
        note=f"outcomes; {repeats:,} arrived again under their key",
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
