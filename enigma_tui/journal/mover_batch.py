"""Moves notifications from lists on one server into the journal on another, or in a cluster.

No script reaches both, so there are three. The first takes a batch at the source, in one step: the
list's head goes into a key of its own, under an id. The second appends the batch to the journal,
unless its id is there. The third drops the batch at the source, if it still has that id.

Whatever ends between two of them, nothing is lost: the batch stays until it is known to be in the
journal. Nothing comes twice either: whoever collects next finds the batch with its id, and there
is no other before it has been dropped. One who was frozen and goes on with an old batch appends
nothing, for its id is there, and drops nothing, for its id is gone. So nobody needs to know who
else is at it: there are no take-overs and no heartbeats.

A fail-over of either server may take back what it had answered. So a replica confirms the batch at
the source before it is appended, and at the journal before it is dropped.

The id says, too, what the batch was taken under (`batch_id.py`), so that this holds also where
the source is renamed meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from redis.exceptions import ResponseError

from ..site import Source
from .batch_id import Label
from .blame import Blame
from .connection import Connection
from .feeds import FeedList, feed_lists
from .keys import Keys
from .mover import BATCH, Moved, waiting_in
from .mover_wait import ListWait
from .scripts import script

CONFIRM_MS = 1_000
"""How long a replica, of either server, may take to confirm a batch."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """What is on its way: in the source's batch key, and maybe in the journal."""

    id: bytes
    payloads: Sequence[bytes]


