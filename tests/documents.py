"""Writes what the pages in docs/ say of settings and keys, from the program itself: `make docs`.

A page has everything else by hand; what is written stands between two marks.
"""

import json
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import Field, fields
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, get_args, get_origin

import click
from msgspec import Meta

from enigma_tui.cli import main as program
from enigma_tui.cli.explained import explanations
from enigma_tui.model.query_fields import TABLE
from enigma_tui.settings import ENV_PREFIX, AlertSetting, Settings
from enigma_tui.site import Calls, Click2Dial, CodeSetting, Retention, Site, Source
from enigma_tui.target import Target
from enigma_tui.targets import KINDS, ListTarget
from enigma_tui.ui.commands import BY_ID, Group, shown_keys
from enigma_tui.values import Checked, Secret, defaults, hints, is_structured, limits

TO = Path(__file__).parents[1] / "docs"
WIDTH = 100


# ── settings ────────────────────────────────────────────────────────────────────────────────


def personal_settings() -> str:
    """Describe each setting of a supervisor."""
    return _settings(Settings, _elsewhere)


def alert_settings() -> str:
    """Describe each setting of an alert."""
    return _settings(AlertSetting)


def site_settings() -> str:
    """Describe each setting of a site."""
    return _settings(Site)


def parts_of_site() -> str:
    """Describe what a site's settings consist of."""
    return _sections(Source, Click2Dial, Retention, Calls, CodeSetting)


def targets() -> str:
    """Describe what all targets have, and then what those of each kind have beside it."""
    return "\n\n".join([_settings(_EVERY_TARGET), _sections(*KINDS.values(), beside=_EVERY_TARGET)])


def site_defaults() -> str:
    """Show a site's settings where nobody has changed any."""
    return f"```json\n{Site().to_json()}\n```"


_EVERY_TARGET = ListTarget.__bases__[0]

_SECTIONS: Mapping[type, str] = {
    AlertSetting: "An alert",
    Source: "A source",
    Click2Dial: "Calling back",
    Retention: "What is kept",
    Calls: "When calls end",
    CodeSetting: "A code",
    Target: "A target",
    **{target: f"A target: {kind}" for kind, target in KINDS.items()},
}
"""Under which heading what a setting consists of is described."""


def _sections(*kinds: type, beside: type | None = None) -> str:
    return "\n\n".join(
        f"## {_SECTIONS[kind]}\n\n{_first_line(kind)}\n\n{_settings(kind, beside=beside)}"
        for kind in kinds
    )


def _settings(
    kind: type,
    elsewhere: Callable[[str], Iterable[str]] = lambda _: (),
    beside: type | None = None,
) -> str:
    """Describe each field of a class, but for those that `beside` has, too.

    `elsewhere` tells where else than in a file one can be set.
    """
    about, types = explanations(kind), hints(kind)
    had = hints(beside) if beside else {}
    return "\n\n".join(
        f"### {field.name}\n\n{_wrapped(about[field.name])}\n\n"
        + _wrapped(
            " · ".join(
                [
                    _values(types[field.name]),
                    f"default: {_default(kind, field)}",
                    *elsewhere(field.name),
                ]
            )
        )
        for field in fields(kind)
        if field.name not in had
    )


def _values(hint: Any) -> str:
    """Say what a value may be, in words."""
    base, *notes = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    meta = next((note for note in notes if isinstance(note, Meta)), Meta())
    if meta.description is not None:
        return re.sub("^expected (is|are) ", "", meta.description)
    kind = get_origin(base)
    if kind is Literal:
        return _either([f"`{value or json.dumps(value)}`" for value in get_args(base)])
    if kind is UnionType:
        return _either([_values(inner) for inner in get_args(base) if inner is not type(None)])
    if kind is dict:
        return f"a table of {_several(get_args(base)[1])}"
    if kind is tuple:
        upto = f" of up to {meta.max_length}" if meta.max_length else ""
        inner = get_args(base)[0]
        if inner in _SECTIONS:
            return f"a list{upto}, each {_values(inner)}"
        return f"a list{upto} of {_several(inner)}"
    if base in _SECTIONS:
        heading = _SECTIONS[base]
        return f"[{heading[0].lower()}{heading[1:]}](#{heading.lower().replace(' ', '-')})"
    if base not in (bool, int, float, str, Secret):
        raise TypeError(f"{base} has no section of its own, and so nobody can say what it may be")
    return limits(base, meta) or "a text"


