"""The figures above the table: how long callers waited, and how many were lost.

What each figure is, and where it comes from, is in docs/metrics.md. Calls that waited in a list
before anyone collected it (`late`) are left out: their times are only lower bounds.
"""

from collections.abc import Collection, Sequence
from datetime import tzinfo
from enum import StrEnum

from msgspec import Struct

from .call import Call, CallKey, EntryId, Policy
from .entry import Notified
from .notification import CallConnected, CallEnded, Direction
from .windows import Counts, Kind, Window, Windows

SPARK_MINUTES = 8


class ShortAbandons(StrEnum):
    """What becomes of callers who hung up almost at once, when the service level is worked out."""

    IGNORED = "ignored"
    """They count as never having called."""
    NEGATIVE = "negative"
    """They count as not served in time, as do those who hung up later."""
    POSITIVE = "positive"
    """They count as served in time."""


class ServiceLevel(Struct, frozen=True):
    """What a site calls good service."""

    seconds: float = 20.0
    """A call that was answered within so many seconds was served in time."""
    short_seconds: float = 5.0
    """Who hung up within so many seconds abandoned a call shortly."""
    short_abandons: ShortAbandons = ShortAbandons.IGNORED


class Figures(Struct, frozen=True):
    """What is known of the calls of one window; `None` where nobody can tell.

    A call is of the window in which its wait was over, so far as is known: when the entry came
    that told of its first connection, or, without one, of its end.
    """

    answered: int
    abandoned: int | None
    """`None` where not every source tells of those."""
    abandoned_share: float | None
    """The share of calls, 0 to 1, that were abandoned; short ones may be ignored."""
    longest_hold: float | None
    """Of the calls that were answered, in seconds."""
    asa: float | None
    """Average speed of answer: the mean hold time, in seconds."""
    p90: float | None
    """The hold time that nine of ten answered calls did not exceed (nearest rank), in seconds."""
    service_level: float | None
    """The share of calls, 0 to 1, that were served in time."""
    talk: float | None
    """The mean conversation, in seconds, of those that were over in the window."""
    per_minute: Sequence[int]
    """Calls in each of the last minutes, the oldest first; the last is not over."""
    last_minute: int = 0
    """Calls within the last sixty seconds."""
    late: int = 0
    """Calls that were collected late, and so are in none of the other figures."""

    @property
    def offered(self) -> int:
        """How many calls wanted to be answered, so far as is known."""
        return self.answered + (self.abandoned or 0)


def told_since_ms(policy: Policy, sources: Collection[str]) -> int | None:
    """Return since when records of all sources are collected, `None` where they are not.

    Only records tell of abandoned calls. Milliseconds since the epoch.
    """
    if not sources or not all(source in policy.cdr_sources for source in sources):
        return None
    return max(policy.cdr_since_ms.values(), default=0)


