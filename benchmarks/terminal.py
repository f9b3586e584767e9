"""A pseudo-terminal for the benchmarks: runs a program in it, and tells when it showed what.

What the program writes is kept as it comes, each piece with the moment of its arrival. It is shown
to an emulator only when somebody asks, so that looking costs nothing while something is measured:
what was on the screen when is found out afterwards. The terminal answers nothing, as a plain one
does.

What a process costs is read from `/proc`, so on Linux only.
"""

import fcntl
import os
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

from .screen import COLUMNS, LINES, Screen

PATIENCE_SECONDS = 60.0
"""How long something may take to be shown before it is taken for broken."""

_CHUNK = 65_536
_STEP = 0.02
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")

_SWITCH_SECONDS = 0.000_5
"""How long the emulator may keep the reader from noting when something came."""


class Terminal:
    """A program in a terminal of its own, 120 columns by 40 lines.

    `command` is run with a home of its own: nobody's settings, no colours of somebody's.
    `settings` are variables of the environment.
    """

    def __init__(
        self, command: Sequence[str], home: Path, settings: Mapping[str, str] | None = None
    ) -> None:
        sys.setswitchinterval(_SWITCH_SECONDS)
        self.bytes = 0
        """Written to the terminal so far."""
        self._screen = Screen()
        self._shown_at = time.monotonic()
        self._unseen: deque[tuple[float, bytes]] = deque()
        self._master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        self.started = time.monotonic()
        """Just before the process was made."""
        self.process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**environment(home), **(settings or {})},
            start_new_session=True,
        )
        os.close(slave)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        end(self.process)
        self._reader.join(5)
        os.close(self._master)

    @property
    def pid(self) -> int:
        """The program's process id."""
        return self.process.pid

    def _read(self) -> None:
        while True:
            readable, _, _ = select.select([self._master], [], [], 0.5)
            if not readable:
                if self.process.poll() is not None:
                    return
                continue
            try:
                data = os.read(self._master, _CHUNK)
            except OSError:  # the other end is closed
                return
            self._unseen.append((time.monotonic(), data))
            self.bytes += len(data)

    def send(self, keys: str) -> None:
        """Type, in one write."""
        os.write(self._master, keys.encode())

    def until(self, shows: Callable[[Screen], bool], seconds: float = PATIENCE_SECONDS) -> float:
        """Return when the screen showed something; times are of `time.monotonic`.

        `shows` is asked about the screen as it was left, and after each piece that was written
        since, until it says yes. Raises `AssertionError` if it never does, for so long from now.
        """
        deadline = time.monotonic() + seconds
        while not shows(self._screen):
            while not self._unseen and time.monotonic() < deadline:
                if self.process.poll() is not None:
                    break
                time.sleep(_STEP)
            at, data = self._unseen.popleft() if self._unseen else (deadline, b"")
            if at >= deadline or not data:
                shown = "\n".join(self._screen.lines)
                raise AssertionError(f"what was awaited is not shown:\n{shown}")
            self._shown_at = at
            self._screen.feed(data)
        return self._shown_at

    def wait_for(self, what: str, seconds: float = PATIENCE_SECONDS) -> float:
        """Return when a text was shown in one line; see `until`."""
        if any(what in line for line in self._screen.lines):
            return self._shown_at
        return self.until(lambda screen: any(what in line for line in screen.changed), seconds)


def environment(home: Path) -> dict[str, str]:
    """Return a whole environment, for a program of which nothing shall depend on this user."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(__file__).parent.parent),
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_STATE_HOME": str(home / "state"),
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
    }


def end(process: subprocess.Popen[bytes]) -> None:
    """End a program as a service manager does, or by force if that takes too long."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def background(module: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program without a terminal; what it prints can be read from its `stdout`."""
    with TemporaryDirectory(prefix="enigma-bench-") as home:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(Path(home)),
        )
        try:
            yield process
        finally:
            end(process)
            assert process.stdout is not None
            process.stdout.close()


def cpu_seconds(pid: int) -> float:
    """Return the processor time that a process has used, in user space and in the kernel."""
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / _TICKS


def resident_bytes(pid: int | str) -> int:
    """Return how much memory of a process is in use."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE


def _stat(pid: int) -> Sequence[str]:
    # The name of the program stands in parentheses, and may hold anything.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
