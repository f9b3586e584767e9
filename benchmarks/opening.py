"""Opening on a journal of 100,000 calls, until the board shows them all.

The real program, in a terminal of its own, from its start (so that of Python, and every module, is
part of it) until the tab of all calls tells that all are there, and is on screen. The peer reads
the same entries with `XRANGE`, 500 at a time, and parses each payload with `json.loads`; it runs
in a process that has been started already, and keeps nothing.
"""

import asyncio
import json
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from enigma_tui.journal.connection import Address, connect
from enigma_tui.journal.keys import Keys
from enigma_tui.journal.stream import READ_COUNT
from enigma_tui.model.board import Board

from .measure import Effort, Result, alternate, duration
from .payloads import SITE, entries, events
from .programs import agreed_server, board

CALLS = 100_000
KEYS = Keys()
TIMES_PEER = 6

Told = list[tuple[bytes, dict[bytes, bytes]]]


def opening(effort: Effort) -> Sequence[Result]:
    """Measure seconds until everything is there."""
    filled = Board(SITE.policy(), keep=2 * CALLS)
    for event in events(CALLS):
        filled.apply(event)
    there = len(filled.calls)
    with agreed_server(SITE) as server:
        asyncio.run(write_journal(server.url, CALLS))
        ours, theirs = alternate(
            lambda: _opened(server.url, there),
            lambda: asyncio.run(_read(server.url)),
            runs=effort.runs,
        )
    name = f"open on a journal of {CALLS:,} calls ({2 * CALLS:,} entries)"
    return [duration(name, ours, "XRANGE + json.loads", theirs, 1 / TIMES_PEER)]


def _opened(url: str, calls: int) -> float:
    settings = {"ENIGMA_TUI_KEEP_CALLS": str(2 * CALLS)}
    with (
        TemporaryDirectory(prefix="enigma-bench-") as home,
        board(url, Path(home), collect=False, settings=settings) as terminal,
    ):
        return terminal.wait_for(f" All {calls:,} ") - terminal.started


async def _read(url: str) -> float:
    link = connect(Address(url), "benchmark")
    try:
        start, last = time.monotonic(), "-"
        while told := cast(Told, await link.quick.xrange(KEYS.journal, last, count=READ_COUNT)):
            for _, fields in told:
                json.loads(fields[b"raw"])
            last = f"({told[-1][0].decode()}"
        return time.monotonic() - start
    finally:
        await link.close()


async def write_journal(url: str, calls: int) -> None:
    """Append the entries of so many calls, with their ids."""
    link = connect(Address(url), "benchmark")
    try:
        told = entries(calls)
        # What the settings wrote has an id of today, and these are older.
        await link.quick.delete(KEYS.journal)
        while batch := list(islice(told, 1_000)):
            pipeline = link.quick.pipeline(transaction=False)
            for entry_id, fields in batch:
                pipeline.xadd(KEYS.journal, dict(fields.items()), id=str(entry_id))
            await pipeline.execute()
    finally:
        await link.close()
