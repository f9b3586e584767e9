"""Another column to sort by with 100,000 calls, until its order is on screen.

The time runs from the key `>` to the frame that has the arrow at another title. Every column is
sorted by in turn, from left to right. After each the cursor must be on the call it was on, and
that call in sight. There is no peer: a `DataTable` sorts its 10,000 rows in about as long as it
takes to fill it.
"""

import asyncio
from collections.abc import Callable, Sequence
from statistics import median

from enigma_tui.ui.columns import COLUMNS

from .boards import CALLS, BoardApp
from .frames import play
from .measure import Effort, Result, alternate, at_most

LIMIT_MS = 100


def sorting(effort: Effort) -> Sequence[Result]:
    """Measure milliseconds from the key to the frame."""
    [runs] = alternate(lambda: play(BoardApp(), _sorting), runs=effort.runs)
    times = {name: median(run[name] for run in runs) * 1e3 for name in runs[0]}
    slowest = max(times, key=times.__getitem__)
    name = f"sort by another column, {CALLS:,} calls"
    return [
        at_most(f"{name}: median of the columns", median(times.values()), "ms", LIMIT_MS),
        at_most(f"{name}: the slowest, {slowest}", times[slowest], "ms", LIMIT_MS),
    ]


def _arrow_at(title: str) -> Callable[[str], bool]:
    return lambda written: f"▲{title}" in written or f"▼{title}" in written


LOADED_SECONDS = 1.0
"""Waited for what the program loads behind its first frame. To read so many calls from a journal,
which the program was spared here, takes longer than that."""


async def _sorting(app: BoardApp) -> dict[str, float]:
    await asyncio.sleep(LOADED_SECONDS)
    table = app.board.table
    table.move_to(CALLS // 2)
    cursor = table.cursor
    seconds: dict[str, float] = {}
    for column in (*COLUMNS[1:], COLUMNS[0]):
        title = column.title.strip()
        frame = await app.frame(lambda: app.press("greater_than_sign", ">"), _arrow_at(title))
        seconds[column.sort] = frame.seconds
        if app.floor.view.sort.by != column.sort:
            raise AssertionError(f"sorted by {app.floor.view.sort.by}, not {column.sort}")
        if cursor is None or table.cursor != cursor or not table.cursor_in_sight:
            raise AssertionError("the cursor has lost its call")
    return seconds
