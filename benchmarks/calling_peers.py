"""The two ends that `calling` has beside the program's own: who calls, and a bare aiortc peer."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from typing import Self

import aioice.ice
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
    rtcrtpreceiver,
)
from aiortc.jitterbuffer import JitterBuffer
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame
from av.audio.resampler import AudioResampler

from enigma_tui.phone.child.audio import RATE, SILENCE
from enigma_tui.phone.child.jitter import Reordering
from enigma_tui.phone.child.sound import LEAD, Outgoing
from enigma_tui.phone.child.sources import Paced, tone

PIP_BLOCKS = 15
"""A pip of 20 ms in each 300; what comes back later than that is not measured."""

_LOUD = 4_000


class Peer(AbstractAsyncContextManager["Peer"]):
    """A WebRTC peer of audio, on the loopback."""

    def __init__(self, buffer: type[JitterBuffer]) -> None:
        """Make one whose receiver holds packets in such a buffer."""
        aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]
        rtcrtpreceiver.JitterBuffer = buffer  # type: ignore[attr-defined]
        self._peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._peer.on("track", self._on_track)

    async def __aenter__(self) -> Self:
        """Be used for one call."""
        return self

    async def __aexit__(self, *error: object) -> None:
        """End the call."""
        await self._peer.close()

    def _on_track(self, track: MediaStreamTrack) -> None:
        raise NotImplementedError


class BareEcho(Peer):
    """What anybody would write with aiortc: each frame that comes is sent back."""

    def __init__(self) -> None:
        """Make one."""
        super().__init__(JitterBuffer)

    async def answer(self, offer: str) -> str:
        """Take an offer, and return its answer."""
        await self._peer.setRemoteDescription(RTCSessionDescription(sdp=offer, type="offer"))
        await self._peer.setLocalDescription(await self._peer.createAnswer())
        return self._peer.localDescription.sdp

    def _on_track(self, track: MediaStreamTrack) -> None:
        self._peer.addTrack(track)


class Pips(Peer):
    """Who calls: it says pips, and measures when they come back."""

    def __init__(self, codec: str) -> None:
        """Call with one codec."""
        super().__init__(Reordering)
        self._said = 0.0
        self._heard = asyncio.Queue[float]()
        self._tasks: set[asyncio.Task[None]] = set()
        outgoing = Outgoing(Paced("pips", self._pips()).next)
        outgoing.lead = 0 if codec == "opus" else LEAD
        known = RTCRtpSender.getCapabilities("audio").codecs
        self._peer.addTransceiver(outgoing).setCodecPreferences(
            [one for one in known if one.name == codec]
        )

    async def offer(self) -> str:
        """Return its offer."""
        await self._peer.setLocalDescription(await self._peer.createOffer())
        return self._peer.localDescription.sdp

    async def answered(self, sdp: str) -> None:
        """Connect."""
        await self._peer.setRemoteDescription(RTCSessionDescription(sdp=sdp, type="answer"))

    async def there_and_back(self) -> float:
        """Return how many seconds the next pip takes."""
        async with asyncio.timeout(20):
            return await self._heard.get()

    def _pips(self) -> Iterator[bytes]:
        pip = next(tone(1_000).blocks)
        while True:
            for _ in range(PIP_BLOCKS - 1):
                yield SILENCE
            self._said = time.perf_counter()
            yield pip

    def _on_track(self, track: MediaStreamTrack) -> None:
        task = asyncio.create_task(self._listen(track))
        self._tasks.add(task)

    async def _listen(self, track: MediaStreamTrack) -> None:
        resampler, quiet = AudioResampler(format="s16", layout="mono", rate=RATE), True
        try:
            while True:
                frame = await track.recv()
                assert isinstance(frame, AudioFrame)
                for piece in resampler.resample(frame):
                    samples = memoryview(bytes(piece.planes[0])[: 2 * piece.samples]).cast("h")
                    loud = max(samples, default=0) > _LOUD
                    if loud and quiet:
                        self._heard.put_nowait(time.perf_counter() - self._said)
                    quiet = not loud
        except MediaStreamError:
            return
