"""What the screen shows: the board and everything that is worked out from it.

It takes the journal's entries from the follower, and tells one listener that something changed.
It knows nothing of Textual.
"""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, cast

from ..model.agents import Agents
from ..model.board import Board
from ..model.call import ORIGIN, Call, CallKey, CallState, EntryId
from ..model.callbacks import Callbacks
from ..model.delivery import Deliveries
from ..model.entry import Event, Notified, SiteChanged
from ..model.metrics import Figures, Metrics, told_since_ms
from ..model.notification import AgentStatus, CallConnected
from ..model.phone import Dialplan
from ..model.query import Lens, Query
from ..model.sorting import Sort
from ..model.tabs import Tab, Tally
from ..model.view import View
from ..model.windows import Window
from .before_site import UnknownSite

if TYPE_CHECKING:  # the first frame does not wait for Redis
    from ..journal.follower import Follower
    from ..journal.pending import PendingActs
    from ..journal.standstill import Standstill
    from ..site import Site

PAUSE_MOST = 10_000
"""Entries held back for a paused screen; beyond that the journal holds them."""

BEHIND_MOST = 2_000
"""So many calls at once are counted and put where they belong while the journal is read."""

AHEAD_PIECES = 3
"""So many pieces of the view are read ahead each second, some milliseconds: 1,500 calls."""

DUE_MOST = 2_000
"""So many calls a second are looked at whose time has come. Of a journal that has just been read
there can be 100,000, all of them long over, and the screen would stand still for them."""

RECHECK_TICKS = 10
"""A filter that depends on the time is applied anew to every call once in so many seconds."""


class Listener(Protocol):
    """Whoever paints."""

    def on_calls(self) -> None:
        """Calls have changed."""

    def on_site(self, site: "Site | None") -> None:
        """The shared settings are known, or have changed; `None` when there are none."""

    def on_link(self) -> None:
        """The state of the way to the server has changed."""

    def on_missing(self) -> None:
        """Entries that had been seen are gone; the board starts again from what is there."""

    def on_skipped(self, what: str) -> None:
        """An entry could not be taken in, through a mistake of ours; the others are."""


class Observer(Protocol):
    """Whoever looks for something to tell of."""

    def calls_changed(self, keys: Collection[CallKey]) -> None:
        """These calls have changed, or have gone."""

    def second_passed(self) -> None:
        """Everything is as it is now."""

    def began_anew(self) -> None:
        """The journal is read from its beginning again."""


