"""A replay: which entries of a recording are due, by a clock that is hurried, stopped and moved.

Nothing here reads or waits. Somebody brings entries (`wants`, `take`), somebody calls `turn` as
time goes by, and what is due is handed to whoever looks on. The board that looks on has always
taken in what a board had at that time, whichever way it came there: going back takes up the last
mark before and goes on from it.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

from .call import ORIGIN, EntryId
from .entry import Event
from .marks import Mark, Marks

SPEEDS = (1, 2, 5, 10, 20, 50, 100)
"""How many seconds pass in one, step by step."""

AHEAD = 2_000
"""So many entries are read before they are due."""

PIECE = 500
"""So many are handed over at once: a keyboard does not wait for more."""

MARK_EVERY = 5_000
"""Entries from one mark to the next: they are taken in again in a fifth of a second."""

GLANCE_SECONDS = 2.0
"""From one turn to the next no more time passes: a program that was stopped has not looked on."""

State = TypeVar("State")


class Audience(Protocol[State]):
    """Who looks on: a floor."""

    @property
    def last(self) -> EntryId:
        """The last entry that was taken in."""

    def on_events(self, events: Sequence[Event]) -> None:
        """Take in entries, in order; `Player.now_ms` is the time they are seen at."""

    def remember(self) -> State:
        """Return all that has been taken in, as something that changes no more."""

    def recall(self, state: State) -> None:
        """Go back, or on, to what was remembered."""

    def arrived(self) -> None:
        """What was asked for is there: the picture is whole, and time passes."""


class Player(Generic[State]):
    """Plays from `begin_ms` to `end_ms`, milliseconds since the epoch.

    Everything before the beginning is taken in first, as fast as it can be read.
    """

    def __init__(
        self,
        begin_ms: int,
        end_ms: int,
        audience: Audience[State],
        clock: Callable[[], float],
        speed: float = 1,
    ) -> None:
        """Prepare; `clock` counts the seconds of whoever looks on."""
        self.begin_ms = begin_ms
        self.end_ms = max(begin_ms, end_ms)
        self.speed = speed
        """How many seconds pass in one."""
        self.paused = False
        self.reading = True
        """Whether time stands still until everything before it has been taken in."""
        self._audience = audience
        self._clock = clock
        self._at = float(begin_ms)
        """Where it was at `_since`, or is to go to while it is `reading`."""
        self._since = clock()
        self._passed_ms = begin_ms
        """How far it has come on the way there."""
        self._queue: deque[Event] = deque()
        """What has been read and is not due yet."""
        self._read_to = ORIGIN
        self._known_ms = -1
        """Until when everything has been read."""
        self._has_all = False
        self._marks: Marks[State] = Marks()
        self._count = 0
        """How many entries the audience has taken in."""

    # ── time ────────────────────────────────────────────────────────────────────────────

    @property
    def now_ms(self) -> int:
        """The time of the replay, in milliseconds since the epoch."""
        return int(self._position())

    @property
    def aim_ms(self) -> int:
        """The time that it is on the way to; its own, where it is not on the way anywhere."""
        return int(self._at) if self.reading else self.now_ms

    @property
    def at_end(self) -> bool:
        """Whether it has come to its end."""
        return not self.reading and self.now_ms >= self.end_ms

    @property
    def share(self) -> float:
        """How much of it has been played, from 0 to 1."""
        length = self.end_ms - self.begin_ms
        return max(0, self.now_ms - self.begin_ms) / length if length else 1.0

    def _position(self) -> float:
        if self.reading:
            return self._passed_ms
        if self.paused:
            return self._at
        # Time waits for what is to be shown: it never passes what has been read.
        known = max(self._at, min(self._known_ms, self.end_ms))
        seconds = min(self._clock() - self._since, GLANCE_SECONDS)
        return min(self._at + seconds * 1000 * self.speed, known)

    def _settle(self) -> None:
        if not self.reading:
            self._at, self._since = self._position(), self._clock()

    # ── what whoever looks on does ──────────────────────────────────────────────────────

    def pause(self, paused: bool) -> None:
        """Stop time, or let it go on."""
        self._settle()
        self.paused = paused

    def faster(self) -> None:
        """Let time pass faster by a step."""
        self._settle()
        self.speed = next((each for each in SPEEDS if each > self.speed), self.speed)

    def slower(self) -> None:
        """Let time pass slower by a step."""
        self._settle()
        self.speed = next((each for each in reversed(SPEEDS) if each < self.speed), self.speed)

    def seek(self, to_ms: int) -> None:
        """Go to another time, which is there once `reading` is over."""
        to_ms = min(max(to_ms, self.begin_ms), self.end_ms)
        now_ms, mark = self.now_ms, self._marks.best(to_ms)
        if mark is not None and (now_ms > to_ms or mark.last > self._audience.last):
            self._audience.recall(mark.state)
            self._count, self._read_to, now_ms = mark.count, mark.last, mark.ms
            self._queue.clear()
            self._known_ms, self._has_all = -1, False
        self._passed_ms = now_ms
        self._at, self._since = float(to_ms), self._clock()
        self.reading = True

    # ── what is read ────────────────────────────────────────────────────────────────────

    @property
    def wants(self) -> EntryId | None:
        """The entry behind which to read on; `None` while there is enough."""
        return None if self._has_all or len(self._queue) >= AHEAD else self._read_to

    def take(self, after: EntryId, events: Sequence[Event], has_all: bool) -> None:
        """Take what has been read behind `after`, and whether nothing follows that.

        What was asked for before it went elsewhere is of no use any more.
        """
        if after != self._read_to:
            return
        self._settle()
        self._queue.extend(events)
        if events:
            self._read_to = events[-1].id
            self._known_ms = self._read_to.ms
        if has_all:
            self._has_all, self._known_ms = True, self.end_ms

    # ── what is due ─────────────────────────────────────────────────────────────────────

    def turn(self) -> bool:
        """Hand over what is due, no more than a piece; return whether there may be more."""
        self._settle()
        # What comes before the beginning is taken in first, wherever it goes from there.
        limit_ms = self.aim_ms if self._marks else self.begin_ms
        queue = self._queue
        piece: list[Event] = []
        while queue and queue[0].id.ms <= limit_ms and len(piece) < PIECE:
            piece.append(queue.popleft())
        if piece:
            last_ms = piece[-1].id.ms
            self._passed_ms = max(self._passed_ms, last_ms) if self._marks else last_ms
            self._audience.on_events(piece)
            self._count += len(piece)
            if self._marks and self._count >= self._marks.newest_count + MARK_EVERY:
                self._mark()
            return True
        if not self.reading or (self._known_ms <= limit_ms and not self._has_all):
            return False
        if not self._marks:
            self._mark()
            return True
        self.reading = False
        self._since = self._clock()
        self._audience.arrived()
        return False

    def wait_seconds(self) -> float | None:
        """Return how soon something is due, or a second is over; `None` where that is not known.

        It is not until something is read, or whoever looks on does something.
        """
        if self.paused or self.reading or self.at_end:
            return None
        at = self._position()
        next_ms = min((int(at) // 1000 + 1) * 1000, self.end_ms)
        if self._queue:
            next_ms = min(next_ms, self._queue[0].id.ms)
        return max(0.0, (next_ms - at) / 1000 / self.speed)

    def _mark(self) -> None:
        audience, now_ms = self._audience, max(self.begin_ms, self.now_ms)
        self._marks.keep(Mark(self._count, audience.last, now_ms, audience.remember()))
