"""The settings in force as they may be shown: what each is, and where it came from.

A secret is never shown, not even how long it is, and an address without its password.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

from .journal.address import Address, Login
from .settings import COMMAND_LINE, DEMO, ENV_PREFIX, NAMES, Settings
from .site import Site
from .values import Checked, Secret, defaults, hints

DEFAULT = "default"
"""Where a setting comes from that nobody has set."""

THE_SITE = "the site"
"""Where it comes from where the site's own differs from the default."""

THIS_SESSION = "this session"
"""Where it comes from where it has been chosen on the board, and could not be kept."""

_PASSWORD = re.compile(r"(?<=://)([^\s:/@]*):\S*@")
_PARAMETER = re.compile(r"([?&](?:ssl_)?password=)[^\s&]*")


class Shown(Struct, frozen=True):
    """One setting."""

    name: str
    value: str
    """As JSON."""
    origin: str


def personal(settings: Settings, origins: Mapping[str, str]) -> Iterator[Shown]:
    """Yield every personal setting."""
    login = Login(settings.username)
    address = Address(settings.redis_url.get_secret_value(), login=login).shown
    for name in NAMES:
        value = address if name == "redis_url" else plain(getattr(settings, name))
        yield Shown(name, _json(value), origins.get(name, DEFAULT))


def shared(site: Site) -> Iterator[Shown]:
    """Yield every setting of a site; what is one of several stands under its name."""
    yield from _of_site("site", site)


def version(site: Site) -> str:
    """Return a few letters that are the same for the same settings, and differ for others."""
    return hashlib.sha256(site.to_json().encode()).hexdigest()[:8]


def in_words(origin: str) -> tuple[str, str]:
    """Say where a setting came from, in a word or two and in full."""
    if origin.startswith(ENV_PREFIX):
        return "environment", f"from the environment variable {origin}"
    if origin in (DEFAULT, THIS_SESSION):
        return origin, {DEFAULT: "the default"}.get(origin, "of this session only")
    if origin in (COMMAND_LINE, DEMO, THE_SITE):
        return origin.removeprefix("the "), f"from {origin}"
    return "file", f"from the settings file {origin}"


def _of_site(path: str, value: Checked) -> Iterator[Shown]:
    kind: type = type(value)
    usual = {name: made() for name, made in defaults(kind).items()}
    for name in hints(kind):
        inner, where = getattr(value, name), f"{path}.{name}"
        origin = DEFAULT if name in usual and inner == usual[name] else THE_SITE
        if isinstance(inner, Checked):
            yield from _of_site(where, inner)
        elif isinstance(inner, tuple) and inner and isinstance(inner[0], Checked):
            for each in inner:
                called = getattr(each, "name", None) or getattr(each, "code", "")
                yield Shown(f"{where}.{called}", _json(plain(each)), origin)
        else:
            yield Shown(where, _json(plain(inner)), origin)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def plain(value: object) -> object:
    """Return a setting as it may be printed; of what has settings itself, those that are set."""
    if isinstance(value, Secret):
        return "(not shown)" if value else ""
    if isinstance(value, str):
        return _PARAMETER.sub(r"\1…", _PASSWORD.sub(r"\1@", value))
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items()}
    if isinstance(value, tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, Checked):
        kind: type = type(value)
        usual = {name: made() for name, made in defaults(kind).items()}
        given = {name: getattr(value, name) for name in hints(kind)}
        return {
            name: plain(inner)
            for name, inner in given.items()
            if name not in usual or inner != usual[name]
        }
    return value
