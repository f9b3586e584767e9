"""`enigma-tui serve`: the board in web browsers."""

import asyncio
import errno
import importlib.util
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from ..origins import origin
from ..settings import ENV_PREFIX
from . import common
from .board import check

_NEEDED = ("aiohttp", "textual_serve")

_DRIVER = "enigma_tui.ui.served:ServedDriver"


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", type=click.IntRange(0, 65_535), default=8000, show_default=True)
@click.option(
    "--allow-remote",
    is_flag=True,
    help="Listen where other machines can reach it. There is no login.",
)
@click.option(
    "--public-url",
    metavar="URL",
    default="",
    help="Where people open the board, if a proxy is in front or it has a name of its own.",
)
@click.pass_context
def command(ctx: click.Context, host: str, port: int, allow_remote: bool, public_url: str) -> None:
    """Serve the board to web browsers; each tab is a board of its own.

    All options of the board hold for each. Whoever opens the page acts under your name.

    \b
      enigma-tui --redis-url redis://pbx.example/0 serve
      enigma-tui --read-only --mask serve --port 8080
    """
    loaded = common.settings(ctx)
    check(loaded)
    if public_url and not origin(public_url):
        common.fail(
            f"--public-url: {public_url!r} is no address of a page; expected is one as in "
            "https://board.example",
            common.WRONG,
        )
    if any(importlib.util.find_spec(each) is None for each in _NEEDED):
        common.fail(
            "serving needs what is not installed with the board itself: "
            "pip install 'enigma-tui[serve]'"
        )
    from ..web.admission import Admission
    from ..web.server import Boards, serve
    from ..web.tab import Program

    listening = _listen(host, port, allow_remote=allow_remote)
    common.log_to_file()
    given = ctx.find_root().obj
    boards = Boards(
        Program(_arguments(given["config"]), _environment(given["flags"])),
        Admission(host, public_url),
        common.say,
    )

    async def work() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        at = public_url or f"http://{_shown(host)}:{listening[0].getsockname()[1]}/"
        said = f"the board is at {at} until ctrl+c; whoever opens it acts under your name"
        await serve(boards, listening, stop, lambda: common.say(said))

    asyncio.run(work())


def _listen(host: str, port: int, *, allow_remote: bool) -> Sequence[socket.socket]:
    """Listen; that it is not to be, or cannot be, ends the program."""
    from ..web.listening import is_loopback, listen, places

    try:
        found = places(host)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        common.fail(f"--host: {host!r} is no address of this machine: {why}", common.WRONG)
    remote = [address for _, address in found if not is_loopback(address)]
    if remote and not allow_remote:
        named = "" if remote == [host] else f" ({', '.join(remote)})"
        common.fail(
            f"--host: {host}{named} can be reached from other machines, and there is no login: "
            "whoever opens the page sees callers' numbers and acts under your name.\n"
            "Keep to 127.0.0.1, with a proxy in front that has a login and TLS (--public-url), or "
            f"reached through ssh -L {port}:127.0.0.1:{port}. To listen there all the same: "
            "--allow-remote",
            common.WRONG,
        )
    try:
        return listen(found, port)
    except OSError as error:
        where = f"{_shown(host)}:{port}"
        if error.errno == errno.EADDRINUSE:
            common.fail(
                f"{where} is taken: another program listens there, or another enigma-tui serve. "
                "End that one, or choose another --port (0 picks one that is free)"
            )
        common.fail(f"{where} cannot be listened at: {error.strerror}")


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _arguments(config: Path | None) -> Sequence[str]:
    """Return how a board is run. Everybody can read this with ps: nothing secret stands here."""
    # -P: what lies in the directory that this was started in is nothing to run.
    board = (sys.executable, "-P", "-m", "enigma_tui")
    return board if config is None else (*board, "--config", str(config))


def _environment(flags: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the environment of a board: ours, and in it what was set on the command line."""
    set_there = {
        f"{ENV_PREFIX}{name.upper()}": str(value)
        for name, value in flags.items()
        if value is not None
    }
    # Each tab would be a phone, and take the extension from the tab before.
    set_there[f"{ENV_PREFIX}PHONE_URL"] = ""
    return {
        **{name: text for name, text in os.environ.items() if name.upper() not in set_there},
        **set_there,
        "TEXTUAL_DRIVER": _DRIVER,
        "TEXTUAL_COLOR_SYSTEM": "truecolor",
    }
