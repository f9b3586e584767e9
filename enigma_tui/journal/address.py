"""Where a server is, how one logs in there, and what of that may be shown."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl, quote, unquote

from ..model.text import safe

Verify = Literal["full", "chain", "none"]
"""What is checked of a server's certificate: all, all but the host's name, or nothing."""

Place = tuple[str, int]
"""A host and a port."""

PORT, SENTINEL_PORT = 6379, 26379

_OPTIONS = ("db", "username", "password")

_TLS_OPTIONS = {
    "ssl_ca_certs": "tls_ca",
    "ssl_ca_path": "tls_ca",
    "ssl_ca_data": "tls_ca",
    "ssl_certfile": "tls_certificate",
    "ssl_keyfile": "tls_key",
    "ssl_password": "tls_key (a key without a password)",
    "ssl_cert_reqs": "tls_verify",
    "ssl_check_hostname": "tls_verify",
}
"""What redis-py calls in an address what is a setting here, because it holds for every server."""

_EXAMPLE = {
    "": "redis://pbx.example:6379/0",
    "sentinel": "redis+sentinel://one.example,two.example,three.example/mymaster/0",
    "cluster": "redis+cluster://one.example:6379,two.example:6379",
}


class AddressError(ValueError):
    """An address that cannot be used; the text says what one looks like."""


@dataclass(frozen=True, slots=True)
class Tls:
    """How a server behind `rediss://` is told from another, and what it is shown."""

    ca: Path | None = None
    """The certificates that are trusted, as PEM; the system's where there is none."""
    certificate: Path | None = None
    key: Path | None = None
    verify: Verify = "full"


@dataclass(frozen=True, slots=True)
class Login:
    """A user and a password; either may be missing."""

    username: str = ""
    password: str = field(default="", repr=False)

    def __bool__(self) -> bool:
        return bool(self.username or self.password)


@dataclass(frozen=True, slots=True)
class _Parts:
    """An address, taken apart."""

    scheme: str
    """`redis`, `rediss` or `unix`."""
    form: str
    """`sentinel`, `cluster`, or nothing for one server."""
    places: Sequence[Place]
    path: str
    """The socket's; only with `unix`."""
    service: str
    """What the sentinels call the server."""
    db: int
    login: Login


@dataclass(frozen=True, slots=True)
class Address:
    """Where a Redis server is, and how it is reached."""

    url: str = field(repr=False)
    """It may hold a password, so it is never shown. The forms: `redis://host:port/db` and
    `rediss://…`, `unix:///path`, `redis+sentinel://host,host/service/db` and
    `redis+cluster://host,host`; the last two with `rediss`, too."""
    login: Login = field(default_factory=Login)
    """What counts for more than what the address says."""
    sentinel_login: Login = field(default_factory=Login)
    """What the sentinels themselves want; they need not have the server's passwords."""
    tls: Tls = field(default_factory=Tls)
    parts: _Parts = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", _taken_apart(self.url))

    @property
    def shown(self) -> str:
        """The address without what is secret in it."""
        parts = self.parts
        if parts.scheme == "unix":
            return f"unix://{parts.path}"
        user = f"{self.user}@" if self.user else ""
        hosts = ",".join(_shown(place) for place in parts.places)
        scheme = "+".join(filter(None, (parts.scheme, parts.form)))
        service = f"/{parts.service}" if parts.form == "sentinel" else ""
        db = "" if parts.form == "cluster" else f"/{parts.db}"
        return safe(f"{scheme}://{user}{hosts}{service}{db}", 400)

    @property
    def user(self) -> str:
        """The ACL user that the address or the settings name, or an empty string."""
        return self.login.username or self.parts.login.username

    @property
    def full_login(self) -> Login:
        """Who logs in, from both."""
        return Login(self.user, self.login.password or self.parts.login.password)

    @property
    def has_password(self) -> bool:
        """Whether the address itself holds a password."""
        return bool(self.parts.login.password)


def holds_password(url: str) -> bool:
    """Whether there is a password in an address, also in one that cannot be used."""
    return bool(re.search(r"://[^@]*:[^@]*@|[?&](?:ssl_)?password=", url))


