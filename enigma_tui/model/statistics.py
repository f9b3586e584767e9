"""The calls of some time by when they came, by how long they were held, and by whose they were.

A call is of the moment in which its wait was over, as in the figures (docs/metrics.md): its first
connection, or its record where nothing else has been heard of it. Calls that were placed, and those
that were collected late, are left out for the same reasons.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from msgspec import Struct

from .call import Call
from .notification import Direction
from .subject import Lens

HOLD_EDGES = (5, 10, 20, 30, 60, 120, 300)
"""Seconds up to which a call is of a band of holds; the last band is beyond them all."""

_STEPS = (10, 30, 60, 120, 300, 600, 1_800, 3_600)
_STEPS_MOST = 48


class Share(Struct):
    """The calls of one extension, number, or outcome."""

    name: str
    answered: int = 0
    abandoned: int = 0
    held: int = 0
    """How many of the answered ones told how long they were held."""
    hold: float = 0.0
    """The seconds that these were held, together."""
    longest: float = 0.0
    talked: int = 0
    talk: float = 0.0
    """Seconds of conversation that are over, together."""

    @property
    def calls(self) -> int:
        """All of them."""
        return self.answered + self.abandoned

    @property
    def mean_hold(self) -> float | None:
        """The mean hold of the answered ones, in seconds."""
        return self.hold / self.held if self.held else None

    @property
    def mean_talk(self) -> float | None:
        """The mean conversation, in seconds."""
        return self.talk / self.talked if self.talked else None

    def add(self, call: Call) -> None:
        """Count a call."""
        if call.end is not None and call.end.abandoned:
            self.abandoned += 1
            return
        self.answered += 1
        if call.hold is not None:
            self.held += 1
            self.hold += call.hold
            self.longest = max(self.longest, call.hold)
        if call.end is not None and call.end.talk is not None:
            self.talked += 1
            self.talk += call.talk_seconds(call.end.entry.ms) or 0.0


class Statistics(Struct, frozen=True):
    """What `statistics` found."""

    since_ms: int
    until_ms: int
    step_seconds: int
    """How long each of `times` is."""
    times: Sequence[Share]
    """By when they came, the oldest first, without gaps."""
    holds: Sequence[tuple[str, int]]
    """How many answered calls were held for so long."""
    extensions: Sequence[Share]
    dialled: Sequence[Share]
    dispositions: Sequence[Share]
    """By the outcome that was recorded; those without one by an empty name, at the end."""
    total: Share


def statistics(calls: Iterable[Call], since_ms: int, lens: Lens) -> Statistics:
    """Work out the statistics of the calls since then (milliseconds since the epoch) until now."""
    span = max(1, lens.now_ms - since_ms) // 1000
    step = next((each for each in _STEPS if span / each <= _STEPS_MOST), _STEPS[-1])
    first = since_ms // 1000 // step
    times = [Share("") for _ in range(lens.now_ms // 1000 // step - first + 1)]
    holds = [0] * (len(HOLD_EDGES) + 1)
    total = Share("")
    extensions: dict[str, Share] = {}
    dialled: dict[str, Share] = {}
    dispositions: dict[str, Share] = {}
    for call in calls:
        ms = call.began.ms
        if ms < since_ms or call.direction is not Direction.INBOUND or _is_late(call):
            continue
        code = call.disposition.code if call.disposition is not None else ""
        place = min(ms // 1000 // step - first, len(times) - 1)
        for share in (
            total,
            times[place],
            _of(extensions, call.extension),
            _of(dialled, lens.label(call.dialled) or call.dialled),
            _of(dispositions, code),
        ):
            share.add(call)
        if call.hold is not None and not (call.end and call.end.abandoned):
            holds[bisect_left(HOLD_EDGES, call.hold)] += 1
    by_extension = sorted(extensions.values(), key=lambda each: (len(each.name), each.name))
    return Statistics(
        since_ms=since_ms,
        until_ms=lens.now_ms,
        step_seconds=step,
        times=times,
        holds=list(zip(_bands(), holds, strict=True)),
        extensions=[each for each in by_extension if each.name],
        dialled=_most_first(dialled),
        dispositions=_most_first(dispositions),
        total=total,
    )


def _is_late(call: Call) -> bool:
    return call.late or (not call.legs and call.end is not None and call.end.late)


def _of(shares: dict[str, Share], name: str) -> Share:
    share = shares.get(name)
    if share is None:
        share = shares[name] = Share(name)
    return share


def _most_first(shares: Mapping[str, Share]) -> Sequence[Share]:
    return sorted(shares.values(), key=lambda each: (not each.name, -each.calls, each.name))


def _bands() -> Sequence[str]:
    """Name the bands of holds."""
    edges = [0, *HOLD_EDGES]
    between = [f"{low}–{high}s" for low, high in pairwise(edges)]
    return [*between, f">{HOLD_EDGES[-1]}s"]
