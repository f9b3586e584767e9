"""Start: from the command to the first frame, and to the first call, against a bare app.

Ours is the installed command on a real server whose journal holds 1,000 calls, and whose site has
agreed to collecting. The peer is `bare_table`: a Textual app with an empty table of the same
columns, run by the same interpreter. Each runs as a process of its own in a pseudo-terminal of
the same size, with a home directory of its own and its byte code compiled.

The time runs from just before the process is made. Whatever it writes is kept with the time at
which it was read; afterwards an emulator shows what was on the screen when. The first frame is
there when all column titles stand in one line, and on ours the keys at the foot and what the
status line says as well. The first call is there when the reference of one that is in the journal
stands below those titles.
"""

import asyncio
import os
import re
import select
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pexpect
import pyte

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.journal.connection import Address, connect
from enigma_tui.journal.keys import Keys
from enigma_tui.journal.mover import SameServerMover
from enigma_tui.model.notification import CallConnected, unpack
from enigma_tui.site import Site, Source

from .bare_table import TITLES
from .measure import Effort, Result, alternate, duration
from .payloads import notifications

CALLS = 1_000
COLUMNS, LINES = 120, 40
PATIENCE_SECONDS = 20.0
LINGER_SECONDS = 0.1
"""Read on for so long after the last thing that is awaited: a frame may come in pieces."""

FEET = ("Disposition", "Details", "Filter", "Help")
"""Among the keys at the foot of ours."""

# What the emulator does not know, and would print: questions about the keyboard, private modes.
_BEYOND = re.compile(rb"\x1b\[[<>=?][\d;]*[\$]?[a-zA-Z]")

Lines = Sequence[str]

Seen = Sequence[tuple[float, bytes]]
"""Everything that was written, each piece with the seconds after which it was read."""


@dataclass(frozen=True, slots=True)
class Start:
    """When something was on the screen; seconds from before the process was made."""

    frame: float
    call: float = 0.0


def starting(effort: Effort) -> Sequence[Result]:
    """Measure the time to the first frame, and to the first call."""
    with EmbeddedServer() as server, TemporaryDirectory(prefix="enigma-") as home:
        asyncio.run(_fill(server.url))
        refs = _references()
        program = str(Path(sys.executable).with_name("enigma-tui"))

        def ours() -> Start:
            seen = _run([program, "--redis-url", server.url], home, "● live")
            return Start(_when(seen, _is_our_frame), _when(seen, lambda shown: _has(shown, refs)))

        def bare() -> Start:
            seen = _run([sys.executable, "-m", "benchmarks.bare_table"], home, "Disposition")
            return Start(_when(seen, _titles))

        ours(), bare()  # compiles what is not compiled yet
        mine, theirs = alternate(ours, bare, runs=effort.runs)
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


# ── what was on the screen when ─────────────────────────────────────────────────────────


def _titles(shown: Lines) -> bool:
    return any(all(title in line for title in TITLES) for line in shown)


def _is_our_frame(shown: Lines) -> bool:
    return _titles(shown) and "●" in shown[0] and all(foot in shown[-1] for foot in FEET)


def _has(shown: Lines, refs: frozenset[str]) -> bool:
    below = False
    for line in shown:
        if below and not refs.isdisjoint(line.split()):
            return True
        below = below or all(title in line for title in TITLES[:3])
    return False


def _when(seen: Seen, shows: Callable[[Lines], bool]) -> float:
    """Return after how many seconds the screen showed something; it is an error if it never did."""
    screen = pyte.Screen(COLUMNS, LINES)
    stream = pyte.ByteStream(screen)
    for seconds, piece in seen:
        stream.feed(_BEYOND.sub(b"", piece))
        if shows(screen.display):
            return seconds
    raise AssertionError("what was awaited was not shown:\n" + "\n".join(screen.display))


# ── running a program ───────────────────────────────────────────────────────────────────


def _run(command: Sequence[str], home: str, last: str) -> Seen:
    """Run a program until it has written `last`, and a little longer; then end it."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": home,
        "XDG_CONFIG_HOME": f"{home}/config",
        "XDG_STATE_HOME": f"{home}/state",
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "LANG": "C.UTF-8",
    }
    began = time.perf_counter()
    process = pexpect.spawn(
        command[0], list(command[1:]), env=environment, dimensions=(LINES, COLUMNS), echo=False
    )
    pieces: list[tuple[float, bytes]] = []
    written, awaited = b"", last.encode()
    until = began + PATIENCE_SECONDS
    try:
        while (left := until - time.perf_counter()) > 0:
            if not select.select([process.child_fd], [], [], left)[0]:
                break
            pieces.append((time.perf_counter() - began, os.read(process.child_fd, 65_536)))
            if awaited and awaited in (written := written + pieces[-1][1]):
                awaited, until = b"", time.perf_counter() + LINGER_SECONDS
        process.kill(signal.SIGTERM)
        process.read()  # until it has ended: it must not stop at a full terminal
    finally:
        process.close(force=True)
    return pieces
