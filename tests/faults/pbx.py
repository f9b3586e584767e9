"""A PBX that numbers what it pushes, and notes what the server accepted."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from enigma_tui.journal.connection import Address, Connection, connect
from enigma_tui.journal.faults import FAILED


class Marks:
    """A set of small numbers, a byte each."""

    def __init__(self) -> None:
        self._marks = bytearray()

    def __contains__(self, number: int) -> bool:
        return number < len(self._marks) and bool(self._marks[number])

    def __len__(self) -> int:
        return self._marks.count(1)

    def add(self, number: int) -> None:
        """Mark a number."""
        if number >= len(self._marks):
            self._marks.extend(bytes(number + 10_000 - len(self._marks)))
        self._marks[number] = 1

    def missing_in(self, other: "Marks") -> int:
        """Return how many of these numbers are not in `other`."""
        ours = int.from_bytes(self._marks, "little")
        return (ours & ~int.from_bytes(other._marks, "little")).bit_count()


def connection_of(number: int) -> bytes:
    """Return the notification that call `number` was connected."""
    told = {
        "number": f"082{number:07}",
        "dial_number": "0115550100",
        "hold_time": number % 90,
        "call_ref": str(number),
        "contact_ref": "",
        "call_dir": "inbound",
        "ref": str(2000 + number % 7000),
    }
    return json.dumps({"type": "call", "payload": told}).encode()


def record_of(number: int) -> bytes:
    """Return the record of the end of call `number`."""
    told = {
        "extension": str(2000 + number % 7000),
        "number": f"082{number:07}",
        "dial_number": "0115550100",
        "call_ref": str(number),
        "end_reason": "hungup",
        "end_code": 16,
        "call_time": 60,
        "hold_time": number % 90,
        "call_dir": "inbound",
        "ref": "click-dial",
    }
    return json.dumps({"type": "cdr", "payload": told}).encode()


def status_of(number: int) -> bytes:
    """Return a message of the Dialler that tells an agent's state, and is like no other."""
    told = {"status": "available", "campaign_ref": f"campaign {number}", "ref": "2001"}
    return json.dumps({"type": "status", "payload": told}).encode()


def tags(number: int) -> tuple[int, int]:
    """Return the numbers under which the connection and the record of a call are counted."""
    return 2 * number, 2 * number + 1


@dataclass(slots=True)
class Pbx:
    """Pushes calls, every second one with its record, and never one of them twice.

    It is as a PBX is: a notification whose push fails is not pushed again.
    """

    url: str | Callable[[], str] = field(repr=False)
    """The server's address, or what finds it where that changes; called in a thread."""
    inbound: str
    cdr: str
    publish: bool = False
    """Whether each burst is followed by a message of the Dialler's, on its channel."""
    confirm: tuple[str | int, ...] = ()
    """A command after each burst, such as `WAIT 1 1000`: where it does not answer as many as it
    asks for, nobody knows for certain that the burst outlives the server."""
    accepted: Marks = field(default_factory=Marks)
    unsure: Marks = field(default_factory=Marks)
    """Pushed, and not answered or not confirmed."""
    refused: Marks = field(default_factory=Marks)
    published: int = 0
    """Messages, which whoever listens hears, and nobody else."""
    _next: int = 0

    async def push(self, calls: int) -> None:
        """Push so many new calls in one burst; never raises what a server or network does."""
        connection = await self._reach()
        try:
            await self._burst(connection.quick, calls)
        finally:
            await connection.close()

    async def keep_pushing(self, calls: int, seconds: float, stop: asyncio.Event) -> None:
        """Push a burst every so many seconds, over one connection, until told to stop."""
        connection = await self._reach()
        try:
            while not stop.is_set():
                if not await self._burst(connection.quick, calls):
                    # Only what was under way is the fault's: a PBX cannot push to nobody.
                    await connection.close()
                    connection = await self._found(stop)
                await asyncio.sleep(seconds)
        finally:
            await connection.close()

    async def _reach(self) -> Connection:
        url = self.url if isinstance(self.url, str) else await asyncio.to_thread(self.url)
        return connect(Address(url), "pbx")

    async def _found(self, stop: asyncio.Event) -> Connection:
        """Wait until the server, or the one that has taken its place, takes writes."""
        while True:
            connection = await self._reach()
            try:
                role = await connection.quick.execute_command("ROLE")
                if role[0] == b"master":
                    return connection
            except FAILED:
                pass
            if stop.is_set():
                return connection
            await connection.close()
            await asyncio.sleep(0.05)

    async def _burst(self, client: Redis, calls: int) -> bool:
        """Push a burst; return whether the server is still the one to push to."""
        pipeline = client.pipeline(transaction=False)
        pushed = []
        for number in range(self._next, self._next + calls):
            connection, record = tags(number)
            pipeline.rpush(self.inbound, connection_of(number))
            pushed.append(connection)
            if number % 2:
                pipeline.rpush(self.cdr, record_of(number))
                pushed.append(record)
        self._next += calls
        if self.publish:
            pipeline.publish("enigma:notifications:agents:2001", status_of(self._next))
        if self.confirm:
            pipeline.execute_command(*self.confirm)
        for tag in pushed:  # as long as nothing else is known
            self.unsure.add(tag)
        try:
            answers = await pipeline.execute(raise_on_error=False)
        except FAILED:
            return False
        sure = here = True
        if self.publish:
            self.published += 1
            del answers[len(pushed)]
        if self.confirm:
            confirmed = answers.pop()
            told = confirmed[0] if isinstance(confirmed, list) else confirmed
            sure = isinstance(told, int) and told >= int(self.confirm[1])
        for tag, answer in zip(pushed, answers, strict=True):
            if isinstance(answer, ResponseError):
                self.refused.add(tag)
                here = here and not str(answer).startswith(("READONLY", "MOVED"))
            elif isinstance(answer, int) and sure:
                self.accepted.add(tag)
        return here

    def uncertain(self) -> Marks:
        """Return what was pushed of which nobody knows whether the server had it."""
        marks = Marks()
        for tag in range(2 * self._next):
            if tag in self.unsure and tag not in self.accepted and tag not in self.refused:
                marks.add(tag)
        return marks
