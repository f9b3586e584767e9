"""Textual's driver for terminals, writing only what the terminal does not show yet.

Over a line that stands still nothing can be written. Textual's driver would wait for it, and with
it all that the program does, collecting included. Here frames that find others waiting are left
out, and when the line moves again all that is then to be seen is written once.
"""

import os
import queue
import signal
import threading
from contextlib import suppress
from types import FrameType
from typing import Any

from textual.drivers.linux_driver import LinuxDriver

from .sparing import Sparing, is_frame

WAITING_MOST = 8
"""So many writes may wait for the terminal before a frame is left out; a frame has up to three."""

LOOK_SECONDS = 0.05
"""How often it is looked, after that, whether the terminal has taken them."""

LEAVE_SECONDS = 1.0
"""How long the end of the program waits for a terminal that takes nothing."""


class _Outlasting:
    """A terminal that may go away: what is written then is lost, and nobody stops.

    The thread that writes would end with an error. Whoever hands it frames would soon wait for it
    for ever, and with that no signal would end the program.

    It writes past Python's own file, whose lock a write that never ends would keep: whoever wants
    to have it at the end of the program would wait for ever, too.
    """

    def __init__(self, file: Any) -> None:
        self._number = int(file.fileno())
        self._encoding = file.encoding
        self._waiting: list[str] = []

    def write(self, text: str) -> None:
        self._waiting.append(text)

    def flush(self) -> None:
        data = "".join(self._waiting).encode(self._encoding, "backslashreplace")
        self._waiting.clear()
        with suppress(OSError):
            while data:
                data = data[os.write(self._number, data) :]

    def fileno(self) -> int:
        return self._number


class SparingDriver(LinuxDriver):
    """Textual's own driver, with `Sparing` before what it writes."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        if self._file is not None:
            self._file = _Outlasting(self._file)  # type: ignore[assignment]
        self._sparing = Sparing(*self._real_size())
        self._at_it = threading.Lock()
        self._stale = False
        self._left_out = False
        """Whether a frame has been left out."""

    def start_application_mode(self) -> None:
        """Take over the terminal; from now on, each change of its size is heard of."""
        super().start_application_mode()  # type: ignore[no-untyped-call]
        told = signal.getsignal(signal.SIGWINCH)
        if not callable(told):  # the terminal could not be taken over: we are in the background
            return

        def resized(number: int, frame: FrameType | None) -> None:
            # Back to the same size before the next write, and cells may be gone all the same.
            self._stale = True
            told(number, frame)

        signal.signal(signal.SIGWINCH, resized)

    def write(self, data: str) -> None:
        """Write what of `data` the terminal does not show yet."""
        if not self._at_it.acquire(blocking=False):
            # A signal, or the thread that reads keys, in the midst of another write: it passes as
            # it is, and what is known is not relied on again.
            self._stale = True
            super().write(data)
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
                super().write(needed)
        finally:
            self._at_it.release()

    def _waiting(self) -> int:
        return self._writer_thread._queue.qsize() if self._writer_thread is not None else 0

    def _leave_out(self) -> None:
        # What is written of the next frame cannot be told from one that was not written.
        self._stale = True
        if not self._left_out:
            self._left_out = True
            self._loop.call_later(LOOK_SECONDS, self._make_up)

    def _make_up(self) -> None:
        """Have everything painted once the terminal has taken what waited."""
        if not self._app.is_running:
            return
        if self._waiting():
            self._loop.call_later(LOOK_SECONDS, self._make_up)
            return
        self._left_out = False
        self._app.screen.refresh()

    def close(self) -> None:
        """Let what was written arrive; a terminal that takes nothing is not waited for."""
        thread = self._writer_thread
        if thread is not None:
            with suppress(queue.Full):
                thread._queue.put(None, timeout=LEAVE_SECONDS)
            thread.join(LEAVE_SECONDS)

    def _real_size(self) -> tuple[int, int]:
        """Return columns and lines of the terminal itself, whatever the environment says."""
        columns = lines = 0
        if self._file is not None:
            with suppress(ValueError, OSError):  # closed, or no terminal
                columns, lines = os.get_terminal_size(self._file.fileno())
        return (columns, lines) if columns and lines else self._get_terminal_size()
