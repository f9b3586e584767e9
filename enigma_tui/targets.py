"""The systems that recorded outcomes are handed on to, as a site's settings name them.

Settings live in Redis, where every board may read them, so no secret stands in them: what is
secret is a reference, `secret:NAME`. The delivering process has the secret, and its own settings
say to which host it may be sent: whoever writes the site's settings can redirect none.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from msgspec import Meta

from .model.text import safe
from .origins import SECRET_NAME
from .target import Name, Target

_REFERENCE = re.compile(rf"secret:{SECRET_NAME.pattern}")
_AT_HOME = re.compile(r"(?:env|file):")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_SECRET = re.compile(
    r"auth|cookie|token|secret|key|passw|credential|session|signature", re.IGNORECASE
)
_OURS = frozenset(
    {
        "connection",
        "content-length",
        "content-type",
        "host",
        "idempotency-key",
        "transfer-encoding",
        "x-enigma-signature",
        "x-enigma-timestamp",
    }
)
_HOW = "write secret:NAME, and give NAME to the process that delivers, in its delivery_secrets"


def is_reference(value: str) -> bool:
    """Whether a setting names where a secret is, instead of being one."""
    return _REFERENCE.fullmatch(value) is not None


def _headers(headers: Mapping[str, str]) -> Mapping[str, str]:
    if len({name.lower() for name in headers}) != len(headers):
        raise ValueError("two headers have the same name")
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name):
            raise ValueError(f"{safe(name, 40)!r} is not the name of a header")
        if name.lower() in _OURS:
            raise ValueError(f"the header {name} is set by the program itself")
        if is_reference(value):
            continue
        _refuse_place(value)
        if _SECRET.search(name):
            raise ValueError(f"the value of {name} is a secret and must not stand here: {_HOW}")
        if not (value.isascii() and value.isprintable()):
            raise ValueError(f"the value of {name} has characters that a header cannot carry")
    return headers


def _reference(value: str) -> str:
    _refuse_place(value)
    if value and not is_reference(value):
        raise ValueError(f"the secret itself must not stand here: {_HOW}")
    return value


def _address(value: str) -> str:
    if is_reference(value):
        return value
    _refuse_place(value)
    if message := wrong_address(value):
        raise ValueError(message)
    return value


def _refuse_place(value: str) -> None:
    if _AT_HOME.match(value):
        raise ValueError(
            "a variable or a file of whoever delivers must not be named in settings that others "
            f"may write: {_HOW}"
        )


def wrong_address(value: str) -> str:
    """Return what is wrong with an HTTP address, or an empty string."""
    try:
        parts = urlsplit(value)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or port == 0 or parts.scheme not in ("http", "https"):
        return "an address is wanted, as in https://crm.example/outcomes"
    if not (value.isascii() and value.isprintable()) or " " in value:
        return "the address has characters that an address cannot carry"
    if parts.username is not None or parts.password is not None:
        return (
            "a user name or password must not stand in the address: set the header "
            "Authorization to secret:NAME"
        )
    if parts.fragment:
        return "an address ends before the #"
    return ""


Headers = Annotated[dict[str, str], _headers]
Address = Annotated[str, Meta(min_length=1, max_length=2_000), _address]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target(Target):
    """What targets of every kind have."""

    name: Name
    """What it is called: in the journal, on screens, in `enigma-tui deliveries`."""
    max_age_minutes: Annotated[int, Meta(ge=1, le=527_040)] = 60
    """What could not be delivered for so long is listed, and not sent any more."""
    since_ms: Annotated[int, Meta(ge=0)] = 0
    """Written when the target is added, and not by hand: what was recorded before (milliseconds
    since the epoch) is not sent."""

    def since(self, since_ms: int) -> Self:
        return replace(self, since_ms=since_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTarget(_Target):
    """A Redis list on the journal's server, in the PBX's own envelope."""

    kind: Literal["list"]
    """Which kind of target it is."""
    key: Annotated[str, Meta(min_length=1, max_length=512)]
    """The list, appended to with RPUSH. In a cluster it must be in the journal's slot."""
    cap: Annotated[int, Meta(ge=1, le=10_000_000)] = 10_000
    """When it holds so many nothing more is pushed: nobody reads it."""

    @property
    def list(self) -> str:
        """The list on the journal's server that it fills."""
        return self.key


@dataclass(frozen=True, slots=True, kw_only=True)
class DiallerTarget(_Target):
    """The Dialler's REST API, for calls of the Dialler once they are over.

    PROTOCOL.md §4 has what it takes.
    """

    kind: Literal["dialler"]
    """Which kind of target it is."""
    base_url: Address
    """What stands before `/calls/<call_ref>`; or a reference to it."""
    headers: Headers = field(default_factory=dict)
    """Sent with every request."""

    def references(self) -> Iterable[str]:
        return filter(is_reference, (self.base_url, *self.headers.values()))

    @property
    def address(self) -> str:
        """Where it is."""
        return self.base_url


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookTarget(_Target):
    """An HTTP address that takes each outcome as a POST of JSON."""

    kind: Literal["webhook"]
    """Which kind of target it is."""
    url: Address
    """Where to; or a reference to it, where the address itself is secret."""
    headers: Headers = field(default_factory=dict)
    """Sent with every request."""
    secret: Annotated[str, _reference] = ""
    """Where the key of the signature is; nothing is signed without."""

    def references(self) -> Iterable[str]:
        return filter(is_reference, (self.url, self.secret, *self.headers.values()))

    @property
    def address(self) -> str:
        """Where it is."""
        return self.url


KINDS: Mapping[str, type[Target]] = {
    "list": ListTarget,
    "dialler": DiallerTarget,
    "webhook": WebhookTarget,
}
