"""Connections to a server that may move: whoever knows where it is, is asked for each of them."""

from typing import Any, Protocol

from redis.asyncio import ConnectionPool
from redis.asyncio.connection import AbstractConnection

from .address import Place
from .transport import FINDING, Finding


class Finder(Protocol):
    """Knows where the primary is."""

    @property
    def place(self) -> Place | None:
        """Where it was found last."""

    async def find(self) -> Place:
        """Find it now; raises what redis-py raises for a lost connection when that fails."""

    async def prove(self, connection: Finding) -> None:
        """Raise if a new connection does not lead to the primary."""

    async def look_again(self) -> None:
        """See now and then whether it is where it was; never raises."""

    async def close(self) -> None:
        """Close what is open for finding it."""


class FindingPool(ConnectionPool):
    """Connections that all lead to where the primary was found last."""

    def __init__(self, finder: Finder, scheme: str, **options: Any) -> None:
        super().__init__(
            connection_class=FINDING[scheme], find=finder.find, prove=finder.prove, **options
        )
        self._finder = finder

    async def ensure_connection(self, connection: AbstractConnection) -> None:
        """Make sure that a connection is open, sound, and to the right server."""
        await self._finder.look_again()
        assert isinstance(connection, Finding)
        # One that was in use when the primary moved comes back and leads to the old one.
        if connection.is_connected and (connection.host, connection.port) != self._finder.place:
            await connection.disconnect(nowait=True)
        await super().ensure_connection(connection)
