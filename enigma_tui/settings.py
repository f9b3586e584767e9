"""The personal settings: defaults < the settings file < the environment < flags."""

import difflib
import getpass
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from msgspec import Meta

from .journal.keys import DEFAULT_PREFIX
from .origins import SECRET_NAME, origin
from .values import Checked, Secret, WrongError, defaults, hints, is_structured

ENV_PREFIX = "ENIGMA_TUI_"

COMMAND_LINE = "the command line"
"""Where a setting came from that was typed with the program's name."""

DEMO = "the demo"
"""Where a setting came from that the demo needs."""

_ENVIRONMENT = "the environment"

VIEWS_MOST = 4
"""Saved views, for the keys 6 to 9."""

VIEW_NAME_MOST = 20
"""Characters of a view's name: all names stand in one line."""


class SettingsError(ValueError):
    """Settings that cannot be used; each line names where, which key, and what to do."""


def _own_name() -> str:
    """The name that you logged in with."""
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


_OWN_MACHINE = Secret("redis://127.0.0.1:6379/0")
_NONE = Secret("")

_SecretName = Annotated[str, Meta(pattern=rf"^{SECRET_NAME.pattern}\Z")]
_Place = Annotated[str, _place]
_Host = Annotated[str, _host]
_User = Annotated[str, Meta(max_length=200)]
_Prefix = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9_.-]{1,64}\Z",
        description="expected are 1 to 64 letters, digits, underscores, dots and dashes",
    ),
]
_Name = Annotated[str, Meta(min_length=1, max_length=40)]
_Extension = Annotated[
    str, Meta(pattern=r"^([0-9]{3,4})?\Z", description="expected are three or four digits")
]
_ViewName = Annotated[str, Meta(min_length=1, max_length=VIEW_NAME_MOST)]
_Filter = Annotated[str, Meta(min_length=1, max_length=2_000)]  # as long as any filter
_Region = Annotated[
    str,
    Meta(
        pattern=r"^[A-Z]{2}\Z", description="expected are a country's two capital letters, as in ZA"
    ),
]


def _few(views: dict[str, str]) -> dict[str, str]:
    if len(views) > VIEWS_MOST:
        raise ValueError("expected are four at most, for the keys 6 to 9")
    return views


