"""The command `enigma-tui` itself: the board, and the group that the other commands are in."""

import importlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .. import __version__
from .filter_offers import offer_filters

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

if "_ENIGMA_TUI_COMPLETE" in os.environ:  # a shell asks
    from . import completing as completing

_COMMANDS = {
    "collect": "collect the PBX's notifications without a screen",
    "completion": "have bash, zsh or fish complete what you type",
    "config": "the personal settings: init, show, path",
    "deliveries": "what waits to be handed on to other systems, and what failed; send it again",
    "demo": "the board on an embedded server with a simulated PBX",
    "disposition": "record the outcome of a call from a script",
    "doctor": "check the connection, the permissions, the lists, the settings",
    "export": "the calls of the journal as CSV or JSONL",
    "keys": "every key of the board",
    "phone": "an extension's phone without the board, for scripts and for trying a PBX",
    "replay": "what has been, on the board: of the journal, or of an exported file",
    "serve": "the board in web browsers, on this machine",
    "site": "the settings that a site shares: show, edit, set",
    "tail": "the journal as lines, for people and for scripts",
}


class _Lazy(click.Group):
    """Imports a command when it is used: the board should not wait for the others."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f".{cmd_name}", __package__)
        command: click.Command = module.command
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem[str]]":
        """Offer the commands, which need not be imported for that, or the options."""
        from click.shell_completion import CompletionItem

        offers = [
            CompletionItem(name, help=about)
            for name, about in _COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return [*offers, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


def _options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add what the board and every command that needs a server have in common."""
    for option in reversed(
        [
            click.option("--redis-url", metavar="URL", help="The server that the PBX notifies."),
            click.option(
                "--config",
                type=click.Path(dir_okay=False, path_type=Path),
                help="The settings file; `enigma-tui config path` tells the usual one.",
            ),
            click.option("--as", "name", metavar="NAME", help="Under which name to act."),
        ]
    ):
        function = option(function)
    return function


@click.group(
    cls=_Lazy,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@_options
@click.option(
    "--filter",
    "filter_text",
    metavar="TEXT",
    help="Open with this filter.",
    shell_complete=offer_filters,
)
@click.option("--read-only", is_flag=True, default=None, help="Only watch; change nothing.")
@click.option("--mask", is_flag=True, default=None, help="Hide the middle of callers' numbers.")
@click.option(
    "--collect/--no-collect",
    default=None,
    help="Collect without asking, or only watch. A board asks before it is the first.",
)
@click.version_option(__version__, message="enigma-tui %(version)s")
@click.pass_context
def main(
    ctx: click.Context,
    redis_url: str | None,
    config: Path | None,
    name: str | None,
    filter_text: str | None,
    read_only: bool | None,
    mask: bool | None,
    collect: bool | None,
) -> None:
    """Watch the calls of a contact centre, live in the terminal.

    Without a command it opens the board:

    \b
      enigma-tui --redis-url redis://pbx.example:6379/0
      enigma-tui --filter 'ext:2000-2099 hold>30s'
    """
    ctx.obj = {
        "config": config,
        "flags": {
            "redis_url": redis_url,
            "name": name,
            "filter": filter_text,
            "read_only": read_only,
            "mask": mask,
            "collect": None if collect is None else ("yes" if collect else "no"),
        },
    }
    if ctx.invoked_subcommand is not None:
        return
    from ..ui.memory import collect_nothing_while_starting

    # Nothing of what a start loads is garbage, and looking for some is a seventh of its time.
    collect_nothing_while_starting()
    from .board import open_board

    open_board(ctx)
