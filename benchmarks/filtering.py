"""A key typed into the filter with 100,000 calls, until the rows that match are on screen.

The time runs from the key as the terminal reports it to the frame whose title counts the matching
calls anew: through the queue of keys, the line, the filter language, the test of all calls and
their painting. A character is typed, which leaves few or some of the calls, then taken back, which
brings the others back, and so on.

What filters ask of a call is read ahead, by and by within the first minute, and kept until the call
changes. So each filter is also timed in one piece with nothing read before, as it is when somebody
is faster than that; no limit is promised for it.

The peer is what a `DataTable` offers for it: `clear`, and `add_row` for each of 10,000 rows that
are left, until the first of them is on screen. It spares the peer the test of its rows. It is
held against the key after which nearly all calls are left, here of 100,000; the other keys have a
limit, and no peer.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median

from .boards import CALLS, PEER_CALLS, BoardApp, DataTableApp
from .frames import play
from .measure import Effort, Result, alternate, at_most, duration
from .painting import REF, described, showing


@dataclass(frozen=True, slots=True)
class Typing:
    """A key, and what has been typed before it."""

    name: str
    text: str
    key: str


EVERYTHING = Typing("a word that most have: 0▮", "0", "8")
OTHERS = (
    Typing("the beginning of a number: 082▮", "082", "5"),
    Typing("an extension: ext:200▮", "ext:200", "5"),
    Typing("a range: ext:2000-2099 hold>3▮", "ext:2000-2099 hold>3", "0"),
    Typing("a state and a time: !state:live talk>2▮", "!state:live talk>2", "5"),
)

LIMIT_MS = 50

_COUNTED = re.compile(r"[\d,]+ of [\d,]+ calls")


@dataclass(frozen=True, slots=True)
class Times:
    """Medians of seconds."""

    typed: float
    taken_back: float
    first: float
    """Of the text before the key, when nothing had been read for a filter yet."""


def filtering(effort: Effort) -> Sequence[Result]:
    """Measure milliseconds from a key to its frame."""
    peer = play(BoardApp(), described)
    ours, theirs = alternate(
        lambda: play(BoardApp(), _typing(effort.repetitions)),
        lambda: [play(peer.app(), _refilling(effort.repetitions))],
        runs=effort.runs,
    )
    refills = [times[0].taken_back for times in theirs]
    back = [times[0].taken_back for times in ours]
    name = f"filter key, {CALLS:,} calls, {EVERYTHING.name}"
    results = [
        duration(name, back, f"DataTable, {PEER_CALLS:,}: clear, add_row", refills, 50),
        at_most(name, median(back) * 1e3, "ms", LIMIT_MS),
    ]
    for place, typing in enumerate((EVERYTHING, *OTHERS)):
        typed = median(times[place].typed for times in ours) * 1e3
        name = f"filter key, {CALLS:,} calls, {typing.name.removesuffix('▮')}{typing.key}▮"
        results.append(at_most(name, typed, "ms", LIMIT_MS))
    for place, typing in enumerate((EVERYTHING, *OTHERS)):
        first = median(times[place].first for times in ours) * 1e3
        name = f"the first filter, {CALLS:,} calls, {typing.name.removesuffix('▮')}"
        results.append(Result(name, first, "ms"))
    return results


def _typing(repetitions: int) -> Callable[[BoardApp], Awaitable[list[Times]]]:
    async def typing(app: BoardApp) -> list[Times]:
        app.board.action_filter()
        return [await typed(app, each, repetitions) for each in (EVERYTHING, *OTHERS)]

    return typing


async def typed(app: BoardApp, typing: Typing, repetitions: int) -> Times:
    """Type a key and take it back, several times."""

    def counts(written: str) -> bool:
        return _COUNTED.search(written) is not None

    for piece in app.floor.view.pieces():
        piece.outdate()
    first = await app.frame(partial(app.board.filter_bar.put, typing.text), counts)
    there: list[float] = []
    back: list[float] = []
    for _ in range(1 + repetitions):
        there.append((await app.frame(partial(app.press, typing.key, typing.key), counts)).seconds)
        back.append((await app.frame(partial(app.press, "backspace", None), counts)).seconds)
    return Times(median(there[1:]), median(back[1:]), first.seconds)


def _refilling(repetitions: int) -> Callable[[DataTableApp], Awaitable[Times]]:
    async def refilling(app: DataTableApp) -> Times:
        rows = app.rows()
        seconds = []
        for turn in range(1 + max(1, repetitions // 3)):
            # Turned round, so that the first row is another one each time.
            shown = rows if turn % 2 else list(reversed(rows))
            frame = await app.frame(partial(app.refill, shown), showing(shown[0][REF]))
            seconds.append(frame.seconds)
        return Times(0.0, median(seconds[1:]), 0.0)

    return refilling