_Views = Annotated[dict[_ViewName, _Filter], _few]
_Width = Annotated[int, Meta(ge=0, le=80)]
_Seconds = Annotated[float, Meta(ge=0)]
_Calls = Annotated[int, Meta(ge=100)]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSetting(Checked):
    """One alert: on a call, on a figure, or on a feed that is silent."""

    name: _Name
    """What is shown when it alerts."""
    filter: str = ""
    """On a call: what it has to pass, as in `hold>2m state:live`."""
    figure: Literal[
        "", "service_level", "abandoned", "asa", "p90", "longest_hold", "per_minute"
    ] = ""
    """On a figure: which. Service level and abandoned are in percent, the others in seconds or
    calls."""
    window: Literal["5m", "30m", "1h", "today"] = "30m"
    """On a figure: of what time."""
    above: float | None = None
    """On a figure: alert when it is above."""
    below: float | None = None
    """On a figure: alert when it is below."""
    silent_minutes: Annotated[float, Meta(ge=0)] = 0.0
    """On silence: after so many minutes without a notification."""
    bell: bool = True
    """Whether the terminal's bell is rung."""
    command: tuple[Annotated[str, Meta(max_length=1_000)], ...] = ()
    """A program that is run, and its arguments; never by a shell. `ENIGMA_ALERT`,
    `ENIGMA_CALL_REF` and so on are in its environment."""
    every_seconds: _Seconds = 60.0
    """It rings and runs no more often; what happens in between is listed all the same."""

    def _inconsistent(self) -> Iterator[str]:
        kinds = [bool(self.filter), bool(self.figure), self.silent_minutes > 0]
        if sum(kinds) != 1:
            yield "expected is one of filter, figure and silent_minutes"
        if self.figure and self.above is None and self.below is None:
            yield "a figure alerts above or below a limit: set above, or below"
        if not self.figure and (self.above is not None or self.below is not None):
            yield "above and below are of a figure; name it in figure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Checked):
    """What each supervisor may set for themselves.

    Every value is checked, and read leniently: the environment has nothing but texts. Raises
    `WrongError`.
    """

    redis_url: Secret = _OWN_MACHINE
    """The server that the PBX notifies: `redis://`, `rediss://`, `unix://`, `redis+sentinel://…`."""
    username: _User = ""
    """The server's ACL user; counts for more than one in `redis_url`, as does `password`."""
    password: Secret = _NONE
    """The password; better in `password_file`, or in the environment."""
    password_file: str = ""
    """A file that nobody else may read, with the password as its first line."""
    sentinel_username: _User = ""
    """The sentinels' own ACL user, where they have one."""
    sentinel_password: Secret = _NONE
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
    prefix: _Prefix = DEFAULT_PREFIX
    """What the program's own keys in Redis begin with."""
    name: _Name = field(default_factory=_own_name)
    """The name under which dispositions are recorded; up to 40 characters."""
    extension: _Extension = ""
    """Your own extension: it rings first when you call somebody back."""
    collect: Literal["ask", "yes", "no"] = "ask"
    """Whether this board may take notifications from the PBX's lists: `ask`, `yes` or `no`."""
    read_only: bool = False
    """Only watch: nothing is collected and nothing recorded."""
    filter: str = ""
    """The filter that the board opens with."""
    region: _Region = "ZA"
    """The country whose national numbers the PBX sends."""
    mask: bool = False
    """Hide the middle of callers' numbers, for a screen that others can see."""
    theme: str = "enigma-dark"
    """The colours: `enigma-dark`, `enigma-light`, `enigma-high-contrast`, `enigma-colour-blind`, or
    any theme that Textual brings."""
    hold_warning: _Seconds = 60.0
    """Seconds on hold from which a call is marked `!`."""
    hold_critical: _Seconds = 120.0
    """Seconds on hold from which a call is marked `‼`."""
    keep_calls: _Calls = 100_000
    """How many calls a board holds."""
    views: _Views = field(default_factory=dict)
    """Filters by name, for the keys 6 to 9 in their order: `{"Long holds" = "hold>2m"}`."""
    columns: dict[str, _Width] = field(default_factory=dict)
    """The table's columns from left to right, each with its width in cells, or 0 for as wide as it
    needs: `{state = 0, caller = 20, hold = 0}`; none, for the usual ones."""
    sort: str = "-began"
    """The column that the table is sorted by, with `-` before it for the largest first."""
    alerts: Annotated[tuple[AlertSetting, ...], Meta(max_length=50)] = ()
    """What to be told of: `[[alerts]]` each with a name, and a filter, a figure or silence."""
    keys: dict[str, str] = field(default_factory=dict)
    """Other keys for commands: `{disposition = "f2"}`; `enigma-tui keys` lists the names."""
    source_passwords: dict[str, Secret] = field(default_factory=dict)
    """The password of each source on a server of its own, by the source's name."""
    source_password_files: dict[str, str] = field(default_factory=dict)
    """The same, each as the first line of a file."""
    source_servers: dict[str, str] = field(default_factory=dict)
    """The one server each of these passwords is for, by the source's name; others do not get it."""
    delivery_secrets: dict[_SecretName, _Place] = field(default_factory=dict)
    """Where secrets of delivery targets are, by name: `env:NAME`, `file:/path` (yours alone)."""
    delivery_hosts: dict[_SecretName, _Host] = field(default_factory=dict)
    """The one host each of these secrets may be sent to: `https://crm.example`, or with a port."""
    phone_url: str = ""
    """The PBX's SIP over WebSocket: `ws://host:8088/ws`, `wss://host:8089/ws`. With it and
    `extension`, calls are answered here; without it, there is no phone."""
    phone_user: _User = ""
    """The name the extension authenticates with; the extension itself, if there is none."""
    phone_password: Secret = _NONE
    """The extension's password; better in `phone_password_file`, or in the environment."""
    phone_password_file: str = ""
    """A file that nobody else may read, with that password as its first line."""
    phone_domain: str = ""
    """What follows the `@` of the extension's address; the host of `phone_url`, if nothing."""
    phone_tls_ca: str = ""
    """A PEM file of who is trusted to certify a PBX behind `wss://`; else, the system's."""
    phone_stun: str = ""
    """A STUN server, `stun:host:port`, where the PBX is behind another network; none is asked
    that is not named here."""
    phone_turn: str = ""
    """A TURN server, `turn:host:port?transport=udp` (or `tcp`), or `turns:host:port`."""
    phone_turn_user: _User = ""
    """The name for the TURN server."""
    phone_turn_password: Secret = _NONE
    """The password for the TURN server."""
    phone_microphone: str = ""
    """The name of the microphone, or a part of it; the system's own, if nothing.
    `enigma-tui phone --devices` lists them."""
    phone_speaker: str = ""
    """The same of what calls are heard with."""

    def _inconsistent(self) -> Iterator[str]:
        """Yield what is wrong of several settings together."""
        if self.hold_warning > self.hold_critical:
            yield (
                f"hold_warning ({self.hold_warning:g}) must not be above "
                f"hold_critical ({self.hold_critical:g})"
            )
        for name in sorted(self.source_passwords.keys() & self.source_password_files.keys()):
            yield (
                f"source {name} has a password in source_passwords and in source_password_files; "
                "keep one"
            )
        for name in sorted(self.source_passwords.keys() | self.source_password_files.keys()):
            source = name.removesuffix("/sentinel")
            if source not in self.source_servers:
                yield (
                    f"source {source} has a password, and source_servers does not say for which "
                    f'server: write there {source} = "redis://…", as the site\'s settings have it'
                )
        if self.tls_key and not self.tls_certificate:
            yield "tls_key is of no use without tls_certificate"


