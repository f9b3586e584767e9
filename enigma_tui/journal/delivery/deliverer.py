"""Delivers to one target: reads what it is owed, sends it, and journals what came of it.

What it holds in memory it can work out again from the journal, so it may die at any point: what
had been sent and not yet journalled is sent again, under the same act, and nothing is dropped.
"""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import NoReturn

from ...backoff import Backoff
from ...model.call import ORIGIN, CallKey, EntryId
from ...model.delivery import Outbox, Outgoing
from ...model.entry import DeliveryOutcome, decode
from ...site import Site
from ...target import Target
from ...targets import DiallerTarget, ListTarget
from ..connection import Connection
from ..faults import trail
from ..keys import Keys
from ..stream import Journal
from .endings import Endings, Over
from .ledger import Ledger, Replaced
from .payload import envelope, facts_of
from .reply import AT_ONCE, Reply, Sender, Verdict
from .status import DeliveryStatus, failing, full, soon_full, why_still

OVERLAP_MS = 60_000
"""Reading begins so much before what is known to be done: after a fail-over the journal may have
entries that are older than the last one that was read. Reading an entry twice changes nothing."""

MOST_WAIT = 60.0
"""Seconds; no outcome waits longer to be tried again."""

_PUSHES = 100
"""How many outcomes are pushed to a list before the journal is read again."""

_ADVANCE_SECONDS = 10.0
_IDLE_SECONDS = 1.0
_CALM_SECONDS = 0.05
"""A busy journal is not looked at more often than this."""

log = logging.getLogger(__name__)

_Number = tuple[CallKey, str]
"""What tells one outcome from another: `Outgoing.id`."""


@dataclass(slots=True)
class _Trial:
    """How often an outcome has been tried."""

    backoff: Backoff
    attempts: int = 0
    not_before: float = 0.0
    last: Reply | None = None
    unsure: bool = False
    """Whether one of the attempts may have arrived."""


