"""Runs the real program in a pseudo-terminal and looks at its screen through an emulator."""

import os
import re
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import pexpect
import pyte

BEYOND = re.compile(rb"\x1b\[[<>=?][\d;]*[\$]?[a-zA-Z]")
"""What the emulator does not know: questions about the keyboard and private modes. It would print
the rest of each on the screen."""

PATIENCE = 20.0
"""Seconds to wait for something to appear; far more than it takes on a busy machine."""


class Terminal:
    """The program on a screen of its own."""

    def __init__(
        self,
        *arguments: str,
        home: Path,
        columns: int = 120,
        lines: int = 30,
        environment: dict[str, str] | None = None,
        program: tuple[str, ...] = ("-m", "enigma_tui"),
    ) -> None:
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self.screen)
        self.output = b""
        """Every byte that the program has written."""
        # A whole environment of its own: nobody's settings, log or colours.
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_STATE_HOME": str(home / "state"),
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            **(environment or {}),
        }
        self._process = pexpect.spawn(
            sys.executable,
            [*program, *arguments],
            env=env,
            dimensions=(lines, columns),
            timeout=PATIENCE,
            echo=False,
        )
        self._process.delaybeforesend = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.close(force=True)

    @property
    def pid(self) -> int:
        """The program's process id."""
        return int(self._process.pid)

    def is_alive(self) -> bool:
        """Whether it runs; nothing is read of what it writes."""
        return bool(self._process.isalive())

    def send(self, keys: str) -> None:
        """Type, in one write."""
        os.write(self._process.child_fd, keys.encode())

    def kill(self) -> None:
        """End it without any chance to clean up."""
        self._process.kill(signal.SIGKILL)
        self._process.wait()

    def text(self) -> str:
        """Return what the screen shows now, or showed at the end."""
        if not self._process.closed:
            self._read(0.02)
        return "\n".join(self.screen.display)

    def wait_for(self, what: str | Callable[[str], bool], seconds: float = PATIENCE) -> str:
        """Return the screen once it shows `what`; fails with the screen when it does not."""
        shows = (lambda text: what in text) if isinstance(what, str) else what
        deadline = time.monotonic() + seconds
        while True:
            text = self.text()
            if shows(text):
                return text
            if time.monotonic() > deadline or not self._process.isalive():
                named = what if isinstance(what, str) else "what was expected"
                raise AssertionError(f"the screen does not show {named!r}:\n{text}")

    def wait_until_ended(self, seconds: float = PATIENCE) -> int:
        """Return the exit code once the program has ended by itself."""
        deadline = time.monotonic() + seconds
        while self._process.isalive():
            self._read(0.02)
            assert time.monotonic() < deadline, self.text()
        self._read(0.02)
        self._process.close()
        return int(self._process.exitstatus or 0)

    def _read(self, seconds: float) -> None:
        try:
            while True:
                data = self._process.read_nonblocking(65_536, timeout=seconds)
                self.output += data
                self._stream.feed(BEYOND.sub(b"", data))

        except (pexpect.TIMEOUT, pexpect.EOF):
            return
