"""`enigma-tui config`: the personal settings."""

import json
import textwrap
from collections.abc import Mapping
from pathlib import Path

import click

from .. import paths
from ..addresses import address
from ..settings import NAMES, Settings, default
from ..settings_file import UnwritableError, create
from ..values import Checked, Secret, defaults, hints
from . import common
from .board import check
from .explained import explanations


@click.group("config")
def command() -> None:
    """The personal settings: where they are, what is in force, a file to begin with.

    \b
      enigma-tui config init
      enigma-tui config show
    """


_TABLES = {
    "keys": 'disposition = "d"',
    "views": '"Long holds" = "hold>2m"',
    "alerts": 'name = "Long hold"\n#filter = "hold>2m state:live"',
    "source_passwords": 'pbx = "…"',
    "source_servers": 'pbx = "rediss://pbx.example:6379"',
    "delivery_secrets": 'crm-token = "env:CRM_TOKEN"',
    "delivery_hosts": 'crm-token = "https://crm.example"',
    "source_password_files": 'pbx = "/etc/enigma-tui/pbx.password"',
}
"""A line of each setting that is a table; in a file they come last."""


def _file(ctx: click.Context) -> Path:
    given: Path | None = ctx.find_root().obj["config"]
    return given or paths.config_file()


@command.command("path")
@click.pass_context
def path(ctx: click.Context) -> None:
    """Print where the settings file is looked for.

    \b
      enigma-tui config path
    """
    click.echo(_file(ctx))


@command.command("show")
@click.pass_context
def show(ctx: click.Context) -> None:
    """Print the settings in force, and where each came from. Passwords are left out.

    \b
      enigma-tui config show
    """
    loaded = common.settings(ctx)
    check(loaded)
    for name in NAMES:
        if name == "redis_url":
            value = json.dumps(address(loaded.settings).shown)
        else:
            value = json.dumps(_shown(getattr(loaded.settings, name)), ensure_ascii=False)
        click.echo(f"{name} = {value}  # {loaded.origins.get(name, 'default')}")


def _shown(value: object) -> object:
    """Return a setting as it may be printed."""
    if isinstance(value, Secret):
        return "(not shown)" if value else ""
    if isinstance(value, dict):
        return {name: _shown(inner) for name, inner in value.items()}
    if isinstance(value, tuple):
        return [_shown(inner) for inner in value]
    if isinstance(value, Checked):
        kind: type = type(value)
        usual = {name: made() for name, made in defaults(kind).items()}
        given = {name: getattr(value, name) for name in hints(kind)}
        return {
            name: _shown(inner)
            for name, inner in given.items()
            if name not in usual or inner != usual[name]
        }
    return value


@command.command("init")
@click.pass_context
def init(ctx: click.Context) -> None:
    """Write a settings file with every setting explained and nothing changed.

    \b
      enigma-tui config init
    """
    file = _file(ctx)
    if file.exists():
        common.fail(f"{file} exists already; it is left as it is", common.WRONG)
    try:
        create(file, template())
    except UnwritableError as error:
        common.fail(str(error))
    click.echo(f"{file} written")


def template(given: Mapping[str, str] | None = None) -> str:
    """Return a settings file in which every setting is a comment, but for those that are given."""
    given = given or {}
    rest = "Every line shows the default." if not given else "Every line with # shows the default."
    lines = [f"# Personal settings of enigma-tui. {rest}"]
    about = explanations(Settings)
    for name in NAMES:
        usual = default(name)
        lines += ["", *(f"# {line}" for line in textwrap.wrap(about[name], 97))]
        if name in given:
            lines.append(f"{name} = {_as_toml(given[name])}")
        elif isinstance(usual, Secret):
            lines.append(f"#{name} = {json.dumps(usual.get_secret_value())}")
        elif name in _TABLES:
            head = f"[[{name}]]" if isinstance(usual, tuple) else f"[{name}]"
            lines += [f"#{head}", f"#{_TABLES[name]}"]
        else:
            lines.append(f"#{name} = {json.dumps(usual)}")
    return "\n".join(lines) + "\n"


def _as_toml(text: str) -> str:
    import tomlkit  # of use to few sessions

    return tomlkit.string(text).as_string()