@dataclass(slots=True)
class Deliverer:
    """One target's deliveries, for as long as its lease is held."""

    connection: Connection
    keys: Keys
    site: Site
    target: Target
    sender: Sender | None
    """The way to the target; `None` of a list, which is written by the journal's own script."""
    ledger: Ledger
    status: DeliveryStatus
    server_ms: Callable[[], Awaitable[int]]
    """The clock of the journal's server; milliseconds since the epoch."""
    clock: Callable[[], float] = time.monotonic
    """Seconds; for back-off."""
    new_backoff: Callable[[], Backoff] = field(default=lambda: Backoff(random.Random(), MOST_WAIT))
    box: Outbox = field(init=False)
    _journal: Journal = field(init=False)
    _endings: Endings | None = field(init=False)
    _last: EntryId = ORIGIN
    _begin: EntryId = ORIGIN
    _trials: dict[_Number, _Trial] = field(default_factory=dict)
    _sending: dict[_Number, tuple[Outgoing, asyncio.Task[Reply]]] = field(default_factory=dict)
    _news: asyncio.Task[object] | None = None
    _running: bool = False
    _failures: int = 0
    _alone_until: float = 0.0
    _advanced_at: float = 0.0

    def __post_init__(self) -> None:
        self.box = Outbox(self.site.rule(self.target))
        self._journal = Journal(self.connection, self.keys)
        self._endings = (
            Endings(Journal(self.connection, self.keys), self.site.policy(), self.clock)
            if isinstance(self.target, DiallerTarget)
            else None
        )

    async def run(self) -> NoReturn:
        """Deliver until cancelled; raises what redis-py raises, or `Overtaken`."""
        await self._open()
        self._advanced_at = self.clock()
        try:
            while True:
                # The clock first: what is over its grace by then cannot be taken back by
                # anything that is not read afterwards.
                now_ms = await self.server_ms()
                await self._catch_up()
                if not self._running:
                    self._running, self.status.fault = True, None
                await self._finish()
                wait = await self._start(now_ms)
                await self._advance()
                await self._rest(wait)
        finally:
            await self._end()

    async def _open(self) -> None:
        done = await self.ledger.open()
        since = EntryId(max(0, self.target.since_ms - 1), 0)
        self._begin = max(since, EntryId(max(0, done.ms - OVERLAP_MS), 0))
        self._last = self._begin
        if self._endings is not None:
            self._last = EntryId(max(0, self._begin.ms - self._endings.warm_up_ms), 0)

    async def _catch_up(self) -> None:
        """Read the journal to its end."""
        while entries := await self._journal.after(self._last, wait=False):
            for entry_id, fields in entries:
                self._last = entry_id
                if self._endings is None and b"raw" in fields:
                    self.box.last = entry_id  # a notification owes nothing to anybody
                    continue
                event = decode(entry_id, fields)
                if self._endings is not None:
                    self._endings.apply(event)
                if entry_id > self._begin:
                    self.box.apply(event)
            if not self._journal.more:
                break
            await asyncio.sleep(0)

    # ── sending ─────────────────────────────────────────────────────────────────────────

    async def _start(self, now_ms: int) -> float:
        """Begin what is due; return for how many seconds there is nothing more to begin."""
        self.status.waiting = len(self.box.waiting)
        if not self.box.waiting and why_still(self.status.fault):
            self.status.fault = None  # where nothing waits nothing stands still
        if (alone := self._alone_until - self.clock()) > 0:
            return alone
        wait = _IDLE_SECONDS if self.box.waiting else _ADVANCE_SECONDS
        busy = {owed.key for owed, _ in self._sending.values()}
        before = self.status.delivered
        for owed in list(self.box.waiting.values()):
            # A system that fails again and again is asked one thing at a time.
            if len(self._sending) >= (AT_ONCE if self._failures < AT_ONCE else 1):
                break
            if self._alone_until > self.clock():
                break  # the list has become full
            if self.status.delivered - before >= _PUSHES:
                wait = 0.0  # what has been amended meanwhile is to be read first
                break
            ripe_ms = owed.disposition.at_ms + self.site.undo_seconds * 1000
            trial = self._trials.get(owed.id)
            if owed.key in busy:
                continue
            if now_ms <= ripe_ms:
                wait = min(wait, (ripe_ms + 1 - now_ms) / 1000)
            elif not owed.wanted:
                self.box.drop(owed.key)
            elif trial is not None and (later := trial.not_before - self.clock()) > 0:
                wait = min(wait, later)
            elif await self._may_be_sent(owed, now_ms):
                wait = min(wait, await self._send(owed, now_ms))
        self.status.waiting = len(self.box.waiting)
        return wait

    async def _may_be_sent(self, owed: Outgoing, now_ms: int) -> bool:
        """Whether it is time to send; what is too old, or can never be sent, is given up."""
        from_ms = owed.entry.ms
        if self._endings is not None:
            over = await self._endings.over_ms(owed.key, now_ms)
            old = now_ms - from_ms > self.target.max_age_minutes * 60_000
            if over is Over.NEVER_HEARD or (over is Over.NOT_HEARD and old):
                why = "the end of the call was not heard, and it must not be hung up"
                await self._settle(owed, DeliveryOutcome.TOO_OLD, why)
            if over is Over.IN_USE_AGAIN:
                why = "a newer call has this reference, and must not be taken for it or hung up"
                await self._settle(owed, DeliveryOutcome.TOO_OLD, why)
            if not isinstance(over, int):
                return False
            from_ms = max(from_ms, over)
        if now_ms - from_ms <= self.target.max_age_minutes * 60_000:
            return True
        trial = self._trials.get(owed.id)
        if trial is None or trial.last is None:
            await self._settle(owed, DeliveryOutcome.TOO_OLD, "")
        else:
            gave_up = DeliveryOutcome.UNKNOWN if trial.unsure else DeliveryOutcome.GAVE_UP
            await self._settle(owed, gave_up, trial.last.answer)
        return False

    async def _send(self, owed: Outgoing, now_ms: int) -> float:
        """Begin to send; return the seconds until there may be more to do."""
        trial = self._trials.setdefault(owed.id, _Trial(self.new_backoff()))
        try:
            if isinstance(self.target, ListTarget):
                return await self._push(self.target, owed, trial)
            await self.ledger.sending(owed)
        except Replaced:
            trial.not_before = self.clock() + trial.backoff.next()  # the journal is read first
            return _IDLE_SECONDS
        trial.attempts += 1
        task = asyncio.create_task(self._exchange(owed, now_ms))
        self._sending[owed.id] = (owed, task)
        return _IDLE_SECONDS

    async def _exchange(self, owed: Outgoing, now_ms: int) -> Reply:
        assert self.sender is not None
        facts = await facts_of(self._journal, owed)
        try:
            return await self.sender.send(owed, facts, now_ms)
        except Exception as mistake:
            # One outcome that cannot be written down must not keep the others from being sent.
            name = type(mistake).__name__
            log.error("sending to %s failed: %s at %s", self.target.name, name, trail(mistake))
            return Reply(Verdict.REFUSED, f"not sent: a mistake in this program, {name}")

    async def _push(self, target: ListTarget, owed: Outgoing, trial: _Trial) -> float:
        facts = await facts_of(self._journal, owed)
        payload = envelope(owed, facts, self.site.code_tree())
        still = self.box.waiting[owed.key]
        done = self._done_with(owed)
        try:
            pushed, length = await self.ledger.push(owed, done, target.key, target.cap, payload)
        except Replaced:
            self.box.put_back(still)
            raise
        trial.attempts += 1
        if pushed:
            self._trials.pop(owed.id, None)
            self.status.delivered += 1
            self.status.fault = soon_full(target, length)
            return _IDLE_SECONDS
        self.box.put_back(still)
        trial.last = Reply(Verdict.LATER, f"the list is full: it holds {length:,}")
        wait = trial.backoff.next()
        self._alone_until = self.clock() + wait
        self.status.fault = full(target, length)
        return wait

    # ── results ─────────────────────────────────────────────────────────────────────────

    async def _finish(self) -> None:
        """Journal what has been answered."""
        for number, (owed, task) in list(self._sending.items()):
            if not task.done():
                continue
            reply = task.result()
            match reply.verdict:
                case Verdict.DELIVERED:
                    await self._settle(owed, DeliveryOutcome.DELIVERED, reply.answer)
                    self.status.delivered += 1
                    self._failures = 0
                    self.status.fault = None
                case Verdict.REFUSED:
                    await self._settle(owed, DeliveryOutcome.REFUSED, reply.answer)
                    self._failures = 0
                    self.status.fault = None
                case Verdict.LATER | Verdict.UNSURE:
                    self._put_off(owed, reply)
            del self._sending[number]

    def _put_off(self, owed: Outgoing, reply: Reply) -> None:
        trial = self._trials.setdefault(owed.id, _Trial(self.new_backoff()))
        trial.last = reply
        trial.unsure = trial.unsure or reply.verdict is Verdict.UNSURE
        trial.not_before = self.clock() + trial.backoff.next()
        if reply.pause is not None:
            self._alone_until = max(self._alone_until, self.clock() + reply.pause)
        self._failures += 1
        if self.status.fault is None:
            log.warning("delivery to %s fails", self.target.name)
        self.status.fault = failing(self.target.name, reply.answer)

    async def _settle(self, owed: Outgoing, outcome: DeliveryOutcome, answer: str) -> None:
        trial = self._trials.pop(owed.id, None)
        await self.ledger.note(
            owed,
            outcome,
            self._done_with(owed),
            answer=answer,
            attempts=trial.attempts if trial else 0,
        )
        if self._endings is not None:
            self._endings.forget(owed.key)
        if outcome is not DeliveryOutcome.DELIVERED:
            log.warning("an outcome was not delivered to %s: %s", self.target.name, outcome)

    def _done_with(self, owed: Outgoing) -> EntryId:
        """Settle an outcome; return up to which entry nothing is owed then.

        Should writing that down fail, all this is worked out anew from the journal.
        """
        self.box.settle(owed.key, owed.disposition.act)
        return max(self.box.done(), self.ledger.done)

    async def _advance(self) -> None:
        """Note how far it has come, now and then, where no delivery does."""
        if self.clock() - self._advanced_at < _ADVANCE_SECONDS:
            return
        self._advanced_at = self.clock()
        owed = {each.id for each in self.box.waiting.values()}
        owed |= {each.before.id for each in self.box.waiting.values() if each.before}
        self._trials = {number: trial for number, trial in self._trials.items() if number in owed}
        done = self.box.done()
        if done > self.ledger.done:
            await self.ledger.advance(done)

    # ── waiting ─────────────────────────────────────────────────────────────────────────

    async def _rest(self, seconds: float) -> None:
        """Return when an answer has come, the journal has grown, or after `seconds`."""
        if self._news is None:
            self._news = asyncio.create_task(self._grown())
        sending = {task for _, task in self._sending.values()}
        done, _ = await asyncio.wait(
            {self._news, *sending}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
        )
        if not done & sending:
            await asyncio.sleep(min(_CALM_SECONDS, max(0.0, seconds)))
        if self._news.done():
            news, self._news = self._news, None
            news.result()

    async def _grown(self) -> None:
        await Journal(self.connection, self.keys).after(self._last)

    async def _end(self) -> None:
        tasks: list[asyncio.Task[object]] = [task for _, task in self._sending.values()]
        if self._news is not None:
            tasks.append(self._news)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._sending.clear()
        self._news = None
