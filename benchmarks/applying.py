"""Understanding journal entries: `decode` and apply, against `json.loads` of the same payloads.

`json.loads` is no peer but the floor: nobody can read the payloads with less (in this library).
What is on top of it is checking the shape, making texts safe, and keeping calls. The board alone
is measured first; then the whole floor, as a screen fills it: the view's order, the tallies and
the figures too, in batches as the journal gives them.
"""

import json
import time
from collections.abc import Callable, Sequence

from enigma_tui.journal.stream import READ_COUNT
from enigma_tui.model.board import Board
from enigma_tui.model.entry import decode
from enigma_tui.model.phone import Dialplan
from enigma_tui.site import Site
from enigma_tui.ui.floor import Floor

from .measure import Effort, Result, alternate, rate
from .payloads import SITE, entries

CALLS = 20_000
END = 2_000_000_000.0


def applying(effort: Effort) -> Sequence[Result]:
    """Measure entries a second."""
    journal = list(entries(CALLS))
    payloads = [fields[b"raw"] for _, fields in journal]

    def board() -> None:
        filled = Board(SITE.policy())
        for entry_id, fields in journal:
            filled.apply(decode(entry_id, fields))
        _expect(len(filled.calls))

    def floor() -> None:
        filled = Floor(Dialplan("ZA"), 100_000, listener=Silent(), clock=lambda: END)
        filled.on_site(SITE)
        for start in range(0, len(journal), READ_COUNT):
            filled.on_events([decode(*entry) for entry in journal[start : start + READ_COUNT]])
        _expect(len(filled.board.calls))

    def parse() -> None:
        for raw in payloads:
            json.loads(raw)

    def timed(work: Callable[[], None]) -> Callable[[], float]:
        def rate() -> float:
            start = time.perf_counter()
            work()
            return len(journal) / (time.perf_counter() - start)

        return rate

    boards, floors, parsed = alternate(timed(board), timed(floor), timed(parse), runs=effort.runs)
    return [
        rate("decode + apply to the board", "entries/s", boards, "json.loads", parsed, 0.15),
        rate("decode + apply to the floor", "entries/s", floors, "json.loads", parsed, None),
    ]


def _expect(calls: int) -> None:
    if calls != CALLS:
        raise AssertionError(f"{calls} calls, not {CALLS}")


class Silent:
    """A listener that paints nothing."""

    def on_calls(self) -> None:
        """Calls have changed."""

    def on_site(self, site: Site | None) -> None:
        """The shared settings have changed."""

    def on_link(self) -> None:
        """The way to the server is another."""

    def on_missing(self) -> None:
        """Entries are gone."""

    def on_skipped(self, what: str) -> None:
        """An entry could not be taken in."""
        raise AssertionError(what)
