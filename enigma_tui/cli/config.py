"""`enigma-tui config`: the personal settings."""

import json
import textwrap
from collections.abc import Mapping
from pathlib import Path

import click

from .. import paths
from ..settings import NAMES, Settings, default
from ..settings_file import UnwritableError, create
from ..settings_shown import personal
from ..values import Secret
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
    for each in personal(loaded.settings, loaded.origins):
        click.echo(f"{each.name} = {each.value}  # {each.origin}")


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
