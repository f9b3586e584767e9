"""Where the sound comes from that is sent."""

import asyncio
import math
from array import array
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import cycle, repeat
from typing import Protocol

import av
from av.audio.resampler import AudioResampler

from .audio import BLOCK_BYTES, BLOCK_SECONDS, RATE, SILENCE

FILE_SECONDS = 600
"""So much of a file is held in memory, and sent in a loop."""

_LATE_SECONDS = 0.2


class Source(Protocol):
    """What samples come from, at the pace at which they are to be sent."""

    name: str
    """As people are told of it."""

    async def next(self) -> bytes:
        """Return the next samples, once it is time for them."""

    def heard(self, samples: bytes) -> None:
        """Learn what was heard from the far end."""

    def close(self) -> None:
        """Give back what it holds."""


class Paced:
    """Blocks that are always there, one every 20 ms."""

    def __init__(self, name: str, blocks: Iterator[bytes]) -> None:
        """Send these blocks."""
        self.name = name
        self.blocks = blocks
        self._due = -math.inf

    async def next(self) -> bytes:
        """Return the next block, once it is time for it."""
        now = asyncio.get_running_loop().time()
        if now - self._due > _LATE_SECONDS:
            self._due = now  # what was missed is not made up for
        else:
            await asyncio.sleep(max(0.0, self._due - now))
        self._due += BLOCK_SECONDS
        return next(self.blocks)

    def heard(self, samples: bytes) -> None:
        """Is none of its business."""

    def close(self) -> None:
        """Hold nothing."""


class Arriving:
    """Blocks that come from elsewhere, at its pace; silence, while none come.

    At most `MOST` wait: where the network is late, the oldest is dropped.
    """

    MOST = 5
    PATIENCE_SECONDS = 3 * BLOCK_SECONDS
    """Before there is silence, which then keeps the pace of sound."""

    def __init__(self, name: str) -> None:
        """Wait for the first."""
        self.name = name
        self._blocks: deque[bytes] = deque(maxlen=self.MOST)
        self._came = asyncio.Event()
        self._patience = self.PATIENCE_SECONDS
        self.dropped = 0

    def put(self, samples: bytes) -> None:
        """Add samples; in the event loop."""
        self.dropped += len(self._blocks) == self.MOST
        self._blocks.append(samples)
        self._came.set()

    async def next(self) -> bytes:
        """Return what comes next; silence when nothing has come for a while."""
        if not self._blocks:
            self._came.clear()
            try:
                async with asyncio.timeout(self._patience):
                    await self._came.wait()
            except TimeoutError:
                self._patience = BLOCK_SECONDS
                return SILENCE
        self._patience = self.PATIENCE_SECONDS
        return self._blocks.popleft()

    def heard(self, samples: bytes) -> None:
        """Is none of its business."""

    def close(self) -> None:
        """Hold nothing."""


class Echo(Arriving):
    """What is heard, sent back."""

    def __init__(self) -> None:
        """Wait for the first."""
        super().__init__("echo")

    def heard(self, samples: bytes) -> None:
        """Send it back, in blocks: aiortc gives all that is in one frame one time stamp."""
        for at in range(0, len(samples), BLOCK_BYTES):
            self.put(samples[at : at + BLOCK_BYTES])


def silence() -> Paced:
    """Return a source of nothing."""
    return Paced("silence", repeat(SILENCE))


def tone(hertz: int) -> Paced:
    """Return a source of a sine at half of full scale."""
    step = 2 * math.pi * hertz / RATE
    second = array("h", (round(16_384 * math.sin(step * n)) for n in range(RATE)))
    return Paced(f"tone:{hertz}", cycle(_blocks(second.tobytes())))


def file(path: str) -> Paced:
    """Return a source of a file's first ten minutes, in a loop; blocks while it reads.

    Any file that FFmpeg knows will do. Raises `OSError` or `ValueError` (`av.FFmpegError` is
    both) when it cannot be read or has no sound.
    """
    resampler = AudioResampler(format="s16", layout="mono", rate=RATE)
    read = bytearray()
    with av.open(path) as container:
        if not container.streams.audio:
            raise ValueError("there is no sound in it")
        for frame in container.decode(audio=0):
            for piece in resampler.resample(frame):
                read += bytes(piece.planes[0])[: 2 * piece.samples]
            if len(read) > FILE_SECONDS * RATE * 2:
                break
    blocks = _blocks(bytes(read))
    if not blocks:
        raise ValueError("there is no sound in it")
    return Paced(f"file:{path}", cycle(blocks))


def _blocks(samples: bytes) -> Sequence[bytes]:
    return [
        samples[at : at + BLOCK_BYTES].ljust(BLOCK_BYTES, b"\0")
        for at in range(0, len(samples), BLOCK_BYTES)
    ]
