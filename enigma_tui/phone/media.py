"""The media of a phone's calls: ICE, DTLS-SRTP and sound, in a process of their own.

So the sound never stutters with the screen, nor the screen with the sound; and what the libraries
take in memory and in time to load, the board does not pay. The process ends with its standard
input: no call outlives a board that was killed.
"""

import asyncio
import contextlib
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Sequence
from itertools import count
from typing import Self

import msgspec

from .media_messages import (
    SILENT,
    Answer,
    AudioDevices,
    Configure,
    Connected,
    Devices,
    Died,
    Done,
    Ended,
    Failed,
    HangUp,
    Hold,
    IceServer,
    Levels,
    Lost,
    MediaConfig,
    MediaEvent,
    Mute,
    Offered,
    Refused,
    Request,
    Resumed,
    line,
    told,
)

__all__ = [
    "SILENT",
    "AudioDevices",
    "Connected",
    "Devices",
    "Died",
    "Ended",
    "Failed",
    "IceServer",
    "Levels",
    "Lost",
    "Media",
    "MediaConfig",
    "MediaError",
    "MediaEvent",
    "Resumed",
    "UnsuitableOfferError",
    "list_devices",
]

# With -P: nothing that lies where somebody happens to be is taken for a library.
PROGRAM: Sequence[str] = (sys.executable, "-P", "-m", "enigma_tui.phone.child")
"""What is run."""

DEVICES: Sequence[str] = (sys.executable, "-P", "-m", "enigma_tui.phone.child.devices")
"""What is run to list devices."""

REPLY_SECONDS = 15.0
"""A process that has not answered by then is ended: the longest it can take is a server for ICE
that does not answer, and aioice gives those five."""

LEAVE_SECONDS = 3.0
"""How long it may take to end by itself."""

_LINE_BYTES = 1 << 20


class MediaError(Exception):
    """What was asked of the media could not be done; the text says why."""


class UnsuitableOfferError(MediaError):
    """Nothing can be done with an offer: 488 Not Acceptable Here (RFC 3261 §21.4.26)."""


class Media:
    """The process of a phone's media. One call at a time, many one after the other."""

    def __init__(self, process: Process, heard: Callable[[MediaEvent], None]) -> None:
        """Take over a process that was just started; `Media.start` is what others call."""
        assert process.stdin is not None
        self._process = process
        self._stdin = process.stdin
        self._heard = heard
        self._numbers = count(1)
        self._asked: dict[int, asyncio.Future[str]] = {}
        self._gone = ""
        self._closing = False
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def start(cls, config: MediaConfig, heard: Callable[[MediaEvent], None]) -> Self:
        """Start the process; it loads its libraries while this already returns.

        `heard` is called in the event loop, with each thing that happens, in order. Raises
        `MediaError` if it cannot be started.
        """
        try:
            process = await asyncio.create_subprocess_exec(
                *PROGRAM,
                stdin=PIPE,
                stdout=PIPE,
                # Audio libraries write there what nobody needs, and what would be on the screen.
                stderr=DEVNULL,
                limit=_LINE_BYTES,
                # ctrl+c at the terminal is for the board, which ends its calls in order.
                start_new_session=True,
            )
        except OSError as error:
            raise MediaError(f"The media process cannot be started: {error.strerror}") from error
        media = cls(process, heard)
        media._write(Configure(config))
        return media

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    async def offered(self, sdp: str) -> None:
        """Take an offer (RFC 3264) for a new call, and gather ICE candidates for its answer.

        Returns when the offer is known to be suitable; the gathering goes on. Neither connects nor
        opens a device: it may ring as long as it likes. Raises `UnsuitableOfferError`, or
        `MediaError`: while there is a call, for instance.
        """
        await self._ask(Offered(next(self._numbers), sdp))

    async def answer(self) -> str:
        """Return the answer to the offer, with all candidates; connect, and open the devices.

        What comes of that is told as `Connected`, `Failed` and `Devices`. Raises `MediaError`.
        """
        return await self._ask(Answer(next(self._numbers)))

    async def mute(self, on: bool) -> None:
        """Send silence, or no longer. Raises `MediaError`; without a call, too."""
        await self._ask(Mute(next(self._numbers), on))

    async def hold(self, on: bool) -> None:
        """Send silence and play nothing, or no longer. Raises `MediaError`; without a call, too."""
        await self._ask(Hold(next(self._numbers), on))

    async def hang_up(self) -> None:
        """End the media of the call, answered or only offered; none is needed.

        The process stays, for the next. Raises `MediaError`.
        """
        await self._ask(HangUp(next(self._numbers)))

    async def close(self) -> None:
        """End the process, by force if need be. Raises nothing."""
        self._closing = True
        self._stdin.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LEAVE_SECONDS):
                await asyncio.shield(self._reading)
        self._kill()
        await self._reading

    # ── lines both ways ─────────────────────────────────────────────────────────────────

    async def _ask(self, request: Request) -> str:
        if self._gone or self._closing:
            raise MediaError(self._gone or "The media process is being ended.")
        waiting: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._asked[request.number] = waiting
        self._write(request)
        try:
            async with asyncio.timeout(REPLY_SECONDS):
                return await waiting
        except TimeoutError:
            self._kill()
            raise MediaError("The media process did not answer, and was ended.") from None
        finally:
            del self._asked[request.number]

    def _write(self, message: Configure | Request) -> None:
        # That it is gone, reading its output tells.
        with contextlib.suppress(ConnectionError, RuntimeError):
            self._stdin.write(line(message))

    async def _read(self) -> None:
        assert self._process.stdout is not None
        while True:
            try:
                one = await self._process.stdout.readline()
            except ValueError:
                continue  # longer than any that it writes
            if not one:
                break
            self._take(one)
        code = await self._process.wait()
        self._gone = f"The media process has ended ({code})."
        for waiting in self._asked.values():
            if not waiting.done():
                waiting.set_exception(MediaError(self._gone))
        if not self._closing:
            self._tell(Died(code))

    def _take(self, one: bytes) -> None:
        match told(one):
            case None:
                pass
            case Done(number, sdp):
                if (waiting := self._asked.get(number)) and not waiting.done():
                    waiting.set_result(sdp)
            case Refused(number, why, unsuitable):
                kind = UnsuitableOfferError if unsuitable else MediaError
                if (waiting := self._asked.get(number)) and not waiting.done():
                    waiting.set_exception(kind(why))
            case event:
                self._tell(event)

    def _tell(self, event: MediaEvent) -> None:
        # Not from here: what it raises must not end the reading.
        asyncio.get_running_loop().call_soon(self._heard, event)

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()


# ── devices ─────────────────────────────────────────────────────────────────────────────


async def list_devices() -> AudioDevices:
    """Look which devices there are, in a process of its own. Raises nothing."""
    try:
        process = await asyncio.create_subprocess_exec(
            *DEVICES, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL, start_new_session=True
        )
    except OSError as error:
        return AudioDevices(missing=f"The devices cannot be listed: {error.strerror}")
    try:
        async with asyncio.timeout(REPLY_SECONDS):
            written, _ = await process.communicate()
        return msgspec.json.decode(written, type=AudioDevices)
    except TimeoutError:
        return AudioDevices(missing="The sound system does not answer: no devices are known.")
    except msgspec.MsgspecError:
        code = process.returncode
        return AudioDevices(missing=f"The devices cannot be listed: their process ended ({code}).")
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
