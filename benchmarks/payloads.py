"""What the simulated PBX sends, as the benchmarks' input: the same bytes in every run."""

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice

from enigma_tui.demo.simulator import INBOUND, Pbx, Profile, Push
from enigma_tui.journal.stream import READ_COUNT
from enigma_tui.model.call import EntryId
from enigma_tui.model.entry import Event, decode
from enigma_tui.site import Site, Source

SEED = 20_251_122
BASE_MS = 1_763_800_000_000
"""When the simulation begins, in milliseconds since the epoch."""

# Only the shape that a PBX sends today, so that calls can be counted.
_PROFILE = Profile(
    calls_per_minute=120, agents=500, transfer_share=0, v2_share=0, odd_share=0, abandon_share=0
)

SITE = Site(sources=(Source(collect_cdr=True),))
"""Where these come from: a PBX that tells of the ends of calls, too."""

JournalEntry = tuple[EntryId, dict[bytes, bytes]]


def _pushes() -> Iterator[Push]:
    return Pbx(SEED, _PROFILE).pushes()


@cache
def notifications(number: int) -> tuple[bytes, ...]:
    """Return that many v3 inbound notifications, each of another call."""
    told = (push.payload for push in _pushes() if push.list_key == INBOUND)
    return tuple(islice(told, number))


def entries(calls: int) -> Iterator[JournalEntry]:
    """Yield the journal of a floor that has taken so many calls, as a stream gives it back.

    A few hundred of the calls are live at its end; of the others the record has come.
    """
    taken = 0
    for number, push in enumerate(_pushes()):
        connection = push.list_key == INBOUND
        taken += connection
        if taken > calls:
            return
        # The number keeps apart what came within one millisecond.
        entry_id = EntryId(BASE_MS + int(push.at * 1000), number)
        kind, feed = (b"call", b"inbound") if connection else (b"cdr", b"cdr")
        yield entry_id, {b"kind": kind, b"raw": push.payload, b"source": b"pbx", b"feed": feed}


@cache
def events(calls: int) -> tuple[Event, ...]:
    """Return the entries, decoded."""
    return tuple(decode(*entry) for entry in entries(calls))


def batches(told: Iterable[Event]) -> Iterator[list[Event]]:
    """Yield events as a follower hands them over, so many at a time."""
    waiting = iter(told)
    while batch := list(islice(waiting, READ_COUNT)):
        yield batch
