"""redis-py's connections, with a cancellation that is always heeded.

On Python 3.11 `asyncio.wait_for`, with which redis-py sends, swallows a cancellation that comes
while the command is already on its way (python/cpython#86296, mended in 3.12). A task that was
cancelled would go on for ever, and whoever waits for its end with it.
"""

import asyncio
from collections.abc import Iterable, Mapping

from redis.asyncio.connection import (
    AbstractConnection,
    Connection,
    SSLConnection,
    UnixDomainSocketConnection,
)


class _Heeding(AbstractConnection):
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


class _Tcp(_Heeding, Connection):
    pass


class _Tls(_Heeding, SSLConnection):
    pass


class _Unix(_Heeding, UnixDomainSocketConnection):
    pass


CONNECTIONS: Mapping[str, type[AbstractConnection]] = {
    "redis": _Tcp,
    "rediss": _Tls,
    "unix": _Unix,
}
"""The kind of connection for each scheme of an address."""
