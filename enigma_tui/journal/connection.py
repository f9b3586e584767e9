"""The one place that opens connections to Redis.

Connections are opened without retries of the client's own: whoever uses one knows whether an
attempt may be repeated, and the screen has to tell what is going on meanwhile.
"""

from dataclasses import dataclass, field
from typing import Any

from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.crc import key_slot

from .address import Address as Address
from .address import AddressError as AddressError
from .address import Login, Place, Tls
from .commands import Client
from .finding import Finder, FindingPool
from .keys import Keys
from .sentinel import Sentinels
from .transport import CONNECTIONS, Credentials

BLOCK_MS = 5_000
"""How long a blocking command waits at the server before it is sent again."""

ANSWER_SECONDS = 4.0
"""A command that does not block has failed when it has not been answered by then."""

FIND_SECONDS = 1.5
"""The same for a sentinel or a node that is asked for the way: there are others."""

_MARGIN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Connection:
    """A server, as two clients: one for quick questions, one for commands that wait.

    Behind sentinels and in a cluster they are the same two: each command goes to what is the
    primary when it is sent.
    """

    address: Address
    quick: Redis
    waiting: Redis
    clustered: bool = False
    """Whether keys may be on several servers, so that no script can touch all of them."""
    finder: Finder | None = field(default=None, repr=False)
    """Who knows where the primary is, where that has to be found."""

    @property
    def place(self) -> str:
        """Which server was found last, where one has to be found; an empty string else."""
        place = self.finder.place if self.finder else None
        return f"{place[0]}:{place[1]}" if place else ""

    async def close(self) -> None:
        """Close every connection; never raises, since there may be nothing left to close."""
        finding = (self.finder.close,) if self.finder else ()
        for close in (self.quick.aclose, self.waiting.aclose, *finding):
            try:
                await close()
            except Exception:
                continue


def connect(address: Address, role: str, *, home: Keys | None = None) -> Connection:
    """Return clients for a server. No connection is made before the first command.

    `role` names the program to the server (`CLIENT LIST`), as `enigma-tui:<role>`. In a cluster
    what has no key is sent to where `home` is.
    """
    finder = _finder(address, home or Keys())
    return Connection(
        address,
        quick=_client(address, role, ANSWER_SECONDS, finder),
        waiting=_client(address, role, BLOCK_MS / 1000 + _MARGIN_SECONDS, finder),
        clustered=address.parts.form == "cluster",
        finder=finder,
    )


def _finder(address: Address, home: Keys) -> Finder | None:
    """Return who finds the server, where it has to be found."""
    if address.parts.form == "sentinel":
        return _sentinels(address)
    if address.parts.form == "cluster":
        from .cluster import Slots  # few servers are in one, and no start should wait for it

        def scout(place: Place) -> Redis:
            return _at(address, place, FIND_SECONDS, **_login(address.full_login))

        return Slots(address.parts.places, scout, key_slot(home.journal.encode()))
    return None


def _sentinels(address: Address) -> Sentinels:
    places = address.parts.places
    login = _login(address.sentinel_login)
    clients = [_at(address, place, FIND_SECONDS, **login) for place in places]
    where = ",".join(f"{host}:{port}" for host, port in places)
    return Sentinels(address.parts.service, where, clients)


def _client(address: Address, role: str, timeout: float, finder: Finder | None) -> Redis:
    parts = address.parts
    options = {"client_name": f"enigma-tui:{role}", "db": parts.db, **_login(address.full_login)}
    if finder is None:
        if parts.scheme == "unix":
            options["path"] = parts.path
            return _open(CONNECTIONS["unix"], timeout, ANSWER_SECONDS, options)
        return _at(address, parts.places[0], timeout, ANSWER_SECONDS, **options)
    pool = FindingPool(
        finder,
        parts.scheme,
        **options,
        **_network(address),
        **_common(timeout, ANSWER_SECONDS),
    )
    if parts.form != "cluster":
        return Client.from_pool(pool)
    from .cluster import ClusterClient, Slots

    def open_node(place: Place) -> Redis:
        return _at(address, place, timeout, ANSWER_SECONDS, **options)

    assert isinstance(finder, Slots)
    return ClusterClient(pool, finder, open_node)


def _at(
    address: Address, place: Place, timeout: float, connect_timeout: float = 0, **options: Any
) -> Redis:
    """Return a client of the server at a place."""
    host, port = place
    given = {**options, "host": host, "port": port, **_network(address)}
    return _open(CONNECTIONS[address.parts.scheme], timeout, connect_timeout or timeout, given)


def _open(kind: type, timeout: float, connect_timeout: float, options: dict[str, Any]) -> Redis:
    return Client.from_pool(
        ConnectionPool(connection_class=kind, **options, **_common(timeout, connect_timeout))
    )


def _common(timeout: float, connect_timeout: float) -> dict[str, Any]:
    return {
        "socket_timeout": timeout,
        "socket_connect_timeout": connect_timeout,
        "retry": Retry(NoBackoff(), 0),
        "protocol": 2,  # understood by every server and every proxy
        "decode_responses": False,
        # The client's name says who this is. redis-py would look its version up, at length, and
        # tell it to the server each time.
        "driver_info": None,
    }


def _login(login: Login) -> dict[str, Any]:
    return {"credential_provider": Credentials(login)} if login else {}


def _network(address: Address) -> dict[str, Any]:
    # A Unix socket has no keep-alive, and redis-py refuses the word there.
    network: dict[str, Any] = {"socket_keepalive": True}
    return network | _tls(address.tls) if address.parts.scheme == "rediss" else network


def _tls(tls: Tls) -> dict[str, Any]:
    return {
        "ssl_ca_certs": str(tls.ca) if tls.ca else None,
        "ssl_certfile": str(tls.certificate) if tls.certificate else None,
        "ssl_keyfile": str(tls.key) if tls.key else None,
        "ssl_cert_reqs": "none" if tls.verify == "none" else "required",
        "ssl_check_hostname": tls.verify == "full",
    }
