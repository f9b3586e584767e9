"""Moves notifications from a PBX's lists into the journal, and waits for more.

Popping and then storing would lose what was popped when the program dies between the two. Here
one script does both, so there is no between (`scripts/move.lua`).
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..site import Source
from .connection import BLOCK_MS, Connection
from .keys import Keys
from .scripts import script

BATCH = 500
"""The most notifications moved by one script: longer scripts make everyone wait. Large payloads
end a batch earlier, as `scripts/move.lua` says."""


@dataclass(frozen=True, slots=True)
class FeedList:
    """One list that a source's feed arrives in."""

    key: str
    kind: str
    """The kind of journal entry that its notifications become."""
    feed: str


@dataclass(frozen=True, slots=True)
class Moved:
    """What one run of the script did."""

    moved: int
    left: int
    """How many more were waiting."""


def feed_lists(source: Source) -> Sequence[FeedList]:
    """Return the lists to collect from, connections before ends, so that those come first."""
    lists = [FeedList(source.inbound, "call", "inbound")]
    if source.collect_cdr:
        lists.append(FeedList(source.cdr, "cdr", "cdr"))
    return lists


@dataclass(slots=True)
class SameServerMover:
    """Moves where source lists and journal are on one server."""

    connection: Connection
    keys: Keys
    source: Source
    lists: Sequence[FeedList] = field(init=False)
    _late: list[int] = field(init=False)
    _waiting: dict[str, asyncio.Task[object]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.lists = feed_lists(self.source)
        self._late = [0] * len(self.lists)

    async def begin(self) -> int:
        """Note what is waiting now, when collecting begins: it is marked late. Return how many.

        Raises what `move` would raise: a key of a wrong type, a missing permission.
        """
        _, self._late = await self._run(0)
        return sum(self._late)

    async def move(self) -> Moved:
        """Move up to `BATCH` notifications; raises what redis-py raises, having lost nothing."""
        moved, left = await self._run(BATCH)
        self._late = [max(0, late - n) for late, n in zip(self._late, moved, strict=True)]
        return Moved(sum(moved), sum(left))

    async def _run(self, most: int) -> tuple[list[int], list[int]]:
        run = script(self.connection.quick, "move")
        described = [
            part
            for feed, late in zip(self.lists, self._late, strict=True)
            for part in (feed.kind, feed.feed, str(late))
        ]
        answer = await run(
            keys=[self.keys.journal, *(feed.key for feed in self.lists)],
            args=[str(most), self.source.pop, self.source.name, *described],
        )
        return answer[::2], answer[1::2]

    async def wait(self) -> None:
        """Return when any list may hold something, without polling and without popping.

        `BLMOVE` of a list's head onto itself changes nothing, and blocks until there is a head.
        One wait for each list stays open across calls: abandoning it would cost a connection.
        """
        for feed in self.lists:
            if feed.key not in self._waiting:
                self._waiting[feed.key] = asyncio.create_task(self._until_not_empty(feed.key))
        done, _ = await asyncio.wait(self._waiting.values(), return_when=asyncio.FIRST_COMPLETED)
        self._waiting = {key: task for key, task in self._waiting.items() if task not in done}
        # Asked of every task: asyncio complains on the terminal of a failure nobody looked at.
        failures = [error for task in done if (error := task.exception())]
        if failures:
            raise failures[0]

    async def _until_not_empty(self, key: str) -> object:
        side = self.source.pop.upper()
        return await self.connection.waiting.blmove(key, key, BLOCK_MS // 1000, side, side)

    async def end(self) -> None:
        """Stop waiting."""
        tasks, self._waiting = list(self._waiting.values()), {}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
