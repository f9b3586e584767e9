"""What the simulated PBX sends, as the benchmarks' input: the same bytes in every run."""

from collections.abc import Iterator
from functools import cache
from itertools import count, islice

from enigma_tui.demo.simulator import INBOUND, Pbx, Profile
from enigma_tui.model.call import EntryId
from enigma_tui.model.entry import Event, decode

SEED = 20_251_122
BASE_MS = 1_763_800_000_000
"""When the first of them was collected, in milliseconds since the epoch."""

STEP_MS = 1_000
"""From one to the next. 10,000 calls are then connected within less than three hours, so that
with CDRs none is old enough to be a ghost."""

# Only the shape that a PBX sends today, each call told once, so that calls can be counted.
_PROFILE = Profile(
    calls_per_minute=120, agents=500, transfer_share=0, v2_share=0, odd_share=0, abandon_share=0
)


def _connections() -> Iterator[bytes]:
    for push in Pbx(SEED, _PROFILE).pushes():
        if push.list_key == INBOUND:
            yield push.payload


@cache
def notifications(number: int) -> tuple[bytes, ...]:
    """Return that many v3 inbound notifications, each of another call."""
    return tuple(islice(_connections(), number))


def entries(number: int) -> list[tuple[EntryId, dict[bytes, bytes]]]:
    """Return the notifications as journal entries, as a stream gives them back."""
    return [
        (
            EntryId(BASE_MS + place * STEP_MS, 0),
            {b"kind": b"call", b"raw": raw, b"source": b"pbx", b"feed": b"inbound"},
        )
        for place, raw in zip(count(), notifications(number), strict=False)
    ]


@cache
def events(number: int) -> tuple[Event, ...]:
    """Return the notifications as decoded journal entries."""
    return tuple(decode(entry_id, fields) for entry_id, fields in entries(number))
