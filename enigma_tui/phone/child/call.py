"""One call's media: an offer, its answer, the way it takes, and the sound both ways."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine

from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCIceServer,
    RTCPeerConnection,
    RTCSessionDescription,
)

from ..media_messages import (
    CallEvent,
    Connected,
    Ended,
    Failed,
    IceServer,
    Levels,
    Lost,
    MediaConfig,
    Resumed,
)
from ..offer import Offer, UnsuitableError, first_codec, read_offer
from .sound import Sound

CONNECT_SECONDS = 15.0
"""How long ICE and DTLS may take together."""

LOST_SECONDS = 10.0
"""After so long without sound the far end is told to be lost; it may just send none."""

LEVEL_SECONDS = 0.25

TASKS_SECONDS = 1.0
CLOSE_SECONDS = 0.5
"""How long the end of a call may keep the next one waiting."""

_closing: set[asyncio.Task[None]] = set()
"""Peers that are being closed; without a reference they would not be."""


class CallError(Exception):
    """What was asked for cannot be done in the state the call is in."""


class Call:
    """One call, from its offer on; `close` ends it in any state."""

    def __init__(self, config: MediaConfig, happened: Callable[[CallEvent], None]) -> None:
        """Begin a call; `happened` is told what becomes of it. Raises `CallError`."""
        self._happened = happened
        self._sound = Sound(config, self._tell)
        try:
            self._peer = RTCPeerConnection(
                # Always given: without any, aiortc would ask a public STUN server.
                RTCConfiguration(iceServers=[_ice_server(one) for one in config.ice_servers])
            )
            self._audio = self._peer.addTransceiver(self._sound.outgoing, direction="sendrecv")
        except ValueError as error:
            raise CallError(f"A server for ICE is configured wrongly: {error}") from None
        self._peer.on("connectionstatechange", self._on_state)
        self._peer.on("track", self._on_track)
        self._offer: Offer | None = None
        self._answered = self._connected = self._failed = self._closed = False
        self._codec = ""
        self._tasks: set[asyncio.Task[None]] = set()
        self._gathering: asyncio.Task[None] | None = None

    async def offered(self, sdp: str) -> None:
        """Take the offer, and begin to gather. Raises `UnsuitableError`."""
        await self._take(sdp)
        # Not by setLocalDescription: that would begin to connect, and give up while it rings.
        gatherer = self._audio.receiver.transport.transport.iceGatherer
        self._gathering = self._run(gatherer.gather())

    async def answer(self) -> str:
        """Answer the offer, connect, and open the devices. Raises `CallError`."""
        if self._answered or self._gathering is None:
            raise CallError("There is no offer to answer.")
        self._answered = True
        await asyncio.wait([self._gathering])
        if self._closed:
            raise CallError("The call was ended meanwhile.")
        answer = await self._give()
        self._sound.encode_with(self._codec)
        self._sound.open()
        self._run(self._watch())
        return answer

    def mute(self, on: bool) -> None:
        """Send silence, or no longer."""
        self._sound.muted = on

    def hold(self, on: bool) -> None:
        """Send silence and play nothing, or no longer."""
        self._sound.held = on

    async def close(self) -> None:
        """End it."""
        self._closed = True
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=TASKS_SECONDS)
        await self._sound.close()
        # Where ICE has not come about, that takes as long as it would go on trying: the next call
        # need not wait for it.
        closing = asyncio.create_task(self._peer.close())
        _closing.add(closing)
        closing.add_done_callback(_closing.discard)
        await asyncio.wait([closing], timeout=CLOSE_SECONDS)

    # ── SDP ─────────────────────────────────────────────────────────────────────────────

    async def _take(self, sdp: str) -> None:
        offer = read_offer(sdp)
        try:
            await self._peer.setRemoteDescription(
                RTCSessionDescription(sdp=offer.to_aiortc(), type="offer")
            )
        except Exception:
            # By whatever a parser may stumble over, and where no codec is known to both.
            raise UnsuitableError(
                "The offer cannot be taken: it has no codec that is known here (Opus, PCMU, PCMA, "
                "G722), or is malformed."
            ) from None
        self._offer = offer

    async def _give(self) -> str:
        assert self._offer is not None
        await self._peer.setLocalDescription(await self._peer.createAnswer())
        answer = self._peer.localDescription.sdp
        self._codec = first_codec(answer)
        return self._offer.answered(answer)

    # ── what becomes of it ──────────────────────────────────────────────────────────────

    def _on_state(self) -> None:
        state = self._peer.connectionState
        if state == "connected" and not self._connected:
            self._connected = True
            self._tell(Connected(self._codec))
        elif state == "failed":
            self._fail(self._why())
        elif state == "closed":
            self._tell(Ended())

    def _why(self) -> str:
        if self._connected:
            return "The way to the far end is gone: it has not answered for half a minute."
        if self._peer.iceConnectionState == "failed":
            return (
                "No way to the far end was found (ICE): are its addresses reachable from here? "
                "Across a NAT, a STUN or TURN server is needed."
            )
        return "The encryption could not be agreed on with the far end (DTLS-SRTP)."

    def _on_track(self, track: MediaStreamTrack) -> None:
        self._run(self._sound.listen(track))

    async def _watch(self) -> None:
        """Tell of a way that is not found in time, of the levels, and of silence."""
        loop = asyncio.get_running_loop()
        began, lost = loop.time(), False
        while not (self._connected or self._failed):
            if loop.time() - began > CONNECT_SECONDS:
                self._fail(self._too_slow())
            await asyncio.sleep(LEVEL_SECONDS)
        self._sound.last_heard = loop.time()
        while not self._failed:
            await asyncio.sleep(LEVEL_SECONDS)
            self._tell(Levels(self._sound.said.take(), self._sound.heard.take()))
            quiet = loop.time() - self._sound.last_heard
            if lost != (quiet > LOST_SECONDS):
                lost = not lost
                self._tell(Lost(round(quiet, 1)) if lost else Resumed())

    def _too_slow(self) -> str:
        found = self._peer.iceConnectionState == "completed"
        return f"The far end did not answer within {CONNECT_SECONDS:g} s (" + (
            "DTLS-SRTP)." if found else "ICE): across a NAT, a STUN or TURN server is needed."
        )

    def _fail(self, why: str) -> None:
        if not self._failed:
            self._failed = True
            self._tell(Failed(why))

    def _tell(self, event: CallEvent) -> None:
        # What was on its way when a call was ended is nothing that happens to the next.
        if not self._closed:
            self._happened(event)

    def _run(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        async def quietly() -> None:
            with contextlib.suppress(Exception):
                await work

        task = asyncio.create_task(quietly())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _ice_server(server: IceServer) -> RTCIceServer:
    return RTCIceServer(
        urls=server.url,
        username=server.username or None,
        credential=server.credential or None,
    )