NAMES = tuple(each.name for each in fields(Settings))
"""What the settings are called, in order."""


def default(setting: str) -> Any:
    """Return what a setting is where nobody has set it."""
    return defaults(Settings)[setting]()


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings in force, and where each that is not a default came from."""

    settings: Settings
    origins: Mapping[str, str]


def load(
    file: Path,
    *,
    required: bool,
    flags: Mapping[str, Any],
    presets: Mapping[str, Any] = MappingProxyType({}),
) -> Loaded:
    """Read all layers. `required` says that the file was named and so must exist.

    `presets` are the demo's; they count for more than the environment, and less than `flags`.
    Raises `SettingsError` with a line for every mistake.
    """
    layers: list[tuple[str, Mapping[str, Any]]] = []
    if required or file.exists():
        layers.append((str(file), _read_file(file)))
    layers.append((_ENVIRONMENT, _read_environment()))
    layers.append((DEMO, presets))
    given = {name: value for name, value in flags.items() if value is not None}
    layers.append((COMMAND_LINE, given))
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
            if key not in NAMES:
                mistakes.append(f"{where}: there is no setting {key!r}{_nearest(key)}")
                continue
            merged[key] = value
            origins[key] = f"{ENV_PREFIX}{key.upper()}" if where == _ENVIRONMENT else where
    if mistakes:
        raise SettingsError("\n".join(mistakes))
    try:
        return Loaded(Settings(**merged), origins)
    except WrongError as error:
        raise SettingsError(
            "\n".join(_mistake(path, text, origins) for path, text in error.mistakes)
        ) from None


_EITHER = (
    {"password", "password_file"},
    {"sentinel_password", "sentinel_password_file"},
    {"phone_password", "phone_password_file"},
)
"""What is said in one of two ways."""


def _mistake(path: str, text: str, origins: Mapping[str, str]) -> str:
    """Write one mistake: where it stands, which setting, what was expected."""
    if not path:
        return text
    where = origins.get(path.split(".")[0], "default")
    return f"{where}: {path}: {text[:1].lower()}{text[1:]}"


def _read_file(file: Path) -> Mapping[str, Any]:
    import tomllib  # here, for most have no such file, and the first frame waits for all this

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
        if name not in NAMES:
            raise SettingsError(
                f"the environment: {variable} is not a setting"
                f"{_nearest(name, lambda near: ENV_PREFIX + near.upper())}"
            )
        structured = is_structured(hints(Settings)[name])
        try:
            found[name] = json.loads(text) if structured else text
        except ValueError:  # which would show what is secret
            raise SettingsError(
                f"the environment: {variable} is not JSON; expected is a table, as in "
                '{"name": "value"}'
            ) from None
    return found


def _nearest(key: str, shown: Any = repr) -> str:
    near = difflib.get_close_matches(key.lower(), NAMES, n=1, cutoff=0.5)
    if near:
        return f"; did you mean {shown(near[0])}?"
    return f"; there are {', '.join(NAMES)}"
