"""The journal: a Redis stream that is appended to, followed and read again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from ..model.call import ORIGIN, EntryId
from .connection import BLOCK_MS, Connection
from .keys import Keys
from .server_clock import ms_of

READ_COUNT = 500
"""Entries read at a time: enough to be fast, few enough that a screen stays awake between."""

READ_BYTES = 4 * 1024 * 1024
"""The payloads of one answer should not be larger; where they are, fewer are asked for."""

_FIRST_COUNT = 32

Fields = Mapping[bytes, bytes]


@dataclass(slots=True)
class Journal:
    """The stream of one site."""

    connection: Connection
    keys: Keys
    more: bool = False
    """Whether the last answer was full, so that there is probably more to read at once."""
    _count: int = _FIRST_COUNT
    """How many entries to ask for; it follows how large they turn out to be."""

    async def after(self, last: EntryId, *, wait: bool = True) -> Sequence[tuple[EntryId, Fields]]:
        """Return the entries that follow `last`, up to `READ_COUNT`.

        With `wait`, an empty answer comes only after `BLOCK_MS` without any.
        """
        answer: Any = await self.connection.waiting.xread(
            {self.keys.journal: str(last)}, count=self._count, block=BLOCK_MS if wait else None
        )
        return self._taken([entry for _, entries in answer for entry in entries])

    async def until(self, last: EntryId, until_ms: int) -> Sequence[tuple[EntryId, Fields]]:
        """Return the entries that follow `last` and came no later than then, as `after` does.

        Nothing is waited for: what is asked for has been.
        """
        answer: Any = await self.connection.quick.xrange(
            self.keys.journal, f"({last}", str(until_ms), count=self._count
        )
        return self._taken(answer)

    async def first(self) -> EntryId | None:
        """Return the first entry that is still in the stream, or `None` where there is none."""
        found = await self.connection.quick.xrange(self.keys.journal, count=1)
        return _entry(found[0])[0] if found else None

    def _taken(self, answer: Sequence[Sequence[object]]) -> Sequence[tuple[EntryId, Fields]]:
        """Return the entries of an answer; ask for fewer, or more, the next time."""
        entries = [_entry(entry) for entry in answer]
        self.more = len(entries) == self._count
        size = sum(len(value) for _, fields in entries for value in fields.values())
        if size > READ_BYTES:
            self._count = max(1, len(entries) * READ_BYTES // size)
        elif self.more:
            self._count = min(READ_COUNT, self._count * 2)
        return entries

    async def has(self, entry_id: EntryId) -> bool:
        """Whether the entry is still in the stream; the origin always is.

        Asked by the client that `after` reads with. During a fail-over the two clients may be at
        two servers for a moment, and the old one would say yes for the new one.
        """
        return entry_id == ORIGIN or await self._one(self.connection.waiting, entry_id) is not None

    async def fields(self, entry_id: EntryId) -> Fields | None:
        """Return one entry's fields, or `None` when it has been trimmed or never was."""
        return await self._one(self.connection.quick, entry_id)

    async def _one(self, client: Redis, entry_id: EntryId) -> Fields | None:
        found = await client.xrange(self.keys.journal, str(entry_id), str(entry_id), count=1)
        return _entry(found[0])[1] if found else None

    async def now_ms(self) -> int:
        """Return what the clock of the journal's server shows; milliseconds since the epoch.

        In a cluster nodes' clocks differ; what has no key is asked of the journal's node.
        """
        return ms_of(await self.connection.quick.time())

    async def trim(self, older_than_ms: int, most: int) -> int:
        """Drop what the retention no longer covers; return how many the cap cut besides.

        Trimming is approximate in Redis's sense: whole nodes go, so somewhat more is kept.
        """
        client: Redis = self.connection.quick
        # One command trims 10,000 entries at most, so that it is short.
        while await client.xtrim(self.keys.journal, minid=f"{older_than_ms}-0", approximate=True):
            pass
        cut = 0
        while more := int(await client.xtrim(self.keys.journal, maxlen=most, approximate=True)):
            cut += more
        if cut:
            await client.xadd(self.keys.journal, {"kind": "cut", "count": str(cut)})
        return cut


def _entry(entry: Sequence[object]) -> tuple[EntryId, Fields]:
    raw_id, fields = entry
    assert isinstance(raw_id, bytes)
    assert isinstance(fields, dict)
    return EntryId.parse(raw_id.decode()), fields
