"""The one place that opens connections to Redis.

Connections are opened without retries of the client's own: whoever uses one knows whether an
attempt may be repeated, and the screen has to tell what is going on meanwhile.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from ..model.text import safe
from .transport import CONNECTIONS

BLOCK_MS = 5_000
"""How long a blocking command waits at the server before it is sent again."""

ANSWER_SECONDS = 4.0
"""A command that does not block has failed when it has not been answered by then."""

_MARGIN_SECONDS = 5.0

_OPTIONS = ("db", "username", "password")
_TLS_OPTIONS = (
    "ssl_ca_certs",
    "ssl_ca_path",
    "ssl_certfile",
    "ssl_keyfile",
    "ssl_password",
    "ssl_cert_reqs",
    "ssl_check_hostname",
)


class AddressError(ValueError):
    """An address that cannot be used; the text says what one looks like."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a Redis server is, and how it is reached."""

    url: str = field(repr=False)
    """`redis://`, `rediss://` or `unix://`; it may hold a password, so it is never shown."""

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.url)
            port = parts.port
            options = parse_qs(parts.query)
        except ValueError:
            raise AddressError(
                "the host or the port cannot be read; the port must be a number from 1 to 65535"
            ) from None
        if parts.scheme not in ("redis", "rediss", "unix"):
            raise AddressError(
                "a server's address begins with redis://, rediss:// or unix://, "
                "for example redis://pbx.example:6379/0"
            )
        if parts.scheme == "unix":
            if parts.hostname or not parts.path:
                raise AddressError("unix:// needs the path of a socket: unix:///run/redis.sock")
        else:
            if not parts.hostname:
                raise AddressError(f"{parts.scheme}:// needs a host, as in redis://pbx.example/0")
            if port == 0:
                raise AddressError("the port must be a number from 1 to 65535")
            if not re.fullmatch(r"/?\d*", parts.path):
                raise AddressError("the database behind the / must be a number, as in /0")
        self._check_options(options, parts.scheme)

    @staticmethod
    def _check_options(options: Mapping[str, Sequence[str]], scheme: str) -> None:
        # Anything else would override how connections are opened here, or end the program.
        known = (*_OPTIONS, *(_TLS_OPTIONS if scheme == "rediss" else ()))
        for name, values in options.items():
            if name not in known:
                raise AddressError(
                    f"the option {safe(name, 40)} behind the ? is not known here; "
                    f"known are {', '.join(known)}"
                )
            if name == "db" and not re.fullmatch(r"\d+", values[0]):
                raise AddressError("the option db must be a number, as in ?db=0")

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
    clustered: bool = False
    """Whether keys of different names may be on different servers."""

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
    scheme = urlsplit(address.url).scheme
    # A Unix socket has no keep-alive, and redis-py refuses the word there.
    network: dict[str, Any] = {} if scheme == "unix" else {"socket_keepalive": True}
    options: dict[str, Any] = {**parse_url(address.url), "connection_class": CONNECTIONS[scheme]}
    pool = ConnectionPool(
        **options,
        client_name=f"enigma-tui:{role}",
        socket_timeout=timeout,
        socket_connect_timeout=ANSWER_SECONDS,
        **network,
        retry=Retry(NoBackoff(), 0),
        protocol=2,  # understood by every server and every proxy
        decode_responses=False,
    )
    return Redis.from_pool(pool)
