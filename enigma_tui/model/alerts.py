"""Alerts: on a call that passes a filter, on a figure beyond a limit, on a feed that is silent.

A call alerts once for each rule, a figure and a silence once for as long as they last. What is
known when the board opens is no news: only calls that change after that are looked at, and those
that are live.
"""

from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from enum import StrEnum
from typing import Any

from msgspec import Struct

from .call import Call, CallKey
from .metrics import Figures
from .query import Query
from .subject import Lens, Subjects
from .windows import Window

ALARMS_MOST = 500
"""Alarms that are listed; the oldest are let go of."""


class Figure(StrEnum):
    """A figure that can alert, by its name in the settings."""

    SERVICE_LEVEL = "service_level"
    ABANDONED = "abandoned"
    ASA = "asa"
    P90 = "p90"
    LONGEST_HOLD = "longest_hold"
    PER_MINUTE = "per_minute"


def _percent(share: float | None) -> float | None:
    return None if share is None else share * 100


_VALUES: Mapping[Figure, Callable[[Figures], float | None]] = {
    Figure.SERVICE_LEVEL: lambda figures: _percent(figures.service_level),
    Figure.ABANDONED: lambda figures: _percent(figures.abandoned_share),
    Figure.ASA: lambda figures: figures.asa,
    Figure.P90: lambda figures: figures.p90,
    Figure.LONGEST_HOLD: lambda figures: figures.longest_hold,
    Figure.PER_MINUTE: lambda figures: figures.last_minute,
}
"""Shares in percent, times in seconds."""

_UNITS = {Figure.SERVICE_LEVEL: "%", Figure.ABANDONED: "%", Figure.PER_MINUTE: " calls"}


class CallRule(Struct, frozen=True):
    """Alerts on a call."""

    name: str
    query: Query


class FigureRule(Struct, frozen=True):
    """Alerts on a figure that is above one limit or below another; shares are in percent."""

    name: str
    figure: Figure
    window: Window
    above: float | None = None
    below: float | None = None


class SilenceRule(Struct, frozen=True):
    """Alerts when nothing has come for so long."""

    name: str
    seconds: float


Rule = CallRule | FigureRule | SilenceRule


class Alarm(Struct):
    """Something that was alerted."""

    rule: str
    """Its name."""
    at_ms: int
    """When, by the server's clock, in milliseconds since the epoch."""
    words: str
    """Why, without anything that a caller sent."""
    key: CallKey | None = None
    """The call that it is about, if it is about one."""
    acknowledged: bool = False


class Watch:
    """Looks at what happens, and keeps the alarms."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.alarms: deque[Alarm] = deque(maxlen=ALARMS_MOST)
        """The newest first."""
        self._calls = [rule for rule in rules if isinstance(rule, CallRule)]
        self._figures = [rule for rule in rules if isinstance(rule, FigureRule)]
        self._silences = [rule for rule in rules if isinstance(rule, SilenceRule)]
        self._alerted: dict[str, set[CallKey]] = {rule.name: set() for rule in self._calls}
        self._lasting: set[str] = set()
        """The rules whose figure is beyond its limit, or whose silence lasts."""
        self._since_ms: int | None = None
        """When time was looked at first: where nothing has ever come, silence lasts since then."""
        self.began = False
        """Whether the calls that were live when the journal had been read have been looked at."""

    @property
    def open(self) -> int:
        """How many alarms nobody has acknowledged."""
        return sum(not alarm.acknowledged for alarm in self.alarms)

    @property
    def timed(self) -> bool:
        """Whether a call can come to alert by the mere passing of time."""
        return any(rule.query.timed for rule in self._calls)

    def acknowledge(self) -> int:
        """Acknowledge every alarm; return how many that were."""
        open_ones = [alarm for alarm in self.alarms if not alarm.acknowledged]
        for alarm in open_ones:
            alarm.acknowledged = True
        return len(open_ones)

    def forget(self, keys: Collection[CallKey]) -> None:
        """Forget calls that the board no longer has."""
        for alerted in self._alerted.values():
            alerted.difference_update(keys)

    def began_anew(self) -> None:
        """Take what is in the journal for known again."""
        self.began = False

    def look_at_change(
        self, gone: Collection[CallKey], changed: Callable[[], Subjects[Any]], lens: Lens
    ) -> Sequence[Alarm]:
        """Return the alarms of calls that changed; while a journal is read, that is no news."""
        if not self.began:
            return ()
        self.forget(gone)
        return self.look_at_calls(changed(), lens)

    def look_at_live(self, live: Callable[[], Subjects[Any]], lens: Lens) -> Sequence[Alarm]:
        """Return the alarms of live calls, as a second passes; the first opens the watch."""
        if self.began and not self.timed:
            return ()
        self.began = True
        return self.look_at_calls(live(), lens)

    def look_at_calls(self, subjects: Subjects[Any], lens: Lens) -> Sequence[Alarm]:
        """Return the alarms of these calls."""
        found: list[Alarm] = []
        for rule in self._calls:
            alerted = self._alerted[rule.name]
            passed = rule.query.through(lens)(subjects)
            for row, passes in zip(subjects.rows, passed, strict=True):
                call: Call = row.call
                if passes and call.key not in alerted:
                    alerted.add(call.key)
                    words = f"call {call.key.call_ref}"
                    words += f", ext {call.extension}" if call.extension else ""
                    found.append(Alarm(rule.name, lens.now_ms, words, call.key))
        return self._keep(found)

    def look_at_time(
        self, now_ms: int, figures: Callable[[Window], Figures], newest_ms: int | None
    ) -> Sequence[Alarm]:
        """Return the alarms of figures and of silence; `newest_ms` is when something last came."""
        found: list[Alarm] = []
        for rule in self._figures:
            value = _VALUES[rule.figure](figures(rule.window))
            if self._begins(rule.name, value is not None and _is_beyond(rule, value)):
                found.append(Alarm(rule.name, now_ms, _beyond(rule, value or 0.0)))
        if self._since_ms is None:
            self._since_ms = now_ms
        since_ms = self._since_ms if newest_ms is None else newest_ms
        for silence in self._silences:
            if self._begins(silence.name, (now_ms - since_ms) / 1000 > silence.seconds):
                words = f"no notification for {silence.seconds / 60:g} min"
                found.append(Alarm(silence.name, now_ms, words))
        return self._keep(found)

    def _begins(self, name: str, lasts: bool) -> bool:
        begins = lasts and name not in self._lasting
        (self._lasting.add if lasts else self._lasting.discard)(name)
        return begins

    def _keep(self, found: list[Alarm]) -> Sequence[Alarm]:
        self.alarms.extendleft(found)
        return found


def _is_beyond(rule: FigureRule, value: float) -> bool:
    return (rule.above is not None and value > rule.above) or (
        rule.below is not None and value < rule.below
    )


def _beyond(rule: FigureRule, value: float) -> str:
    unit = _UNITS.get(rule.figure, " s")
    name = rule.figure.value.replace("_", " ")
    # With as few decimals as leave it beyond its limit.
    rounded = (f"{value:.{decimals}f}" for decimals in range(4))
    shown = next((text for text in rounded if _is_beyond(rule, float(text))), f"{value}")
    if rule.above is not None and value > rule.above:
        return f"{name} {shown}{unit}, above {rule.above:g}{unit}"
    return f"{name} {shown}{unit}, below {rule.below:g}{unit}"
