"""What a disposition is of, and what it will say, before it is recorded."""

from dataclasses import dataclass

from ..model.call import Disposition


@dataclass(frozen=True, slots=True)
class Subject:
    """What is being disposed of, as it is now: one call, or the marked ones together."""

    named: str
    version: int = 0
    disposition: Disposition | None = None
    """The outcome that stands; of several calls none does, they are told apart before."""
    claimant: str = ""
    """Who else claims it; of several calls only where that is so of every one."""
    left_out: int = 0
    """How many of several calls are not among those named, because somebody claims them."""
    holders: str = ""
    """Who claims those."""
    with_left_out: str = ""
    """What they are called together with those, where they are wanted too."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A disposition as the supervisor has made it, before it is recorded."""

    code: str
    version: int
    """The version that was on the screen when it was chosen."""
    note: str = ""
    callback_ms: int | None = None
    reason: str = ""
    over_claim: bool = False
    act: str = ""
    """The id under which it was handed in, where that did not go well."""
