"""What drivers have in common: to write what is not shown yet, and never to wait for a screen.

Over a line that stands still nothing can be written. Textual's drivers would wait for it, and with
them all that the program does, collecting included. Here frames that find others waiting are left
out, and when the line moves again all that is then to be seen is written once.
"""

import asyncio
import threading
from typing import Any

from textual.driver import Driver

from .sparing import Sparing, is_frame

WAITING_MOST = 8
"""So many writes may wait for the screen before a frame is left out; a frame has up to three."""

LOOK_SECONDS = 0.05
"""How often it is looked, after that, whether the screen has taken them."""

LEAVE_SECONDS = 1.0
"""How long the end of the program waits for a screen that takes nothing."""


class LeavingOut(Driver):
    """Stands before one of Textual's own drivers, with `Sparing` before what that writes."""

    _loop: asyncio.AbstractEventLoop

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._sparing = Sparing(*self._real_size())
        self._at_it = threading.Lock()
        self._stale = False
        """Whether the screen may show something else than what is known of it."""
        self._left_out = False
        """Whether a frame has been left out."""

    def _waiting(self) -> int:
        """Return how many writes the screen has not taken yet."""
        raise NotImplementedError

    def _real_size(self) -> tuple[int, int]:
        """Return columns and lines of the screen."""
        raise NotImplementedError

    def write(self, data: str) -> None:
        """Write what of `data` the screen does not show yet."""
        if not self._at_it.acquire(blocking=False):
            # A signal, or the thread that reads keys, in the midst of another write: it passes as
            # it is, and what is known is not relied on again.
            self._stale = True
            super().write(data)  # type: ignore[safe-super]  # Textual's own driver stands behind
            return
        try:
            if self._stale:
                self._stale = False
                self._sparing.forget()
            self._sparing.resize(*self._real_size())
            if is_frame(data) and self._waiting() >= WAITING_MOST:
                self._leave_out()
                return
            needed = self._sparing.write(data)
            if needed:
                super().write(needed)  # type: ignore[safe-super]
        finally:
            self._at_it.release()

    def _leave_out(self) -> None:
        # What is written of the next frame cannot be told from one that was not written.
        self._stale = True
        if not self._left_out:
            self._left_out = True
            self._loop.call_later(LOOK_SECONDS, self._make_up)

    def _make_up(self) -> None:
        """Have everything painted once the screen has taken what waited."""
        if not self._app.is_running:
            return
        if self._waiting():
            self._loop.call_later(LOOK_SECONDS, self._make_up)
            return
        self._left_out = False
        self._app.screen.refresh()
