"""The line at the top: the state of the feed."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from ...journal.vitals import STALE_SECONDS, Vitals
from ...model.text import safe
from ..columns import clock
from ..floor import Floor
from .line import Clickable, Item, Line, Part

if TYPE_CHECKING:  # the first frame does not wait for Redis
    from ...journal.collector import CollectorStatus
    from ...journal.left_behind import LeftBehind
    from ...model.alerts import Watch

TITLE, GOOD, WAIT, BAD, QUIET = (
    f"status--{name}" for name in ("title", "good", "wait", "bad", "quiet")
)


def age(seconds: float) -> str:
    """Write how long ago something was, in one unit or two."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m {whole % 60:02}s"
    return f"{whole // 3600}h {whole % 3600 // 60:02}m"


class StatusLine(Line):
    """Tells the truth about the feed, always with a word beside the colour."""

    COMPONENT_CLASSES = {TITLE, GOOD, WAIT, BAD, QUIET}  # noqa: RUF012

    def __init__(
        self,
        floor: Floor,
        *,
        watching: str,
        wall: Callable[[], float] = time.time,
    ) -> None:
        super().__init__()
        self.vitals = Vitals()
        self.wall = wall
        """This machine's clock, in Unix seconds; it is only compared with the server's."""
        self.floor = floor
        self.own_collector: CollectorStatus | None = None
        """What this board's own collector is doing; `None` before there is one."""
        self.alarms: Watch | None = None
        """What has been alerted; `None` where nothing is to be."""
        self.phone: Callable[[], Part] | None = None
        """What there is to say of the phone; `None` where there is none."""
        self.watching = watching
        """Why this board does not collect; empty when it does."""

    def items(self) -> Sequence[Item]:
        """Return what the line says."""
        return [(rank, (part,)) for rank, part in self._parts() if part[0]]

    def at_the_right(self) -> str:
        """Return the time, as the server has it."""
        return clock(self.floor.now_ms())

    def _parts(self) -> Iterator[tuple[int, Part]]:
        floor = self.floor
        word, style = self.feed()
        yield 0, (Clickable("Enigma", "palette"), TITLE)
        yield 7, (safe(floor.site.title, 40), QUIET)
        state = f"● {word}"
        yield 0, (Clickable(state, "pause") if floor.paused else state, style)
        yield 1, (self.watching, WAIT)
        if collector := self.collector():
            yield 1, collector
        follower = floor.follower
        if follower and follower.pulse and follower.link.fault is None:
            self.vitals.take(follower.pulse, follower.clock(), self.wall())
            yield self._backlog(follower.pulse.backlog)
            yield 1, (self._clock(), WAIT)
            yield from self.delivery()
            yield from _left(follower.pulse.left)
        if self.alarms and (unseen := self.alarms.open):
            alerts = f"{unseen:,} alert{'s' if unseen > 1 else ''}"
            yield 1, (Clickable(alerts, "alerts"), BAD)
        if self.phone is not None:
            words, style = self.phone()
            yield 2 if style == BAD else 4, (words, style)
        if due := floor.callbacks.due(floor.now_ms()):
            words = f"{due:,} call-back{'s' if due > 1 else ''} due"
            yield 2, (Clickable(words, "callbacks"), WAIT)
        if floor.pending and (acts := sum(1 for _ in floor.pending.waiting())):
            yield 1, (Clickable(f"{acts:,} to hand in", "outbox"), WAIT)
        if floor.pending and (refused := sum(bool(each.refused) for each in floor.pending)):
            yield 2, (Clickable(f"{refused:,} refused", "outbox"), BAD)
        if undelivered := len(floor.deliveries.failed()):
            yield 2, (Clickable(f"{undelivered:,} not delivered", "outbox"), BAD)
        yield from self.taken_in()

    def taken_in(self) -> Iterator[tuple[int, Part]]:
        """Yield what could not be read or taken in, and how long ago the last was."""
        floor = self.floor
        if floor.board.rejected_total:
            rejected = f"rejected {floor.board.rejected_total:,}"
            yield 6, (Clickable(rejected, "rejected"), WAIT)
        if floor.skipped:
            yield 1, (f"{floor.skipped:,} entries skipped, see the log", BAD)
        if floor.newest_ms is not None:
            yield 4, (f"last event {age((floor.now_ms() - floor.newest_ms) / 1000)} ago", QUIET)

    def delivery(self) -> Iterator[tuple[int, Part]]:
        """Yield that delivery stands still, and where there is room for it, where and why."""
        standstills = self.floor.standstills()
        if not standstills:
            return
        yield 2, (Clickable("delivery stands still", "outbox"), BAD)
        name, standstill = next(iter(standstills.items()))
        more = f", {len(standstills) - 1:,} more" if len(standstills) > 1 else ""
        yield 3, (f"{safe(name)}: {standstill.why}{more}", BAD)

    def _backlog(self, waiting: int) -> tuple[int, Part]:
        if grown := self.vitals.grown:
            return 1, (f"backlog {waiting:,}, growing: {grown:,} more", BAD)
        return (1, (f"backlog {waiting:,}", WAIT)) if waiting else (5, ("backlog 0", QUIET))

    def _clock(self) -> str:
        """Return what is wrong with this machine's clock; times on screen are the server's."""
        if not self.vitals.clock_off:
            return ""
        ahead = self.vitals.ahead_ms
        return f"this clock {age(abs(ahead) / 1000)} {'fast' if ahead > 0 else 'slow'}"

    def feed(self) -> Part:
        """Return the state of the feed as a word and the name of its style."""
        follower = self.floor.follower
        if follower is None:
            return "connecting", WAIT
        link = follower.link
        now = follower.clock()
        since = None if link.answered_at is None else now - link.answered_at
        if link.fault is not None:
            retry = max(0, round(link.retry_at - now)) if link.retry_at else 0
            old = f", data {age(since)} old" if since is not None else ""
            again = f", retry in {retry}s" if retry else ", retrying"
            if link.fault.lost and since is not None:
                return f"disconnected{old}, {link.fault.name}{again}", BAD
            return f"{link.fault.name}{old}{again}", BAD
        if not link.connected:
            return "connecting", WAIT
        if since is not None and since > STALE_SECONDS:
            return f"stale, no answer for {age(since)}", BAD
        if self.floor.paused:
            return f"paused, {len(self.floor.held):,} waiting", WAIT
        if not link.caught_up:
            return "reading the journal", WAIT
        return "live", GOOD

    def collector(self) -> Part | None:
        """Return who collects, where that is worth a word."""
        follower = self.floor.follower
        pulse = follower.pulse if follower else None
        own = self.own_collector
        if follower is None or pulse is None or own is None or follower.link.fault:
            return None
        if own.journal_fault is not None:
            return f"cannot collect: {own.journal_fault.name}", BAD
        several = len(self.floor.site.sources) > 1
        for name, source in own.sources.items():
            # Collecting again, it has not yet been proved that what passes has passed.
            if source.fault is not None and not (source.holding and source.fault.passing):
                what = f"cannot collect {name}" if several else "cannot collect"
                return f"{what}: {source.fault.name}", BAD
        if own.house is not None and own.house.fault is not None:
            return f"cannot trim: {own.house.fault.name}", BAD
        if self.floor.site_at is None:
            return None  # it is not known yet what there is to collect
        if not self.floor.has_site:
            return "not collecting", WAIT
        if pulse.at < self.floor.site_at:
            return None  # it was asked about the sources of other settings
        names = {source.name for source in self.floor.site.sources}
        # The pulse may be older than what this program has got hold of.
        left = {
            name: why
            for name, why in pulse.uncollected.items()
            if name in names and not own.may_have(name)
        }
        if not left:
            return None
        if len(left) == len(self.floor.site.sources):
            return "nobody collects", BAD
        return "nobody collects " + ", ".join(_named(*item) for item in left.items()), BAD


def _left(left: "Sequence[LeftBehind]") -> Iterator[tuple[int, Part]]:
    """Yield that calls may wait where nobody collects any more; `doctor` says what to do."""
    if not left:
        return
    yield 2, ("calls left behind: see doctor", BAD)
    more = f", {len(left) - 1:,} more" if len(left) > 1 else ""
    yield 3, (f"{left[0].source}: {left[0].fault}{more}", BAD)


def _named(name: str, why: str) -> str:
    return f"{name} ({why})" if why else name