def _several(hint: Any) -> str:
    return re.sub("^a (text|whole number|number)", r"\1s", _values(hint))


def _either(words: Sequence[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _default(kind: type, field: Field[Any]) -> str:
    """Say what a setting is where nobody has set it."""
    if field.name not in defaults(kind):
        return "none, it must be set"
    made = field.default_factory
    if callable(made) and not isinstance(made, type):
        assert made.__doc__  # which says what no page can know
        return f"{made.__doc__[0].lower()}{made.__doc__[1:].rstrip('.')}"
    value = defaults(kind)[field.name]()
    if isinstance(value, Secret):
        value = value.get_secret_value()
    if value in ("", None, (), {}):
        return "none"
    if isinstance(value, Checked | tuple):
        return "as [below](#the-defaults)"
    whole = isinstance(value, float) and value.is_integer()
    return f"`{json.dumps(int(value) if whole else value, ensure_ascii=False)}`"


def _elsewhere(name: str) -> Iterator[str]:
    """Yield how a personal setting is named in the environment and on the command line."""
    how = ", as JSON" if is_structured(hints(Settings)[name]) else ""
    yield f"`{ENV_PREFIX}{name.upper()}`{how}"
    for option in program.params:
        if isinstance(option, click.Option) and option.name in (name, f"{name}_text"):
            yield " ".join(f"`{flag}`" for flag in (*option.opts, *option.secondary_opts))


def _first_line(kind: type) -> str:
    assert kind.__doc__
    return _wrapped(kind.__doc__.split("\n\n")[0])


def _wrapped(text: str) -> str:
    return textwrap.fill(
        " ".join(text.split()), WIDTH, break_long_words=False, break_on_hyphens=False
    )


# ── keys ────────────────────────────────────────────────────────────────────────────────────


def keys() -> str:
    """List every key of the board, and its name in the settings."""
    return "\n\n".join(
        f"## {group.value}\n\n| key | does | name |\n|---|---|---|\n"
        + "\n".join(
            f"| {' '.join(f'`{key}`' for key in shown_keys(one, {}).split())} "
            f"| {one.help}{'' if not one.writes else ' ✎'} | `{one.id}` |"
            for one in BY_ID.values()
            if one.group is group
        )
        for group in Group
    )


# ── filters ─────────────────────────────────────────────────────────────────────────────────


def filter_fields() -> str:
    """List the fields of a filter, and what each can be asked."""
    rows = ["| field | is | with |", "|---|---|---|"]
    for name, field in TABLE.items():
        operators = ":", "=", "!=", *((">", ">=", "<", "<=") if field.compares else ())
        asked = " ".join(f"`{operator}`" for operator in operators)
        about = re.sub(rf"\b{name}[:<>=]\S*[^\s,]", r"`\g<0>`", field.help)
        rows.append(f"| `{name}` | {about} | {asked} |")
    return "\n".join(rows)


# ── pages ───────────────────────────────────────────────────────────────────────────────────

PAGES: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "settings.md": {"settings": personal_settings, "alerts": alert_settings},
    "site-settings.md": {
        "settings": site_settings,
        "parts": parts_of_site,
        "targets": targets,
        "defaults": site_defaults,
    },
    "keys.md": {"keys": keys},
    "filters.md": {"fields": filter_fields},
}
"""What is written into which page, between which marks."""


def page(name: str) -> str:
    """Return a page as it is to be; raises `ValueError` if it has not the marks."""
    text = (TO / name).read_text(encoding="utf-8")
    for part, made in PAGES[name].items():
        begin, end = f"<!-- {part}: written by `make docs` -->", f"<!-- end of {part} -->"
        before, begun, rest = text.partition(begin)
        _, ended, after = rest.partition(end)
        if not (begun and ended):
            raise ValueError(f"docs/{name} has no {begin} … {end}")
        text = f"{before}{begin}\n\n{made()}\n\n{end}{after}"
    return text


def main() -> None:
    """Write them all."""
    for name in PAGES:
        (TO / name).write_text(page(name), encoding="utf-8")
        print(f"docs/{name}")


if __name__ == "__main__":
    main()
