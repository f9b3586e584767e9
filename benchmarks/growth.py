"""How frame, change, apply, filter, opening and memory grow from 1,000 calls to 1,000,000.

Each size is measured in a process of its own, one after the other, but for what takes microseconds:
there the sizes take turns, entry by entry, for a machine that is slower for a while must not be
taken for growth. `keep_calls` is as high as the number of calls. The journal has the connections
and the records of their ends.

- **frame**, **one change**, **filter key**: as in `painting` and `filtering`, without a peer.
- **apply one entry**: a connection and the record of an end taken in by the floor (decoded, put
  in order, counted), one at a time; the median of 2,000 entries that come after the others.
- **open**: read from a real server, decode and take in the journal, until the board has it all.
- **memory**: as in `footprint`, for all calls together.

What looks at one row or one call has to be flat: within 1.5 times from the least size to the most.
The plot is made of these figures, with matplotlib, which only the extra `bench` brings.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from statistics import median
from typing import Any

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.journal.connection import Address, connect
from enigma_tui.journal.keys import Keys
from enigma_tui.journal.stream import Journal
from enigma_tui.model.call import ORIGIN
from enigma_tui.model.entry import decode
from enigma_tui.ui.memory import collect_less_often, leave_alone_what_is_there

from .boards import BoardApp
from .filtering import EVERYTHING, typed
from .footprint import OURS, bytes_for_each, filled_floor
from .frames import play
from .measure import Effort, Result, at_most
from .opening import write_journal
from .painting import paint
from .payloads import batches, entries
from .report import plot

SIZES = (1_000, 10_000, 100_000, 1_000_000)
QUICK_SIZES = SIZES[:3]
FLAT = 1.5
"""How many times the least the most may be of what has to be flat."""

APPLIED = 2_000
"""Entries that are applied one at a time."""

SIZED = {
    "frame": "ms",
    "one change": "ms",
    "apply one entry": "µs",
    "filter key": "ms",
    "open": "s",
    "memory": "MB",
}
"""What is measured of each size, and its unit."""

HAS_TO_BE_FLAT = ("frame", "one change", "apply one entry")


def growth(effort: Effort) -> Sequence[Result]:
    """Measure every size; plot them if nothing was left out."""
    full = effort.share == 1.0
    sizes = SIZES if full else QUICK_SIZES
    applied = _part("apply", *sizes)
    curves = {size: {**_measured(size, effort.repetitions), **applied[str(size)]} for size in sizes}
    if full:
        plot(SIZED, curves)
    results = [
        Result(f"{name}, {size:,} calls", curves[size][name], unit)
        for name, unit in SIZED.items()
        for size in sizes
    ]
    for name in HAS_TO_BE_FLAT:
        values = [curves[size][name] for size in sizes]
        what = f"{name}: the most against the least, {sizes[0]:,} to {sizes[-1]:,} calls"
        results.append(at_most(what, max(values) / min(values), "times", FLAT))
    return results


def _measured(size: int, repetitions: int) -> Mapping[str, float]:
    found: dict[str, float] = {}
    for part in _PARTS:
        found |= _part(part, size, repetitions)
    return found


def _part(name: str, *numbers: int) -> Any:
    """Have a part measured in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.growth", name, *map(str, numbers)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


# ── one size, in a process of its own ───────────────────────────────────────────────────────


def _frames(size: int, repetitions: int) -> Mapping[str, float]:
    async def use(app: BoardApp) -> Mapping[str, float]:
        painted = await paint(app, repetitions)
        app.board.action_filter()
        times = await typed(app, EVERYTHING, max(3, repetitions // 2))
        return {
            "frame": painted.repaint * 1e3,
            "one change": painted.change * 1e3,
            "filter key": times.taken_back * 1e3,
        }

    told = batches(decode(*entry) for entry in entries(size))
    return play(BoardApp(size, told), use)


def _apply(*sizes: int) -> Mapping[int, Mapping[str, float]]:
    collect_less_often()
    floors = {size: filled_floor(size + APPLIED) for size in sizes}
    told = {size: entries(size + APPLIED) for size in sizes}
    for size, floor in floors.items():
        for batch in batches(decode(*entry) for entry in islice(told[size], 2 * size)):
            floor.on_events(batch)
    leave_alone_what_is_there()
    seconds: dict[int, list[float]] = {size: [] for size in sizes}
    for _ in range(APPLIED):
        for size, floor in floors.items():
            entry = next(told[size])
            start = time.perf_counter()
            floor.on_events([decode(*entry)])
            seconds[size].append(time.perf_counter() - start)
    return {size: {"apply one entry": median(seconds[size]) * 1e6} for size in sizes}


def _open(size: int, _: int) -> Mapping[str, float]:
    with EmbeddedServer() as server:
        return {"open": asyncio.run(_opened(server.url, size))}


async def _opened(url: str, size: int) -> float:
    await write_journal(url, size)
    link, keys = connect(Address(url), "benchmark"), Keys()
    try:
        collect_less_often()
        floor, journal, last = filled_floor(size), Journal(link, keys), ORIGIN
        start = time.perf_counter()
        while told := await journal.after(last, wait=False):
            last = told[-1][0]
            floor.on_events([decode(*entry) for entry in told])
        return time.perf_counter() - start
    finally:
        await link.close()


def _memory(size: int, _: int) -> Mapping[str, float]:
    return {"memory": bytes_for_each(OURS, size, records=True) * size / 1e6}


_PARTS = {"frames": _frames, "open": _open, "memory": _memory}


if __name__ == "__main__":
    _, chosen, *numbers = sys.argv
    parts: Mapping[str, Callable[..., object]] = {**_PARTS, "apply": _apply}
    print(json.dumps(parts[chosen](*map(int, numbers))))
