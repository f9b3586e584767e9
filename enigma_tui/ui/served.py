"""Textual's driver for a board in a browser: what is drawn goes to `enigma-tui serve` by a pipe."""

import os
import queue
import threading
from typing import Any

from textual import messages
from textual.drivers.web_driver import WebDriver

from .leaving_out import LEAVE_SECONDS, LeavingOut


class ServedDriver(LeavingOut, WebDriver):
    """Textual's own driver, which waits for no browser and ends with whoever serves."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._packets: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        # All that Textual's driver writes goes through this.
        self._write = self._packets.put  # type: ignore[assignment]
        self._writer = threading.Thread(target=self._pass_on, name="textual-output", daemon=True)
        self._writer.start()

    def run_input_thread(self) -> None:
        """Take what is typed until nobody is there any more to send it; then end the board."""
        super().run_input_thread()
        if not self.exit_event.is_set():
            self.send_message(messages.ExitApp())

    def on_meta(self, packet_type: str, payload: dict[str, object]) -> None:
        """Take what the page tells beside keys, its size for one."""
        if packet_type == "resize":
            self._stale = True  # to the same size, too: the page may have lost what it showed
        super().on_meta(packet_type, payload)

    def close(self) -> None:
        """Let what was written arrive; a browser that takes nothing is not waited for."""
        self._packets.put(b"")
        self._writer.join(LEAVE_SECONDS)

    def _pass_on(self) -> None:
        while data := self._packets.get():
            try:
                while data:
                    data = data[os.write(self.fileno, data) :]
            except OSError:  # nobody is there any more; what is written is lost, and nobody stops
                continue

    def _waiting(self) -> int:
        return self._packets.qsize()

    def _real_size(self) -> tuple[int, int]:
        return self._size or (80, 24)
