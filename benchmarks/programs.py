"""The programs that the live benchmarks open, each in a terminal of its own."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.journal.connection import Address, connect
from enigma_tui.journal.keys import Keys
from enigma_tui.journal.sites import SiteStore
from enigma_tui.site import Site

from .numbered import LIST, Pbx, reference
from .terminal import Terminal

EXTENSIONS = 2_000
"""So many calls are live at most."""

PROGRAM = (str(Path(sys.executable).with_name("enigma-tui")),)
"""The command, as it is installed."""

DEFAULT_SITE = Site()

Open = Callable[[str, Path], Terminal]
"""Opens a program on a server's address, in a home of its own."""


def board(
    url: str,
    home: Path,
    *,
    collect: bool = True,
    settings: dict[str, str] | None = None,
) -> Terminal:
    """Open the board."""
    collecting = "--collect" if collect else "--no-collect"
    command = (*PROGRAM, "--redis-url", url, collecting, "--as", "benchmark")
    return Terminal(command, home, settings)


def bare(url: str, home: Path) -> Terminal:
    """Open the app that prints one label for each `BLPOP`."""
    return Terminal((sys.executable, "-m", "benchmarks.bare", url, LIST), home)


@contextmanager
def opened_on(opened: Open, calls: int) -> Iterator[tuple[Terminal, Pbx]]:
    """Open a program that shows what is pushed, on a new server with so many calls pushed before.

    It is there when the last of them is shown.
    """
    with agreed_server() as server, TemporaryDirectory(prefix="enigma-bench-") as home:
        pbx = Pbx(server.url, extensions=EXTENSIONS)
        try:
            pbx.push_at_once(calls)
            with opened(server.url, Path(home)) as terminal:
                terminal.wait_for(reference(calls - 1))
                yield terminal, pbx
        finally:
            pbx.close()


@contextmanager
def agreed_server(site: Site = DEFAULT_SITE) -> Iterator[EmbeddedServer]:
    """Start a server that has a site's settings, as once somebody has agreed to collecting."""
    with EmbeddedServer() as server:
        asyncio.run(_agree(server.url, site))
        yield server


async def _agree(url: str, site: Site) -> None:
    connection = connect(Address(url), "benchmark")
    try:
        await SiteStore(connection, Keys()).save(site, "benchmark", None)
    finally:
        await connection.close()
