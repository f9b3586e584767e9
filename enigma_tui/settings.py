"""The personal settings: defaults < the settings file < the environment < flags."""

import difflib
import getpass
import json
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_origin
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
    model_validator,
)

from .journal.keys import DEFAULT_PREFIX
from .targets import SECRET_NAME, origin

ENV_PREFIX = "ENIGMA_TUI_"


class SettingsError(ValueError):
    """Settings that cannot be used; each line names where, which key, and what to do."""


def _own_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def _place(value: str) -> str:
    if not re.fullmatch(r"env:[A-Za-z_][A-Za-z0-9_]{0,127}|file:/[^\x00-\x1f\x7f]{1,500}", value):
        raise ValueError("expected is where the secret is, env:NAME or file:/path")
    return value


def _host(value: str) -> str:
    if not origin(value) or urlsplit(value)[2:] not in (("", "", ""), ("/", "", "")):
        raise ValueError("expected is a host, as in https://crm.example or http://crm.example:8080")
    return value


_SecretName = Annotated[str, StringConstraints(pattern=rf"^{SECRET_NAME.pattern}$")]
_Place = Annotated[str, AfterValidator(_place)]
_Host = Annotated[str, AfterValidator(_host)]


class Settings(BaseModel):
    """What each supervisor may set for themselves."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    redis_url: SecretStr = SecretStr("redis://127.0.0.1:6379/0")
    """The server that the PBX notifies: `redis://`, `rediss://`, `unix://`, `redis+sentinel://…`."""
    username: str = Field("", max_length=200)
    """The server's ACL user; counts for more than one in `redis_url`, as does `password`."""
    password: SecretStr = SecretStr("")
    """The password; better in `password_file`, or in the environment."""
    password_file: str = ""
    """A file that nobody else may read, with the password as its first line."""
    sentinel_username: str = Field("", max_length=200)
    """The sentinels' own ACL user, where they have one."""
    sentinel_password: SecretStr = SecretStr("")
    """The sentinels' own password; the server's is not shown to them."""
    sentinel_password_file: str = ""
    """The same, as the first line of a file."""
    tls_ca: str = ""
    """A PEM file of who is trusted to certify servers behind `rediss://`; else, the system's."""
    tls_certificate: str = ""
    """A PEM file with a certificate of this program, where a server wants one."""
    tls_key: str = ""
    """A PEM file with its key, without a password."""
    tls_verify: Literal["full", "chain", "none"] = "full"
    """What is checked of a certificate: `full`, `chain` (not the host's name) or `none`."""
    prefix: str = Field(DEFAULT_PREFIX, pattern=r"^[A-Za-z0-9_.-]{1,64}$")
    """What the program's own keys in Redis begin with."""
    name: str = Field(default_factory=_own_name, min_length=1, max_length=40)
    """The name under which dispositions are recorded; up to 40 characters."""
    collect: Literal["ask", "yes", "no"] = "ask"
    """Whether this board may take notifications from the PBX's lists: `ask`, `yes` or `no`."""
    read_only: bool = False
    """Only watch: nothing is collected and nothing recorded."""
    filter: str = ""
    """The filter that the board opens with."""
    region: str = Field("ZA", pattern=r"^[A-Z]{2}$")
    """The country whose national numbers the PBX sends."""
    theme: str = "enigma-dark"
    """The colours: `enigma-dark`, `enigma-light`, or any theme that Textual brings."""
    hold_warning: float = Field(60, ge=0)
    """Seconds on hold from which a call is marked `!`."""
    hold_critical: float = Field(120, ge=0)
    """Seconds on hold from which a call is marked `‼`."""
    keep_calls: int = Field(100_000, ge=100)
    """How many calls a board holds."""
    keys: dict[str, str] = Field(default_factory=dict)
    """Other keys for commands: `{disposition = "f2"}`; `enigma-tui keys` lists the names."""
    source_passwords: dict[str, SecretStr] = Field(default_factory=dict)
    """The password of each source on a server of its own, by the source's name."""
    source_password_files: dict[str, str] = Field(default_factory=dict)
    """The same, each as the first line of a file."""
    source_servers: dict[str, str] = Field(default_factory=dict)
    """The one server each of these passwords is for, by the source's name; others do not get it."""
    delivery_secrets: dict[_SecretName, _Place] = Field(default_factory=dict)
    """Where secrets of delivery targets are, by name: `env:NAME`, `file:/path` (yours alone)."""
    delivery_hosts: dict[_SecretName, _Host] = Field(default_factory=dict)
    """The one host each of these secrets may be sent to: `https://crm.example`, or with a port."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.hold_warning > self.hold_critical:
            raise ValueError(
                f"hold_warning ({self.hold_warning:g}) must not be above "
                f"hold_critical ({self.hold_critical:g})"
            )
        for name in self.source_passwords.keys() & self.source_password_files.keys():
            raise ValueError(
                f"source {name} has a password in source_passwords and in source_password_files; "
                "keep one"
            )
        for name in self.source_passwords.keys() | self.source_password_files.keys():
            source = name.removesuffix("/sentinel")
            if source not in self.source_servers:
                raise ValueError(
                    f"source {source} has a password, and source_servers does not say for which "
                    f'server: write there {source} = "redis://…", as the site\'s settings have it'
                )
        if self.tls_key and not self.tls_certificate:
            raise ValueError("tls_key is of no use without tls_certificate")
        return self


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings in force, and where each that is not a default came from."""

    settings: Settings
    origins: Mapping[str, str]


