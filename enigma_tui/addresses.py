"""Turns the personal settings into addresses: where a server is, the login, the certificates."""

import os
import ssl
import stat
from pathlib import Path

from pydantic import SecretStr

from .journal.address import Address, AddressError, Login, Tls
from .model.text import safe
from .settings import Settings

MOST_BYTES = 4096
"""A file that is longer is no password."""


class UnusableError(ValueError):
    """A file that a setting names cannot be used; the text says why, and what to do."""

    def __init__(self, setting: str, text: str) -> None:
        super().__init__(text)
        self.setting = setting


def address(settings: Settings) -> Address:
    """Return the server's address, with everything that is needed to log in there.

    Raises `AddressError`, or `UnusableError` naming the setting.
    """
    return Address(
        settings.redis_url.get_secret_value(),
        login=Login(
            settings.username,
            _secret(settings.password, settings.password_file, "password_file"),
        ),
        sentinel_login=Login(
            settings.sentinel_username,
            _secret(
                settings.sentinel_password,
                settings.sentinel_password_file,
                "sentinel_password_file",
            ),
        ),
        tls=_tls(settings),
    )


def source_address(settings: Settings, source_name: str, server: str) -> Address:
    """Return the address of a source on a server of its own.

    `server` stands in the site's settings, which everyone can read: it holds no password. That is
    found under the source's name, and its sentinels' own under `<name>/sentinel`. No password of
    another server is ever sent there. Raises `AddressError` or `UnusableError`.
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
    return made


def check_source_passwords(settings: Settings) -> None:
    """Read every password of a source once; raises `UnusableError` where a file cannot be used."""
    for name in settings.source_password_files:
        _source_login(settings, name)


def _source_login(settings: Settings, name: str) -> Login:
    given = settings.source_passwords.get(name, SecretStr(""))
    file = settings.source_password_files.get(name, "")
    return Login(password=_secret(given, file, "source_password_files"))


def _secret(given: SecretStr, file: str, setting: str) -> str:
    return _first_line(Path(file).expanduser(), setting) if file else given.get_secret_value()


def _first_line(file: Path, setting: str) -> str:
    """Return a password; raises `UnusableError` where others may read it, too."""
    try:
        # Looked at once it is open: it cannot be exchanged in between.
        with file.open("rb") as opened:
            about = os.fstat(opened.fileno())
            _refuse_shared(file, about, setting)
            text = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise UnusableError(setting, f"{file} cannot be read: {error.strerror}") from None
    line = text.split(b"\n", 1)[0].removesuffix(b"\r")
    if len(text) > MOST_BYTES or not line:
        raise UnusableError(setting, f"{file} must have the password as its first line")
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        raise UnusableError(setting, f"{file} is not UTF-8 text") from None


def _refuse_shared(file: Path, about: os.stat_result, setting: str) -> None:
    if not stat.S_ISREG(about.st_mode):
        raise UnusableError(setting, f"{file} is not a file")
    # What an administrator gives a group, as with a service's credentials, is meant for it; a
    # user's own group may be everyone.
    open_to = 0o037 if about.st_uid == 0 and os.getuid() != 0 else 0o077
    if about.st_mode & open_to:
        raise UnusableError(
            setting,
            f"{file} can be read or written by others; take that from them: chmod 600 {file}",
        )


def _tls(settings: Settings) -> Tls:
    tls = Tls(
        ca=_path(settings.tls_ca, "tls_ca"),
        certificate=_path(settings.tls_certificate, "tls_certificate"),
        key=_path(settings.tls_key, "tls_key"),
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


def _path(text: str, setting: str) -> Path | None:
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
