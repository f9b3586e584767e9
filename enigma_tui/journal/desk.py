"""Records what supervisors do, so that no two of them overwrite each other.

Each act is one script that compares the call's version with the one the supervisor saw, writes,
and appends to the journal. The same act sent again, because the answer to the first was lost,
changes nothing.
"""

import asyncio
import random
import secrets
from dataclasses import dataclass, field
from enum import StrEnum

from redis.exceptions import AuthenticationError

from ..model.call import CallKey
from ..model.entry import MAX_NOTE
from ..model.text import safe
from .backoff import Backoff
from .connection import Connection
from .faults import LOST, cause_of
from .keys import Keys
from .scripts import script

TRIES = 4
"""How often an act is sent before it is given up."""

MOST_SECONDS = 8.0
"""No act is waited for any longer, however slowly a server answers."""


class Outcome(StrEnum):
    """What became of an act."""

    DONE = "done"
    REPEATED = "repeated"
    """It had been recorded already: this was the same act, sent again."""
    CONFLICT = "conflict"
    """Somebody else was first; nothing was written."""
    SUPERSEDED = "superseded"
    """The reference has been taken into use by a newer call; nothing was written."""


@dataclass(frozen=True, slots=True)
class Who:
    """Who acts."""

    name: str
    verified: bool = False
    """Whether the name is that of the ACL user this program logged in as, and not self-declared.

    The server takes this program's word for it: no script can learn who runs it. Whoever may
    write to the journal directly may claim anything there.
    """


@dataclass(frozen=True, slots=True)
class Act:
    """A disposition that a supervisor wants recorded."""

    key: CallKey
    code: str
    expected_version: int
    """The version that was on the supervisor's screen; 0 for a call not yet disposed of."""
    note: str = ""
    callback_ms: int | None = None
    id: str = field(default_factory=lambda: secrets.token_hex(8))


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of an act, and what is recorded now."""

    outcome: Outcome
    version: int
    code: str
    by: str
    at_ms: int
    note: str

    @property
    def recorded(self) -> bool:
        """Whether the act stands in the journal."""
        return self.outcome in (Outcome.DONE, Outcome.REPEATED)


@dataclass(frozen=True, slots=True)
class DispositionDesk:
    """Where dispositions are handed in."""

    connection: Connection
    keys: Keys
    who: Who
    keep_days: int = 7
    """How long a call's record is kept beside the journal: the site's retention."""

    async def dispose(self, act: Act) -> Answer:
        """Hand in an act.

        Where the answer is lost it is sent again under the same id, for `MOST_SECONDS` at most.
        Raises what redis-py raises, or `TimeoutError`, when that did not help: the act may or may
        not be recorded, and may be handed in again.
        """
        backoff = Backoff(random.Random())
        deadline = asyncio.get_running_loop().time() + MOST_SECONDS
        for left in reversed(range(TRIES)):
            try:
                async with asyncio.timeout_at(deadline):
                    return await self._once(act)
            except LOST as error:
                if not left or isinstance(cause_of(error), AuthenticationError):
                    raise
                wait = backoff.next()
                if asyncio.get_running_loop().time() + wait >= deadline:
                    raise
                await asyncio.sleep(wait)
        raise AssertionError("unreachable")

    async def _once(self, act: Act) -> Answer:
        key = act.key
        outcome, version, code, by, at_ms, note = await script(self.connection.quick, "dispose")(
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
                safe(self.who.name),
                "1" if self.who.verified else "",
                self.keep_days * 86_400,
                key.source,
                str(key.feed),
                key.call_ref,
                key.since.ms,
                key.since.seq,
            ],
        )
        return Answer(
            outcome=Outcome(outcome.decode()),
            version=int(version),
            code=safe(code.decode("utf-8", "surrogateescape")),
            by=safe(by.decode("utf-8", "surrogateescape")),
            at_ms=int(at_ms or 0),
            note=safe(note.decode("utf-8", "surrogateescape"), MAX_NOTE),
        )


def who_am_i(connection: Connection, declared: str) -> Who:
    """Return who acts over a connection: the ACL user where the address names one."""
    if connection.address.user in ("", "default"):
        return Who(declared)
    return Who(safe(connection.address.user), verified=True)
