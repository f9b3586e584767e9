"""Records what supervisors do, so that no two of them overwrite each other.

Each act is one script that compares the call's version with the one the supervisor saw, writes,
and appends to the journal. The same act sent again, because the answer to the first was lost,
changes nothing.
"""

import asyncio
import random
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Any, TypeVar

from redis.exceptions import AuthenticationError, RedisError

from ..backoff import Backoff
from ..model.call import CallKey
from ..model.entry import MAX_ANSWER, MAX_NOTE
from ..model.text import safe
from .connection import Connection
from .faults import LOST, cause_of
from .keys import Keys
from .scripts import script
from .who import Who as Who
from .who import who_am_i as who_am_i

TRIES = 4
"""How often an act is sent before it is given up."""

MOST_SECONDS = 8.0
"""No act is waited for any longer, however slowly a server answers; nor is a bulk of them, once
the server is found to be away."""

AT_ONCE = 16
"""How many acts of a bulk are under way together; each takes a connection meanwhile."""

CLAIM_MS = 60_000
"""How long a claim stands when nobody renews it."""

RENEW_SECONDS = 20.0
"""How often a claim is renewed: twice may fail before the others think it given up."""

_T = TypeVar("_T")

Told = Callable[[str, "Answer | Exception"], None]
"""Hears an act's id, and what became of it."""


class Outcome(StrEnum):
    """What became of an act."""

    DONE = "done"
    REPEATED = "repeated"
    """It had been recorded already: this was the same act, sent again."""
    CONFLICT = "conflict"
    """Somebody else was first; nothing was written."""
    CLAIMED = "claimed"
    """Somebody else claims the call, and the act did not say that it knows; nothing was written."""
    SUPERSEDED = "superseded"
    """The reference has been taken into use by a newer call; nothing was written."""
    LATE = "late"
    """An undo came after its grace period; nothing was written."""
    ABSENT = "absent"
    """The act that an undo should take back has not been recorded; nothing was written."""
    DELIVERED = "delivered"
    """What an undo should take back has been sent to another system, or is being sent; nothing was
    written."""


def new_id() -> str:
    """Return an id for an act or a claim that nobody else has."""
    return secrets.token_hex(8)


