"""The sound of a call, both ways."""

import asyncio
import contextlib
from array import array
from collections.abc import Awaitable, Callable
from fractions import Fraction
from typing import TypeVar

from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame
from av.audio.resampler import AudioResampler

from ..media_messages import Devices, MediaConfig
from . import sinks, sources
from .audio import BLOCK_SECONDS, RATE, SILENCE, Peak
from .devices import Loudspeaker, Microphone, NoDeviceError

CLOSE_SECONDS = 1.0
"""A sound system that takes longer to open is not waited for at the end of a call."""

MOST_LOST = 5
"""Blocks; what is missing for longer is not made up for."""

LEAD = RATE * 5 // 1_000
"""Samples."""

T = TypeVar("T", sources.Source, sinks.Sink)

_TIME_BASE = Fraction(1, RATE)


class Sound:
    """What is said and heard in a call; silence, until it is opened."""

    def __init__(self, config: MediaConfig, tell: Callable[[Devices], None]) -> None:
        """Make it of what is configured; `tell` is told what is really used."""
        self._config = config
        self._tell = tell
        self.source: sources.Source = sources.silence()
        self.sink: sinks.Sink = sinks.Nowhere()
        self.muted = self.held = self._closed = False
        self.said, self.heard = Peak(), Peak()
        self.last_heard = 0.0
        """When something was last received, by the loop's clock."""
        self.outgoing = Outgoing(self._next)
        self._opening: asyncio.Task[None] | None = None

    def encode_with(self, codec: str) -> None:
        """Know what will be sent."""
        # A resampler keeps 2 ms back; an echo went through two. Without as much more to begin
        # with, the encoder never has a whole packet of what it is given, and all are 20 ms late.
        self.outgoing.lead = 0 if codec == "opus" else LEAD

    def open(self) -> None:
        """Open what is configured, while the call goes on."""
        self._opening = asyncio.create_task(self._open())

    async def close(self) -> None:
        """Close what is open, and what will be."""
        self._closed = True
        if self._opening:
            await asyncio.wait([self._opening], timeout=CLOSE_SECONDS)
        self._close(self.source)
        self._close(self.sink)

    async def listen(self, track: MediaStreamTrack) -> None:
        """Play what a track brings, until it ends."""
        loop = asyncio.get_running_loop()
        resampler, made_for = _resampler(), None
        due: float | None = None
        with contextlib.suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                assert isinstance(frame, AudioFrame)
                if made_for != (shape := (frame.rate, frame.layout.name)):
                    resampler, made_for = _resampler(), shape  # the far end changed its codec
                self.last_heard = loop.time()
                assert frame.pts is not None
                assert frame.time_base is not None
                begins = float(frame.pts * frame.time_base)
                if due is not None:
                    for _ in range(missing_blocks(begins - due)):
                        self._play(SILENCE)
                due = begins + frame.samples / frame.rate
                for piece in resampler.resample(frame):
                    samples = bytes(piece.planes[0])[: 2 * piece.samples]
                    self.heard.see(samples)
                    self._play(samples)

    def _play(self, samples: bytes) -> None:
        self.source.heard(samples)
        if not self.held:
            self.sink.play(samples)

    async def _next(self) -> bytes:
        samples = await self.source.next()
        if self.muted or self.held:
            samples = bytes(len(samples))
        self.said.see(samples)
        return samples

    async def _open(self) -> None:
        missing: dict[str, None] = {}  # what is wrong with both is said once
        if sink := await self._opened(self._speaker, missing):
            self.sink = sink
        if source := await self._opened(self._microphone, missing):
            self.source = source
        if not self._closed:
            self._tell(Devices(self.source.name, self.sink.name, " ".join(missing)))

    async def _opened(
        self, make: Callable[[asyncio.AbstractEventLoop], T], missing: dict[str, None]
    ) -> T | None:
        try:
            # Not in the loop: a sound system may take a second.
            opened = await asyncio.to_thread(make, asyncio.get_running_loop())
        except (NoDeviceError, OSError, ValueError) as error:
            missing[_told(error)] = None
            return None
        if self._closed:
            self._close(opened)
            return None
        return opened

    def _microphone(self, loop: asyncio.AbstractEventLoop) -> sources.Source:
        match self._config.microphone.partition(":"):
            case "silence", "", _:
                return sources.silence()
            case "echo", "", _:
                return sources.Echo()
            case "tone", ":", hertz:
                return sources.tone(int(hertz))
            case "file", ":", path:
                return sources.file(path)
        return Microphone(self._config.microphone, loop)

    def _speaker(self, _: asyncio.AbstractEventLoop) -> sinks.Sink:
        match self._config.speaker.partition(":"):
            case "none", "", _:
                return sinks.Nowhere()
            case "file", ":", path:
                return sinks.Recording(path)
        return Loudspeaker(self._config.speaker)

    @staticmethod
    def _close(one: sources.Source | sinks.Sink) -> None:
        with contextlib.suppress(Exception):
            one.close()


class Outgoing(MediaStreamTrack):
    """The track that is sent: whatever samples come next, without a gap in its time stamps."""

    kind = "audio"

    def __init__(self, following: Callable[[], Awaitable[bytes]]) -> None:
        """Send what `following` returns, at its pace."""
        super().__init__()
        self._following = following
        self._samples = 0
        self.lead = 0
        """So many samples of silence come before the first."""

    async def recv(self) -> AudioFrame:
        """Return the next frame."""
        lead, self.lead = self.lead, 0
        mono = array("h", bytes(2 * lead) + await self._following())
        # Both channels: Opus is sent with two, and what made them of one would take 3 dB.
        both = array("h", bytes(4 * len(mono)))
        both[0::2] = both[1::2] = mono
        frame = AudioFrame(format="s16", layout="stereo", samples=len(mono))
        frame.planes[0].update(both.tobytes().ljust(frame.planes[0].buffer_size, b"\0"))
        frame.sample_rate = RATE
        frame.time_base = _TIME_BASE
        frame.pts = self._samples
        self._samples += len(mono)
        return frame


def missing_blocks(seconds: float) -> int:
    """Return how many blocks of silence stand for a gap between two frames.

    None for a long one: that is no loss, but a far end that sent nothing (RFC 3551 §4.1).
    """
    blocks = round(seconds / BLOCK_SECONDS)
    return blocks if 0 < blocks <= MOST_LOST else 0


def _resampler() -> AudioResampler:
    return AudioResampler(format="s16", layout="mono", rate=RATE)


def _told(error: Exception) -> str:
    if isinstance(error, NoDeviceError):
        return str(error)
    reason = getattr(error, "strerror", None) or str(error)
    return f"A file or a tone that is configured cannot be used: {reason}."
