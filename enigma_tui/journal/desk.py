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
from ..model.text import safe
from .backoff import Backoff
from .connection import Connection
from .faults import LOST, cause_of
from .keys import Keys
from .scripts import script

TRIES = 4
"""How often an act is sent before it is given up; about two seconds in all."""


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
    """Whether the name is the server's ACL user and not self-declared."""


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

        Where the answer is lost it is sent again under the same id. Raises what redis-py raises
        when that did not help: the act may or may not be recorded, and may be handed in again.
        """
        backoff = Backoff(random.Random())
        for left in reversed(range(TRIES)):
            try:
                return await self._once(act)
            except LOST as error:
                if not left or isinstance(cause_of(error), AuthenticationError):
                    raise
                await asyncio.sleep(backoff.next())
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
                act.code,
                act.note,
                "" if act.callback_ms is None else act.callback_ms,
                self.who.name,
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
            note=safe(note.decode("utf-8", "surrogateescape")),
        )


def who_am_i(connection: Connection, declared: str) -> Who:
    """Return who acts over a connection: the ACL user where the address names one."""
    if connection.address.user in ("", "default"):
        return Who(declared)
    return Who(safe(connection.address.user), verified=True)