@dataclass(slots=True)
class BatchMover:
    """Moves where the source's lists are on another server than the journal."""

    connection: Connection
    """The journal's server."""
    keys: Keys
    source: Source
    at_source: Connection
    """The source's server."""
    blame: Blame = field(default_factory=Blame)
    lists: Sequence[FeedList] = field(init=False)
    _late: list[int] = field(init=False)
    _waits: ListWait = field(init=False)

    def __post_init__(self) -> None:
        self.lists = feed_lists(self.source)
        self._late = [0] * len(self.lists)
        self._waits = ListWait(self.at_source, [feed.key for feed in self.lists], self.source.pop)

    async def begin(self) -> int:
        """Note what is waiting now, when collecting begins: it is marked late. Return how many.

        A batch that somebody left behind has waited, too. Raises what `move` would raise: a key
        of a wrong type, a missing permission, on either server.
        """
        for place, feed in enumerate(self.lists):
            left, taken, _ = await self.take(feed, 0)
            await self.append(feed, None)
            self._late[place] = left + taken
        return sum(self._late)

    async def move(self) -> Moved:
        """Move up to `BATCH` notifications; raises what redis-py raises, having lost nothing.

        A batch that was left behind is finished first, and may make it more.
        """
        moved = left = 0
        for place, feed in enumerate(self.lists):
            waiting, taken, batch = await self.take(feed, max(0, BATCH - moved))
            left += waiting
            if batch is None:
                left += taken  # not asked for: there was no room
                continue
            await self.append(feed, batch, late=self._late[place])
            await self.drop(feed, batch)
            moved += taken
            self._late[place] = max(0, self._late[place] - taken)
        return Moved(moved, left)

    async def finish(self, feed: FeedList) -> int:
        """Finish the batch that is on its way, and take none; return how many were in it."""
        _, taken, batch = await self.take(feed, -1)
        if batch is not None:
            await self.append(feed, batch, late=taken)
            await self.drop(feed, batch)
        return taken

    # ── the three steps ─────────────────────────────────────────────────────────────────

    async def take(self, feed: FeedList, most: int) -> tuple[int, int, _Batch | None]:
        """Take a batch of up to `most`, or find the one that is there.

        Return how many are left in the list, how many are in the batch, and the batch; it is
        `None` where there is nothing, and where `most` is 0, which only asks. With -1 none is
        taken, and only one that is there is found.

        Where the source's server has replicas, one of them has the batch when this returns: after
        a fail-over its notifications would be in the list again, and be taken under another id.
        Raises `ResponseError` where none says so in time; the batch stays and is found again.
        """
        run = script(self.at_source.quick, "take")
        with self.blame.source():
            while True:
                left, taken, replicas, *batch = await run(
                    keys=[feed.key, self.keys.batch(feed.key), *feed.relays],
                    args=[str(most), self.source.pop, self._label(feed).new_id()],
                )
                if not batch:
                    return left, taken, None
                found = _Batch(batch[0], batch[1:])
                if not replicas or await self._kept(feed, found):
                    return left, taken, found

    async def _kept(self, feed: FeedList, batch: _Batch) -> bool:
        """Wait until a replica of the source's server has the batch.

        Return whether it is still there. It is not where a colleague has finished it, or where
        another server, that has never had it, has become the primary.
        """
        key = self.keys.batch(feed.key)
        pipeline = self.at_source.quick.pipeline(transaction=False)
        # A write that changes nothing, whatever is there by now; it answers with the id.
        pipeline.lmove(key, key, "LEFT", "LEFT")
        pipeline.execute_command("WAIT", 1, CONFIRM_MS)
        head, replicas = await pipeline.execute()
        if head == batch.id and not replicas:
            raise ResponseError(
                "NOREPLICAS no replica of the source's server has confirmed a batch in time; "
                "it stays there and is tried again"
            )
        return bool(head == batch.id)

    async def append(self, feed: FeedList, batch: _Batch | None, *, late: int = 0) -> None:
        """Append a batch to the journal unless it is there; without one, ask if that is possible.

        Where the journal's server has replicas, one of them has the batch when this returns: after
        a fail-over it would be in no journal, and no longer at the source. Raises `ResponseError`
        where none says so in time. (A fail-over while no replica is connected is beyond this.)
        """
        label = self._label(feed)
        if batch:
            label = label.of(batch.id)
        known = self.keys.batches(label.source, label.feed)
        _, replicas = await script(self.connection.quick, "append")(
            keys=[self.keys.journal, known],
            args=[
                batch.id if batch else b"",
                label.source,
                label.kind,
                label.feed,
                str(late),
                *(batch.payloads if batch else ()),
            ],
        )
        if batch and replicas:
            await self._confirm(known, batch)

    def _label(self, feed: FeedList) -> Label:
        return Label(self.source.name, feed.kind, feed.feed)

    async def _confirm(self, known: str, batch: _Batch) -> None:
        """Wait until a replica has the batch.

        `WAIT` answers for what its own connection has written, so something is written there: the
        batch's id, if the server still has it. A replica that has got this has got what was
        before it. Without the id, another server has become the primary meanwhile.
        """
        pipeline = self.connection.quick.pipeline(transaction=False)
        pipeline.zadd(known, {batch.id: 1}, xx=True, incr=True)
        pipeline.execute_command("WAIT", 1, CONFIRM_MS)  # in a cluster: at the journal's node
        there, replicas = await pipeline.execute()
        if there is None or not replicas:
            raise ResponseError(
                "NOREPLICAS no replica of the journal's server has confirmed a batch in time; "
                "it stays at the source and is tried again"
            )

    async def drop(self, feed: FeedList, batch: _Batch) -> None:
        """Drop a batch at the source, unless it is another one by now."""
        with self.blame.source():
            await script(self.at_source.quick, "drop")(
                keys=[self.keys.batch(feed.key)], args=[batch.id]
            )

    # ── waiting ─────────────────────────────────────────────────────────────────────────

    async def backlog(self) -> int:
        """Return how many notifications wait to be collected."""
        with self.blame.source():
            return await waiting_in(self.at_source, [feed.key for feed in self.lists])

    async def wait(self) -> Moved:
        """Return when any list may hold something, without polling and without popping.

        Nothing is moved meanwhile.
        """
        with self.blame.source():
            await self._waits.any()
        return Moved(0, 0)

    async def end(self) -> None:
        """Stop waiting."""
        await self._waits.end()
