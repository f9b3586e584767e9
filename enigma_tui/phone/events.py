"""What the user agent has to tell."""

from enum import StrEnum

from msgspec import Struct


class Registered(Struct, frozen=True):
    """The PBX sends calls for the extension here."""

    expires: float
    """For so many seconds; it is refreshed before."""
    others: int
    """How many other phones are registered for the extension."""


class NotRegistered(Struct, frozen=True):
    """The PBX does not send calls here."""

    why: str
    again: bool
    """Whether it is tried again by itself."""


class Invited(Struct, frozen=True):
    """Somebody calls; it rings."""

    call: str
    """The call's name, for what is to be done with it."""
    number: str
    """Who calls, as the PBX says it: untrusted, as the next two."""
    name: str
    offer: str
    """The session description that they offer."""


class Established(Struct, frozen=True):
    """The caller knows that the call is answered."""

    call: str


class Held(Struct, frozen=True):
    """Who may speak has changed."""

    call: str
    by_us: bool
    by_peer: bool


class NotHeld(Struct, frozen=True):
    """The PBX would not have a call held, or taken back."""

    call: str
    why: str


class How(StrEnum):
    """How a call ended."""

    CANCELLED = "cancelled"
    """The caller gave up, or the PBX had somebody else answer."""
    REJECTED = "rejected"
    HUNG_UP = "hung up here"
    BY_PEER = "hung up there"
    LOST = "lost"


class Ended(Struct, frozen=True):
    """A call is over."""

    call: str
    how: How
    why: str = ""
    """What more there is to be told; the far end's words are not among it."""


class Busy(Struct, frozen=True):
    """Somebody else called meanwhile, and was told so."""

    number: str
    name: str


Event = Registered | NotRegistered | Invited | Established | Held | NotHeld | Ended | Busy
