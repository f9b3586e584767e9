"""Waits until a list may hold something, without polling and without popping."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from redis.exceptions import NoScriptError, ResponseError

from .commands import Command, remember
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
    then: Callable[[], Command] | None = None
    """What the server does as soon as the wait has ended, without anybody asking again: it is sent
    along, and stands in line behind the wait. Where the connection ends before, it is not done."""
    _waiting: dict[str, asyncio.Task[Any]] = field(init=False, default_factory=dict)

    async def any(self) -> Sequence[Any]:
        """Return when any list may hold something; raises what redis-py raises.

        What is returned are the answers to `then`, of each wait that has ended.
        """
        for key in self.lists:
            if key not in self._waiting:
                self._waiting[key] = asyncio.create_task(self._until_not_empty(key))
        done, _ = await asyncio.wait(self._waiting.values(), return_when=asyncio.FIRST_COMPLETED)
        self._waiting = {key: task for key, task in self._waiting.items() if task not in done}
        # Asked of every task: asyncio complains on the terminal of a failure nobody looked at.
        failures = [error for task in done if (error := task.exception())]
        if failures:
            raise failures[0]
        return [answer for task in done if (answer := task.result()) is not None]

    async def _until_not_empty(self, key: str) -> Any:
        side, seconds = self.side.upper(), BLOCK_MS // 1000
        if self.then is None:
            await self.connection.waiting.blmove(key, key, seconds, side, side)
            return None
        commands = (("BLMOVE", key, key, side, side, seconds), self.then())
        pipeline = self.connection.waiting.pipeline(transaction=False)
        for command in commands:
            pipeline.execute_command(*command)
        answers = await pipeline.execute(raise_on_error=False)
        for command, answer in zip(commands, answers, strict=True):
            if isinstance(answer, NoScriptError):
                return None  # the server was restarted; whoever asks next brings the script
            if isinstance(answer, ResponseError):
                remember(answer, command)
                raise answer
        return answers[-1]

    async def end(self) -> None:
        """Stop waiting."""
        tasks, self._waiting = list(self._waiting.values()), {}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
