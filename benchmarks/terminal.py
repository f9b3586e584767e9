"""A pseudo-terminal for the benchmarks: runs a program in it, and stamps what the program writes.

No emulator: the bytes are kept as they come, each chunk with the moment of its arrival, and are
looked at afterwards. The terminal answers nothing, as a plain one does.

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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

COLUMNS, LINES = 120, 40

PATIENCE_SECONDS = 60.0
"""How long something may take to be shown before it is taken for broken."""

_CHUNK = 65_536
_STEP = 0.02
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(slots=True)
class Written:
    """What a program wrote, in order; times are of `time.monotonic`, the same in all processes."""

    ends: list[int] = field(default_factory=list)
    """Where each chunk ends, in bytes from the first one kept."""
    times: list[float] = field(default_factory=list)
    data: bytearray = field(default_factory=bytearray)


class Terminal:
    """A program in a terminal of its own, 120 columns by 40 lines.

    `module` is started as `python -m module arguments…`, with a home of its own: nobody's
    settings, no colours of somebody's. `keep` tells whether what it writes is kept; otherwise
    it is only counted. `settings` are variables of the environment.
    """

    def __init__(
        self,
        module: str,
        *arguments: str,
        home: Path,
        keep: bool = True,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.keep = keep
        self.bytes = 0
        """Written to the terminal so far."""
        self._written = Written()
        self._lock = threading.Lock()
        self._master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
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
            now = time.monotonic()
            with self._lock:
                self.bytes += len(data)
                kept = self._written
                if not self.keep:
                    # The end is enough to see whether something is shown by now.
                    del kept.ends[:], kept.times[:], kept.data[:-_CHUNK]
                kept.data += data
                kept.ends.append(len(kept.data))
                kept.times.append(now)

    def take(self) -> Written:
        """Return what has been kept, and begin anew."""
        with self._lock:
            taken, self._written = self._written, Written()
        return taken

    def wait_for(self, what: bytes, seconds: float = PATIENCE_SECONDS) -> None:
        """Return when `what` has been written; raises `AssertionError` when it has not."""
        deadline = time.monotonic() + seconds
        while True:
            with self._lock:
                if what in self._written.data:
                    return
                tail = bytes(self._written.data[-2_000:])
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise AssertionError(f"the terminal does not show {what!r}; it ends {tail!r}")
            time.sleep(_STEP)


def environment(home: Path) -> dict[str, str]:
    """Return a whole environment, for a program of which nothing shall depend on this user."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
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
