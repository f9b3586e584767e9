"""The journal's entries, decoded: the events that every board is built from.

An entry keeps what arrived byte for byte; what it means is worked out here, at reading, so a
later version may understand more of an old journal. Kinds that are not known are passed over.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache

from msgspec import Struct

from .call import CallKey, Claim, Disposition, EntryId, Feed
from .notification import Notification, unpack
from .text import safe, safe_reference

DEFAULT_SOURCE = "pbx"
"""The name of a site's only PBX, as long as nobody gave it another."""

MAX_NOTE = 1_000
"""The most characters of a note that are kept."""

MAX_ANSWER = 256
"""The most characters that are kept of what another system answered."""

LAST_MS = 253_000_000_000_000
"""No callback is later than this, in the year 9987: calendars end soon after."""


class Notified(Struct, frozen=True, gc=False):
    """The PBX sent something."""

    id: EntryId
    source: str
    feed: str
    """The feed's role: `inbound` or `cdr`."""
    late: bool
    what: Notification


class Disposed(Struct, frozen=True, gc=False):
    """Somebody recorded the outcome of a call."""

    id: EntryId
    key: CallKey
    disposition: Disposition


class Undone(Struct, frozen=True, gc=False):
    """Somebody took back what they had recorded."""

    id: EntryId
    key: CallKey
    by: str
    version: int
    code: str
    """The outcome that was taken back."""
    restored: Disposition | None
    """What stands again; `None` where there was nothing before."""
    verified: bool = False


class Claimed(Struct, frozen=True, gc=False):
    """Somebody claimed a call, or renewed their claim."""

    id: EntryId
    key: CallKey
    claim: Claim
    verified: bool = False


class Released(Struct, frozen=True, gc=False):
    """Somebody gave a claim up before it expired."""

    id: EntryId
    key: CallKey
    claim: str
    """The claim's id."""
    by: str
    verified: bool = False


class DeliveryOutcome(StrEnum):
    """What became of handing an outcome on to another system."""

    DELIVERED = "delivered"
    REFUSED = "refused"
    """The other system will not have it; sending it again as it is would change nothing."""
    GAVE_UP = "gave_up"
    """It was tried until it was too old."""
    TOO_OLD = "too_old"
    """It was too old when it could have been sent."""
    UNKNOWN = "unknown"
    """It was sent, no answer came, and it has been given up: it may have arrived or not."""
    AGAIN = "again"
    """Somebody asks to send it again."""


class Delivered(Struct, frozen=True, gc=False):
    """An outcome was handed on to another system, or was not."""

    id: EntryId
    key: CallKey
    target: str
    act: str
    """The act that recorded the outcome."""
    version: int
    code: str
    outcome: DeliveryOutcome
    answer: str = ""
    """What the other system said: the status, and the beginning of what followed."""
    attempts: int = 0
    by: str = ""
    verified: bool = False
    disposition: Disposition | None = None
    """What is to be sent, of `DeliveryOutcome.AGAIN`."""


class CalledBack(Struct, frozen=True, gc=False):
    """Somebody had the PBX call the caller back."""

    id: EntryId
    key: CallKey
    by: str
    extension: str
    """Where it rang first."""
    answer: str = ""
    """What the PBX said, or why nobody knows."""
    verified: bool = False
    unsure: bool = False
    """Whether nobody knows if the caller is being called."""


class SiteChanged(Struct, frozen=True, gc=False):
    """The shared settings were written; whoever depends on them reads them again."""

    id: EntryId
    by: str


class Cut(Struct, frozen=True, gc=False):
    """The cap on entries removed some that the retention would have kept."""

    id: EntryId
    count: int


class Unknown(Struct, frozen=True, gc=False):
    """An entry of a kind, or in a shape, that this version does not know."""

    id: EntryId
    kind: str


Event = (
    Notified
    | Disposed
    | Undone
    | Claimed
    | Released
    | Delivered
    | CalledBack
    | SiteChanged
    | Cut
    | Unknown
)

NOTIFICATION_KINDS = frozenset({"call", "cdr", "status"})


