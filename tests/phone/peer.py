"""Who calls: a WebRTC peer (aiortc) that says a tone, and measures what it hears."""

import asyncio
import math
from array import array
from collections.abc import Sequence
from typing import Self

from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError
from av.audio.resampler import AudioResampler

from enigma_tui.phone.child.audio import RATE
from enigma_tui.phone.child.sound import Outgoing
from enigma_tui.phone.child.sources import Source, silence, tone
from tests.phone.loopback import use_loopback_only

SECONDS = 0.3
"""So long a tone is measured."""

PATIENCE = 15.0


class Caller:
    """A peer that calls: `offer`, `answered`, and then it says and hears.

    `says` is a tone in hertz, a source, or nothing. Use it as a context manager.
    """

    def __init__(self, codec: str = "", says: int | Source = 0) -> None:
        use_loopback_only()
        self.peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        source = (tone(says) if says else silence()) if isinstance(says, int) else says
        transceiver = self.peer.addTransceiver(Outgoing(source.next))
        self.sender = transceiver.sender
        if codec:
            known = RTCRtpSender.getCapabilities("audio").codecs
            wanted = [one for one in known if one.name.lower() == codec.lower()]
            transceiver.setCodecPreferences(wanted)
        self.samples = array("h")
        """All that it has heard: 48 kHz, mono."""
        self._more = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.peer.on("track", lambda track: self._tasks.append(self._listen_to(track)))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    async def offer(self) -> str:
        await self.peer.setLocalDescription(await self.peer.createOffer())
        return self.peer.localDescription.sdp

    async def answered(self, sdp: str) -> None:
        await self.peer.setRemoteDescription(RTCSessionDescription(sdp=sdp, type="answer"))

    async def close(self) -> None:
        await self.peer.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def next_heard(self, seconds: float = SECONDS) -> Sequence[int]:
        """Return what it hears from now on, for so long."""
        begin = len(self.samples)
        end = begin + round(seconds * RATE)
        async with asyncio.timeout(PATIENCE):
            while len(self.samples) < end:
                self._more.clear()
                await self._more.wait()
        return self.samples[begin:end]

    async def heard_tone(self, hertz: int, seconds: float = SECONDS) -> float:
        """Return how loud a tone is in what it hears from now on, in dBFS."""
        return loudness(await self.next_heard(seconds), hertz)

    async def until_heard(self, hertz: int, above: float = -20.0) -> None:
        """Wait until it hears a tone that loud, in dBFS."""
        async with asyncio.timeout(PATIENCE):
            while await self.heard_tone(hertz, 0.06) < above:
                pass

    async def until_quiet(self, below: float = -60.0) -> None:
        """Wait until it hears nothing louder, in dBFS."""
        async with asyncio.timeout(PATIENCE):
            while peak(await self.next_heard(0.06)) > below:
                pass

    def _listen_to(self, track: MediaStreamTrack) -> asyncio.Task[None]:
        return asyncio.create_task(self._listen(track))

    async def _listen(self, track: MediaStreamTrack) -> None:
        resampler = AudioResampler(format="s16", layout="mono", rate=RATE)
        try:
            while True:
                for piece in resampler.resample(await track.recv()):
                    self.samples.frombytes(bytes(piece.planes[0])[: 2 * piece.samples])
                self._more.set()
        except MediaStreamError:
            return


def loudness(samples: Sequence[int], hertz: float, rate: int = RATE) -> float:
    """Return how loud a tone is among samples of 16 bits, in dBFS, by Goertzel's algorithm."""
    factor = 2 * math.cos(2 * math.pi * hertz / rate)
    before = last = 0.0
    for sample in samples:
        before, last = last, sample + factor * last - before
    power = before**2 + last**2 - factor * before * last
    amplitude = 2 * math.sqrt(max(power, 1e-9)) / len(samples)
    return 20 * math.log10(max(amplitude, 1e-5) / 32_768)


def peak(samples: Sequence[int]) -> float:
    """Return the loudest of samples of 16 bits, in dBFS."""
    loudest = max(max(samples), -min(samples))
    return 20 * math.log10(max(loudest, 0.5) / 32_768)
