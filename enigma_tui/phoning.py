"""Turns the personal settings into a phone: which extension, where, and what is heard with."""

import importlib.util
import random
import ssl
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from . import __version__
from .addresses import readable, secret
from .backoff import Backoff
from .phone.account import Account, url_mistake
from .secret_files import UnusableError
from .settings import Settings

if TYPE_CHECKING:
    from .phone.media import MediaConfig

AGENT = f"enigma-tui/{__version__}"
"""What a PBX is told of the program."""

NEEDED = ("sipmessage", "websockets", "aiortc", "sounddevice")

MISSING = (
    "the phone needs what is not installed with the board itself: pip install 'enigma-tui[phone]'"
)


def is_installed() -> bool:
    """Whether what the phone needs is there; nothing is loaded for that."""
    return all(importlib.util.find_spec(each) is not None for each in NEEDED)


def backoff() -> Backoff:
    """Return how soon a connection to the PBX is tried again."""
    return Backoff(random.Random(), most=60.0, first=1.0)


def account(settings: Settings) -> Account:
    """Return who registers and where. Raises `UnusableError`, which names the setting."""
    if mistake := url_mistake(settings.phone_url):
        raise UnusableError("phone_url", mistake)
    if not settings.extension:
        raise UnusableError("extension", "the phone needs one: whose calls are to ring here")
    password = secret(settings.phone_password, settings.phone_password_file, "phone_password_file")
    if not password:
        raise UnusableError(
            "phone_password", "the phone needs one: put it into phone_password_file, say"
        )
    return Account(
        settings.phone_url,
        settings.extension,
        password,
        username=settings.phone_user,
        domain=settings.phone_domain,
        tls=_tls(settings) if settings.phone_url.startswith("wss:") else None,
    )


def sound(settings: Settings) -> "MediaConfig":
    """Return what calls are heard and said with. Raises `UnusableError`, naming the setting."""
    from .phone.media import IceServer, MediaConfig

    servers: list[IceServer] = []
    try:
        if settings.phone_stun:
            servers.append(IceServer(settings.phone_stun))
    except ValueError as error:
        raise UnusableError("phone_stun", str(error)) from None
    try:
        if settings.phone_turn:
            credential = settings.phone_turn_password.get_secret_value()
            servers.append(IceServer(settings.phone_turn, settings.phone_turn_user, credential))
    except ValueError as error:
        raise UnusableError("phone_turn", str(error)) from None
    return MediaConfig(tuple(servers), settings.phone_microphone, settings.phone_speaker)


def warnings(extension: str, environment: Mapping[str, str]) -> Iterator[str]:
    """Yield what somebody should know before an extension is registered here."""
    yield (
        f"Extension {extension} registers here: where the PBX allows one phone for an extension, "
        "the agent's own stops ringing."
    )
    if "SSH_CONNECTION" in environment:
        yield "Over SSH, the sound is on the machine that this runs on, and not where you sit."


def check(settings: Settings) -> None:
    """Look whether the settings make a phone, where they want one. Raises `UnusableError`."""
    if settings.phone_url:
        account(settings)
        sound(settings)


def _tls(settings: Settings) -> ssl.SSLContext:
    context = ssl.create_default_context()
    file = readable(settings.phone_tls_ca, "phone_tls_ca")
    try:
        if file:
            context.load_verify_locations(cafile=file)
    except ssl.SSLError:
        raise UnusableError("phone_tls_ca", f"{file} holds no certificate in PEM form") from None
    return context
