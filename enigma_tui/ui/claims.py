"""The claims that this board holds: made, renewed, and given up in time."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from ..journal.desk import CLAIM_MS, RENEW_SECONDS, DispositionDesk, Held, new_id
from ..journal.faults import FAILED
from ..model.call import Call, CallKey

SETTLE_SECONDS = 0.3
"""A dialog that is open for less, as with two quick keys, claims nothing."""

KEPT_SECONDS = 600.0
"""How long a call claimed by key stays claimed. It is claimed for so long at once, and not
renewed: each renewal is an entry of the journal, and nobody may have been here since."""

RELEASE_SECONDS = 1.5
"""How long quitting may wait for claims to be given up; they expire by themselves."""


@dataclass(slots=True, eq=False)
class _Claim:
    """One claim of this board."""

    key: CallKey
    version: int
    """The call's version when it was claimed: an outcome recorded since takes the claim away."""
    answer: asyncio.Future[Held] | None = None
    """Hears whose claim it is, where somebody waits for that."""
    open: int = 0
    """How many have the call open, a dialog or a call-back that is asked for: it is renewed."""
    kept_until: float = 0.0
    """Until when it was claimed by key, on the event loop's clock; 0 if it was not."""
    id: str = field(default_factory=new_id)
    asked: bool = False
    """Whether the server has been asked for it, and so has to be told when it is given up."""
    standing: bool = False
    """Whether it is ours, as far as is known."""
    gone: bool = False
    """Whether it has gone with an outcome that stands."""
    over: bool = False
    stirred: asyncio.Event = field(default_factory=asyncio.Event)
    """Something has changed: it is over, or has to be asked for anew."""

    def life(self, now: float) -> float:
        """Return for how many seconds it is to be claimed."""
        # A little longer by key: it is given up in time, and the others need not guess.
        kept = self.kept_until - now + RENEW_SECONDS
        return max(CLAIM_MS / 1000, kept) if self.kept_until else CLAIM_MS / 1000


class Claims:
    """Keeps calls claimed: while a dialog is open on them, or for a while when told to by key."""

    def __init__(
        self, desk: Callable[[], DispositionDesk], lapsed: Callable[[CallKey], None]
    ) -> None:
        """Prepare; `desk` returns the desk as the site's settings want it now.

        `lapsed` hears of a call that was claimed by key, when the time for that is over.
        """
        self._desk = desk
        self._lapsed = lapsed
        self._held: dict[CallKey, _Claim] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def holds(self, key: CallKey) -> bool:
        """Whether this board keeps a call claimed, or is about to."""
        return key in self._held

    def begin(self, call: Call, after: float = SETTLE_SECONDS) -> None:
        """A dialog is open on a call: claim it in so many seconds, until `leave` or `end`."""
        claim = self._held.get(call.key)
        if claim is None:
            self._hold(_Claim(call.key, call.version, open=1), after)
        else:
            claim.open += 1

    def leave(self, key: CallKey) -> None:
        """The dialog is closed: give its claim up, but not one that was made by key, or that
        another has open."""
        claim = self._held.get(key)
        if claim is not None:
            claim.open = max(0, claim.open - 1)
            if not claim.open and claim.kept_until <= asyncio.get_running_loop().time():
                self.end(key)

    def begin_now(self, call: Call) -> Awaitable[Held]:
        """Claim a call by key, at once: `holds` says so when this returns.

        What is returned tells whose it is, and raises as the desk does.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Held] = loop.create_future()
        claim = _Claim(call.key, call.version, answer)
        claim.kept_until = loop.time() + KEPT_SECONDS
        self._hold(claim, 0.0)
        return answer

    def settle(self, key: CallKey) -> None:
        """Claim nothing any more that has not been asked for yet: what it was for is done."""
        claim = self._held.get(key)
        if claim is not None and not claim.asked:
            self.end(key)

    def end(self, key: CallKey) -> None:
        """Give a claim up, if there is one."""
        claim = self._held.pop(key, None)
        if claim is not None:
            claim.over = True
            claim.stirred.set()

    def look(self, calls: Mapping[CallKey, Call]) -> None:
        """Follow what the journal tells: an outcome takes every claim on its call with it.

        When it is undone while a dialog is still open on the call, that is claimed again.
        """
        for claim in list(self._held.values()):
            call = calls.get(claim.key)
            if call is None or call.version == claim.version:
                continue
            claim.version = call.version
            claim.standing = False
            claim.gone = call.disposition is not None
            claim.kept_until = 0.0
            if not claim.open:
                self.end(claim.key)
            else:
                claim.stirred.set()

    async def close(self) -> None:
        """Give up every claim."""
        for key in list(self._held):
            self.end(key)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=RELEASE_SECONDS)

    def _hold(self, claim: _Claim, after: float) -> None:
        self._held[claim.key] = claim
        task = asyncio.create_task(self._keep(claim, after))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _keep(self, claim: _Claim, after: float) -> None:
        """Claim, renew while a dialog is open, and give up in the end.

        Never cancelled but with the program: a claim that is being asked for when it is given up
        has been answered before it is released.
        """
        now = asyncio.get_running_loop().time
        try:
            if after and await _over(claim, after):
                return
            while not claim.over:
                refused = claim.gone or await self._ask(claim)
                if not (claim.standing or claim.open):
                    return
                # Somebody else's, or gone with an outcome, it is not insisted on.
                wait = RENEW_SECONDS if claim.open else claim.kept_until - now()
                if await _over(claim, None if refused else wait):
                    return
                if not claim.open and claim.kept_until <= now():
                    self._lapsed(claim.key)
                    return
        finally:
            if self._held.get(claim.key) is claim:
                del self._held[claim.key]
            if claim.answer is not None and not claim.answer.done():
                claim.answer.set_result(Held(False, "", 0))  # given up before it was asked for
            if claim.asked:
                with contextlib.suppress(*FAILED):
                    async with asyncio.timeout(RELEASE_SECONDS):
                        await self._desk().release(claim.key, claim.id)

    async def _ask(self, claim: _Claim) -> bool:
        """Ask for a claim, or for more time; return whether that was refused."""
        claim.asked = True
        life_ms = round(claim.life(asyncio.get_running_loop().time()) * 1000)
        try:
            held = await self._desk().claim(claim.key, claim.id, life_ms, renew=claim.standing)
        except FAILED as error:
            if claim.answer is not None and not claim.answer.done():
                claim.answer.set_exception(error)
            return False
        claim.standing = held.ours
        if claim.answer is not None and not claim.answer.done():
            claim.answer.set_result(held)
        return not held.ours


async def _over(claim: _Claim, seconds: float | None) -> bool:
    """Wait until something has changed, for so many seconds at most; return whether it is over."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await claim.stirred.wait()
    claim.stirred.clear()
    return claim.over
