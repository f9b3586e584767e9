"""Where a deliverer writes down what it did, in the journal, and how far it has come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...model.call import ORIGIN, EntryId
from ...model.delivery import Outgoing
from ...model.entry import MAX_ANSWER, DeliveryOutcome
from ...model.text import safe
from ..connection import Connection
from ..keys import Keys
from ..scripts import script


class Overtaken(Exception):
    """Another deliverer has written meanwhile; what this one knows is no longer all there is."""


class Replaced(Exception):
    """The outcome stands no longer; the journal says, or will in a moment, what does."""


@dataclass(slots=True)
class Ledger:
    """The record of one target. Every method raises what redis-py raises."""

    connection: Connection
    keys: Keys
    target: str
    by: str
    keep_days: int
    turn: str = "0"
    done: EntryId = ORIGIN

    async def open(self) -> EntryId:
        """Return up to which entry nothing is owed. Read the journal after this, not before."""
        told = await self.connection.quick.hmget(self.keys.delivered(self.target), "turn", "done")
        turn, done = (value.decode() if isinstance(value, bytes) else value for value in told)
        self.turn = turn or "0"
        try:
            self.done = EntryId.parse(done or "")
        except ValueError:  # nothing yet, or the record has expired
            self.done = ORIGIN
        return self.done

    async def sending(self, owed: Outgoing) -> None:
        """Note that an outcome is about to be sent; raises `Replaced` where it is not to be.

        From now on it cannot be undone. What follows over the network no script can hold back.
        """
        answer: bytes = await script(self.connection.quick, "sending")(
            keys=[self.keys.call(owed.key)], args=[owed.disposition.act, self.target]
        )
        if answer == b"replaced":
            raise Replaced

    async def note(
        self,
        owed: Outgoing,
        outcome: DeliveryOutcome,
        done: EntryId,
        *,
        answer: str = "",
        attempts: int = 0,
    ) -> None:
        """Journal what became of an outcome; raises `Overtaken`."""
        await self._write(done, owed, self._entry(owed, outcome, answer, attempts))

    async def advance(self, done: EntryId) -> None:
        """Note that nothing is owed up to an entry; raises `Overtaken`."""
        await self._write(done, None, {})

    async def push(
        self, owed: Outgoing, done: EntryId, key: str, cap: int, payload: bytes
    ) -> tuple[bool, int]:
        """Push to a list and journal it, in one step; raises `Overtaken`, or `Replaced`.

        Return whether there was room, and how long the list is then.
        """
        entry = self._entry(owed, DeliveryOutcome.DELIVERED, "", 1)
        return await self._write(done, owed, entry, key, cap, payload)

    def _entry(
        self, owed: Outgoing, outcome: DeliveryOutcome, answer: str, attempts: int
    ) -> Mapping[str, str | int]:
        key, told = owed.key, owed.disposition
        return {
            "kind": "delivery",
            "outcome": outcome,
            "target": self.target,
            "source": key.source,
            "call_feed": key.feed,
            "call_ref": key.call_ref,
            "since": str(key.since),
            "act": told.act,
            "version": told.version,
            "code": told.code,
            "answer": safe(answer, MAX_ANSWER),
            "attempts": attempts,
            "by": self.by,
        }

    async def _write(
        self,
        done: EntryId,
        owed: Outgoing | None,
        entry: Mapping[str, str | int],
        push_to: str = "",
        cap: int = 0,
        payload: bytes = b"",
    ) -> tuple[bool, int]:
        keys = [self.keys.delivered(self.target), self.keys.journal]
        flat = [part for pair in entry.items() for part in pair]
        answer: Sequence[bytes | int] = await script(self.connection.quick, "deliver")(
            keys=[*keys, push_to, self.keys.call(owed.key)] if owed and push_to else keys,
            args=[
                self.turn,
                str(done),
                # Longer than what it tells of, so that it is there as long as that matters.
                (self.keep_days + 1) * 86_400,
                cap,
                payload,
                owed.disposition.act if owed else "",
                self.target,
                *flat,
            ],
        )
        word, length = answer
        if word == b"overtaken":
            raise Overtaken
        if word == b"replaced":
            raise Replaced
        if word == b"done":
            self.turn = str(int(self.turn) + 1)
            self.done = done
        return word == b"done", int(length)
