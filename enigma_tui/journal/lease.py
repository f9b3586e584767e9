"""Work that any of many programs may do, and one at a time does.

A lease is an agreement and no lock: whoever was frozen may for a moment go on with what is no
longer theirs. So nothing may depend on it but who is woken, and what is worth doing once.
"""

import asyncio
import contextlib
import random
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, NoReturn

from ..backoff import Backoff
from ..site import SiteError
from .connection import Connection
from .faults import FAILED, first_of
from .scripts import script
from .together import together

LEASE_MS = 5_000
"""How long a holder that died keeps the others waiting."""

RENEW_SECONDS = LEASE_MS / 1000 / 3

ASK_SECONDS = 2.5
"""How often the others ask whether the lease has become free."""

_RELEASE_SECONDS = 1.0
"""How long quitting may wait for a server that does not answer."""


class LeaseLost(Exception):
    """Another program has taken over."""


@dataclass(slots=True)
class Lease:
    """Who does it at the moment: a key that holds an id, and runs out."""

    connection: Connection
    key: str
    told_in: str = ""
    """The hash in which the holder tells how it fares; it is told nowhere if empty."""
    name: str = ""
    """The field in that hash."""
    news: str = ""
    """What the holder tells at the next renewal, and on giving up."""
    id: str = field(default_factory=lambda: secrets.token_hex(8))

    async def acquire(self) -> bool:
        """Try to take it, or find it ours still: a server that restarts remembers it."""
        if await self.connection.quick.set(self.key, self.id, nx=True, px=LEASE_MS):
            return True
        return await self._still_ours(LEASE_MS)

    @contextlib.asynccontextmanager
    async def held(
        self, failed: Callable[[BaseException], None] = lambda _: None
    ) -> AsyncIterator[bool]:
        """Try to take it, tell whether that worked, and give it up at the end.

        `failed` is told of a fault of the server's before that: it may be among the last news.
        """
        held = None  # not known, if the answer is lost
        try:
            held = await self.acquire()
            yield held
        except (*FAILED, SiteError) as error:
            failed(error)
            raise
        finally:
            if held is not False:
                # At once, so that the next one need not wait for it to run out.
                await self.release()

    async def renew(self) -> None:
        """Keep it for another `LEASE_MS`; raises `LeaseLost` where it is not ours."""
        if not await self._still_ours(LEASE_MS):
            raise LeaseLost

    async def keep(self, renewed: Callable[[], None] = lambda: None) -> NoReturn:
        """Renew it until cancelled; `renewed` is told each time. Raises `LeaseLost`."""
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            await self.renew()
            renewed()

    async def release(self) -> None:
        """Give it up, if it is ours. Never raises: where the server is gone it runs out."""
        with contextlib.suppress(*FAILED):
            async with asyncio.timeout(_RELEASE_SECONDS):
                await self._still_ours(0)

    async def wait_seconds(self, jitter: random.Random) -> float:
        """Return how long to wait before asking for it again."""
        left_ms = int(await self.connection.quick.pttl(self.key))
        wait = ASK_SECONDS * jitter.uniform(0.6, 1.0)
        # It runs out when its holder has died; that moment is not slept through.
        return min(wait, left_ms / 1000 + jitter.uniform(0.01, 0.1)) if left_ms >= 0 else wait

    async def _still_ours(self, life_ms: int) -> bool:
        keys = [self.key, self.told_in] if self.told_in else [self.key]
        run = script(self.connection.quick, "lease")
        return bool(await run(keys=keys, args=[self.id, str(life_ms), self.name, self.news]))


@dataclass(slots=True)
class Turn:
    """Does a piece of work whenever its lease is free, and until it is lost."""

    lease: Lease
    work: Callable[[], Coroutine[Any, Any, object]]
    """Ends only by raising."""
    failed: Callable[[BaseException], None]
    """Told what a server, or the way to it, answered; before the lease is given up for that."""
    well: Callable[[], bool]
    """Asked at each renewal: whether the work has come further than where it may have failed."""
    idle: Callable[[], None]
    """Told that somebody else does it."""
    jitter: random.Random = field(default_factory=random.Random)

    async def run(self) -> NoReturn:
        """Do it until cancelled; raises what is no fault of a server.

        What fails is tried again, ever less often, and the lease is free in the meantime: a
        colleague may be able to do what this program cannot.
        """
        backoff = Backoff(self.jitter)
        while True:
            try:
                await asyncio.sleep(await self._compete(backoff))
            except LeaseLost:
                continue
            except (*FAILED, SiteError):
                await asyncio.sleep(backoff.next())

    async def _compete(self, backoff: Backoff) -> float:
        """Work if nobody else does; otherwise return the seconds to wait before asking again."""
        async with self.lease.held(self.failed) as held:
            if held:
                await self._work(backoff)
            wait = await self.lease.wait_seconds(self.jitter)
        self.idle()
        backoff.reset()
        return wait

    async def _work(self, backoff: Backoff) -> NoReturn:
        try:
            await together(self.work(), self.lease.keep(lambda: self._renewed(backoff)))
        except BaseExceptionGroup as group:
            raise_expected(group, LeaseLost)
        raise AssertionError("unreachable")

    def _renewed(self, backoff: Backoff) -> None:
        # Not before: one part may work again and again while another always fails.
        if self.well():
            backoff.reset()


def raise_expected(group: BaseExceptionGroup[BaseException], lost: type[Exception]) -> NoReturn:
    """Raise the one thing that ended work side by side, or all of it if any is unforeseen.

    Foreseen are faults of a server, and `lost`. Where both come together, what failed says more.
    """
    expected, unforeseen = group.split((lost, *FAILED, SiteError))
    if expected is None or unforeseen is not None:
        raise group
    _, failed = expected.split(lost)
    fault = first_of(failed or expected)
    raise fault from fault.__cause__  # which may say more: see `cause_of`
