"""Follows the journal and prints it: sentences, or lines of JSON."""

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from msgspec.structs import replace

from ..journal.follower import Follower, Link
from ..model import sentences
from ..model.board import Board
from ..model.call import ORIGIN, CallKey, EntryId
from ..model.entry import Event
from ..model.phone import Dialplan
from ..model.query import Lens, Query
from ..model.tabs import Tab
from ..model.windows import Window
from ..site import Site
from . import common
from .tail_json import figures_line, lines_of
from .telling import Counting, LinkTeller, Teller


@dataclass(slots=True)
class Printer:
    """Follows the journal and prints."""

    query: Query
    dialplan: Dialplan
    keep: int
    begin: EntryId | None
    """Print what comes after this entry; `None` for what comes from now on."""
    as_json: bool
    ends: bool
    asked_ms: int = 0
    """What the server's clock showed before anything was read."""
    figures_seconds: int | None = None
    teller: Teller | None = None
    """Who makes sentences; `None` where it is JSON."""
    link_teller: LinkTeller | None = None
    follower: Follower | None = None
    over: asyncio.Event = field(default_factory=asyncio.Event)
    _site: Site = field(default_factory=lambda: Site())
    _counting: Counting = field(init=False)
    _last: EntryId = ORIGIN
    _told: str = ""
    _begun: bool = False
    """Whether everything that was there when it began has been read."""
    _figures_at: float = 0.0

    def __post_init__(self) -> None:
        self._counting = self._anew()

    def _anew(self) -> Counting:
        return Counting(Board(self._site.policy(), self.keep), self._site)

    @property
    def last(self) -> EntryId:
        """The last entry that was read."""
        return self._last

    def now_ms(self) -> int:
        """Return what the server's clock shows now, as far as it has told."""
        pulse = self.follower.pulse if self.follower else None
        if self.follower is None or pulse is None:
            return self._last.ms
        return pulse.server_ms + round((self.follower.clock() - pulse.at) * 1000)

    # ── what the follower tells ─────────────────────────────────────────────────────────

    def on_site(self, site: Site | None) -> None:
        """Take over the shared settings."""
        self._site = site or Site()
        if not self._counting.board.calls:
            self._counting = self._anew()
        self._counting.site = self._site  # where rules of calls have changed it begins anew
        self._counting.metrics.service_level = self._site.service_level()
        if self.teller is not None:
            several = len(self._site.sources) > 1
            self.teller.voice = replace(self.teller.voice, several_sources=several)

    def on_restart(self, missing: bool) -> None:
        """Read again from the beginning; what was printed is not printed twice."""
        if self.begin is not None:
            self.begin = max(self.begin, self._last)
        self._counting = self._anew()
        self._last = ORIGIN
        if self.teller is not None:
            self.teller.began_anew()
        if missing:
            common.say("the journal no longer has what was read last; going on")

    def on_link(self) -> None:
        """Say on stderr when the server goes away or comes back."""
        if self.follower is None:
            return
        link = self.follower.link
        # Where a fault ends the command it is told at the end.
        ends = self.ends and link.fault is not None
        if self.teller is not None and not self.ends:
            self._look_at_link(link)
        elif not ends:
            self._say_fault(link)
        if self.begin is None and link.caught_up:
            self.begin = self._last
        if self.ends and (link.caught_up or link.fault):
            if link.caught_up and self.figures_seconds is not None:
                self._print_figures(max(self.now_ms(), self.asked_ms))
            self.over.set()

    def _look_at_link(self, link: Link) -> None:
        if self.link_teller is not None:
            pulse = self.follower.pulse if self.follower and self._begun else None
            self.link_teller.look(link, pulse)

    def _say_fault(self, link: Link) -> None:
        said = str(link.fault) if link.fault else ("connected" if link.connected else "")
        if said and said != self._told and (link.fault or self._told):
            common.say(said)
        self._told = said or self._told

    def on_events(self, events: Sequence[Event]) -> None:
        """Print what they tell; raises `common.Unwritable`."""
        board = self._counting.board
        for event in events:
            lens = self._lens(event.id.ms)
            tells = self.begin is not None and event.id > self.begin
            if self.teller is not None:
                for ms, said in self.teller.of_time(board, lens):
                    if tells:
                        self._print_said(ms, said)
            keys = board.apply(event)
            if self.teller is not None or self.figures_seconds is not None:
                self._counting.take(event, keys, lens)
            if tells:
                self._tell(event, keys, lens)
            self._last = event.id

    def _tell(self, event: Event, keys: Sequence[CallKey], lens: Lens) -> None:
        if self.teller is None:
            for line in lines_of(event, keys, self._counting.board, self.query, lens):
                common.out(json.dumps(line, ensure_ascii=False))
            return
        board = self._counting.board
        for said in self.teller.of_event(event, keys, board, lens):
            self._print_said(event.id.ms, said)
        for said in self.teller.of_change(keys, board, lens):
            self._print_said(event.id.ms, said)

    # ── time ────────────────────────────────────────────────────────────────────────────

    async def seconds(self) -> None:
        """Let seconds pass until cancelled; raises `common.Unwritable`."""
        while True:
            await asyncio.sleep(1.0)
            self.second()

    def second(self) -> None:
        """Say what the mere passing of time brings."""
        if self.follower is None or self.ends:
            return
        link, now_ms = self.follower.link, self.now_ms()
        if self.teller is not None:
            self._look_at_link(link)
        if not link.caught_up or self.follower.pulse is None:
            return
        lens, counting = self._lens(now_ms), self._counting
        counting.figures(now_ms)  # which lets go of what is too old for any
        if self.teller is not None:
            changed = list(self.teller.of_time(counting.board, lens))
            # A claim, and a life without news, end by themselves; how many there are is counted.
            counting.catch_up(lens, counting.tally.keys(Tab.LIVE))
            if not self._begun:
                where = self.follower.connection.address.shown
                self.say(f"Connected to {where}: {self._floor_words(now_ms)}.")
                self._begun = True
            for ms, said in changed:
                self._print_said(ms, said)
            for said in self.teller.of_second(counting, lens):
                self._print_said(now_ms, said)
        if self.figures_seconds is not None and self.follower.clock() >= self._figures_at:
            self._figures_at = self.follower.clock() + self.figures_seconds
            self._print_figures(now_ms)

    def _floor_words(self, now_ms: int) -> str:
        tally, due = self._counting.tally, self._counting.callbacks.due(now_ms)
        words = sentences.of_floor(tally[Tab.LIVE], tally[Tab.TO_DISPOSE])
        return words + (f", {sentences.counted(due, 'call-back')} due" if due else "")

    # ── printing ────────────────────────────────────────────────────────────────────────

    def say(self, sentence: str) -> None:
        """Say on stderr what is no event of the floor."""
        common.say(f"{_clock(time.time())} {sentence}")

    def _print_said(self, ms: int, sentence: str) -> None:
        common.out(f"{_clock(ms / 1000)} {sentence}")

    def _print_figures(self, now_ms: int) -> None:
        counting, lens = self._counting, self._lens(now_ms)
        counting.catch_up(lens, counting.tally.keys(Tab.LIVE))
        window = Window.HALF_AN_HOUR
        figures = counting.figures(now_ms, window)
        if self.teller is not None:
            level = counting.metrics.service_level
            words = sentences.of_figures(figures, window, level)
            self._print_said(now_ms, f"{words}; {self._floor_words(now_ms)}.")
            return
        told = figures_line(figures, now_ms, window, counting.tally)
        common.out(json.dumps(told, ensure_ascii=False))

    def _lens(self, now_ms: int) -> Lens:
        board = self._counting.board
        return Lens(now_ms, board.policy, self.dialplan, self._site.numbers)


def _clock(seconds: float) -> str:
    """Write a point in time as hours, minutes, seconds, with the day before if not today's."""
    at, now = (datetime.fromtimestamp(each).astimezone() for each in (seconds, time.time()))
    day = "" if at.date() == now.date() else f"{at.day} {at:%B} "
    return f"{day}{at:%H:%M:%S}"