@dataclass(frozen=True, slots=True)
class Act:
    """A disposition that a supervisor wants recorded."""

    key: CallKey
    code: str
    expected_version: int
    """The version that was on the supervisor's screen; 0 for a call not yet disposed of."""
    note: str = ""
    callback_ms: int | None = None
    reason: str = ""
    """Why an outcome that stands is amended."""
    over_claim: bool = False
    """Whether the supervisor knows that somebody else claims the call, and goes on."""
    id: str = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class Undo:
    """A disposition that a supervisor wants taken back."""

    key: CallKey
    act: str
    """The id of the act to take back; only the last one of a call can be."""
    id: str = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of an act, and what is recorded now.

    Of `Outcome.CLAIMED` `by` and `at_ms` tell whose claim it is, and until when it stands.
    """

    outcome: Outcome
    version: int
    code: str
    by: str
    at_ms: int
    note: str
    delivered_to: str = ""
    """Of `Outcome.DELIVERED`: the targets that have been told, or are being told."""

    @property
    def recorded(self) -> bool:
        """Whether the act has been recorded; it may have been amended or undone since."""
        return self.outcome in (Outcome.DONE, Outcome.REPEATED)


class NotSentError(Exception):
    """An act was not sent, because the server did not answer those before it."""


@dataclass(frozen=True, slots=True)
class Held:
    """Whose claim a call has after one was asked for."""

    ours: bool
    by: str
    until_ms: int


@dataclass(frozen=True, slots=True)
class DispositionDesk:
    """Where acts are handed in.

    `keep_days` is how long a call's record is kept beside the journal: the site's retention.
    Every method raises what redis-py raises, or `TimeoutError`, when the server did not answer in
    time: the act may or may not be recorded then, and may be handed in again.
    """

    connection: Connection
    keys: Keys
    who: Who
    keep_days: int = 7

    async def dispose(self, act: Act) -> Answer:
        """Hand in an act; where the answer is lost it is sent again, for `MOST_SECONDS` at most."""
        return await _insist(lambda: self._dispose(act))

    async def dispose_all(self, acts: Sequence[Act], told: Told) -> None:
        """Hand in many acts; `told` hears what became of each as soon as that is known.

        A failure of one keeps nobody else's from being recorded; but when the server is found to
        be away, those that have not been sent are not, and fail with `NotSentError`.
        """
        await _side_by_side([(act.id, partial(self.dispose, act)) for act in acts], told)

    async def undo(self, undo: Undo, grace_ms: int) -> Answer:
        """Take back an act that this person recorded, unless it is older than `grace_ms`, or has
        been delivered."""
        return await _insist(lambda: self._undo(undo, grace_ms))

    async def undo_all(self, undos: Sequence[Undo], grace_ms: int, told: Told) -> None:
        """Take back many; as `dispose_all`."""
        work = [(undo.id, partial(self.undo, undo, grace_ms)) for undo in undos]
        await _side_by_side(work, told)

    async def claim(
        self, key: CallKey, claim: str, life_ms: int = CLAIM_MS, *, renew: bool = False
    ) -> Held:
        """Claim a call for a while; with `renew` only if the claim has not been overruled."""
        outcome, by, until_ms = await self._run_claim(key, claim, life_ms, renew)
        ours = outcome == b"claimed"
        return Held(ours, safe(by.decode("utf-8", "surrogateescape")), int(until_ms or 0))

    async def release(self, key: CallKey, claim: str) -> None:
        """Give a claim up; one that has gone, or is somebody else's, is left alone."""
        await self._run_claim(key, claim, 0, False)

    async def called_back(
        self, key: CallKey, extension: str, answer: str, *, unsure: bool = False
    ) -> None:
        """Tell the others that a caller is being called back; once, and no more than that.

        With `unsure` that nobody knows whether, and `answer` says why.

        It decides nothing, so nothing has to be compared before it is written.
        """
        by, verified = self._signed()
        fields: dict[Any, Any] = {
            "kind": "callback",
            "source": key.source,
            "call_feed": str(key.feed),
            "call_ref": key.call_ref,
            "since": str(key.since),
            "by": by,
            "verified": verified,
            "extension": safe(extension),
            "answer": safe(answer, MAX_ANSWER),
            "unsure": "1" if unsure else "",
        }
        await self.connection.quick.xadd(self.keys.journal, fields)

    # ── the scripts ─────────────────────────────────────────────────────────────────────

    async def _dispose(self, act: Act) -> Answer:
        key = act.key
        answer = await script(self.connection.quick, "dispose")(
            keys=[
                self.keys.call(key),
                self.keys.reference(key.source, key.feed, key.call_ref),
                self.keys.journal,
            ],
            args=[
                act.id,
                act.expected_version,
                # As they will be shown; and bytes of a terminal that are no text cannot be sent.
                safe(act.code),
                safe(act.note, MAX_NOTE),
                "" if act.callback_ms is None else act.callback_ms,
                safe(act.reason, MAX_NOTE),
                *self._signed(),
                "1" if act.over_claim else "",
                self._keep_seconds,
                key.source,
                str(key.feed),
                key.call_ref,
                key.since.ms,
                key.since.seq,
            ],
        )
        return _answer(answer)

    async def _undo(self, undo: Undo, grace_ms: int) -> Answer:
        answer = await script(self.connection.quick, "undo")(
            keys=[self.keys.call(undo.key), self.keys.journal],
            args=[
                undo.id,
                undo.act,
                *self._signed(),
                grace_ms,
                self._keep_seconds,
                *_named(undo.key),
            ],
        )
        return _answer(answer)

    async def _run_claim(
        self, key: CallKey, claim: str, life_ms: int, renew: bool
    ) -> Sequence[bytes]:
        answer: Sequence[bytes] = await script(self.connection.quick, "claim")(
            keys=[self.keys.call(key), self.keys.journal],
            args=[
                claim,
                *self._signed(),
                life_ms,
                "1" if renew else "",
                self._keep_seconds,
                *_named(key),
            ],
        )
        return answer

    @property
    def _keep_seconds(self) -> int:
        return self.keep_days * 86_400

    def _signed(self) -> tuple[str, str]:
        return safe(self.who.name), "1" if self.who.verified else ""


def _named(key: CallKey) -> tuple[str, str, str, str]:
    return key.source, str(key.feed), key.call_ref, str(key.since)


def _answer(answer: Any) -> Answer:
    outcome, version, code, by, at_ms, note, *rest = answer
    return Answer(
        outcome=Outcome(outcome.decode()),
        version=int(version),
        code=safe(code.decode("utf-8", "surrogateescape")),
        by=safe(by.decode("utf-8", "surrogateescape")),
        at_ms=int(at_ms or 0),
        note=safe(note.decode("utf-8", "surrogateescape"), MAX_NOTE),
        delivered_to=safe(rest[0].decode("utf-8", "replace")) if rest else "",
    )


async def _insist(once: Callable[[], Awaitable[_T]]) -> _T:
    """Send an act, and again where the answer is lost: its id lets it be recorded only once."""
    backoff = Backoff(random.Random())
    deadline = asyncio.get_running_loop().time() + MOST_SECONDS
    lost: Exception | None = None
    for left in reversed(range(TRIES)):
        try:
            async with asyncio.timeout_at(deadline):
                return await once()
        except LOST as error:
            if not left or isinstance(cause_of(error), AuthenticationError):
                raise
            wait = backoff.next()
            if asyncio.get_running_loop().time() + wait >= deadline:
                raise
            lost = error
            await asyncio.sleep(wait)
        except RedisError:
            if lost is not None:
                raise lost from None  # what is refused now may have been recorded before
            raise
    raise AssertionError("unreachable")


async def _side_by_side(
    work: Sequence[tuple[str, Callable[[], Awaitable[Answer]]]], told: Told
) -> None:
    room = asyncio.Semaphore(AT_ONCE)
    away = False

    async def one(act_id: str, start: Callable[[], Awaitable[Answer]]) -> None:
        nonlocal away
        async with room:
            try:
                if away:
                    raise NotSentError
                answer: Answer | Exception = await start()
            except Exception as error:
                away = away or isinstance(error, LOST)
                answer = error
        told(act_id, answer)

    await asyncio.gather(*(one(act_id, start) for act_id, start in work))
