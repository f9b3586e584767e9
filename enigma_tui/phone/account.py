"""Who registers, and where: an extension of the PBX."""

import ssl
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_PORTS = {"ws": 80, "wss": 443}


@dataclass(frozen=True, slots=True)
class Account:
    """An extension, and the way to the PBX that it is on."""

    url: str
    """The PBX's WebSocket: `ws://pbx.example:8088/ws`, `wss://pbx.example:8089/ws`."""
    extension: str
    password: str = field(repr=False)
    username: str = ""
    """The name to authenticate with; the extension, where there is none."""
    domain: str = ""
    """What follows the `@`; the host of `url`, where there is none."""
    tls: ssl.SSLContext | None = field(default=None, repr=False, compare=False)
    """For `wss`: whom to trust."""

    @property
    def authentication_name(self) -> str:
        """The name to authenticate with."""
        return self.username or self.extension

    @property
    def host(self) -> str:
        """What follows the `@`; a host that is an IPv6 address stands in brackets."""
        host = self.domain or urlsplit(self.url).hostname or ""
        return f"[{host}]" if ":" in host and not host.startswith("[") else host

    @property
    def secure(self) -> bool:
        """Whether the way is encrypted."""
        return self.url.startswith("wss:")

    @property
    def transport(self) -> str:
        """The transport as a Via names it, RFC 7118 section 5.2."""
        return "WSS" if self.secure else "WS"


def url_mistake(url: str) -> str:
    """Return what is wrong of a WebSocket's address; nothing is an empty text."""
    try:
        parts = urlsplit(url)
        known = parts.scheme in _PORTS and parts.hostname
        _ = parts.port
    except ValueError as error:
        return f"{error}"
    if not known:
        return "expected is ws://host:8088/ws or wss://host:8089/ws"
    if parts.username is not None:
        return "a name and a password do not belong there: see phone_user, phone_password"
    return ""