@dataclass(slots=True)
class Floor:
    """The calls as this screen looks at them."""

    dialplan: Dialplan
    keep_calls: int
    listener: Listener
    own_name: str = ""
    """Under which this supervisor claims calls and records outcomes."""
    clock: Callable[[], float] | None = None
    """The server's time in Unix seconds; ours, set right by what the server says, if `None`."""
    follower: "Follower | None" = None
    opening: bool = False
    """Whether a follower is still to come: nothing is known yet then."""
    observer: Observer | None = None
    """Who is told of changes once the journal has been read."""
    pending: "PendingActs | None" = None
    """The acts of this person that wait for the server."""
    site: "Site" = field(default_factory=lambda: cast("Site", UnknownSite()))
    has_site: bool = False
    site_written: SiteChanged | None = None
    """When the shared settings were written last, and by whom, if the journal still has that."""
    site_at: float | None = None
    """When the shared settings became known, by the follower's clock; `None` before that."""
    window: Window = Window.HALF_AN_HOUR
    """What time the figures are of."""
    paused: bool = False
    held: list[Event] = field(default_factory=list)
    board: Board = field(init=False)
    view: View = field(init=False)
    tally: Tally = field(init=False)
    metrics: Metrics = field(init=False)
    callbacks: Callbacks = field(init=False)
    agents: Agents = field(init=False)
    deliveries: Deliveries = field(init=False)
    """What other systems have not been told of."""
    newest_ms: int | None = None
    """When the last notification was collected."""
    skipped: int = 0
    """Entries that could not be taken in; not one payload should be able to cause it."""
    _behind: dict[CallKey, None] = field(default_factory=dict)
    """Calls that have changed since they were counted and put where they belong; in the order in
    which they came, which is then that of their rows in memory: it is what a filter goes along."""
    _ticks: int = 0
    _received: EntryId = ORIGIN

    def __post_init__(self) -> None:
        self._start(Tab.LIVE, None, None)

    def _start(self, tab: Tab, query: Query | None, sort: Sort | None) -> None:
        self.board = Board(self.site.policy(), self.keep_calls)
        self.tally = Tally()
        self.callbacks = Callbacks()
        self.agents = Agents()
        self.metrics = Metrics(self.site.service_level())
        self.deliveries = Deliveries([self.site.rule(target) for target in self.site.delivery])
        self.view = View(self.board, self.lens(), tab=tab, query=query, sort=sort)
        self.held = []
        self._behind = {}
        self._received = ORIGIN

    # ── time ────────────────────────────────────────────────────────────────────────────

    def now_ms(self) -> int:
        """Return what the server's clock shows now."""
        if self.clock is not None:
            return round(self.clock() * 1000)
        follower = self.follower
        if follower is None or follower.pulse is None:
            # Before the server has told the time, the newest entry is the best that is known:
            # our own clock may be hours off, and would end calls and empty figures for good.
            return self._received.ms or round(time.time() * 1000)
        pulse = follower.pulse
        return pulse.server_ms + round((follower.clock() - pulse.at) * 1000)

    @property
    def caught_up(self) -> bool:
        """Whether the board has everything that is in the journal."""
        return self.follower.link.caught_up if self.follower else not self.opening

    def lens(self) -> Lens:
        """Return what filters and sorts need beside a call."""
        return Lens(
            now_ms=self.now_ms(),
            policy=self.board.policy,
            dialplan=self.dialplan,
            labels=self.site.numbers,
            own_name=self.own_name,
        )

    # ── what the follower tells ─────────────────────────────────────────────────────────

    @property
    def last(self) -> EntryId:
        """The last entry that arrived, shown or held back."""
        return self._received

    def on_events(self, events: Sequence[Event]) -> None:
        """Take in entries, or hold them back while paused."""
        self._received = events[-1].id
        if self.paused:
            self.held.extend(events)
            if len(self.held) >= PAUSE_MOST and self.follower:
                self.follower.gate.clear()
        else:
            self._take(events)
        self.listener.on_calls()

    def on_restart(self, missing: bool) -> None:
        """Start again from the beginning of the journal."""
        seen = bool(self.board.calls)
        pinned = self.view.pinned
        self.paused = False
        if self.follower:
            self.follower.gate.set()
        self._start(self.view.tab, self.view.query, self.view.sort)
        self.view.pinned = pinned
        if self.observer:
            self.observer.began_anew()
        if missing and seen:
            self.listener.on_missing()
        self.listener.on_calls()

    def on_site(self, site: "Site | None") -> None:
        """Take over the shared settings."""
        from ..site import Site  # for which the first frame does not wait

        self.has_site = site is not None
        self.site_at = self.follower.clock() if self.follower else 0.0
        self.site = site or Site()
        self.metrics.service_level = self.site.service_level()
        if self._received == ORIGIN:  # otherwise the follower begins anew where that matters
            self._start(self.view.tab, self.view.query, self.view.sort)
        self.view.rebuild(self.lens())
        self.listener.on_site(site)

    def on_link(self) -> None:
        """Pass it on; what has been left for the end of the journal is done now."""
        if self.caught_up:
            self._catch_up()
        self.listener.on_link()

    def _take(self, events: Sequence[Event]) -> None:
        changed: dict[CallKey, None] = {}
        for event in events:
            try:
                changed.update(dict.fromkeys(keys := self.board.apply(event)))
                self._take_one(event, keys)
            except Exception as error:
                # A mistake of ours in one entry must not cost the others of its batch.
                self.skipped += 1
                self.listener.on_skipped(
                    f"{event.id} {type(event).__name__}: {type(error).__name__}"
                )
        self._bring_up_to_date(changed)

    def _take_one(self, event: Event, keys: Sequence[CallKey]) -> None:
        """Take in what is not of the calls themselves: what is owed, and the figures."""
        self.deliveries.apply(event)
        if isinstance(event, SiteChanged):
            self.site_written = event
        if isinstance(event, Notified):
            self.newest_ms = event.id.ms
            calls = [call for key in keys if (call := self.board.calls.get(key)) is not None]
            self.metrics.take(event, calls)
            if isinstance(event.what, CallConnected) and calls:
                self.agents.connected(calls[0].key, event.what.extension, event.id.ms)
            elif isinstance(event.what, AgentStatus):
                self.agents.told(event, event.what)

    def _bring_up_to_date(self, keys: dict[CallKey, None]) -> None:
        """Count the calls again and put them where they belong.

        While the journal is read this is done for many at once: most calls there are over soon
        after they began, and need no place among those that are live.
        """
        self._behind |= keys
        if self.caught_up or len(self._behind) >= BEHIND_MOST or not len(self.view):
            self._catch_up()

    def _catch_up(self) -> None:
        behind, self._behind = self._behind, {}
        lens = self.lens()
        self.tally.update(behind, self.board, lens)
        self.view.update(behind, lens)
        self.callbacks.update(behind, self.board)
        if self.agents:
            for key in behind:  # a difference of keys would walk through every call there is
                if key not in self.board.calls:
                    self.agents.forget(key)
        if self.observer and behind and self.caught_up:
            self.observer.calls_changed(behind)

    def tick(self) -> None:
        """Let a second pass, and with it what depends on the time of day."""
        if self.paused:
            return
        if self.caught_up:
            self.view.read_ahead(AHEAD_PIECES)
        self._ticks += 1
        self._behind.update(dict.fromkeys(self.board.due(self.now_ms(), DUE_MOST)))
        self._behind.update(dict.fromkeys(self.tally.claimed()))
        self._catch_up()
        if self.view.query.timed:
            # A filter such as talk>5m takes in calls by the mere passing of time. Live ones are
            # looked at every second; all of them, which costs more, now and then.
            if self._ticks % RECHECK_TICKS == 0:
                self._rebuild()
            else:
                self.view.update(self.tally.keys(Tab.LIVE), self.lens())
        if self.observer and self.caught_up:
            self.observer.second_passed()

    # ── what the supervisor does ────────────────────────────────────────────────────────

    def pause(self, paused: bool) -> None:
        """Hold the display, or let it go on with what was held back."""
        self.paused = paused
        if not paused:
            held, self.held = self.held, []
            self._take(held)
            if self.follower:
                self.follower.gate.set()

    def look(
        self, *, tab: Tab | None = None, query: Query | None = None, sort: Sort | None = None
    ) -> None:
        """Look at the calls another way."""
        self.view.tab = tab or self.view.tab
        self.view.query = query or self.view.query
        self.view.sort = sort or self.view.sort
        self._rebuild()

    def _rebuild(self) -> None:
        """Work out the rows anew, looking only at calls that can be in the tab at all."""
        tab = self.view.tab
        self.view.rebuild(self.lens(), None if tab is Tab.ALL else self.tally.keys(tab))

    def figures(self, window: Window | None = None) -> Figures:
        """Return the figures of a window, by default of the one that was chosen."""
        sources = [source.name for source in self.site.sources]
        since_ms = told_since_ms(self.board.policy, sources)
        return self.metrics.at(self.now_ms(), window or self.window, since_ms)

    def waits(self, key: CallKey) -> str | None:
        """Return the outcome that waits to be recorded for a call, if one does."""
        found = self.pending.of(key) if self.pending else None
        return found.code if found is not None else None

    def standstills(self) -> "Mapping[str, Standstill]":
        """Return why delivery stands still, by the target; of those that something waits for."""
        follower = self.follower
        if follower is None or follower.pulse is None or not follower.pulse.standstills:
            return {}
        ripe_ms = self.now_ms() - self.site.undo_seconds * 1000
        waits = {
            each.target
            for each in self.deliveries.waiting()
            if each.oldest_ms is not None and each.oldest_ms < ripe_ms
        }
        return {name: why for name, why in follower.pulse.standstills.items() if name in waits}

    def has_cdr(self, call: Call) -> bool:
        """Whether the PBX of a call tells when it ends."""
        return self.board.policy.reports_end(call.key.source, call.began.ms)

    def known_values(self, field: str) -> Sequence[str]:
        """Return what values a field of a filter can have, the likeliest first."""
        match field:
            case "ext":
                return [name for name, _, _ in sorted(self.extensions(), key=lambda each: -each[1])]
            case "state":
                return [state.value for state in CallState]
            case "disp":
                codes = self.site.code_tree().leaves() if self.has_site else ()
                return ["none", *(code.code for code in codes)]
            case "source":
                return [source.name for source in self.site.sources]
            case "dialled":
                return list(dict.fromkeys(self.site.numbers.values()))
            case "by":
                calls = self.board.calls.values()
                by = {call.disposition.by for call in calls if call.disposition}
                return sorted(by, key=lambda name: (name != self.own_name, name))
            case _:
                return ()

    def extensions(self) -> Sequence[tuple[str, int, int]]:
        """Return each extension with its calls now live and its calls in all, in order."""
        live = self.tally.keys(Tab.LIVE)
        counts: dict[str, list[int]] = {}
        for key, call in self.board.calls.items():
            if call.extension:
                count = counts.setdefault(call.extension, [0, 0])
                count[0] += key in live
                count[1] += 1
        return [
            (extension, live_count, total)
            for extension, (live_count, total) in sorted(
                counts.items(), key=lambda item: (len(item[0]), item[0])
            )
        ]
