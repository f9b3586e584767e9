"""The one place that opens connections to Redis.

Connections are opened without retries of the client's own: whoever uses one knows whether an
attempt may be repeated, and the screen has to tell what is going on meanwhile.
"""

import re
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

BLOCK_MS = 5_000
"""How long a blocking command waits at the server before it is sent again."""

ANSWER_SECONDS = 4.0
"""A command that does not block has failed when it has not been answered by then."""

_MARGIN_SECONDS = 5.0


class AddressError(ValueError):
    """An address that cannot be used; the text says what one looks like."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a Redis server is, and how it is reached."""

    url: str = field(repr=False)
    """`redis://`, `rediss://` or `unix://`; it may hold a password, so it is never shown."""

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("redis", "rediss", "unix"):
            raise AddressError(
                "a server's address begins with redis://, rediss:// or unix://, "
                "for example redis://pbx.example:6379/0"
            )
        if parts.scheme == "unix" and not parts.path:
            raise AddressError("unix:// needs the path of a socket: unix:///run/redis.sock")
        if parts.scheme != "unix":
            if not parts.hostname:
                raise AddressError(f"{parts.scheme}:// needs a host, as in redis://pbx.example/0")
            try:
                _ = parts.port
            except ValueError:
                raise AddressError("the port must be a number from 1 to 65535") from None
            if not re.fullmatch(r"/?\d*", parts.path):
                raise AddressError("the database behind the / must be a number, as in /0")

    @property
    def shown(self) -> str:
        """The address without what is secret in it."""
        parts = urlsplit(self.url)
        if parts.scheme == "unix":
            return f"unix://{parts.path}"
        host = parts.hostname or ""
        where = f"[{host}]" if ":" in host else host
        user = f"{unquote(parts.username)}@" if parts.username else ""
        return f"{parts.scheme}://{user}{where}:{parts.port or 6379}{parts.path or '/0'}"

    @property
    def user(self) -> str:
        """The ACL user that the address names, or an empty string."""
        return unquote(urlsplit(self.url).username or "")


@dataclass(frozen=True, slots=True)
class Connection:
    """A server, as two clients: one for quick questions, one for commands that wait."""

    address: Address
    quick: Redis
    waiting: Redis

    async def close(self) -> None:
        """Close every connection; never raises, since there may be nothing left to close."""
        for client in (self.quick, self.waiting):
            try:
                await client.aclose()
            except Exception:
                continue


def connect(address: Address, role: str) -> Connection:
    """Return clients for a server. No connection is made before the first command.

    `role` names the program to the server (`CLIENT LIST`), as `enigma-tui:<role>`.
    """
    return Connection(
        address,
        quick=_client(address, role, ANSWER_SECONDS),
        waiting=_client(address, role, BLOCK_MS / 1000 + _MARGIN_SECONDS),
    )


def _client(address: Address, role: str, timeout: float) -> Redis:
    # A Unix socket has no keep-alive, and redis-py refuses the word there.
    network = {} if address.url.startswith("unix:") else {"socket_keepalive": True}
    client: Redis = Redis.from_url(
        address.url,
        client_name=f"enigma-tui:{role}",
        socket_timeout=timeout,
        socket_connect_timeout=ANSWER_SECONDS,
        **network,
        retry=Retry(NoBackoff(), 0),
        protocol=2,  # understood by every server and every proxy
        decode_responses=False,
    )
    return client
