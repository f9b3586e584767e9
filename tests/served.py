"""Runs `enigma-tui serve` beside a test, and knows the boards that it has started."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

PATIENCE = 20.0
"""Seconds; far more than anything takes on a busy machine."""


class Served:
    """A server at a port of its own: `with Served("--as", "thandi", home=…) as served`."""

    def __init__(
        self, *arguments: str, home: Path, options: Sequence[str] = (), **environment: str
    ) -> None:
        self._command = [
            *(sys.executable, "-m", "enigma_tui", *arguments),
            *("serve", "--port", "0", *options),
        ]
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_STATE_HOME": str(home / "state"),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            **environment,
        }
        self.address = ""
        """Where the page is."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stderr is not None
        said = self._process.stderr.readline()
        found = re.search(r"https?://\S+", said)
        if found is None:
            self._process.kill()
            raise AssertionError(said + self._process.communicate()[1])
        self.address = found[0]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        left = self.boards()
        self._process.kill()
        self._process.communicate()
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    @property
    def pid(self) -> int:
        """The server's process id."""
        return self._process.pid

    def boards(self) -> Sequence[int]:
        """Return the process ids of the boards that run."""
        return children_of(self.pid)

    def end(self, how: signal.Signals) -> tuple[int, str]:
        """Send a signal; return the exit code and what was said since the beginning."""
        self._process.send_signal(how)
        _, said = self._process.communicate(timeout=PATIENCE)
        return self._process.returncode, said


def children_of(pid: int) -> Sequence[int]:
    """Return the process ids of those that a process has started and that still run."""
    found = _processes().items()
    return [each for each, (parent, state) in found if parent == pid and state != "Z"]


def command_of(pid: int) -> str:
    """Return what ps shows of a process; nothing if there is none any more."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return ""


def runs(pid: int) -> bool:
    """Whether a process has not ended, though nobody may have asked how it did."""
    return _processes().get(pid, (0, "Z"))[1] not in "XZ"


def wait_until_ended(pids: Sequence[int]) -> None:
    """Return when none of the processes runs any more."""
    deadline = time.monotonic() + PATIENCE
    while any(map(runs, pids)):
        assert time.monotonic() < deadline, f"still running: {[pid for pid in pids if runs(pid)]}"
        time.sleep(0.01)


def _processes() -> dict[int, tuple[int, str]]:
    """Return the parent and the state of every process."""
    found = {}
    for each in Path("/proc").iterdir():
        if each.name.isdecimal():
            with contextlib.suppress(OSError):
                state, parent = (each / "stat").read_text().rpartition(")")[2].split()[:2]
                found[int(each.name)] = int(parent), state
    return found
