"""Moves notifications from a PBX's lists into the journal on the same server.

Popping and then storing would lose what was popped when the program dies between the two. Here
one script does both, so there is no between (`scripts/move.lua`). Where source and journal are on
two servers no one script can; `mover_batch.py` is for that.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..site import Source
from .connection import Connection
from .feeds import FeedList, feed_lists
from .keys import Keys
from .mover_wait import ListWait
from .scripts import call, script

BATCH = 500
"""The most notifications moved by one script: longer scripts make everyone wait. Large payloads
end a batch earlier, as `scripts/move.lua` and `scripts/travel.lua` say."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What one run did."""

    moved: int
    left: int
    """How many more were waiting."""


async def waiting_in(connection: Connection, lists: Sequence[str]) -> int:
    """Return how many entries some lists hold together; raises what redis-py raises."""
    pipeline = connection.quick.pipeline(transaction=False)
    for key in lists:
        pipeline.llen(key)
    return sum(int(length) for length in await pipeline.execute())


_Answer = tuple[list[int], list[int]]
"""For each list how many were moved, and how many are left."""


@dataclass(slots=True)
class SameServerMover:
    """Moves where source lists and journal are on one server."""

    connection: Connection
    keys: Keys
    source: Source
    lists: Sequence[FeedList] = field(init=False)
    _late: list[int] = field(init=False)
    _waits: ListWait = field(init=False)
    _plenty: bool = False
    """Whether enough was left for two runs, whatever the one moves that is under way."""
    _ahead: asyncio.Task[_Answer] | None = None
    """A run that was asked for before the one before it was answered."""

    def __post_init__(self) -> None:
        self.lists = feed_lists(self.source)
        self._late = [0] * len(self.lists)
        self._waits = ListWait(
            self.connection,
            [feed.key for feed in self.lists],
            self.source.pop,
            then=lambda: call("move", *self._asked(BATCH)),
        )

    async def begin(self) -> int:
        """Note what is waiting now, when collecting begins: it is marked late. Return how many.

        Raises what `move` would raise: a key of a wrong type, a missing permission.
        """
        _, self._late = await self._run(0)
        return sum(self._late)

    async def move(self) -> Moved:
        """Move up to `BATCH` notifications; raises what redis-py raises, having lost nothing.

        While much is left the next run is asked for already: so the server need not wait for this
        program between two, and everybody else at it waits for two runs at most.
        """
        running = self._ahead or self._begun()
        self._ahead = self._begun() if self._plenty else None
        moved, left = await running
        self._late = [max(0, late - n) for late, n in zip(self._late, moved, strict=True)]
        # The run ahead is told how many are late as they were before the one under way: that is
        # as true of it where all that it may move are late, or none.
        sure = all(late == 0 or late >= 2 * BATCH for late in self._late)
        self._plenty = sure and sum(left) >= 2 * BATCH
        return Moved(sum(moved), sum(left))

    def _begun(self) -> asyncio.Task[_Answer]:
        return asyncio.create_task(self._run(BATCH))

    async def _run(self, most: int) -> _Answer:
        keys, args = self._asked(most)
        answer = await script(self.connection.quick, "move")(keys=keys, args=args)
        return answer[::2], answer[1::2]

    def _asked(self, most: int) -> tuple[list[str], list[str]]:
        """Return the keys and the arguments of `scripts/move.lua`."""
        described = [
            part
            for feed, late in zip(self.lists, self._late, strict=True)
            for part in (feed.kind, feed.feed, str(late), str(len(feed.relays)))
        ]
        lists = [key for feed in self.lists for key in (feed.key, *feed.relays)]
        return (
            [self.keys.journal, *lists],
            [str(most), self.source.pop, self.source.name, *described],
        )

    async def backlog(self) -> int:
        """Return how many notifications wait to be collected."""
        return await waiting_in(self.connection, [feed.key for feed in self.lists])

    async def wait(self) -> Moved:
        """Wait for something to come, without polling and without popping, and move it.

        The script stands in line at the server behind the wait. So what comes is in the journal
        when a plain pop would just have been answered, and costs one round trip. Returns what was
        moved: nothing, now and then.
        """
        if self._ahead is not None:  # somebody else has emptied the lists
            return await self.move()
        self._late = [0] * len(self.lists)  # the lists were empty: nothing waits any more
        answers = await self._waits.any()
        return Moved(
            sum(sum(answer[::2]) for answer in answers),
            max((sum(answer[1::2]) for answer in answers), default=0),
        )

    async def end(self) -> None:
        """Stop waiting, and moving ahead."""
        await self._waits.end()
        if self._ahead is not None:
            ahead, self._ahead = self._ahead, None
            ahead.cancel()
            await asyncio.gather(ahead, return_exceptions=True)
