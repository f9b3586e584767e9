"""What a first start asks, and what the answers come to."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from .journal.address import AddressError, without_login
from .settings import Settings
from .values import WrongError


@dataclass(frozen=True, slots=True)
class Answers:
    """What somebody answers; what is empty they have left to the defaults."""

    server: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    name: str = ""


class MistakenError(ValueError):
    """An answer that cannot be used; the text says what was expected."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field
        """Which of the answers it is."""


def understood(typed: Answers) -> Answers:
    """Return what is meant: the server as an address in full, and nobody's login in it.

    A host alone, `host:port` and a socket's path will do for a server. Who logs in there is taken
    out of an address, as a password must not be where an address is read; what was typed by itself
    counts for more. Raises `MistakenError`.
    """
    server = typed.server.strip()
    if not server:
        raise MistakenError("server", "expected is where it is, as in pbx.example:6379")
    if server.startswith("/"):
        server = f"unix://{quote(server)}"
    elif "://" not in server:
        server = f"redis://{server}"
    try:
        url, login = without_login(server)
    except AddressError as error:
        raise MistakenError("server", str(error)) from None
    meant = Answers(
        url,
        typed.username.strip() or login.username,
        typed.password or login.password,
        typed.name.strip(),
    )
    try:
        Settings(**settings_of(meant))
    except WrongError as error:
        setting, text = error.mistakes[0]
        raise MistakenError(_FIELDS[setting], text) from None
    return meant


def settings_of(answers: Answers) -> dict[str, Any]:
    """Return the settings that answers are; what was left to the defaults is not among them."""
    return {
        setting: text for setting, field in _FIELDS.items() if (text := getattr(answers, field))
    }


_FIELDS = {
    "redis_url": "server",
    "username": "username",
    "password": "password",
    "name": "name",
}
"""The answer that each setting is."""
