"""Apps that paint into a counted sink, and a clock for their frames.

Both sides of a comparison are apps of this kind: the same framework, the same driver, the same
size, the same end point. Textual's own headless driver would skip turning a frame into terminal
sequences; this one lets that happen, and counts what a terminal would get.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from textual.app import App
from textual.driver import Driver
from textual.drivers.headless_driver import HeadlessDriver
from textual.pilot import Pilot

T = TypeVar("T")
AppType = TypeVar("AppType", bound="Watched")

SIZE = (160, 56)
"""The terminal, in cells: so wide that every column is shown, so high that 50 calls are."""

QUIET_SECONDS = 0.1
"""Waited before each change: every coalescing period (30 and 60 a second) has then passed, so
that the change is a first one, which both sides paint at once."""

PATIENCE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Frame:
    """How long something took to be on screen, and what it took."""

    seconds: float
    bytes: int
    """Written to the terminal from the change until then."""


class _Sink(HeadlessDriver):
    """A terminal that shows nothing, but is written to."""

    @property
    def is_headless(self) -> bool:
        """Whether frames need not be written."""
        return False

    def write(self, data: str) -> None:
        """Hand over what would go to the terminal."""
        if isinstance(self._app, Watched):
            self._app.written.append(data)


class Watched(App[None]):
    """An app whose frames can be timed."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.written: list[str] = []
        self._shows: Callable[[str], bool] | None = None
        self._painted = asyncio.Event()
        self._painted_at = 0.0

    def get_driver_class(self) -> type[Driver]:
        """Paint into the sink."""
        return _Sink

    def post_display_hook(self) -> None:
        """Look whether the frame that was just written is the awaited one."""
        if self._shows is not None:
            now = time.perf_counter()
            if self._shows("".join(self.written)):
                self._shows, self._painted_at = None, now
                self._painted.set()

    async def frame(self, change: Callable[[], object], shows: Callable[[str], bool]) -> Frame:
        """Time from the call of `change` until a whole frame has been written that shows it.

        `shows` is given everything written since the change. Raises `TimeoutError` if no frame
        shows it.
        """
        await asyncio.sleep(QUIET_SECONDS)
        self.written.clear()
        self._painted.clear()
        self._shows = shows
        start = time.perf_counter()
        change()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._painted.wait()
        return Frame(self._painted_at - start, len("".join(self.written).encode()))


def play(app: AppType, use: Callable[[AppType], Awaitable[T]]) -> T:
    """Run `app`, let `use` use it once it is ready, quit it, and return what `use` returned."""
    returned: list[T] = []

    async def pilot(ready: Pilot[object]) -> None:
        try:
            await ready.pause()  # until everything is laid out
            returned.append(await use(app))
        finally:
            app.exit()

    asyncio.run(app.run_async(size=SIZE, auto_pilot=pilot))
    return returned[0]
