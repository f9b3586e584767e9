"""Textual's driver for terminals, writing only what the terminal does not show yet."""

import os
import queue
import signal
from contextlib import suppress
from types import FrameType
from typing import Any

from textual.drivers.linux_driver import LinuxDriver

from .leaving_out import LEAVE_SECONDS, LeavingOut


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


class SparingDriver(LeavingOut, LinuxDriver):
    """Textual's own driver, which waits for no terminal and writes nothing twice."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        if self._file is not None:
            self._file = _Outlasting(self._file)  # type: ignore[assignment]

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

    def close(self) -> None:
        """Let what was written arrive; a terminal that takes nothing is not waited for."""
        thread = self._writer_thread
        if thread is not None:
            with suppress(queue.Full):
                thread._queue.put(None, timeout=LEAVE_SECONDS)
            thread.join(LEAVE_SECONDS)

    def _waiting(self) -> int:
        return self._writer_thread._queue.qsize() if self._writer_thread is not None else 0

    def _real_size(self) -> tuple[int, int]:
        """Return columns and lines of the terminal itself, whatever the environment says."""
        columns = lines = 0
        if self._file is not None:
            with suppress(ValueError, OSError):  # closed, or no terminal
                columns, lines = os.get_terminal_size(self._file.fileno())
        return (columns, lines) if columns and lines else self._get_terminal_size()
