"""redis-py's connections: a cancellation is always heeded, and a password never left behind.

On Python 3.11 `asyncio.wait_for`, with which redis-py sends, swallows a cancellation that comes
while the command is already on its way (python/cpython#86296, mended in 3.12). A task that was
cancelled would go on for ever, and whoever waits for its end with it.

What fails while logging in leaves a traceback whose frames hold the password. A crash report that
shows local variables, as Textual's does, would print it; so those frames are dropped here.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from redis.asyncio.connection import (
    AbstractConnection,
    Connection,
    SSLConnection,
    UnixDomainSocketConnection,
)
from redis.credentials import CredentialProvider
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ReadOnlyError, ResponseError

from .address import Login, Place


class Credentials(CredentialProvider):
    """A login that redis-py asks for when it needs it, and so holds nowhere it would print."""

    def __init__(self, login: Login) -> None:
        self._login = login

    def get_credentials(self) -> tuple[str] | tuple[str, str]:
        """Return the password, behind the user if there is one."""
        login = self._login
        return (login.username, login.password) if login.username else (login.password,)

    async def get_credentials_async(self) -> tuple[str] | tuple[str, str]:
        """Return the same."""
        return self.get_credentials()


class _Heeding(AbstractConnection):
    async def connect_check_health(
        self, check_health: bool = True, retry_socket_connect: bool = True
    ) -> None:
        """Connect and log in; whatever is raised has forgotten the frames that did it."""
        try:
            await super().connect_check_health(check_health, retry_socket_connect)
        except Exception as error:
            _forget(error)
            raise

    async def send_packed_command(
        self, command: bytes | str | Iterable[bytes], check_health: bool = True
    ) -> None:
        """Send a command; raises `CancelledError` also where the way of sending forgot it."""
        task = asyncio.current_task()
        before = task.cancelling() if task else 0
        await super().send_packed_command(command, check_health)
        if task and task.cancelling() > before:
            # The answer will never be read, so nobody else may use this connection.
            await self.disconnect(nowait=True)
            raise asyncio.CancelledError


def _forget(error: BaseException) -> None:
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop()
        if id(one) not in seen:
            seen.add(id(one))
            one.__traceback__ = None
            waiting += [other for other in (one.__cause__, one.__context__) if other is not None]


class DemotedError(RedisConnectionError):
    """The server is not the primary any more; the next connection leads to the one that is."""


class Finding(_Heeding):
    """A connection that is told where to only when it is made: the primary may have moved."""

    host: str
    port: int

    def __init__(
        self,
        *,
        find: Callable[[], Awaitable[Place]],
        prove: Callable[["Finding"], Awaitable[None]],
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self._find = find
        self._prove = prove

    async def connect_check_health(
        self, check_health: bool = True, retry_socket_connect: bool = True
    ) -> None:
        """Find the server, connect and log in."""
        if self.is_connected:
            return
        self.host, self.port = await self._find()
        await super().connect_check_health(check_health, retry_socket_connect)
        try:
            await self._prove(self)
        except BaseException:
            await self.disconnect(nowait=True)
            raise

    async def read_response(self, *how: Any, **more: Any) -> Any:
        """Read an answer; raises `DemotedError` where only the primary could have given it."""
        try:
            return await super().read_response(*how, **more)
        except ResponseError as error:
            # Redis 6.2 tells of what fails in a script at the end of a sentence of its own.
            demoted = isinstance(error, ReadOnlyError) or "-READONLY" in str(error)
            # It was told while a command waited at the server.
            if not demoted and not str(error).startswith("UNBLOCKED"):
                raise
            await self.disconnect(nowait=True)
            raise DemotedError("it is not the primary any more") from error


class _Tcp(_Heeding, Connection):
    pass


class _Tls(_Heeding, SSLConnection):
    pass


class _Unix(_Heeding, UnixDomainSocketConnection):
    pass


class _FindingTcp(Finding, Connection):
    pass


class _FindingTls(Finding, SSLConnection):
    pass


CONNECTIONS: Mapping[str, type[AbstractConnection]] = {
    "redis": _Tcp,
    "rediss": _Tls,
    "unix": _Unix,
}
"""The kind of connection for each scheme of an address."""

FINDING: Mapping[str, type[AbstractConnection]] = {"redis": _FindingTcp, "rediss": _FindingTls}
"""The same, of connections that find their server."""
