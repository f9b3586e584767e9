"""What a server's pulse tells over time: a clock that is off, lists that grow uncollected."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a pulse comes from what the first frame does not wait for
    from .follower import Pulse

STALE_SECONDS = 4.0
"""No answer for this long, and what is known is called stale."""

CLOCK_OFF_MS = 2_000
"""Clocks further apart than this are worth a word: people compare times."""


@dataclass(slots=True)
class Vitals:
    """Follows the pulses of one server."""

    ahead_ms: int = 0
    """How far this machine's clock was ahead of the server's at the last pulse."""
    grown: int = 0
    """By how much the lists have grown since they were first seen without a collector."""
    _seen: "Pulse | None" = field(default=None, repr=False)
    _least: int | None = None

    def take(self, pulse: "Pulse", now: float, wall: float) -> None:
        """Take in a pulse when it has come; `now` is of its clock, `wall` this machine's (s).

        The same pulse again changes nothing: while a laptop sleeps, one of the clocks stands.
        """
        if pulse is self._seen:
            return
        self._seen = pulse
        self.ahead_ms = round((wall - (now - pulse.at)) * 1000) - pulse.server_ms
        if pulse.collected:
            self._least = None
            self.grown = 0
        else:
            self._least = min(pulse.backlog, pulse.backlog if self._least is None else self._least)
            self.grown = pulse.backlog - self._least

    @property
    def clock_off(self) -> bool:
        """Whether the clocks are too far apart."""
        return abs(self.ahead_ms) > CLOCK_OFF_MS
