"""Which requests are let in: those of the board's own page, and of no other that is open beside it.

A page of anybody's, in the browser of a supervisor, can connect to a server on the same machine.
Browsers say whose page it is (`Origin`, RFC 6455 §10.2). And the name in its address can be made to
stand for this machine, which would make it look like the board's own (DNS rebinding): so a name
must be one that the board is served under.
"""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from ..origins import origin

_SCHEMES = ("http", "https")  # a proxy in front may be the one that speaks TLS


@dataclass(frozen=True, slots=True)
class Admission:
    """The names that the board is served under, beside IP addresses and `localhost`.

    `host` is what it was told to listen at, `public_url` where people open it if a proxy stands in
    front.
    """

    host: str
    public_url: str = ""

    def refusal(self, host: str, page: str | None, *, draws: bool) -> str:
        """Say why a request is not let in, or nothing if it is.

        `host` and `page` are its `Host` and `Origin`. One that `draws` is for the board itself,
        which only a page is given, and not for what the page is made of.
        """
        known = origin(f"http://{host}")
        if not known or urlsplit(f"http://{host}").netloc != host:
            return "The request does not say for which host it is."
        if not self._is_named(urlsplit(known).hostname or ""):
            return (
                f"The board is not served under the name {host}. If that is a name of it, say so: "
                f"enigma-tui serve --public-url http://{host}"
            )
        if page is None:
            return "Only the board's own page is given it." if draws else ""
        ours = {origin(f"{scheme}://{host}") for scheme in _SCHEMES} | {origin(self.public_url)}
        if origin(page) in ours - {""}:
            return ""
        return (
            f"This is a page of another site, not of {host}. If people open the board there, say "
            f"so with --public-url of: enigma-tui serve"
        )

    def _is_named(self, name: str) -> bool:
        """Whether this is a name of ours; no page of others has an address instead of a name."""
        public = urlsplit(origin(self.public_url)).hostname
        if name in ("localhost", self.host.lower(), public):
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True