class Metrics:
    """Takes in calls as their waits are over and tells the figures at any time after."""

    def __init__(
        self, service_level: ServiceLevel | None = None, zone: tzinfo | None = None
    ) -> None:
        """`zone` says when midnight is: the computer's own if `None`."""
        self.service_level = service_level or ServiceLevel()
        self._windows = Windows(zone)
        self._minutes: dict[int, int] = {}
        self._first_ms: int | None = None
        """When the first call was counted."""
        self._by_record: dict[CallKey, tuple[int, Kind, float | None]] = {}
        """Calls of which nothing but the record has come, and how they were counted."""

    # ── what comes ──────────────────────────────────────────────────────────────────────

    def take(self, event: Notified, calls: Sequence[Call]) -> None:
        """Count what a notification tells of the calls that it changed, its own being the first."""
        if isinstance(event.what, CallConnected):
            for call in calls:
                self.connected(call, event.id)
        elif isinstance(event.what, CallEnded) and calls:
            self.ended(calls[0], event.what, event.id, late=event.late)

    def connected(self, call: Call, entry: EntryId) -> None:
        """Count an inbound call if `entry` is the one that told of its first connection.

        Calls that an agent or the Dialler placed are not answered: nobody waited. A record may
        have come first, and have looked like that of an abandoned call.
        """
        if call.direction is not Direction.INBOUND:
            return
        if not call.legs or call.legs[0].entry != entry:
            return
        counted = self._by_record.pop(call.key, None)
        if counted is not None:
            self._windows.take_back(*counted)
            minute = counted[0] // 60
            if minute in self._minutes:  # it is of no minute any more where that was long ago
                self._minutes[minute] -= 1
        second = entry.ms // 1000
        if call.late:
            self._windows.add(second, Kind.LATE)
        else:
            self._add(entry.ms, Kind.ANSWERED, call.hold)

    def ended(self, call: Call, told: CallEnded, entry: EntryId, *, late: bool) -> None:
        """Count the conversation that a record tells of, and the call if nothing else has.

        `call` is what the board made of it, `entry` the record's, and `late` says whether that
        waited in a list before anyone collected it.
        """
        if call.direction is not Direction.INBOUND:
            return
        second = entry.ms // 1000
        if told.talk and told.extension and not late:
            self._windows.add(second, Kind.TALK, told.talk)
        if call.legs or call.key.since != entry:
            return
        if late:
            self._windows.add(second, Kind.LATE)
            return
        kind = Kind.ABANDONED if call.end and call.end.abandoned else Kind.ANSWERED
        self._add(entry.ms, kind, call.hold)
        self._by_record[call.key] = second, kind, call.hold

    def _add(self, ms: int, kind: Kind, hold: float | None) -> None:
        self._first_ms = self._first_ms or ms
        self._windows.add(ms // 1000, kind, hold)
        minute = ms // 60_000
        self._minutes[minute] = self._minutes.get(minute, 0) + 1

    # ── what is known ───────────────────────────────────────────────────────────────────

    def at(
        self,
        now_ms: int,
        window: Window = Window.HALF_AN_HOUR,
        told_since_ms: int | None = None,
    ) -> Figures:
        """Return the figures of the window that ends at `now_ms`.

        `told_since_ms` says since when all sources tell of abandoned calls; `None` if they do not.
        """
        now = now_ms // 1000
        self._windows.move_to(now)
        for minute in [minute for minute in self._minutes if minute <= now // 60 - 60]:
            del self._minutes[minute]
        while self._by_record and (first := next(iter(self._by_record))):
            if self._by_record[first][0] > now - _CORRECTED_SECONDS:
                break
            del self._by_record[first]
        counts, minute_counts = self._windows[window], self._windows[Window.MINUTE]
        begin_ms = max(counts.since * 1000, self._first_ms or 0)
        told = told_since_ms is not None and told_since_ms <= begin_ms
        holds = counts.of[Kind.ANSWERED]
        return Figures(
            answered=holds.count,
            abandoned=counts.of[Kind.ABANDONED].count if told else None,
            abandoned_share=self._abandoned_share(counts) if told else None,
            longest_hold=holds.longest,
            asa=holds.mean,
            p90=holds.percentile(90),
            service_level=self._level(counts, told=told),
            talk=counts.of[Kind.TALK].mean,
            per_minute=self._per_minute(now),
            last_minute=sum(minute_counts.of[kind].count for kind in _WAITS),
            late=counts.of[Kind.LATE].count,
        )

    def since(self, window: Window) -> int:
        """Return the first second of a window, since the epoch, as `at` last left it."""
        return self._windows[window].since

    def _abandoned_share(self, counts: Counts) -> float | None:
        abandoned = counts.of[Kind.ABANDONED].count
        if self.service_level.short_abandons is ShortAbandons.IGNORED:
            abandoned -= self._short(counts)
        offered = counts.of[Kind.ANSWERED].count + abandoned
        return abandoned / offered if offered else None

    def _level(self, counts: Counts, *, told: bool) -> float | None:
        holds = counts.of[Kind.ANSWERED]
        served, offered = holds.up_to(self.service_level.seconds), holds.known
        if told:
            offered += counts.of[Kind.ABANDONED].count
            if self.service_level.short_abandons is ShortAbandons.IGNORED:
                offered -= self._short(counts)
            elif self.service_level.short_abandons is ShortAbandons.POSITIVE:
                served += self._short(counts)
        return served / offered if offered else None

    def _short(self, counts: Counts) -> int:
        return counts.of[Kind.ABANDONED].up_to(self.service_level.short_seconds)

    def _per_minute(self, now: int) -> Sequence[int]:
        last = now // 60
        counts = [self._minutes.get(last - ago, 0) for ago in reversed(range(SPARK_MINUTES))]
        # The server's clock, as it is reckoned here, may lag behind its newest entry.
        counts[-1] += sum(count for minute, count in self._minutes.items() if minute > last)
        return counts


_WAITS = (Kind.ANSWERED, Kind.ABANDONED)

_CORRECTED_SECONDS = 3_600
"""How long after its record a connection may come and still be of the same call."""