def without_login(url: str) -> tuple[str, Login]:
    """Return an address without who logs in there, in full, and that.

    So that a person can keep the password elsewhere than where the address is read. Raises
    `AddressError`.
    """
    parts = _taken_apart(url)
    if parts.scheme == "unix":
        db = f"?db={parts.db}" if parts.db else ""
        return f"unix://{quote(parts.path)}{db}", parts.login
    scheme = "+".join(filter(None, (parts.scheme, parts.form)))
    hosts = ",".join(_shown(place) for place in parts.places)
    service = f"/{quote(parts.service, safe='')}" if parts.form == "sentinel" else ""
    db = "" if parts.form == "cluster" else f"/{parts.db}"
    return f"{scheme}://{hosts}{service}{db}", parts.login


def _shown(place: Place) -> str:
    host, port = place
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _taken_apart(url: str) -> _Parts:
    scheme, there, rest = url.partition("://")
    base, plus, form = scheme.partition("+")
    known = form in ("sentinel", "cluster") if plus else base == "unix"
    if not there or base not in ("redis", "rediss", "unix") or (plus and base == "unix"):
        known = False
    elif not plus:
        known = True
    if not known:
        raise AddressError(
            "a server's address begins with redis://, rediss:// (with TLS) or unix://, for "
            f"example {_EXAMPLE['']}; behind sentinels with redis+sentinel:// or "
            "rediss+sentinel://, in a cluster with redis+cluster:// or rediss+cluster://"
        )
    rest, _, query = rest.partition("?")
    options = _options(query)
    authority, _, path = rest.partition("/")
    who, at, hosts = authority.rpartition("@")
    username, _, password = who.partition(":") if at else ("", "", "")
    login = Login(
        options.get("username") or unquote(username), options.get("password") or unquote(password)
    )
    if base == "unix":
        if hosts or not path:
            raise AddressError("unix:// needs the path of a socket: unix:///run/redis.sock")
        return _Parts(base, "", (), unquote(f"/{path}"), "", int(options.get("db", 0)), login)
    default = SENTINEL_PORT if form == "sentinel" else PORT
    places = [_place(one, default, scheme, form) for one in hosts.split(",")]
    if form == "" and len(places) > 1:
        raise AddressError(
            f"{scheme}:// takes one host. Several are {scheme}+sentinel:// or {scheme}+cluster://"
        )
    service = ""
    if form == "sentinel":
        service, _, path = path.partition("/")
        service = unquote(service)
        if not service:
            raise AddressError(
                "behind the sentinels' hosts stands the name that they know the server by, "
                f"as in {_EXAMPLE['sentinel']}"
            )
    if not re.fullmatch(r"\d*", path):
        raise AddressError("the database behind the / must be a number, as in /0")
    db = int(options.get("db", path or 0))
    if form == "cluster" and db:
        raise AddressError(f"a cluster has only the database 0: {_EXAMPLE['cluster']}")
    return _Parts(base, form, tuple(places), "", service, db, login)


def _place(text: str, default: int, scheme: str, form: str) -> Place:
    match = re.fullmatch(r"(?:\[([0-9A-Fa-f:.%]+)\]|([^\[\]:@/]*))(?::(.*))?", text)
    if match is None:
        raise AddressError("the host cannot be read; an IPv6 address stands in [ ]")
    host, port = match[1] or unquote(match[2] or ""), match[3] or str(default)
    if not host:
        raise AddressError(f"{scheme}:// needs a host, as in {_EXAMPLE[form]}")
    if not re.fullmatch(r"\d{1,5}", port) or not 0 < int(port) < 65_536:
        raise AddressError("the port must be a number from 1 to 65535")
    return host, int(port)


def _options(query: str) -> dict[str, str]:
    # Anything else would override how connections are opened here, or end the program.
    try:
        found = dict(parse_qsl(query, keep_blank_values=True))
    except ValueError:
        raise AddressError("what stands behind the ? cannot be read") from None
    if "@" in query and not found.keys() <= {*_OPTIONS, *_TLS_OPTIONS}:
        # Most likely the rest of a password, which must not be shown.
        raise AddressError(
            "what stands behind the ? is no option that is known here. In a password, special "
            "characters must be percent-encoded, a ? as %3F; or put it into password_file"
        )
    for name in found:
        if name in _TLS_OPTIONS:
            raise AddressError(
                f"{name} does not belong into an address: use the setting {_TLS_OPTIONS[name]}"
            )
        if name not in _OPTIONS:
            raise AddressError(
                f"the option {safe(name, 40)} behind the ? is not known here; "
                f"known are {', '.join(_OPTIONS)}"
            )
    if "db" in found and not re.fullmatch(r"\d+", found["db"]):
        raise AddressError("the option db must be a number, as in ?db=0")
    return found
