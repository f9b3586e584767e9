"""Where the sound goes that is heard."""

import wave
from typing import Protocol

from .audio import RATE


class Sink(Protocol):
    """What samples are played by."""

    name: str
    """As people are told of it."""

    def play(self, samples: bytes) -> None:
        """Take samples; never waits."""

    def close(self) -> None:
        """Give back what it holds."""


class Nowhere:
    """Nothing is played."""

    name = "none"

    def play(self, samples: bytes) -> None:
        """Let them go."""

    def close(self) -> None:
        """Hold nothing."""


class Recording:
    """A WAV file, whose header is right after each block: it may be read, or lose its writer."""

    def __init__(self, path: str) -> None:
        """Begin a file, in place of any that is there. Raises `OSError`."""
        self.name = f"file:{path}"
        # Both are closed with this; unbuffered, for a process that is killed to leave all of it.
        self._raw = open(path, "wb", buffering=0)  # noqa: SIM115
        self._file = wave.open(self._raw)  # noqa: SIM115
        self._file.setparams((1, 2, RATE, 0, "NONE", ""))
        self.play(b"")

    def play(self, samples: bytes) -> None:
        """Add samples; a full disk ends the recording, not the call."""
        try:
            self._file.writeframes(samples)
        except OSError:
            self.play = lambda samples: None  # type: ignore[method-assign]

    def close(self) -> None:
        """Close the file."""
        try:
            self._file.close()
        finally:
            self._raw.close()
