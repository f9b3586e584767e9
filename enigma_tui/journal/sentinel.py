"""Finds the primary behind a set of sentinels.

redis-py's own way asks only when a connection is made. A primary that is cut off from the others
keeps answering whoever is connected to it, with what nobody writes any more, and would never be
left; so here the sentinels are asked again while all is well.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoPermissionError, RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from .address import Place
from .transport import Finding

LOOK_AGAIN_SECONDS = 2.0
"""How often, at most, the sentinels are asked again."""

PATIENCE_SECONDS = 10.0
"""The same, after none of them answered: that must not slow down what works."""


class NoSentinelError(RedisConnectionError):
    """No sentinel answered what it was asked."""

    def __init__(self, where: str, why: Exception) -> None:
        super().__init__(f"no sentinel answers at {where}")
        self.where = where
        self.why = why
        """What the first of them failed with."""


class NoServiceError(RedisConnectionError):
    """The sentinels know no server by that name."""


class NoPrimaryError(RedisConnectionError):
    """What the sentinels name is not a primary: a fail-over is under way."""


@dataclass(slots=True)
class Sentinels:
    """The sentinels of one service."""

    service: str
    where: str
    """Their addresses, for messages."""
    clients: Sequence[Any] = field(repr=False)
    """A client of each sentinel."""
    place: Place | None = None
    _ask_at: float = 0.0

    async def find(self) -> Place:
        """Ask one after another; the first that knows is asked first from then on."""
        self._ask_at = _now() + LOOK_AGAIN_SECONDS
        why: Exception | None = None
        for client in tuple(self.clients):
            try:
                answer = await client.execute_command(
                    "SENTINEL", "GET-MASTER-ADDR-BY-NAME", self.service
                )
            except (RedisError, OSError, TimeoutError) as error:
                why = why or error
                continue
            if answer:
                self.clients = (client, *(other for other in self.clients if other is not client))
                host, port = answer
                self.place = (host.decode(), int(port))
                return self.place
            why = NoServiceError(self.service)
        if isinstance(why, NoServiceError):
            raise NoServiceError(f"the sentinels know no {self.service}")
        raise NoSentinelError(self.where, why or RedisTimeoutError())

    async def prove(self, connection: Finding) -> None:
        """Ask the server itself: a sentinel that was away may name one that was demoted."""
        try:
            await connection.send_command("ROLE", check_health=False)
            role = (await connection.read_response())[0]
        except NoPermissionError:
            return
        if role != b"master":
            self.clients = (*self.clients[1:], self.clients[0])
            raise NoPrimaryError(f"{connection.host}:{connection.port} is not a primary")

    async def look_again(self) -> None:
        """Ask again, if the last answer is not of just now."""
        if self.place is None or _now() < self._ask_at:
            return
        try:
            await self.find()
        except (RedisError, OSError, TimeoutError):
            self._ask_at = _now() + PATIENCE_SECONDS

    async def close(self) -> None:
        """Close the connections to the sentinels."""
        for client in self.clients:
            await client.aclose()


def _now() -> float:
    return asyncio.get_running_loop().time()
