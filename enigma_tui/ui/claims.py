"""The claims that this board holds: made, renewed, and given up in time."""

import asyncio
import contextlib
from collections.abc import Callable

from ..journal.desk import RENEW_SECONDS, DispositionDesk, Held, new_id
from ..journal.faults import FAILED
from ..model.call import CallKey

SETTLE_SECONDS = 0.3
"""A dialog that is open for less, as with two quick keys, claims nothing."""

RELEASE_SECONDS = 1.5
"""How long quitting may wait for claims to be given up; they expire by themselves."""


class Claims:
    """Keeps calls claimed while a dialog is open on them, or until they are released by key."""

    def __init__(self, desk: Callable[[], DispositionDesk]) -> None:
        """Prepare; `desk` returns the desk as the site's settings want it now."""
        self._desk = desk
        self._held: dict[CallKey, asyncio.Task[None]] = {}
        self._asked: set[CallKey] = set()
        self._ending: set[asyncio.Task[None]] = set()

    def holds(self, key: CallKey) -> bool:
        """Whether this board keeps a call claimed, or is about to."""
        return key in self._held

    def begin(self, key: CallKey, after: float = SETTLE_SECONDS) -> None:
        """Claim a call in so many seconds, and renew the claim until `end`."""
        if key not in self._held:
            self._held[key] = asyncio.create_task(self._keep(key, new_id(), after))

    async def begin_now(self, key: CallKey) -> Held:
        """Claim a call at once; return whose it is. Raises as the desk does."""
        claim = new_id()
        held = await self._desk().claim(key, claim)
        if held.ours and key not in self._held:
            self._held[key] = asyncio.create_task(self._keep(key, claim, RENEW_SECONDS))
        return held

    def settle(self, key: CallKey) -> None:
        """Claim nothing any more that has not been asked for yet: what it was for is done."""
        if key not in self._asked:
            self.end(key)

    def end(self, key: CallKey) -> None:
        """Give a claim up, if there is one."""
        task = self._held.pop(key, None)
        if task is not None:
            task.cancel()
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)

    async def close(self) -> None:
        """Give up every claim."""
        for key in list(self._held):
            self.end(key)
        if self._ending:
            await asyncio.wait(self._ending, timeout=RELEASE_SECONDS)

    async def _keep(self, key: CallKey, claim: str, after: float) -> None:
        standing = after == RENEW_SECONDS
        if standing:
            self._asked.add(key)
        try:
            await asyncio.sleep(after)
            while True:
                self._asked.add(key)
                with contextlib.suppress(*FAILED):
                    held = await self._desk().claim(key, claim, renew=standing)
                    if not held.ours:
                        # Somebody else's, or it went with an outcome: not to be insisted on.
                        self._held.pop(key, None)
                        return
                    standing = True
                await asyncio.sleep(RENEW_SECONDS)
        finally:
            if key in self._asked:
                self._asked.discard(key)
                with contextlib.suppress(*FAILED):
                    async with asyncio.timeout(RELEASE_SECONDS):
                        await self._desk().release(key, claim)
