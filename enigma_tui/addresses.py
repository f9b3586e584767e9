"""Turns the personal settings into addresses: where a server is, the login, the certificates."""

import ssl
from pathlib import Path

from .journal.address import Address, AddressError, Login, Tls
from .model.text import safe
from .secret_files import UnusableError, first_line
from .settings import Settings
from .values import Secret


def address(settings: Settings) -> Address:
    """Return the server's address, with everything that is needed to log in there.

    Raises `AddressError`, or `UnusableError` naming the setting.
    """
    return Address(
        settings.redis_url.get_secret_value(),
        login=Login(
            settings.username,
            secret(settings.password, settings.password_file, "password_file"),
        ),
        sentinel_login=Login(
            settings.sentinel_username,
            secret(
                settings.sentinel_password,
                settings.sentinel_password_file,
                "sentinel_password_file",
            ),
        ),
        tls=_tls(settings),
    )


def source_address(settings: Settings, source_name: str, server: str) -> Address:
    """Return the address of a source on a server of its own.

    `server` stands in the site's settings, which everyone can read, and some write: it holds no
    password, and gets the source's own only where `source_servers` of the personal settings names
    the same server. That is found under the source's name, and its sentinels' own under
    `<name>/sentinel`. Raises `AddressError` or `UnusableError`.
    """
    made = Address(
        server,
        login=_source_login(settings, source_name),
        sentinel_login=_source_login(settings, f"{source_name}/sentinel"),
        tls=_tls(settings),
    )
    if made.has_password:
        raise AddressError(
            f"the server of source {source_name} must be written without its password, since "
            "everyone can read it; each collector has that in its own settings, in "
            "source_passwords or source_password_files"
        )
    if (made.login or made.sentinel_login) and not _same_server(
        made, _meant(settings, source_name)
    ):
        raise AddressError(
            f"the password of source {source_name} is for {_meant(settings, source_name).shown}, "
            f"and the site's settings have {made.shown}; it is not sent there. If that is right, "
            "change source_servers in the settings of whoever collects"
        )
    return made


def _meant(settings: Settings, source_name: str) -> Address:
    """Return the server that a source's password is for; raises `UnusableError`."""
    try:
        return Address(settings.source_servers.get(source_name, ""))
    except AddressError as error:
        raise UnusableError("source_servers", f"{source_name}: {error}") from None


def _same_server(one: Address, other: Address) -> bool:
    """Whether a password sent to one goes nowhere that one sent to the other would not."""
    return all(
        getattr(one.parts, what) == getattr(other.parts, what)
        for what in ("scheme", "form", "places", "path", "service")
    )


def check_source_passwords(settings: Settings) -> None:
    """Read each file with a password of a source, and each server that `source_servers` names.

    Raises `UnusableError` where one cannot be used.
    """
    for name in settings.source_servers:
        if _meant(settings, name).has_password:
            raise UnusableError("source_servers", f"{name}: no password is wanted here")
    for name in settings.source_password_files:
        _source_login(settings, name)


def _source_login(settings: Settings, name: str) -> Login:
    given = settings.source_passwords.get(name, Secret(""))
    file = settings.source_password_files.get(name, "")
    return Login(password=secret(given, file, "source_password_files"))


def secret(given: Secret, file: str, setting: str) -> str:
    """Return a password that is given, or stands in a file; raises `UnusableError`."""
    return first_line(Path(file).expanduser(), setting) if file else given.get_secret_value()


def _tls(settings: Settings) -> Tls:
    tls = Tls(
        ca=readable(settings.tls_ca, "tls_ca"),
        certificate=readable(settings.tls_certificate, "tls_certificate"),
        key=readable(settings.tls_key, "tls_key"),
        verify=settings.tls_verify,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        if tls.ca:
            context.load_verify_locations(cafile=tls.ca)
    except ssl.SSLError:
        raise UnusableError("tls_ca", f"{tls.ca} holds no certificate in PEM form") from None
    try:
        if tls.certificate:
            # A key with a password would have this ask for it on the terminal.
            context.load_cert_chain(tls.certificate, tls.key, password=_no_password)
    except (ssl.SSLError, ValueError):
        raise UnusableError(
            "tls_certificate",
            f"{tls.certificate} and its key must be in PEM form, belong to one another, and the "
            "key be without a password",
        ) from None
    return tls


def _no_password() -> str:
    raise ValueError


def readable(text: str, setting: str) -> Path | None:
    """Return the file that a setting names, if it names one; raises `UnusableError`."""
    if not text:
        return None
    file = Path(text).expanduser()
    try:
        with file.open("rb"):
            return file
    except OSError as error:
        raise UnusableError(
            setting, f"{safe(str(file))} cannot be read: {error.strerror}"
        ) from None
