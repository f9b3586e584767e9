"""What is read of headers that others wrote.

A PBX names itself as its machine is called, and that need not be a host as RFC 3261 has it: the
name of a container begins with a digit, others have an underscore. sipmessage takes neither, and a
call is worth more than its grammar.
"""

import re
from collections.abc import Iterable
from urllib.parse import unquote

from msgspec import Struct

ANONYMOUS = "anonymous.invalid"
"""Where somebody calls from who withholds their number: RFC 3323 section 4.1.1.3."""

_LONGEST = 2_000
"""Characters of a header that are looked at: what is searched in takes time by its square."""

_CLEAN = r"[!-;=?-~]"
"""What a URI consists of, RFC 3986: it is to stand in the first line of a request of ours."""

_ADDRESS = re.compile(
    r'(?:"(?P<quoted>(?:[^"\\]|\\.)*)"\s*|(?P<plain>[^<",]*))'
    rf"<(?P<uri>{_CLEAN}*)>(?P<more>[^,]*)"
)
_URI = re.compile(rf"(?:sips?|tel):(?={_CLEAN}*\Z)(?:(?P<user>[^@]*)@)?(?P<host>[^;?]*)", re.I)
_PARAMETER = r"(?:^|;)\s*{}\s*=\s*\"?([^;,\s\"]+)"


class Address(Struct, frozen=True):
    """A name-addr, or an addr-spec: RFC 3261 section 25.1."""

    name: str
    uri: str
    parameters: str
    """What follows it, semicolons and all."""

    @property
    def user(self) -> str:
        """Who it is at the host: a number; nothing where it is withheld."""
        found = _URI.match(self.uri)
        if found is None or found["host"].lower() == ANONYMOUS:
            return ""
        return unquote((found["user"] or "").split(":")[0].split(";")[0])

    @property
    def place(self) -> str:
        """The URI without its parameters, which a registrar may change."""
        return self.uri.split(";")[0]

    def parameter(self, name: str) -> str:
        """Return a parameter; an empty text where there is none."""
        return parameter(self.parameters, name)


def addresses(values: Iterable[str]) -> list[Address]:
    """Return the addresses in the values of a header; what is none is left out."""
    found: list[Address] = []
    for value in (each[:_LONGEST] for each in values):
        if "<" not in value:  # RFC 3261 section 20: what follows are parameters of the header
            uri, _, more = value.strip().partition(";")
            if _URI.match(uri):
                found.append(Address("", uri, f";{more}"))
            continue
        for each in _ADDRESS.finditer(value):
            name = re.sub(r"\\(.)", r"\1", each["quoted"] or "") or (each["plain"] or "").strip()
            found.append(Address(name, each["uri"], each["more"]))
    return found


def parameter(text: str, name: str) -> str:
    """Return a parameter among others; an empty text where there is none."""
    pattern = _PARAMETER.format(re.escape(name))
    found = re.search(pattern, text[:_LONGEST], re.IGNORECASE)
    return found[1] if found else ""
