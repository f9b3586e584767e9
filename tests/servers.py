"""Several embedded servers that are started together: what `topology.py` is built from."""

import random
import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from enigma_tui.demo.embedded import EmbeddedServer, EmbeddedServerError

BOUND = 30.0
"""Seconds; generous, for a loaded machine. Nothing waits so long unless it is broken."""

SERVICE = "pbx"
"""What the sentinels call the primary and its replicas."""

DOWN_AFTER_MS = 1_000
"""How long a server is silent before sentinels, or other nodes, hold it to be down."""

SLOTS = 16_384

_STEP = 0.02


def free_port() -> int:
    """Return a free port of loopback, outside the range that connections get theirs from.

    So nobody takes it while its server is down. Until this process ends the port is bound, though
    nothing listens there, so that it is not given to anyone else before its server has started; a
    server, which asks to share (`SO_REUSEADDR`), can bind it all the same.
    """
    while True:
        port = random.SystemRandom().randrange(15_000, 32_000)
        holder = socket.socket()
        try:
            holder.bind(("127.0.0.1", port))
        except OSError:
            holder.close()
            continue
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _held.append(holder)
        return port


_held: list[socket.socket] = []


def wait_for(what: str, predicate: Callable[[], Any], seconds: float = BOUND) -> Any:
    """Return the first true value of `predicate`; a server that is away makes it false."""
    deadline = time.monotonic() + seconds
    while True:
        with suppress(RedisError, OSError):
            if found := predicate():
                return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} seconds: {what}")
        time.sleep(_STEP)


@contextmanager
def client(port: int, **options: Any) -> Iterator[redis.Redis]:
    """A plain client of one server, without retries."""
    made = redis.Redis(
        port=port,
        socket_timeout=2,
        socket_connect_timeout=2,
        retry=Retry(NoBackoff(), 0),
        protocol=2,
        **options,
    )
    with closing(made):
        yield made


class Topology:
    """What both have in common: servers that are started together and end together."""

    def __init__(self, password: str = "") -> None:
        self.password = password
        self._stack = ExitStack()
        self._servers: dict[int, EmbeddedServer] = {}
        self._home = Path()

    def __enter__(self) -> Self:
        try:
            self._home = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
            self._begin()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # At once, and not one after another: nothing of theirs is of use any more.
        for server in self._servers.values():
            server.kill()
        self._stack.close()

    @property
    def ports(self) -> Sequence[int]:
        """The ports of all servers, in the order in which they were started."""
        return tuple(self._servers)

    def client(self, port: int) -> Any:
        """Return a context with a plain client of one server."""
        return client(port, password=self.password or None)

    def server(self, port: int) -> EmbeddedServer:
        """Return the server at a port: its `pid`, its `directory`."""
        return self._servers[port]

    def is_running(self, port: int) -> bool:
        """Whether the server at a port has not been killed."""
        try:
            return self._servers[port].pid > 0
        except EmbeddedServerError:
            return False

    def kill(self, port: int) -> None:
        """End a server with SIGKILL."""
        self._servers[port].kill()

    def restart(self, port: int) -> None:
        """Start a server again that was killed, with its files and at its port."""
        self._servers[port].start()
        self._lock(port)

    def _add(self, *arguments: str) -> int:
        port = free_port()
        login = ("--primaryauth", self.password) if self.password else ()
        server = EmbeddedServer(self._home / str(port), port=port, arguments=(*login, *arguments))
        self._servers[port] = self._stack.enter_context(server)
        self._lock(port)
        return port

    def _lock(self, port: int) -> None:
        # Not with its arguments: it is held to have started when it answers without a password.
        if self.password:
            with client(port) as link:
                link.config_set("requirepass", self.password)

    def _begin(self) -> None:
        raise NotImplementedError