def load(file: Path, *, required: bool, flags: Mapping[str, Any]) -> Loaded:
    """Read all layers. `required` says that the file was named and so must exist.

    Raises `SettingsError` with a line for every mistake.
    """
    layers: list[tuple[str, Mapping[str, Any]]] = []
    if required or file.exists():
        layers.append((str(file), _read_file(file)))
    layers.append(("the environment", _read_environment()))
    given = {name: value for name, value in flags.items() if value is not None}
    layers.append(("the command line", given))
    merged: dict[str, Any] = {}
    origins: dict[str, str] = {}
    mistakes: list[str] = []
    for where, values in layers:
        for pair in _EITHER:
            if pair <= values.keys():
                mistakes.append(f"{where}: {' and '.join(sorted(pair))} are both set; keep one")
            if pair & values.keys():  # what stands below is overruled, however it was given
                for key in pair:
                    merged.pop(key, None)
                    origins.pop(key, None)
        for key, value in values.items():
            if key not in Settings.model_fields:
                mistakes.append(f"{where}: there is no setting {key!r}{_nearest(key)}")
                continue
            merged[key] = value
            origins[key] = f"{ENV_PREFIX}{key.upper()}" if where == "the environment" else where
    if mistakes:
        raise SettingsError("\n".join(mistakes))
    try:
        return Loaded(Settings(**merged), origins)
    except ValidationError as error:
        raise SettingsError(
            "\n".join(
                _mistake(found["loc"], found["type"], found["msg"], origins)
                for found in error.errors(include_url=False, include_input=False)
            )
        ) from None


_EITHER = ({"password", "password_file"}, {"sentinel_password", "sentinel_password_file"})
"""What is said in one of two ways."""

_EXPECTED = {
    "prefix": "1 to 64 letters, digits, underscores, dots and dashes",
    "region": "a country's two capital letters, as in ZA",
}


def _mistake(
    where: tuple[int | str, ...], kind: str, message: str, origins: Mapping[str, str]
) -> str:
    """Write one mistake: where it stands, which setting, what was expected."""
    if not where:  # of several settings together
        return message.removeprefix("Value error, ")
    key = str(where[0])
    if kind == "string_pattern_mismatch" and key in _EXPECTED:
        message = f"expected are {_EXPECTED[key]}"
    path = ".".join(str(part) for part in where)
    return f"{origins.get(key, 'default')}: {path}: {message[:1].lower()}{message[1:]}"


def _read_file(file: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file} is not TOML: {error}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{file} is not UTF-8 text") from None
    except OSError as error:
        raise SettingsError(f"{file} cannot be read: {error.strerror}") from None


def _read_environment() -> Mapping[str, Any]:
    """Return what is set there, whatever the case of the names; a table is written as JSON."""
    found: dict[str, Any] = {}
    for variable, text in os.environ.items():
        if not variable.upper().startswith(ENV_PREFIX):
            continue
        name = variable.upper().removeprefix(ENV_PREFIX).lower()
        if name not in Settings.model_fields:
            raise SettingsError(
                f"the environment: {variable} is not a setting"
                f"{_nearest(name, lambda near: ENV_PREFIX + near.upper())}"
            )
        table = get_origin(Settings.model_fields[name].annotation) is dict
        try:
            found[name] = json.loads(text) if table else text
        except ValueError:  # which would show what is secret
            raise SettingsError(
                f"the environment: {variable} is not JSON; expected is a table, as in "
                '{"name": "value"}'
            ) from None
    return found


def _nearest(key: str, shown: Any = repr) -> str:
    near = difflib.get_close_matches(key.lower(), Settings.model_fields, n=1, cutoff=0.5)
    if near:
        return f"; did you mean {shown(near[0])}?"
    return f"; there are {', '.join(Settings.model_fields)}"
