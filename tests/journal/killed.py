"""A program that kills its children: each moves notifications, and is gone before or after a send.

`python -m tests.journal.killed JOURNAL SOURCE` (two addresses, of one server or of two). A child is
forked for each point at which it can die: before its first command is sent, when that has been
sent and not been answered, before the second, and so on, until one comes to its end. Each kill has
notifications of its own, pushed before. Prints how many were killed, and how many were pushed.
"""

import asyncio
import itertools
import os
import signal
import sys
from collections.abc import Iterable

import redis

from enigma_tui.journal.connection import Address, connect
from enigma_tui.journal.keys import Keys
from enigma_tui.journal.movers import mover_for
from enigma_tui.journal.transport import _Heeding
from enigma_tui.site import Source

EACH = 40
"""Calls and records pushed for each child."""


def die_at(point: int) -> None:
    """Have this process end at so many points from now, as SIGKILL ends it."""
    points = itertools.count()
    send = _Heeding.send_packed_command

    def reached() -> None:
        if next(points) == point:
            os.kill(os.getpid(), signal.SIGKILL)

    async def dying(
        self: _Heeding, command: bytes | str | Iterable[bytes], check_health: bool = True
    ) -> None:
        reached()
        await send(self, command, check_health)
        reached()

    _Heeding.send_packed_command = dying  # type: ignore[method-assign]


async def move(journal: str, at: str, source: Source, point: int) -> None:
    """Move everything, and die on the way."""
    connection = connect(Address(journal), "killed")
    at_source = connect(Address(at), "killed") if source.server else connection
    mover = mover_for(connection, at_source, Keys("test"), source)
    await mover.begin()  # which opens the connections: the points are those of moving
    die_at(point)
    while (await mover.move()).left:
        pass


def main(journal: str, at: str) -> None:
    """Kill at every point."""
    source = Source(
        server="" if at == journal else at,
        collect_cdr=True,
        relay_to=("crm",),
    )
    killed = pushed = 0
    for point in itertools.count():
        with redis.Redis.from_url(at) as client:
            client.rpush(source.inbound, *range(pushed, pushed + EACH))
            client.rpush(source.cdr, *range(pushed, pushed + EACH))
        pushed += EACH
        child = os.fork()
        if child == 0:
            asyncio.run(move(journal, at, source, point))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            assert os.WEXITSTATUS(status) == 0
            break
        assert os.WTERMSIG(status) == signal.SIGKILL
        killed += 1
    print(killed, pushed)


if __name__ == "__main__":
    main(*sys.argv[1:])
