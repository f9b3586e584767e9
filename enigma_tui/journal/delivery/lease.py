"""Who does something that one program at a time should do."""

import asyncio
import contextlib
import random
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import NoReturn

from ..connection import Connection
from ..faults import FAILED
from ..scripts import script

LIFE_MS = 5_000
"""How long a holder that died keeps the others waiting."""

_RENEW_SECONDS = LIFE_MS / 1000 / 3
_ASK_SECONDS = 2.5
_RELEASE_SECONDS = 1.0


class LeaseLost(Exception):
    """Another program has taken over."""


@dataclass(slots=True)
class Lease:
    """A key that one program holds at a time. Nothing's safety may rest on that."""

    connection: Connection
    key: str
    id: str = field(default_factory=lambda: secrets.token_hex(8))

    @contextlib.asynccontextmanager
    async def held(self) -> AsyncIterator[bool]:
        """Try to take it, tell whether that worked, and give it up at the end."""
        got = None  # not known, if the answer is lost
        try:
            got = await self._take()
            yield got
        finally:
            if got is not False:
                with contextlib.suppress(*FAILED):
                    async with asyncio.timeout(_RELEASE_SECONDS):
                        await self._run("0")

    async def keep(self) -> NoReturn:
        """Renew it until cancelled; raises `LeaseLost` when somebody else has it."""
        while True:
            await asyncio.sleep(_RENEW_SECONDS)
            if not await self._run(str(LIFE_MS)):
                raise LeaseLost

    async def wait_seconds(self, jitter: random.Random) -> float:
        """Return how long to wait before asking for it again."""
        left_ms = await self.connection.quick.pttl(self.key)
        wait = _ASK_SECONDS * jitter.uniform(0.6, 1.0)
        # It runs out when its holder has died; that moment is not slept through.
        return min(wait, left_ms / 1000 + jitter.uniform(0.01, 0.1)) if left_ms >= 0 else wait

    async def _take(self) -> bool:
        client = self.connection.quick
        if await client.set(self.key, self.id, nx=True, px=LIFE_MS):
            return True
        return await self._run(str(LIFE_MS))

    async def _run(self, life: str) -> bool:
        run = script(self.connection.quick, "lease")
        return bool(await run(keys=[self.key], args=[self.id, life]))
