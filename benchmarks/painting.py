"""Time to the finished frame with 10,000 calls, against a `DataTable` with 10,000 rows.

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

from .boards import BoardApp, DataTableApp
from .frames import Frame, play
from .measure import Effort, Result, alternate, duration

_WARM_UP = 2
_names = count(1)


@dataclass(frozen=True, slots=True)
class _Painted:
    """What one run of an app measured: medians."""

    change: float
    repaint: float
    bytes: float


@dataclass(frozen=True, slots=True)
class _Peer:
    """What the board shows, for the peer to show the same."""

    rows: Sequence[Sequence[str]]
    widths: dict[str, int]
    size: tuple[int, int]
    """Cells across and lines, with the titles and the scroll bar."""


def painting(effort: Effort) -> Sequence[Result]:
    """Measure milliseconds until a frame is finished."""
    peer = play(BoardApp(), _described)
    lines = peer.size[1] - 1
    ends = peer.rows[0][8], peer.rows[lines - 1][8]

    async def paint(app: BoardApp | DataTableApp) -> _Painted:
        changes = [await _change(app) for _ in range(_WARM_UP + effort.repetitions)]
        repaints = [
            await app.frame(app.repaint, lambda written: all(end in written for end in ends))
            for _ in range(_WARM_UP + effort.repetitions)
        ]
        return _Painted(
            change=median(frame.seconds for frame in changes[_WARM_UP:]),
            repaint=median(frame.seconds for frame in repaints[_WARM_UP:]),
            bytes=median(frame.bytes for frame in changes[_WARM_UP:]),
        )

    ours, theirs = alternate(
        lambda: play(BoardApp(), paint),
        lambda: play(DataTableApp(peer.rows, peer.widths, peer.size), paint),
        runs=effort.runs,
    )
    written, other = median(run.bytes for run in ours), median(run.bytes for run in theirs)
    return [
        duration(
            "paint one change in 10,000 calls",
            [run.change for run in ours],
            "DataTable.update_cell",
            [run.change for run in theirs],
            10,
        ),
        duration(
            "repaint everything, 10,000 calls",
            [run.repaint for run in ours],
            "DataTable",
            [run.repaint for run in theirs],
            None,
        ),
        Result(
            "written for one changed row",
            written,
            "bytes",
            f"DataTable: {other:,.0f}",
            other / written,
        ),
    ]


async def _described(app: BoardApp) -> _Peer:
    await _change(app)
    return _Peer(app.rows(), app.widths(), app.board.table.outer_size)


async def _change(app: BoardApp | DataTableApp) -> Frame:
    # A text of its own each time, so that no older frame can be taken for the new one; short, so
    # that it fits into the column uncut.
    text = f"done.{next(_names):05}"
    return await app.frame(lambda: app.change(text), _showing(text))


def _showing(text: str) -> Callable[[str], bool]:
    return lambda written: text in written
