"""Our phone, as a process: `enigma-tui phone`, with a tone for a microphone, a file for an ear."""

import asyncio
import contextlib
import json
import math
import os
import sys
import wave
from array import array
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

from tests.conftest import BOUND
from tests.interop import network
from tests.interop.configuration import Extension
from tests.phone.peer import loudness, peak

Event = Mapping[str, Any]

_LOUD_DB, _QUIET_DB = -25.0, -45.0
"""dBFS. What comes through a codec is no purer than that."""

_HEARD_SECONDS = 0.3

_PATIENCE = 2 * BOUND
"""Seconds; it waits itself for as much as ten before it tries something again."""


class Phone:
    """A phone that runs, and what it has told."""

    def __init__(self, process: asyncio.subprocess.Process, recording: Path) -> None:
        self.told: list[Event] = []
        self.complaints: list[str] = []
        self._process, self._recording = process, recording
        self._more = asyncio.Event()

    async def read(self) -> None:
        """Take what it tells, until it ends."""
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._take(self._process.stdout, self._hear))
            tasks.create_task(self._take(self._process.stderr, self.complaints.append))

    async def until(self, event: str, after: int = 0, **what: object) -> Event:
        """Return the first event of this name and with these fields, once it has been told.

        `after` is the length of `told` at some moment: what was told before then does not count.
        """
        try:
            async with asyncio.timeout(_PATIENCE):
                while True:
                    for each in self.told[after:]:
                        if each["event"] == event and what.items() <= each.items():
                            return each
                    self._more.clear()
                    await self._more.wait()
        except TimeoutError:
            said = "\n".join([*map(json.dumps, self.told), *self.complaints])
            raise AssertionError(f"no {event} {what} among:\n{said}") from None

    async def say(self, order: str) -> None:
        """Tell it something: "hold", "hang up"."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{order}\n".encode())
        await self._process.stdin.drain()

    async def ended(self) -> int:
        """Return its exit status, once it has ended by itself."""
        async with asyncio.timeout(BOUND):
            return await self._process.wait()

    def hears(self, hz: float) -> bool:
        """Say whether it has just heard a tone of so many hertz, and hardly anything else."""
        samples = self._heard()
        if not samples or loudness(samples, hz) < _LOUD_DB:
            return False
        # All of its power is in that tone: the rest is what a codec adds.
        power = sum(sample * sample for sample in samples) / len(samples)
        everything = 10 * math.log10(2 * power / 32_768**2)
        return abs(everything - loudness(samples, hz)) < 1.0

    def hears_nothing(self) -> bool:
        """Say whether it has heard only silence of late, or nothing at all."""
        samples = self._heard()
        return not samples or peak(samples) < _QUIET_DB

    def heard_seconds(self) -> float:
        """Return how much it has heard."""
        with contextlib.suppress(OSError, EOFError, wave.Error), self._file() as file:
            return file.getnframes() / file.getframerate()
        return 0.0

    def _heard(self) -> "array[int]":
        samples = array("h")
        with contextlib.suppress(OSError, EOFError, wave.Error), self._file() as file:
            length = round(_HEARD_SECONDS * file.getframerate())
            if file.getnframes() > length:
                file.setpos(file.getnframes() - length)
                samples.frombytes(file.readframes(length))
        return samples

    def _file(self) -> wave.Wave_read:
        return wave.open(str(self._recording))

    def _hear(self, line: str) -> None:
        self.told.append(json.loads(line))
        self._more.set()

    @staticmethod
    async def _take(reader: asyncio.StreamReader, take: Callable[[str], object]) -> None:
        async for line in reader:
            take(line.decode().rstrip("\n"))


@contextlib.asynccontextmanager
async def running(
    home: Path,
    url: str,
    extension: Extension,
    *,
    microphone: str = "silence",
    answers: bool = True,
    ca: Path | None = None,
) -> AsyncIterator[Phone]:
    """Start a phone; end it as a terminal does that is closed.

    `answers` has it answer whatever rings.
    """
    recording = home / "heard.wav"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_STATE_HOME": str(home / "state"),
        "LANG": "C.UTF-8",
        "ENIGMA_TUI_EXTENSION": extension.number,
        "ENIGMA_TUI_PHONE_URL": url,
        "ENIGMA_TUI_PHONE_DOMAIN": network.PBX,
        "ENIGMA_TUI_PHONE_PASSWORD": extension.password,
        "ENIGMA_TUI_PHONE_TLS_CA": str(ca or ""),
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "enigma_tui", "phone", *(["--auto-answer"] if answers else [])),
        *("--microphone", microphone, "--speaker", f"file:{recording}"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment,
    )
    phone = Phone(process, recording)
    reading = asyncio.create_task(phone.read())
    try:
        yield phone
    finally:
        if process.returncode is None:
            process.terminate()
        try:
            async with asyncio.timeout(BOUND):
                await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
            await reading
