"""Keeps the journal's house: trims what the retention no longer covers."""

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NoReturn

from ..site import Retention
from .connection import Connection
from .faults import Fault, explain
from .keys import Keys
from .lease import Lease, Turn
from .stream import Journal

_TRIM_SECONDS = 60.0

log = logging.getLogger(__name__)


@dataclass(slots=True)
class HouseKeeper:
    """Trims the journal while its lease is ours."""

    connection: Connection
    keys: Keys
    retention: Retention
    now: Callable[[], float]
    """Seconds, of any clock that does not jump."""
    jitter: random.Random
    fault: Fault | None = None
    _trimmed: bool = field(init=False, default=False)

    async def run(self) -> NoReturn:
        """Keep house until cancelled. Whatever goes wrong is shown in `fault` and tried again."""
        lease = Lease(self.connection, self.keys.house)
        turn = Turn(lease, self._work, self._failed, self._well, self._idle, self.jitter)
        await turn.run()

    async def _work(self) -> NoReturn:
        journal = Journal(self.connection, self.keys)
        while True:
            begun = self.now()
            oldest = await journal.now_ms() - self.retention.days * 86_400_000
            await journal.trim(oldest, self.retention.entries)
            self._trimmed = True
            await asyncio.sleep(max(0.0, begun + _TRIM_SECONDS - self.now()))

    def _failed(self, error: BaseException) -> None:
        self.fault = explain(error, self.connection.address.shown)
        self._trimmed = False
        log.warning("trimming stopped: %s", self.fault.name)

    def _well(self) -> bool:
        if self._trimmed:
            self.fault = None
        return self._trimmed

    def _idle(self) -> None:
        self.fault = None
