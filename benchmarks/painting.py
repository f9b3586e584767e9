"""Time to the finished frame with 100,000 calls, against a `DataTable` with 10,000 rows.

The board shows all calls, 50 of them in sight, on a terminal of 160 columns by 56 lines; the
`DataTable` shows the same texts in as much room.

**One change.** The time runs from the call that makes the change to the end of the first frame
whose terminal sequences hold the new text. Ours is a real journal entry, applied to the floor
(board, tallies, order of rows) and painted by the way that every entry takes; the peer's is
`update_cell` with the same text in the same column of the same row. The end point is the same
for both, `App.post_display_hook`: Textual calls it when a frame has been composed, turned into
sequences and written to the driver. That is later than `call_after_refresh` would report, and
sees no frame that shows something else.

A pause before each change lets the periods in which changes are gathered pass, so both sides
paint at once. The board ticks once a second; where a change falls into the 33 ms after a tick it
waits for the next frame, which a median does not see.

**Full repaint.** Both forget their styles and rendered lines (`notify_style_update`, what a new
theme does) and refresh; the frame is finished when the first and the last row in sight have been
written.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from statistics import median

from .boards import CALLS, PEER_CALLS, BoardApp, DataTableApp
from .frames import Frame, play
from .measure import Effort, Result, alternate, at_most, duration

_WARM_UP = 2
_names = count(1)

REF = 8
"""The column whose texts tell rows apart: the call reference."""


@dataclass(frozen=True, slots=True)
class Painted:
    """What one run of an app measured: medians, in seconds and bytes."""

    change: float
    repaint: float
    bytes: float


@dataclass(frozen=True, slots=True)
class Peer:
    """What the board shows, for the peer to show the same."""

    rows: Sequence[Sequence[str]]
    widths: dict[str, int]
    size: tuple[int, int]
    """Cells across and lines, with the titles and the scroll bar."""

    def app(self) -> DataTableApp:
        """Return the peer."""
        return DataTableApp(self.rows, self.widths, self.size)


def painting(effort: Effort) -> Sequence[Result]:
    """Measure milliseconds until a frame is finished."""
    peer = play(BoardApp(), described)
    ours, theirs = alternate(
        lambda: play(BoardApp(), lambda app: paint(app, effort.repetitions)),
        lambda: play(peer.app(), lambda app: paint(app, effort.repetitions)),
        runs=effort.runs,
    )
    change, repaint = [run.change for run in ours], [run.repaint for run in ours]
    written, other = median(run.bytes for run in ours), median(run.bytes for run in theirs)
    one, all_ = f"one change in {CALLS:,} calls", f"full repaint, {CALLS:,} calls, 50 rows"
    table = f"DataTable, {PEER_CALLS:,}"
    return [
        duration(one, change, f"{table}: update_cell", [run.change for run in theirs], 40),
        at_most(one, median(change) * 1e3, "ms", 3),
        duration(all_, repaint, table, [run.repaint for run in theirs], 10),
        at_most(all_, median(repaint) * 1e3, "ms", 16),
        Result(
            "written for one changed row", written, "bytes", f"{table}: {other:,.0f}",
            other / written,
        ),
        at_most("written for one changed row", written, "bytes", 500),
    ]  # fmt: skip


async def described(app: BoardApp) -> Peer:
    """Return what a peer needs to show the same."""
    await _change(app)
    return Peer(app.rows(), app.widths(), app.board.table.outer_size)


async def paint(app: BoardApp | DataTableApp, repetitions: int) -> Painted:
    """Change and repaint several times."""
    lines = app.lines
    ends = [row[REF] for row in (app.rows(lines)[0], app.rows(lines)[-1])]
    changes = [await _change(app) for _ in range(_WARM_UP + repetitions)]
    repaints = [
        await app.frame(app.repaint, lambda written: all(end in written for end in ends))
        for _ in range(_WARM_UP + repetitions)
    ]
    return Painted(
        change=median(frame.seconds for frame in changes[_WARM_UP:]),
        repaint=median(frame.seconds for frame in repaints[_WARM_UP:]),
        bytes=median(frame.bytes for frame in changes[_WARM_UP:]),
    )


async def _change(app: BoardApp | DataTableApp) -> Frame:
    # A text of its own each time, so that no older frame can be taken for the new one; short, so
    # that it fits into the column uncut.
    text = f"done.{next(_names):05}"
    return await app.frame(lambda: app.change(text), showing(text))


def showing(text: str) -> Callable[[str], bool]:
    """Return what tells whether a text has been written."""
    return lambda written: text in written
