"""A machine's microphones and loudspeakers, by PortAudio.

`python -m enigma_tui.phone.child.devices` writes which there are, as JSON.
"""

import asyncio
import os
import sys
from collections.abc import Callable
from typing import Any

import msgspec

from ..media_messages import AudioDevices
from .audio import BLOCK_BYTES, RATE, PlayOut
from .sources import Arriving

_NO_LIBRARY = (
    "PortAudio is not installed: no microphone, no loudspeaker. Install it (libportaudio2 on "
    "Debian and Ubuntu, portaudio on Fedora and with Homebrew)."
)


class NoDeviceError(Exception):
    """A device cannot be used; the text says why, and what to do."""


class Microphone(Arriving):
    """A device that is listened to."""

    def __init__(self, wanted: str, loop: asyncio.AbstractEventLoop) -> None:
        """Open a device by its name or part of it, "" for the default; blocks while it does.

        Raises `NoDeviceError`.
        """
        super().__init__("")

        def listen(samples: Any, frames: int, time: object, status: object) -> None:
            loop.call_soon_threadsafe(self.put, bytes(samples))

        self.name, self._stream = _opened("input", wanted, listen)

    def close(self) -> None:
        """Close the device."""
        self._stream.close()


class Loudspeaker:
    """A device that plays."""

    def __init__(self, wanted: str) -> None:
        """Open a device by its name or part of it, "" for the default; blocks while it does.

        Raises `NoDeviceError`.
        """
        self._waiting = PlayOut()

        def speak(samples: Any, frames: int, time: object, status: object) -> None:
            samples[:] = self._waiting.take()

        self.name, self._stream = _opened("output", wanted, speak)

    def play(self, samples: bytes) -> None:
        """Take samples."""
        self._waiting.put(samples)

    def close(self) -> None:
        """Close the device."""
        self._stream.close()


def found() -> AudioDevices:
    """Look which devices there are."""
    try:
        sounddevice = _portaudio()
        known = [(_shown(one["name"]), one) for one in sounddevice.query_devices()]
    except NoDeviceError as error:
        return AudioDevices(missing=str(error))
    microphones = tuple(name for name, one in known if one["max_input_channels"])
    speakers = tuple(name for name, one in known if one["max_output_channels"])
    default = {kind: _default(sounddevice, kind) for kind in ("input", "output")}
    lacking = [
        what
        for what, there in (("microphone", microphones), ("loudspeaker", speakers))
        if not there
    ]
    missing = f"There is no {' and no '.join(lacking)} on this machine." if lacking else ""
    return AudioDevices(microphones, speakers, default["input"], default["output"], missing)


def _opened(kind: str, wanted: str, callback: Callable[..., None]) -> tuple[str, Any]:
    """Open and start a stream of a device; return its name, too."""
    sounddevice = _portaudio()
    what = {"input": "microphone", "output": "loudspeaker"}[kind]
    stream_of = sounddevice.RawInputStream if kind == "input" else sounddevice.RawOutputStream
    try:
        device = sounddevice.query_devices(wanted or None, kind)
    except (ValueError, sounddevice.PortAudioError):
        raise NoDeviceError(
            f"No {what} is called {wanted!r}, or several are: see what `enigma-tui doctor` lists."
            if wanted
            else f"There is no {what} on this machine."
        ) from None
    stream = None
    try:
        stream = stream_of(
            samplerate=RATE,
            blocksize=BLOCK_BYTES // 2,
            device=device["index"],
            channels=1,
            dtype="int16",
            latency="low",
            callback=callback,
        )
        stream.start()
    except (ValueError, sounddevice.PortAudioError) as error:
        if stream:
            stream.close()
        name = _shown(device["name"])
        raise NoDeviceError(
            f"The {what} {name} cannot be opened ({_shown(str(error))}): is it in use elsewhere?"
        ) from None
    return _shown(device["name"]), stream


def _default(sounddevice: Any, kind: str) -> str:
    try:
        return _shown(sounddevice.query_devices(None, kind)["name"])
    except (ValueError, sounddevice.PortAudioError):
        return ""


def _portaudio() -> Any:
    try:
        import sounddevice
    except OSError:
        raise NoDeviceError(_NO_LIBRARY) from None
    except Exception as error:  # PortAudioError, which cannot be named where the import failed
        raise NoDeviceError(f"PortAudio does not start ({_shown(str(error))}).") from None
    return sounddevice


def _shown(text: str) -> str:
    """Return a text of a driver without what a terminal would obey."""
    return "".join(one if one.isprintable() else "�" for one in text)


def _main() -> None:
    # The libraries behind PortAudio write what they like to the standard output.
    output = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    os.write(output, msgspec.json.encode(found()))


if __name__ == "__main__":
    _main()
