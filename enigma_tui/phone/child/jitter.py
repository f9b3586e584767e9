"""Packets of sound in their order, with no more delay than their disorder asks for.

aiortc holds four packets back (80 ms), and once a single one was lost, fourteen for the rest of
the call (280 ms): its buffer waits until it is full, and never catches up. Each packet of sound
is a frame of its own (RFC 3551 §2, RFC 7587 §4.2), so that none need be held but those that came
before one that is still missing.
"""

from aiortc import rtcrtpreceiver
from aiortc.jitterbuffer import JitterBuffer, JitterFrame
from aiortc.rtp import RtpPacket

MOST = 2
"""So many packets wait for one that is missing; after that it is taken for lost."""

RESTART = 100
"""So far from what is expected, numbers are those of another beginning (RFC 3550 A.1)."""


class Reordering(JitterBuffer):
    """A jitter buffer for sound; each packet that is added may bring one frame."""

    def __init__(self, capacity: int, prefetch: int = 0, is_video: bool = False) -> None:
        """Begin with nothing; what others hold back is not held back here."""
        super().__init__(capacity, prefetch, is_video)
        self._next: int | None = None
        self._waiting: dict[int, RtpPacket] = {}

    def add(self, packet: RtpPacket) -> tuple[bool, JitterFrame | None]:
        """Take a packet, and return the next frame if it is there; never ask for a picture."""
        number = packet.sequence_number
        if self._next is None or RESTART <= self._ahead(number) < 65_536 - RESTART:
            self._waiting.clear()
            self._next = number
        if self._ahead(number) < RESTART:
            self._waiting[number] = packet  # else it comes too late
        if self._next not in self._waiting and len(self._waiting) > MOST:
            self._next = min(self._waiting, key=self._ahead)
        there = self._waiting.pop(self._next, None)
        if there is None:
            return False, None
        self._next = (self._next + 1) % 65_536
        return False, JitterFrame(there._data, there.timestamp)  # type: ignore[attr-defined]

    def _ahead(self, number: int) -> int:
        assert self._next is not None
        return (number - self._next) % 65_536


def use_for_sound() -> None:
    """Have receivers that are made from now on use it; this process has none of pictures."""
    rtcrtpreceiver.JitterBuffer = Reordering  # type: ignore[attr-defined]
