"""What a supervisor does to calls: from the dialog to the desk, and back with the answer."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol, TypeVar

from textual.app import App

from ..journal.desk import Act, Held, Outcome
from ..journal.faults import FAILED, explain
from ..journal.handing_in import HandingIn, Result
from ..model.call import Call, CallKey
from .claims import KEPT_SECONDS, Claims
from .draft import Draft, Subject
from .floor import Floor
from .reports import Reports, holders
from .screens.disposition import DispositionDialog
from .told import Told

SLOW_SECONDS = 1.0
"""After so long without an answer it is said that there is none yet."""

REMEMBERED = 50
"""How many acts back a repeat can go when the last ones have been undone."""

AWAY_SECONDS = 30.0
"""How long it is said that a call was not claimed, unless the server answers before that."""

_NOT_CLAIMED = "not claimed"

_T = TypeVar("_T")


class Marks(Protocol):
    """The marks on the board."""

    def mark(self, keys: Iterable[CallKey]) -> None:
        """Put marks on calls."""

    def unmark(self, keys: Iterable[CallKey]) -> Set[CallKey]:
        """Take marks off calls; return which had one."""


@dataclass(slots=True, eq=False)
class _Done:
    """What was recorded from here at once: one act, or a bulk of them."""

    acts: Sequence[Act]
    draft: Draft
    marked: Set[CallKey] = frozenset()
    """Which of the calls had a mark, that they have lost by it."""


class Acting:
    """Takes dispositions, undo and claims from the key press to what is said of it."""

    def __init__(
        self,
        app: App[Any],
        told: Told,
        floor: Floor,
        handing_in: HandingIn,
        claims: Claims,
        marks: Marks,
        key_of: Callable[[str], str],
    ) -> None:
        """Prepare; `key_of` returns the key that a command has in force."""
        self._app = app
        self._told = told
        self._floor = floor
        self._handing_in = handing_in
        self.claims = claims
        self._marks = marks
        self._key_of = key_of
        self._reports = Reports(told, floor, handing_in, key_of)
        self._kept: dict[CallKey, tuple[Draft, str]] = {}
        self._last: _Done | None = None
        self._history: deque[_Done] = deque(maxlen=REMEMBERED)
        self._away_at = 0.0
        """When a call could not be claimed because the server was away, by the follower's clock."""

    # ── one call ────────────────────────────────────────────────────────────────────────

    def begin(self, call: Call) -> None:
        """Ask for the outcome of a call; what could not be recorded before comes back."""
        self._told.over(call.key)
        if call.superseded and call.disposition is None:
            self._warn(f"Not recorded: {self._reports.superseded(call)}")
        elif (waiting := self._handing_in.pending.of(call.key)) is not None:
            assert isinstance(waiting.act, Act)
            self._warn(
                f"{waiting.act.code} for {self._reports.named(call)} waits for the server. "
                f"{self._key_of('outbox')} shows what waits."
            )
        else:
            draft, problem = self._kept.pop(call.key, (None, ""))
            self._open(call, draft=draft, problem=problem)

    def amend(self, call: Call) -> None:
        """Ask for another outcome of a call that has one, and for the reason."""
        if call.disposition is None:
            named = self._reports.named(call)
            self._warn(f"{named} has no outcome yet: {self._key_of('disposition')}.")
        else:
            self._open(call, amending=True)

    def repeat(self, call: Call) -> None:
        """Record for a call what was recorded last for another, note and all."""
        if not self._history:
            self._warn("There is nothing to repeat: nothing recorded from here stands.")
        elif call.disposition is not None or self._subject(call).claimant:
            self.begin(call)  # which says what stands, or asks
        else:
            last = self._history[-1].draft
            draft = replace(last, version=call.version, reason="", over_claim=False)
            self._run(self._record((call,), draft))

    def _open(
        self,
        call: Call,
        *,
        amending: bool = False,
        draft: Draft | None = None,
        problem: str = "",
    ) -> None:
        def chosen(made: Draft | None) -> None:
            if made is not None:
                self.claims.settle(call.key)
                self._run(self._record((call,), made))
            else:
                self.claims.leave(call.key)

        if not self._handing_in.away():
            self.claims.begin(call)
        self._ask(
            lambda: self._subject(self._floor.board.calls.get(call.key, call)),
            chosen,
            amending=amending,
            draft=draft,
            problem=problem,
        )

    def _ask(
        self, current: Callable[[], Subject], chosen: Callable[[Draft | None], None], **more: Any
    ) -> None:
        self._app.push_screen(
            DispositionDialog(
                current,
                self._floor.site.code_tree(),
                lambda: datetime.fromtimestamp(self._floor.now_ms() / 1000).astimezone(),
                **more,
            ),
            chosen,
        )

    def _subject(self, call: Call) -> Subject:
        named = self._reports.named(call)
        return Subject(named, call.version, call.disposition, self._claimant(call))

    def _claimant(self, call: Call) -> str:
        """Return who else claims a call."""
        call = self._floor.board.calls.get(call.key, call)
        claimant = call.claimed_by(self._floor.now_ms())
        return claimant if claimant != self._handing_in.who.name else ""

    # ── many calls ──────────────────────────────────────────────────────────────────────

    def begin_all(self, calls: Sequence[Call], hidden: int) -> None:
        """Ask for one outcome for all marked calls that are shown.

        Those that have an outcome already are left alone and lose their marks; the `hidden` ones
        are left alone. Those that somebody else claims are left out unless they are asked for.
        """
        free = [
            call
            for call in calls
            if call.disposition is None
            and not call.superseded
            and self._handing_in.pending.of(call.key) is None
        ]
        done = sum(call.disposition is not None for call in calls)
        left = [
            (hidden, "marked but not shown"),
            (done, "with an outcome"),
            (len(calls) - len(free) - done, "in use again, or waiting for the server"),
        ]
        apart = "".join(f"\n{count:,} {what}: left alone" for count, what in left if count)
        self._marks.unmark(call.key for call in calls if call.disposition is not None)
        if not free:
            self._warn(f"No marked call to dispose of.{apart}")
            return

        def chosen(made: Draft | None) -> None:
            if made is not None:
                claimants = ["" if made.over_claim else self._claimant(call) for call in free]
                taken = [call for call, name in zip(free, claimants, strict=True) if not name]
                left_out = _left_out([name for name in claimants if name])
                self._run(self._record(taken, made, left_out))

        def subject() -> Subject:
            claimants = [name for call in free if (name := self._claimant(call))]
            every = f"{_counted(len(free))}{apart}"
            if len(claimants) == len(free):
                return Subject(every, claimant=", ".join(sorted(set(claimants))))
            named = f"{_counted(len(free) - len(claimants))}{apart}"
            names = holders(claimants) if claimants else ""
            return Subject(named, left_out=len(claimants), holders=names, with_left_out=every)

        self._ask(subject, chosen)

    # ── recording ───────────────────────────────────────────────────────────────────────

    async def _record(
        self, calls: Sequence[Call], draft: Draft, left_out: str | None = None
    ) -> None:
        """Record an outcome; `left_out` says of a bulk which of its calls are not among them."""
        bulk = left_out is not None
        if not bulk and self._floor.board.calls.get(calls[0].key, calls[0]).superseded:
            self._reports.refused(self._reports.superseded(calls[0]), draft)
            return
        acts = [
            Act(
                call.key,
                draft.code,
                call.version if bulk else draft.version,
                draft.note,
                draft.callback_ms,
                draft.reason,
                draft.over_claim,
            )
            for call in calls
        ]
        if draft.act:
            acts = [replace(acts[0], id=draft.act)]
        before = self._last
        done = self._last = _Done(acts, replace(draft, act=""))
        self._history.append(done)
        one = len(calls) == 1 and not left_out
        what = self._reports.named(calls[0]) if one else f"{len(calls):,} calls"
        results = await self._insisting(self._handing_in.dispose(acts), f"{draft.code} for {what}")
        for act in acts:
            self.claims.end(act.key)  # recorded, it has gone already
        self._settle(done, results)
        if not done.acts:
            self._forget(done, before)
        self._floor.listener.on_calls()
        if one:
            # The draft keeps its id, so that handing in the same again records it once, whatever
            # became of it the first time.
            again = replace(draft, act=acts[0].id) if results[0].fault else draft
            if problem := self._reports.one(calls[0], draft, results[0]):
                self._kept[calls[0].key] = again, problem
        else:
            self._reports.many(calls, draft, results, left_out or "")

    def _settle(self, done: _Done, results: Sequence[Result]) -> None:
        """Note what stands of what was handed in; a call that has an outcome loses its mark."""
        done.acts = [
            act
            for act, result in zip(done.acts, results, strict=True)
            if result.recorded or result.kept
        ]
        theirs = [
            result.act.key
            for result in results
            if result.answer and result.answer.outcome is Outcome.CONFLICT and result.answer.code
        ]
        done.marked = self._marks.unmark([act.key for act in done.acts])
        self._marks.unmark(theirs)

    def _forget(self, done: _Done, before: _Done | None = None) -> None:
        """Neither undo nor repeat what does not stand; `before` is the last again, if it does."""
        if self._last is done:
            self._last = before if before in self._history else None
        if done in self._history:
            self._history.remove(done)

    async def _insisting(self, work: Awaitable[_T], what: str) -> _T:
        handed_in: asyncio.Future[_T] = asyncio.ensure_future(work)
        try:
            await asyncio.wait({handed_in}, timeout=SLOW_SECONDS)
            if not handed_in.done():
                words = f"{what}: the server has not answered yet"
                self._told.say(words, "warning", 60, about=handed_in)
            return await handed_in
        finally:
            self._told.over(handed_in)
            if not handed_in.done():
                # The board is closed: what no answer has come to is kept, and then it may end.
                handed_in.cancel()
                await asyncio.wait({handed_in})

    # ── taking back ─────────────────────────────────────────────────────────────────────

    def undo(self) -> None:
        """Take back what was recorded last from here: one act, or a bulk as a whole."""
        if self._last is None:
            self._told.say("There is nothing to undo.")
        else:
            self._run(self._undo(self._last))

    async def _undo(self, done: _Done) -> None:
        self._forget(done)
        acts = done.acts
        what = "the last disposition" if len(acts) == 1 else f"{len(acts):,} dispositions"
        results = await self._insisting(self._handing_in.take_back(acts), f"undo of {what}")
        back = {result.act.key for result in results if result.recorded or result.kept}
        self._marks.mark(done.marked & back)
        if not back:
            self._history.append(done)
        self._floor.listener.on_calls()
        self._reports.taken_back(acts, results)

    # ── claims ──────────────────────────────────────────────────────────────────────────

    def claim(self, call: Call) -> None:
        """Claim a call until it is released or disposed of, for some minutes at most."""
        if self.claims.holds(call.key):
            self.claims.end(call.key)
            self._told.say(f"Released {self._reports.named(call)}")
        elif self._handing_in.away():
            self._not_claimed()
        else:
            self._run(self._claimed(call, self.claims.begin_now(call)))

    async def _claimed(self, call: Call, answer: Awaitable[Held]) -> None:
        try:
            held = await self._insisting(answer, f"claim of {self._reports.named(call)}")
        except FAILED as error:
            fault = explain(error, self._handing_in.connection.address.shown)
            if fault.lost:
                self._not_claimed()
            else:
                self._warn(f"Not claimed: {fault}")
            return
        named, key = self._reports.named(call), self._key_of("claim")
        if held.ours and self.claims.holds(call.key):  # otherwise it is released already
            minutes = round(KEPT_SECONDS / 60)
            self._told.say(f"Claimed {named}, for {minutes} minutes. {key} releases it.")
        elif not held.ours and held.by:
            self._warn(f"{held.by} has claimed {named} already.")

    def _not_claimed(self) -> None:
        self._away_at = self._clock()
        words = "Not claimed: the server is away."
        self._told.say(words, "warning", AWAY_SECONDS, about=_NOT_CLAIMED)

    def on_link(self) -> None:
        """Say no more that the server is away, once it has answered."""
        link = self._floor.follower.link if self._floor.follower else None
        if link and link.connected and (link.answered_at or 0.0) > self._away_at:
            self._told.over(_NOT_CLAIMED)

    def _clock(self) -> float:
        return self._floor.follower.clock() if self._floor.follower else 0.0

    def lapsed(self, key: CallKey) -> None:
        """Say that a claim made by key has come to its end."""
        call = self._floor.board.calls.get(key)
        named = self._reports.named(call) if call else f"ref {key.call_ref}"
        self._warn(f"Your claim of {named} has lapsed. {self._key_of('claim')} claims it again.")

    # ── words ───────────────────────────────────────────────────────────────────────────

    def _run(self, work: Any) -> None:
        self._app.run_worker(work, name="acting")

    def _warn(self, words: str) -> None:
        self._told.say(words, "warning", 10)


def _counted(calls: int) -> str:
    return f"{calls:,} marked call{'s' if calls != 1 else ''}"


def _left_out(claimants: Sequence[str]) -> str:
    if not claimants:
        return ""
    return f"{len(claimants):,} left out, and still marked: {holders(claimants)}."
