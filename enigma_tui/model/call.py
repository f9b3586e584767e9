"""One call: what identifies it, what is known of it, and where it is in its life.

A call is a value. The board replaces it when an entry of the journal changes it, so whatever a
screen or a filter holds is a snapshot that never changes under its hands.
"""

from collections.abc import Mapping, Set
from enum import StrEnum
from typing import NamedTuple

from msgspec import Struct

from .notification import Direction


class EntryId(NamedTuple):
    """The id of a journal entry: when it was collected, by the server's clock."""

    ms: int
    """Milliseconds since the epoch."""
    seq: int

    def __str__(self) -> str:
        return f"{self.ms}-{self.seq}"

    @classmethod
    def parse(cls, text: str) -> "EntryId":
        """Read `"1763800000000-0"`; raises `ValueError` on anything else."""
        ms, _, seq = text.partition("-")
        if not (text.isascii() and ms.isdigit() and seq.isdigit()):
            raise ValueError(f"not an entry id: {text!r}")
        return cls(int(ms), int(seq))


ORIGIN = EntryId(0, 0)
"""Before every entry."""


class Feed(StrEnum):
    """Whose reference a `call_ref` is; the three number their calls independently.

    One may be live while another is used, and what is told of the one is not of the other.
    """

    INBOUND = "inbound"
    """The PBX sets the reference."""
    OUTBOUND = "outbound"
    """The integrator sets it when placing the call."""
    DIALLER = "dialler"


class CallKey(NamedTuple):
    """What identifies a call.

    The reference alone does not: references repeat between sites, between feeds, and after a
    PBX is reset.
    """

    source: str
    feed: Feed
    call_ref: str
    since: EntryId
    """The entry that opened this use of the reference."""


class CallState(StrEnum):
    """Where a call is in its life, as a supervisor reads it."""

    LIVE = "live"
    ENDED = "ended"
    ABANDONED = "abandoned"
    GHOST = "ghost"
    """Still without an end long after any call would be over; the end must have been lost."""
    SUPERSEDED = "superseded"
    """Its reference has been taken into use again, so it can no longer be disposed of by it."""


class Policy(Struct, frozen=True):
    """What the site decides of a call's life; the same on every board."""

    cdr_sources: Set[str] = frozenset()
    """The sources whose ends of calls are collected."""
    cdr_since_ms: Mapping[str, int] = {}
    """Since when, where that was not from the beginning: of earlier calls no end may have come."""
    ghost_after_ms: int = 4 * 3600_000
    """With a CDR feed: a call that is live for longer is a ghost."""
    assume_ended_after_ms: int = 2 * 3600_000
    """Without a CDR feed: a call is taken to be over after this long."""

    def reports_end(self, source: str, began_ms: int) -> bool:
        """Whether the end of a call of `source` that began then is collected."""
        return source in self.cdr_sources and began_ms >= self.cdr_since_ms.get(source, 0)

    def wait_ms(self, call: "Call") -> int:
        """Return how long a call is live, at most, if nothing is heard of it."""
        reported = self.reports_end(call.key.source, call.began.ms)
        return self.ghost_after_ms if reported else self.assume_ended_after_ms


class Leg(Struct, frozen=True, gc=False):
    """One extension's part of a call."""

    extension: str
    entry: EntryId
    """The notification that told of it; its time is when the leg began."""
    late: bool = False
    """Whether it waited in a list that nobody collected: it began earlier, nobody knows when."""
    ended_ms: int | None = None
    """When its record, or the call's, came; `None` while it is not known to be over."""
    talk: float | None = None
    """Seconds in conversation, where a record of this leg told them before the call's own."""


class End(Struct, frozen=True, gc=False):
    """How and when a call was over."""

    entry: EntryId
    """The CDR; or, where the end is assumed, the entry that gave reason to."""
    reason: str = ""
    code: str = ""
    talk: float | None = None
    """Seconds in conversation, as the PBX counted them; without those that the records of
    earlier legs told (`Leg.talk`)."""
    extension: str = ""
    """Whose record it is; empty when nobody took the call, or the end is assumed."""
    recording: str = ""
    abandoned: bool = False
    assumed: bool = False
    late: bool = False


