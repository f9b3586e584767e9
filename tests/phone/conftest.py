"""What tests of the phone share: its media process, on the loopback."""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from enigma_tui.phone import media
from enigma_tui.phone.media import Media, MediaConfig, MediaEvent

LOOPBACK = (sys.executable, "-m", "tests.phone.loopback")


class Line:
    """A media process, and what it has told."""

    def __init__(self, config: MediaConfig) -> None:
        self.config = config
        self.told: list[MediaEvent] = []
        self.media: Media

    async def start(self) -> "Line":
        self.media = await Media.start(self.config, self.told.append)
        return self

    def of(self, kind: type) -> list[MediaEvent]:
        return [event for event in self.told if isinstance(event, kind)]


@pytest.fixture
def on_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Media that are started use the loopback, and nothing else."""
    monkeypatch.setattr(media, "PROGRAM", LOOPBACK)


@pytest_asyncio.fixture
async def open_line(on_loopback: None) -> AsyncIterator[Callable[..., Awaitable[Line]]]:
    """Start a media process, ended after the test: `await open_line("tone:440", "none")`."""
    async with AsyncExitStack() as stack:

        async def opened(
            microphone: str = "silence", speaker: str = "none", **more: object
        ) -> Line:
            line = await Line(MediaConfig(microphone=microphone, speaker=speaker, **more)).start()
            stack.push_async_callback(line.media.close)
            return line

        yield opened
