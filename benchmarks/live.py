"""From the PBX's push to the terminal: the program itself, in a terminal of its own.

The program (`enigma-tui --collect`: it collects, follows the journal and paints) has 1,200 live
calls on 120 columns by 40 lines, and nobody has touched a key for a while, so that the newest call
comes first. Notifications are pushed one by one, at random moments, at 10, 100 and 1,000 a second
on average. The time runs from the `RPUSH` until the bytes that show this call, or a newer one,
have come at the terminal: at 1,000 a second no frame shows every call, and who sees a newer
one first has missed no news.

The peer does the least that anybody would write: it pops one notification and prints its reference
as a label. Both run on servers of their own in the same kind of terminal, and take turns.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from enigma_tui.ui.widgets.call_table import WATCHING_SECONDS

from .measure import Effort, Result, alternate, at_most, duration
from .numbered import Pbx, at_share, shown_after
from .programs import bare, board, opened_on
from .terminal import Terminal

CALLS = 1_200
RATES = {10: 12.0, 100: 4.0, 1_000: 6.0}
"""For how many seconds each rate is measured."""

PAINTED_MS = 70
"""What 99 of 100 calls may take at 1,000 a second."""

TIMES_BARE = 1.5
"""How many times the bare app's time the board may take at 10 a second."""

_QUIET_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class _Delay:
    """Seconds."""

    middle: float
    p99: float


def live(effort: Effort) -> Sequence[Result]:
    """Measure milliseconds from the push to the terminal."""
    with opened_on(board, CALLS) as ours, opened_on(bare, CALLS) as theirs:
        time.sleep(WATCHING_SECONDS + 1)
        mine, others = alternate(
            lambda: _delays(*ours, effort), lambda: _delays(*theirs, effort), runs=effort.runs
        )
    results = []
    for rate in RATES:
        at, peer = f"pushed → painted, {rate:,}/s", "a bare app with one label"
        delays, bares = [run[rate] for run in mine], [run[rate] for run in others]
        target = 1 / TIMES_BARE if rate == min(RATES) else None
        results += [
            duration(f"{at}: median", [d.middle for d in delays], peer, [d.middle for d in bares]),
            duration(f"{at}: p99", [d.p99 for d in delays], peer, [d.p99 for d in bares], target),
        ]
        if rate == max(RATES):
            p99 = median(delay.p99 for delay in delays) * 1e3
            results.append(at_most(f"{at}: p99", p99, "ms", PAINTED_MS))
    return results


def _delays(terminal: Terminal, pbx: Pbx, effort: Effort) -> dict[int, _Delay]:
    return {rate: _delay(terminal, pbx, rate, RATES[rate] * effort.share) for rate in RATES}


def _delay(terminal: Terminal, pbx: Pbx, rate: int, seconds: float) -> _Delay:
    time.sleep(_QUIET_SECONDS)
    delays = shown_after(pbx.push_at(rate, seconds, seed=rate), terminal)
    return _Delay(median(delays), at_share(delays, 0.99))