def decode(entry_id: EntryId, fields: Mapping[bytes, bytes]) -> Event:
    """Read one journal entry. Never raises: what cannot be understood is `Unknown`."""
    kind = _shared_text(fields.get(b"kind", b""))
    try:
        if kind in NOTIFICATION_KINDS:
            return Notified(
                id=entry_id,
                source=_source(fields),
                feed=_shared_text(fields.get(b"feed", b"")),
                late=b"late" in fields,
                what=unpack(fields[b"raw"]),
            )
        if kind == "disposition":
            return Disposed(entry_id, _key(fields), _disposition(entry_id, fields))
        if kind == "undo":
            return _undone(entry_id, fields)
        if kind == "claim":
            return _claimed(entry_id, fields)
        if kind == "release":
            claim = safe(_text(fields, b"claim"))
            return Released(entry_id, _key(fields), claim, _by(fields), _verified(fields))
        if kind == "delivery":
            return _delivered(entry_id, fields)
        if kind == "callback":
            return CalledBack(
                id=entry_id,
                key=_key(fields),
                by=_by(fields),
                extension=safe(_text(fields, b"extension")),
                answer=safe(_text(fields, b"answer"), MAX_ANSWER),
                verified=_verified(fields),
                unsure=fields.get(b"unsure") == b"1",
            )
        if kind == "site":
            return SiteChanged(entry_id, safe(_text(fields, b"by")))
        if kind == "cut":
            return Cut(entry_id, _whole(fields[b"count"]))
    except (KeyError, ValueError):
        return Unknown(entry_id, kind)
    return Unknown(entry_id, kind)


def _text(fields: Mapping[bytes, bytes], name: bytes) -> str:
    return fields.get(name, b"").decode("utf-8", "surrogateescape")


@lru_cache(256)
def _shared_text(value: bytes) -> str:
    """Return the safe text of something that has few values, the same string for each."""
    return safe(value.decode("utf-8", "surrogateescape"))


def _source(fields: Mapping[bytes, bytes]) -> str:
    return _shared_text(fields.get(b"source", b"")) or DEFAULT_SOURCE


def _whole(digits: bytes, most: int = 2**53) -> int:
    """Read a count, version or time; raises `ValueError` for what none of them can be."""
    if not digits.isdigit() or len(digits) > 16 or not int(digits) <= most:
        raise ValueError(f"not a number from 0 to {most}")
    return int(digits)


def _key(fields: Mapping[bytes, bytes]) -> CallKey:
    return CallKey(
        source=_source(fields),
        feed=Feed(_text(fields, b"call_feed")),
        call_ref=safe_reference(fields[b"call_ref"].decode("utf-8", "surrogateescape")),
        since=EntryId.parse(_text(fields, b"since")),
    )


def _by(fields: Mapping[bytes, bytes]) -> str:
    return safe(_text(fields, b"by"))


def _verified(fields: Mapping[bytes, bytes]) -> bool:
    return fields.get(b"verified") == b"1"


def _disposition(entry_id: EntryId, fields: Mapping[bytes, bytes], was: bytes = b"") -> Disposition:
    """Read an outcome; `was` is what stands before the names of an earlier one's fields."""
    code = safe(_text(fields, was + b"code"))
    if not code:
        raise ValueError("a disposition without a code")
    callback = fields.get(was + b"callback", b"")
    return Disposition(
        code=code,
        by=safe(_text(fields, was + b"by")),
        at_ms=_whole(fields[was + b"at"], LAST_MS) if was else entry_id.ms,
        version=_whole(fields[b"version"]),
        note=safe(_text(fields, was + b"note"), MAX_NOTE),
        callback_ms=_whole(callback, LAST_MS) if callback else None,
        verified=_text(fields, was + b"verified") == "1",
        reason=safe(_text(fields, was + b"reason"), MAX_NOTE),
        act=safe(_text(fields, was + b"act")),
    )


def _undone(entry_id: EntryId, fields: Mapping[bytes, bytes]) -> Undone:
    return Undone(
        id=entry_id,
        key=_key(fields),
        by=_by(fields),
        version=_whole(fields[b"version"]),
        code=safe(_text(fields, b"code")),
        restored=_disposition(entry_id, fields, b"was_") if fields.get(b"was_code") else None,
        verified=_verified(fields),
    )


def _claimed(entry_id: EntryId, fields: Mapping[bytes, bytes]) -> Claimed:
    claim = Claim(
        by=_by(fields),
        until_ms=_whole(fields[b"until"], LAST_MS),
        id=safe(_text(fields, b"claim")),
    )
    return Claimed(entry_id, _key(fields), claim, _verified(fields))


def _delivered(entry_id: EntryId, fields: Mapping[bytes, bytes]) -> Delivered:
    outcome = DeliveryOutcome(_text(fields, b"outcome"))
    again = outcome is DeliveryOutcome.AGAIN
    return Delivered(
        id=entry_id,
        key=_key(fields),
        target=safe(_text(fields, b"target")),
        act=safe(_text(fields, b"act")),
        version=_whole(fields[b"version"]),
        code=safe(_text(fields, b"code")),
        outcome=outcome,
        answer=safe(_text(fields, b"answer"), MAX_ANSWER),
        attempts=_whole(fields.get(b"attempts", b"0")),
        by=_by(fields),
        verified=_verified(fields),
        disposition=_disposition(entry_id, fields, b"was_") if again else None,
    )
