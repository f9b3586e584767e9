"""The claims that this board holds: made, renewed, and given up in time."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field

from ..journal.desk import RENEW_SECONDS, DispositionDesk, Held, new_id
from ..journal.faults import FAILED
from ..model.call import CallKey

SETTLE_SECONDS = 0.3
"""A dialog that is open for less, as with two quick keys, claims nothing."""

RELEASE_SECONDS = 1.5
"""How long quitting may wait for claims to be given up; they expire by themselves."""


@dataclass(slots=True, eq=False)
class _Claim:
    """One claim of this board."""

    key: CallKey
    id: str = field(default_factory=new_id)
    asked: bool = False
    """Whether the server has been asked for it, and so has to be told when it is given up."""
    task: asyncio.Task[None] | None = None


class Claims:
    """Keeps calls claimed while a dialog is open on them, or until they are released by key."""

    def __init__(self, desk: Callable[[], DispositionDesk]) -> None:
        """Prepare; `desk` returns the desk as the site's settings want it now."""
        self._desk = desk
        self._held: dict[CallKey, _Claim] = {}
        self._ending: set[asyncio.Task[None]] = set()

    def holds(self, key: CallKey) -> bool:
        """Whether this board keeps a call claimed, or is about to."""
        return key in self._held

    def begin(self, key: CallKey, after: float = SETTLE_SECONDS) -> None:
        """Claim a call in so many seconds, and renew the claim until `end`."""
        self._hold(_Claim(key), after)

    async def begin_now(self, key: CallKey) -> Held:
        """Claim a call at once; return whose it is. Raises as the desk does."""
        claim = _Claim(key, asked=True)
        held = await self._desk().claim(key, claim.id)
        if held.ours:
            self._hold(claim, RENEW_SECONDS)
        return held

    def _hold(self, claim: _Claim, after: float) -> None:
        if claim.key not in self._held:
            self._held[claim.key] = claim
            claim.task = asyncio.create_task(self._keep(claim, after))

    def settle(self, key: CallKey) -> None:
        """Claim nothing any more that has not been asked for yet: what it was for is done."""
        claim = self._held.get(key)
        if claim is not None and not claim.asked:
            self.end(key)

    def end(self, key: CallKey) -> None:
        """Give a claim up, if there is one."""
        claim = self._held.pop(key, None)
        if claim is not None and claim.task is not None:
            claim.task.cancel()
            self._ending.add(claim.task)
            claim.task.add_done_callback(self._ending.discard)

    async def close(self) -> None:
        """Give up every claim."""
        for key in list(self._held):
            self.end(key)
        if self._ending:
            await asyncio.wait(self._ending, timeout=RELEASE_SECONDS)

    async def _keep(self, claim: _Claim, after: float) -> None:
        standing = claim.asked
        try:
            await asyncio.sleep(after)
            while True:
                claim.asked = True
                with contextlib.suppress(*FAILED):
                    held = await self._desk().claim(claim.key, claim.id, renew=standing)
                    if not held.ours:
                        # Somebody else's, or it went with an outcome: not to be insisted on.
                        self._held.pop(claim.key, None)
                        return
                    standing = True
                await asyncio.sleep(RENEW_SECONDS)
        finally:
            if claim.asked:
                with contextlib.suppress(*FAILED):
                    async with asyncio.timeout(RELEASE_SECONDS):
                        await self._desk().release(claim.key, claim.id)
