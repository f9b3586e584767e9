"""`enigma-tui completion`: has a shell complete this program's words."""

import os
from pathlib import Path

import click

_SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(_SHELLS), required=False)
@click.pass_context
def command(ctx: click.Context, shell: str | None) -> None:
    """Print a script that has bash, zsh or fish complete commands, options and filters.

    Without a name it is for the shell in $SHELL. Put it where your shell looks for such scripts,
    and begin a new shell:

    \b
      enigma-tui completion bash > ~/.local/share/bash-completion/completions/enigma-tui
      enigma-tui completion zsh > "${fpath[1]}/_enigma-tui"
      enigma-tui completion fish > ~/.config/fish/completions/enigma-tui.fish

    That of bash is found there by the package bash-completion.

    Without it, put `source <(enigma-tui completion bash)` into ~/.bashrc.
    """
    from .completing import PROGRAM, SHELLS, VARIABLE

    own = Path(os.environ.get("SHELL", "")).name
    if shell is None and own not in _SHELLS:
        from .common import WRONG, fail

        said = f"$SHELL is {own}" if own else "$SHELL says nothing"
        fail(f"{said}; name the shell: enigma-tui completion {'|'.join(_SHELLS)}", WRONG)
    complete = SHELLS[shell or own](ctx.find_root().command, {}, PROGRAM, VARIABLE)
    click.echo(complete.source(), nl=False)
