"""Memory for each call on the board, against the same payloads as dicts from `json.loads`.

Each is measured in a process of its own, which makes the payloads one by one and keeps none of
them, by how much memory of the process is in use before and after. Ours is all that a screen
holds: the calls, the rows of the widest tab in order, the text that filters search, the tallies,
the figures and what is owed to other systems. The peer is a list of the dicts, and nothing else.

Where the PBX tells of the ends of calls, two payloads make a call; where it does not, one does.
Both are measured.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from statistics import median

from enigma_tui.model.entry import decode
from enigma_tui.model.phone import Dialplan
from enigma_tui.model.tabs import Tab
from enigma_tui.site import Site
from enigma_tui.ui.floor import Floor
from enigma_tui.ui.memory import collect_less_often, leave_alone_what_is_there

from .applying import END, Silent
from .measure import Effort, Result, alternate
from .payloads import SITE, JournalEntry, batches, entries
from .terminal import resident_bytes

CALLS = 100_000
OURS, PEER = "floor", "dicts"


def footprint(effort: Effort) -> Sequence[Result]:
    """Measure bytes for each call."""
    results = []
    for told, records in (("with records of their ends", "cdr"), ("connections alone", "")):
        ours, theirs = alternate(
            partial(_measured, OURS, records), partial(_measured, PEER, records), runs=effort.runs
        )
        value, other = median(ours), median(theirs)
        against = f"json.loads: {other:,.0f}"
        results.append(
            Result(f"memory for a call, {told}", value, "bytes", against, other / value, 1)
        )
    return results


def _measured(what: str, records: str) -> float:
    command = [sys.executable, "-m", "benchmarks.footprint", what, str(CALLS), records]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def bytes_for_each(what: str, calls: int, records: bool) -> float:
    """Fill a floor, or a list of dicts, and return the bytes that each call takes."""
    collect_less_often()
    # What is loaded with the first call is not the call's.
    _fill(what, list(_entries(100, records)), calls)
    told = _entries(calls, records)
    leave_alone_what_is_there()
    before = _resident()
    held = _fill(what, told, calls)
    leave_alone_what_is_there()
    used = _resident() - before
    del held
    return used / calls


def _entries(calls: int, records: bool) -> Iterator[JournalEntry]:
    return (each for each in entries(calls) if records or each[1][b"kind"] == b"call")


def _fill(what: str, told: "Iterator[JournalEntry] | list[JournalEntry]", calls: int) -> object:
    if what == PEER:
        return [json.loads(fields[b"raw"]) for _, fields in told]
    floor = filled_floor(calls)
    for batch in batches(decode(*entry) for entry in told):
        floor.on_events(batch)
    floor.look(tab=Tab.ALL)
    floor.view.read_ahead(calls)  # as the program does by and by
    return floor


def filled_floor(calls: int, site: Site = SITE) -> Floor:
    """Return a floor that holds so many calls, and those that nobody took besides."""
    floor = Floor(Dialplan("ZA"), 2 * calls, listener=Silent(), clock=lambda: END)
    floor.on_site(site)
    return floor


def _resident() -> int:
    return resident_bytes("self")


if __name__ == "__main__":
    _, chosen, number, with_records = sys.argv
    print(bytes_for_each(chosen, int(number), bool(with_records)))
