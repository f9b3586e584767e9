"""What `tail` says beside the entries: what time brings, alerts, figures, the way to the server."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..alert_rules import rule
from ..journal.follower import Link, Pulse
from ..journal.vitals import STALE_SECONDS
from ..model import sentences
from ..model.alerts import Watch
from ..model.board import Board
from ..model.call import Call, CallKey
from ..model.callbacks import Callbacks
from ..model.entry import Event, Notified
from ..model.metrics import Figures, Metrics, told_since_ms
from ..model.query import Lens, Query
from ..model.sentences import Voice, spoken
from ..model.subject import Subject, Subjects
from ..model.tabs import Tab, Tally
from ..model.windows import Window
from ..settings import AlertSetting
from ..site import Site

BEHIND_MOST = 2_000
"""So many calls at once are counted again while the journal is read."""

AGAIN_SECONDS = 300.0
"""How often it is said again that the server is away: silence could mean either."""

Said = tuple[int, str]
"""When something happened, in milliseconds since the epoch, and the sentence."""


@dataclass(slots=True)
class Counting:
    """What is counted of the calls of a board: the figures, and how many are where."""

    board: Board
    site: Site
    newest_ms: int | None = None
    """When the last notification was collected."""
    callbacks: Callbacks = field(default_factory=Callbacks)
    metrics: Metrics = field(init=False)
    tally: Tally = field(default_factory=Tally)
    _behind: dict[CallKey, None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Count nothing yet."""
        self.metrics = Metrics(self.site.service_level())

    def take(self, event: Event, keys: Sequence[CallKey], lens: Lens) -> None:
        """Take in an entry that has changed these calls."""
        if isinstance(event, Notified):
            self.newest_ms = event.id.ms
            calls = [call for key in keys if (call := self.board.calls.get(key)) is not None]
            self.metrics.take(event, calls)
        self._behind.update(dict.fromkeys(keys))
        if len(self._behind) >= BEHIND_MOST:
            self.catch_up(lens)

    def catch_up(self, lens: Lens, keys: Collection[CallKey] = ()) -> None:
        """Count again the calls that have changed, and `keys`."""
        behind, self._behind = {**self._behind, **dict.fromkeys(keys)}, {}
        self.tally.update(behind, self.board, lens)
        self.callbacks.update(behind, self.board)

    def figures(self, now_ms: int, window: Window = Window.HALF_AN_HOUR) -> Figures:
        """Return the figures of a window that ends now."""
        sources = [source.name for source in self.site.sources]
        return self.metrics.at(now_ms, window, told_since_ms(self.board.policy, sources))


class Teller:
    """Says in sentences what happens to calls, and what there is to be told of besides."""

    def __init__(self, query: Query, alerts: Sequence[AlertSetting], voice: Voice) -> None:
        """Prepare; of calls only those that match `query` are spoken of."""
        self.query = query
        self.voice = voice
        self._watch = Watch([rule(setting) for setting in alerts])

    def began_anew(self) -> None:
        """Take what is in the journal for known again."""
        self._watch.began_anew()

    def of_event(
        self, event: Event, keys: Sequence[CallKey], board: Board, lens: Lens
    ) -> Iterator[str]:
        """Yield what an entry tells."""
        if not self.query.text and (said := sentences.of_no_call(event)):
            yield said
        for call in self._of(keys, board, lens):
            if said := sentences.of_event(event, call, lens, self.voice):
                yield said

    def of_time(self, board: Board, lens: Lens) -> Iterator[Said]:
        """Yield what has become of calls by the mere passing of time, until now."""
        for call in self._of(board.due(lens.now_ms), board, lens):
            if said := sentences.of_time(call, lens, self.voice):
                yield (call.due_ms(lens.policy) or lens.now_ms) + 1, said

    def of_change(self, keys: Collection[CallKey], board: Board, lens: Lens) -> Iterator[str]:
        """Yield the alerts on calls that have changed; those before `of_second` are no news."""
        gone = [key for key in keys if key not in board.calls]
        alarms = self._watch.look_at_change(gone, lambda: self._rows(keys, board, lens), lens)
        yield from map(sentences.of_alarm, alarms)

    def of_second(self, counting: Counting, lens: Lens) -> Iterator[str]:
        """Yield what is to be told of as a second passes; everything has been counted."""
        board = counting.board
        due = counting.callbacks.came_due(lens.now_ms)
        if not self._watch.began:
            due = ()  # they have been counted when the listening began
        for call in self._of(due, board, lens):
            yield sentences.of_call_back(call, lens, self.voice)
        live = counting.tally.keys(Tab.LIVE)
        alarms = self._watch.look_at_live(lambda: self._rows(live, board, lens), lens)
        yield from map(sentences.of_alarm, alarms)
        alarms = self._watch.look_at_time(
            lens.now_ms, lambda window: counting.figures(lens.now_ms, window), counting.newest_ms
        )
        yield from map(sentences.of_alarm, alarms)

    def _rows(self, keys: Collection[CallKey], board: Board, lens: Lens) -> Subjects[Any]:
        calls = self._of(keys, board, lens)
        return Subjects([Subject(call, lens.text(call)) for call in calls])

    def _of(self, keys: Collection[CallKey], board: Board, lens: Lens) -> list[Call]:
        """Return the calls that are spoken of."""
        calls = [call for key in keys if (call := board.calls.get(key)) is not None]
        return [call for call in calls if self.query.matches(call, lens)]


@dataclass(slots=True)
class LinkTeller:
    """Says when the server goes away or comes back, and how old what is known is."""

    say: Callable[[str], None]
    clock: Callable[[], float]
    """Seconds; what the times of the link are of."""
    _fault: str = ""
    """What was said of a fault that is still there."""
    _since: float | None = None
    """When the server last answered before that."""
    _stale: bool = False
    _next: float = 0.0
    _nobody: str = ""
    """What was said of nobody collecting."""

    def look(self, link: Link, pulse: Pulse | None) -> None:
        """Say what is new."""
        now = self.clock()
        if link.fault is not None:
            if self._since is None:
                self._since = link.answered_at
            if str(link.fault) != self._fault:
                self._fault = str(link.fault)
                self._next = now + AGAIN_SECONDS
                what = "Not connected" if self._since is None else "Connection lost"
                self.say(f"{what}: {self._fault}{self._age(now)}")
            elif now >= self._next:
                self._next = now + AGAIN_SECONDS
                self.say(f"Still not connected.{self._age(now)}")
        elif link.connected and self._fault:
            away = "" if self._since is None else f" after {spoken(now - self._since)}"
            self._fault, self._since, self._stale = "", None, False
            self.say(f"Connected again{away}.")
        elif link.connected and link.answered_at is not None:
            self._look_at_answers(now - link.answered_at)
        if link.fault is None and pulse is not None:
            self._look_at_collecting(pulse)

    def _age(self, now: float) -> str:
        if self._since is None:
            return ""
        return f" What is known is {spoken(now - self._since)} old."

    def _look_at_answers(self, seconds: float) -> None:
        if seconds > STALE_SECONDS and not self._stale:
            self.say(f"No answer from the server for {spoken(seconds)}: what is known may be old.")
        elif self._stale and seconds <= STALE_SECONDS:
            self.say("The server answers again.")
        self._stale = seconds > STALE_SECONDS

    def _look_at_collecting(self, pulse: Pulse) -> None:
        nobody = ", ".join(
            f"{name} ({why})" if why else name for name, why in pulse.uncollected.items()
        )
        if nobody != self._nobody:
            self.say(f"Nobody collects from {nobody}." if nobody else "Somebody collects again.")
        self._nobody = nobody
