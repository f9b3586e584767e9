"""`enigma-tui keys`: every key, and the name it has in the settings."""

import click

from . import common
from .board import check


@click.command("keys")
@click.pass_context
def command(ctx: click.Context) -> None:
    """List every key of the board, and the name to give it another one in the settings.

    \b
      enigma-tui keys

    \b
      [keys]
      disposition = "f2"
    """
    from ..ui.commands import BY_ID, Group, shown_keys

    loaded = common.settings(ctx)
    check(loaded)
    keymap = loaded.settings.keys
    for group in Group:
        click.echo(group.value)
        for one in BY_ID.values():
            if one.group is group:
                click.echo(f"  {shown_keys(one, keymap):<10} {one.id:<16} {one.help}")
        click.echo()
