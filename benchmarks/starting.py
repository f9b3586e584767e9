"""Start: from the command to the first frame, and to the first call, against a bare app.

Ours is the installed command on a real server whose journal holds 1,000 calls, and whose site has
agreed to collecting. The peer is `bare_table`: a Textual app with an empty table of the same
columns, run by the same interpreter. Each runs as a process of its own in a pseudo-terminal of
the same size, with a home directory of its own and its byte code compiled.

The time runs from just before the process is made. The first frame is there when all column titles
stand in one line, and on ours the keys at the foot and what the status line says as well. The first
call is there when the reference of one that is in the journal stands below those titles.
"""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.journal.connection import Address, connect
from enigma_tui.journal.keys import Keys
from enigma_tui.journal.mover import SameServerMover
from enigma_tui.model.notification import CallConnected, unpack
from enigma_tui.site import Site, Source

from .bare_table import TITLES
from .measure import Effort, Result, alternate, duration
from .payloads import notifications
from .programs import PROGRAM
from .screen import Screen
from .terminal import Terminal

CALLS = 1_000

TURNS = 3
"""How many times as many runs as usual: each is half a second, and one may take twice another."""

FEET = ("Disposition", "Details", "Filter", "Help")
"""Among the keys at the foot of ours."""

BARE = (sys.executable, "-m", "benchmarks.bare_table")


@dataclass(frozen=True, slots=True)
class Start:
    """When something was on the screen; seconds from before the process was made."""

    frame: float
    call: float = 0.0


def starting(effort: Effort) -> Sequence[Result]:
    """Measure the time to the first frame, and to the first call."""
    with EmbeddedServer() as server, TemporaryDirectory(prefix="enigma-bench-") as home:
        asyncio.run(_fill(server.url))
        refs = _references()

        def ours() -> Start:
            with Terminal((*PROGRAM, "--redis-url", server.url), Path(home)) as terminal:
                frame = terminal.until(_is_our_frame)
                call = terminal.until(lambda screen: _has(screen, refs))
                return Start(frame - terminal.started, call - terminal.started)

        def bare() -> Start:
            with Terminal(BARE, Path(home)) as terminal:
                return Start(terminal.until(_titles) - terminal.started)

        ours(), bare()  # compiles what is not compiled yet
        mine, theirs = alternate(ours, bare, runs=TURNS * effort.runs)
    peer, frames = "bare app", [start.frame for start in theirs]
    return [
        duration("start to first frame", [start.frame for start in mine], peer, frames, 1 / 1.5),
        duration(
            f"start to first call, {CALLS:,} in the journal",
            [start.call for start in mine],
            peer,
            frames,
            1 / 2,
        ),
    ]


async def _fill(url: str) -> None:
    """Agree to collecting, and have the journal hold the calls as a collector writes them."""
    connection, keys, source = connect(Address(url), "benchmark"), Keys(), Source()
    try:
        await connection.quick.set(keys.site, Site().to_json())
        await connection.quick.rpush(source.inbound, *notifications(CALLS))
        mover = SameServerMover(connection, keys, source)
        await mover.begin()
        while (await mover.move()).left:
            pass
        if await connection.quick.xlen(keys.journal) < CALLS:
            raise AssertionError("the journal does not hold every call")
    finally:
        await connection.close()


def _references() -> frozenset[str]:
    read = (unpack(raw) for raw in notifications(CALLS))
    return frozenset(each.call_ref for each in read if isinstance(each, CallConnected))


# ── what is on the screen ───────────────────────────────────────────────────────────────


def _titles(screen: Screen) -> bool:
    return any(all(title in line for title in TITLES) for line in screen.lines)


def _is_our_frame(screen: Screen) -> bool:
    top, *_, foot = screen.lines
    return _titles(screen) and "●" in top and all(key in foot for key in FEET)


def _has(screen: Screen, refs: frozenset[str]) -> bool:
    below = False
    for line in screen.lines:
        if below and not refs.isdisjoint(line.split()):
            return True
        below = below or all(title in line for title in TITLES[:3])
    return False
