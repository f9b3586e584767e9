"""Blocks of sound, and what they wait in: 48 kHz, mono, 16 bits in the machine's order, 20 ms."""

import math
from collections import deque

from ..media_messages import SILENT

RATE = 48_000
"""Samples a second."""

BLOCK_SECONDS = 0.02
BLOCK_BYTES = 2 * int(RATE * BLOCK_SECONDS)
SILENCE = bytes(BLOCK_BYTES)


class Peak:
    """The loudest sample since somebody last asked."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._peak = 0

    def see(self, block: bytes) -> None:
        """Look at some samples."""
        samples = memoryview(block).cast("h")
        if samples:
            self._peak = max(self._peak, max(samples), -min(samples))

    def take(self) -> float:
        """Return it in dBFS, and begin anew."""
        peak, self._peak = self._peak, 0
        return round(20 * math.log10(peak / 32_768), 1) if peak else SILENT


class PlayOut:
    """What waits to be played, between the event loop that puts and a device that takes.

    A device wants a block on time, which a network does not keep: so playing begins, and begins
    again after nothing was there, only once `READY` blocks wait. Never more than `MOST` do:
    where the far end's clock is faster than the device's, the oldest is dropped. Needs no lock:
    each end of a deque is one thread's.
    """

    READY = 2
    MOST = 6

    def __init__(self) -> None:
        """Begin with nothing."""
        self._blocks: deque[bytes] = deque()
        self._rest = b""
        self._playing = False
        self.dropped = 0
        """Blocks that were not played, for there were too many."""
        self.missed = 0
        """Times that there was nothing to play, after there had been."""

    def put(self, samples: bytes) -> None:
        """Add samples, of any number."""
        self._rest += samples
        while len(self._rest) >= BLOCK_BYTES:
            self._blocks.append(self._rest[:BLOCK_BYTES])
            self._rest = self._rest[BLOCK_BYTES:]
        while len(self._blocks) > self.MOST:
            try:
                self._blocks.popleft()
            except IndexError:  # the device has just taken it
                break
            self.dropped += 1

    def take(self) -> bytes:
        """Return the next block; silence, where there is none."""
        if not self._playing:
            if len(self._blocks) < self.READY:
                return SILENCE
            self._playing = True
        try:
            return self._blocks.popleft()
        except IndexError:
            self._playing = False
            self.missed += 1
            return SILENCE
