"""A key typed into the filter with 10,000 calls, until the rows that match are on screen.

The time runs from the key as the terminal reports it to the frame whose title counts the matching
calls anew: through the queue of keys, the line, the filter language, the test of all 10,000
calls, their order and their painting. A digit is typed, then taken back, and so on: every key
changes which calls match. There is no peer.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from statistics import median

from .boards import CALLS, BoardApp
from .frames import play
from .measure import Effort, Result, alternate

FILTERS: Mapping[str, str] = {
    "filter key, field (ext:200▮)": "ext:200",
    "filter key, word (082▮)": "082",
}
"""What is measured, and what has been typed before."""

_KEYS = (("5", "5"), ("backspace", None))
_COUNTED = re.compile(rf"[\d,]+ of {CALLS:,} calls")


def filtering(effort: Effort) -> Sequence[Result]:
    """Measure milliseconds from a key to its frame."""
    return [
        Result(name, median(times[0]) * 1e3, "ms")
        for name, text in FILTERS.items()
        if (times := alternate(partial(_run, text, effort.repetitions), runs=effort.runs))
    ]


def _run(text: str, repetitions: int) -> float:
    return play(BoardApp(), _typing(text, repetitions))


def _typing(text: str, repetitions: int) -> Callable[[BoardApp], Awaitable[float]]:
    async def typing(app: BoardApp) -> float:
        app.board.action_filter()
        await app.frame(partial(app.board.filter_bar.put, text), _counts)
        seconds = [
            (await app.frame(partial(app.press, *key), _counts)).seconds
            for _ in range(1 + repetitions)
            for key in _KEYS
        ]
        return median(seconds[len(_KEYS) :])

    return typing


def _counts(written: str) -> bool:
    return _COUNTED.search(written) is not None
