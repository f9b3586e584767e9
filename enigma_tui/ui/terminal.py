"""Textual's driver for terminals, writing only what the terminal does not show yet."""

import os
import signal
import threading
from contextlib import suppress
from types import FrameType
from typing import Any

from textual.drivers.linux_driver import LinuxDriver

from .sparing import Sparing


class _Outlasting:
    """A terminal that may go away: what is written then is lost, and nobody stops.

    The thread that writes would end with an error. Whoever hands it frames would soon wait for it
    for ever, and with that no signal would end the program.
    """

    def __init__(self, file: Any) -> None:
        self._file = file

    def write(self, text: str) -> None:
        with suppress(OSError):
            self._file.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._file.flush()

    def fileno(self) -> int:
        return int(self._file.fileno())


class SparingDriver(LinuxDriver):
    """Textual's own driver, with `Sparing` before what it writes."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        if self._file is not None:
            self._file = _Outlasting(self._file)  # type: ignore[assignment]
        self._sparing = Sparing(*self._real_size())
        self._at_it = threading.Lock()
        self._stale = False

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
            needed = self._sparing.write(data)
            if needed:
                super().write(needed)
        finally:
            self._at_it.release()

    def _real_size(self) -> tuple[int, int]:
        """Return columns and lines of the terminal itself, whatever the environment says."""
        columns = lines = 0
        if self._file is not None:
            with suppress(ValueError, OSError):  # closed, or no terminal
                columns, lines = os.get_terminal_size(self._file.fileno())
        return (columns, lines) if columns and lines else self._get_terminal_size()
