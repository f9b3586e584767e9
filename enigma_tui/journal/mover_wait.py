"""Waits until a list may hold something, without polling and without popping."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from .connection import BLOCK_MS, Connection


@dataclass(slots=True)
class ListWait:
    """Waits for any of some lists on one server.

    `BLMOVE` of a list's head onto itself changes nothing, and blocks until there is a head.
    One wait for each list stays open across calls: abandoning it would cost a connection.
    """

    connection: Connection
    lists: Sequence[str]
    side: str
    """`left` or `right`; which makes no difference to what is waited for."""
    _waiting: dict[str, asyncio.Task[object]] = field(init=False, default_factory=dict)

    async def any(self) -> None:
        """Return when any list may hold something; raises what redis-py raises."""
        for key in self.lists:
            if key not in self._waiting:
                self._waiting[key] = asyncio.create_task(self._until_not_empty(key))
        done, _ = await asyncio.wait(self._waiting.values(), return_when=asyncio.FIRST_COMPLETED)
        self._waiting = {key: task for key, task in self._waiting.items() if task not in done}
        # Asked of every task: asyncio complains on the terminal of a failure nobody looked at.
        failures = [error for task in done if (error := task.exception())]
        if failures:
            raise failures[0]

    async def _until_not_empty(self, key: str) -> object:
        side = self.side.upper()
        return await self.connection.waiting.blmove(key, key, BLOCK_MS // 1000, side, side)

    async def end(self) -> None:
        """Stop waiting."""
        tasks, self._waiting = list(self._waiting.values()), {}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
