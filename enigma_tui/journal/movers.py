"""What every mover can do, and which one a source needs."""

from collections.abc import Sequence
from typing import Protocol

from ..site import Source
from .blame import Blame
from .connection import Connection
from .feeds import FeedList
from .keys import Keys
from .mover import Moved, SameServerMover
from .mover_batch import BatchMover


class Mover(Protocol):
    """Moves one source's notifications into the journal, losing none and repeating none."""

    source: Source
    lists: Sequence[FeedList]

    async def begin(self) -> int:
        """Note what is waiting now, which is marked late; raises what `move` would raise."""

    async def move(self) -> Moved:
        """Move some; raises what redis-py raises, having lost nothing."""

    async def wait(self) -> Moved:
        """Return when there may be something to move; asked for when nothing was left.

        What one step could both wait for and move has been moved: that is returned.
        """

    async def backlog(self) -> int:
        """Return how many notifications wait."""

    async def end(self) -> None:
        """Stop waiting."""


def mover_for(
    connection: Connection,
    source_connection: Connection,
    keys: Keys,
    source: Source,
    blame: Blame | None = None,
) -> Mover:
    """Return what moves from `source_connection` to the journal at `connection`.

    One script does it where one server has both. In a cluster the journal and the lists are in
    different slots, which no script reaches together. `blame` remembers what failed at the source.
    """
    if source.server or connection.clustered:
        return BatchMover(connection, keys, source, source_connection, blame or Blame())
    return SameServerMover(connection, keys, source)