class Disposition(Struct, frozen=True, gc=False):
    """What a supervisor recorded as the outcome of a call."""

    code: str
    by: str
    at_ms: int
    version: int
    """Counts the acts on this call from 1; an act on an older version is refused."""
    note: str = ""
    callback_ms: int | None = None
    """When the caller is to be called back; milliseconds since the epoch."""
    verified: bool = False
    """Whether the program that wrote it says that `by` is its ACL user, not self-declared."""
    reason: str = ""
    """Why an earlier outcome was amended; empty for the first."""
    act: str = ""
    """The id under which it was handed in. An undo that brings it back brings back its id."""


class Claim(Struct, frozen=True, gc=False):
    """Somebody is about to act on a call: a courtesy to the others, which expires."""

    by: str
    until_ms: int
    """Until when, by the server's clock, in milliseconds; it may be renewed before."""
    id: str
    """One claim of one screen; renewals and the release carry it."""


class DeedKind(StrEnum):
    """What can have been done to a call, as its audit names it."""

    DISPOSED = "disposed"
    AMENDED = "amended"
    UNDONE = "undone"
    CLAIMED = "claimed"
    RELEASED = "released"
    DELIVERED = "delivered"
    NOT_DELIVERED = "not delivered"
    SENT_AGAIN = "sent again"
    CALLED_BACK = "called back"
    PERHAPS_CALLED_BACK = "perhaps called back"


class Deed(Struct, frozen=True, gc=False):
    """One line of a call's audit; it is never changed or taken out."""

    at_ms: int
    kind: DeedKind
    by: str
    code: str = ""
    """The outcome that it recorded or took back."""
    words: str = ""
    """The note that was given, or the reason; of a delivery to which target, and its answer."""
    verified: bool = False


class Call(Struct, frozen=True, gc=False):
    """A call as the journal tells it."""

    key: CallKey
    caller: str
    dialled: str
    contact_ref: str
    direction: Direction
    hold: float | None = None
    """Seconds in the queue, `None` when the PBX did not say."""
    legs: tuple[Leg, ...] = ()
    end: End | None = None
    disposition: Disposition | None = None
    superseded: bool = False
    version: int = 0
    """How many acts have been recorded; an act names the one it was made against."""
    claim: Claim | None = None
    """The last claim that was not released; `claimed_by` tells whether it still stands."""
    audit: tuple[Deed, ...] = ()
    """Everything that people did to it, in order."""

    def claimed_by(self, now_ms: int) -> str:
        """Return who claims the call at `now_ms` (milliseconds, the server's clock), or ""."""
        return self.claim.by if self.claim is not None and now_ms < self.claim.until_ms else ""

    @property
    def extension(self) -> str:
        """The extension that has the call or had it last, or that its record names.

        Empty when nobody took the call.
        """
        if self.legs:
            return self.legs[-1].extension
        return self.end.extension if self.end else ""

    @property
    def began(self) -> EntryId:
        """The first connection that was heard of; of a call without one, its record."""
        return self.legs[0].entry if self.legs else self.key.since

    @property
    def late(self) -> bool:
        """Whether what is counted from the call's beginning is only a lower bound."""
        return bool(self.legs) and self.legs[0].late

    def state(self, now_ms: int, policy: Policy) -> CallState:
        """Return where the call is at `now_ms` (milliseconds, the server's clock)."""
        if self.end is not None:
            if self.superseded and self.disposition is None:
                return CallState.SUPERSEDED
            return CallState.ABANDONED if self.end.abandoned else CallState.ENDED
        due = self.due_ms(policy)
        if due is None or now_ms <= due:
            return CallState.LIVE
        reported = policy.reports_end(self.key.source, self.began.ms)
        return CallState.GHOST if reported else CallState.ENDED

    def due_ms(self, policy: Policy) -> int | None:
        """Return after when `state` is another by the mere passing of time (milliseconds).

        `None` if never.
        """
        if self.end is not None or not self.legs:
            return None
        return self.legs[-1].entry.ms + policy.wait_ms(self)

    def talk_seconds(self, now_ms: int) -> float | None:
        """Return the seconds since the connection, or in conversation once that is known.

        Where the legs of a call have records of their own, the conversation is all of them.
        """
        if self.end is None:
            return max(0.0, (now_ms - self.began.ms) / 1000) if self.legs else None
        if self.end.talk is not None:
            talk = self.end.talk
            for leg in self.legs:
                talk += leg.talk or 0.0
            return talk
        # A connection that came after its record does not tell when the conversation began.
        if self.end.assumed or not self.legs or self.end.entry < self.began:
            return None
        return (self.end.entry.ms - self.began.ms) / 1000
