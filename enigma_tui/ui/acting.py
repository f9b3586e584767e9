"""What a supervisor does to calls: from the dialog to the desk, and back with the answer."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from textual.app import App

from ..journal.desk import Act, Answer, Outcome
from ..journal.faults import FAILED, Fault, explain
from ..journal.handing_in import HandingIn, Result, why_not
from ..model.call import Call, CallKey
from .claims import KEPT_SECONDS, Claims
from .columns import moment
from .floor import Floor
from .screens.disposition import DispositionDialog, Draft, Subject

SLOW_SECONDS = 1.0
"""After so long without an answer it is said that there is none yet."""

NAMED_MOST = 4
"""How many calls of a bulk are named in its summary; all are counted."""


class Acting:
    """Takes dispositions, undo and claims from the key press to the toast."""

    def __init__(
        self,
        app: App[Any],
        floor: Floor,
        handing_in: HandingIn,
        claims: Claims,
        key_of: Callable[[str], str],
    ) -> None:
        """Prepare; `key_of` returns the key that a command has in force."""
        self._app = app
        self._floor = floor
        self._handing_in = handing_in
        self.claims = claims
        self._key_of = key_of
        self._kept: dict[CallKey, tuple[Draft, str]] = {}
        self._last: tuple[Act, ...] = ()
        self._last_draft: Draft | None = None

    # ── one call ────────────────────────────────────────────────────────────────────────

    def begin(self, call: Call) -> None:
        """Ask for the outcome of a call; what could not be recorded before comes back."""
        if call.superseded and call.disposition is None:
            self._warn(f"Not recorded: {self._superseded(call)}")
        elif (waiting := self._handing_in.pending.of(call.key)) is not None:
            assert isinstance(waiting.act, Act)
            self._warn(
                f"{waiting.act.code} for {self._named(call)} waits for the server. "
                f"{self._key_of('outbox')} shows what waits."
            )
        else:
            draft, problem = self._kept.pop(call.key, (None, ""))
            self._open(call, draft=draft, problem=problem)

    def amend(self, call: Call) -> None:
        """Ask for another outcome of a call that has one, and for the reason."""
        if call.disposition is None:
            self._warn(f"{self._named(call)} has no outcome yet: {self._key_of('disposition')}.")
        else:
            self._open(call, amending=True)

    def repeat(self, call: Call) -> None:
        """Record for a call what was recorded last for another, note and all."""
        if self._last_draft is None:
            self._warn("Nothing has been recorded from here yet.")
        elif call.disposition is not None or self._subject(call).claimant:
            self.begin(call)  # which says what stands, or asks
        else:
            draft = replace(self._last_draft, version=call.version, reason="", over_claim=False)
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
        claimant = call.claimed_by(self._floor.now_ms())
        own = self._handing_in.who.name
        return Subject(
            self._named(call), call.version, call.disposition, claimant if claimant != own else ""
        )

    # ── many calls ──────────────────────────────────────────────────────────────────────

    def begin_all(
        self, calls: Sequence[Call], hidden: int, done: Callable[[Collection[CallKey]], None]
    ) -> None:
        """Ask for one outcome for all marked calls that are shown; `done` is told of which it is.

        Those that have an outcome already are left alone, and so are the `hidden` ones.
        """
        free = [
            call
            for call in calls
            if call.disposition is None
            and not call.superseded
            and self._handing_in.pending.of(call.key) is None
        ]
        left = [(hidden, "marked but not shown"), (len(calls) - len(free), "with an outcome")]
        apart = "".join(f"\n{count:,} {what}: left alone" for count, what in left if count)
        if not free:
            self._warn(f"No marked call to dispose of.{apart}")
            return

        def chosen(made: Draft | None) -> None:
            if made is not None:
                self._run(self._record(free, made, done))

        def subject() -> Subject:
            claimants = {
                claimant
                for call in free
                if (claimant := self._subject(self._floor.board.calls.get(call.key, call)).claimant)
            }
            named = f"{len(free):,} marked call{'s' if len(free) != 1 else ''}{apart}"
            return Subject(named, claimant=", ".join(sorted(claimants)))

        self._ask(subject, chosen)

    # ── recording ───────────────────────────────────────────────────────────────────────

    async def _record(
        self,
        calls: Sequence[Call],
        draft: Draft,
        done: Callable[[Collection[CallKey]], None] = lambda _: None,
    ) -> None:
        acts: dict[CallKey, Act] = {}
        for call in calls:
            if self._floor.board.calls.get(call.key, call).superseded and len(calls) == 1:
                self._refuse(self._superseded(call), draft)
                return
            act = Act(
                call.key,
                draft.code,
                draft.version if len(calls) == 1 else call.version,
                draft.note,
                draft.callback_ms,
                draft.reason,
                draft.over_claim,
            )
            acts[call.key] = replace(act, id=draft.act) if draft.act else act
        self._last_draft = replace(draft, act="")
        handed_in = self._last = tuple(acts.values())
        what = self._named(calls[0]) if len(calls) == 1 else f"{len(calls):,} calls"
        results = await self._insisting(
            self._handing_in.dispose(handed_in), f"{draft.code} for {what}"
        )
        for key in acts:
            self.claims.end(key)  # recorded, it has gone already
        stands = {result.act.id for result in results if result.recorded or result.kept}
        if self._last is handed_in:  # otherwise it has been undone already, or more was done
            self._last = tuple(act for act in handed_in if act.id in stands)
        done([act.key for act in handed_in if act.id in stands])
        self._floor.listener.on_calls()
        if len(calls) == 1:
            self._tell(calls[0], draft, results[0])
        else:
            self._tell_all(calls, draft, results)

    async def _insisting(self, work: Any, what: str) -> Sequence[Result]:
        handed_in: asyncio.Future[Sequence[Result]] = asyncio.ensure_future(work)
        try:
            await asyncio.wait({handed_in}, timeout=SLOW_SECONDS)
            if not handed_in.done():
                self._warn(f"{what}: the server has not answered yet")
            return await handed_in
        finally:
            if not handed_in.done():
                # The board is closed: what no answer has come to is kept, and then it may end.
                handed_in.cancel()
                await asyncio.wait({handed_in})

    def _tell(self, call: Call, draft: Draft, result: Result) -> None:
        named, undo = self._named(call), f"{self._key_of('undo')} undoes it"
        if result.fault is not None:
            assert isinstance(result.act, Act)
            self._keep_draft(call, replace(draft, act=result.act.id), result.fault)
        elif result.answer is None:
            self._warn(
                f"{draft.code} for {named} is kept on this machine: the server is away. It is "
                f"handed in when the server is back. {undo}."
            )
        elif result.recorded:
            self._say(f"{result.answer.code} recorded for {named}. {undo}.", 6)
        elif result.answer.outcome is Outcome.CLAIMED:
            problem = f"{result.answer.by} has claimed it meanwhile; nothing was recorded."
            self._kept[call.key] = draft, problem
            again = self._key_of("disposition")
            self._warn(f"{problem} {again} on that call asks again. {named}")
        elif result.answer.outcome is Outcome.SUPERSEDED:
            self._refuse(self._superseded(call), draft)
        else:
            self._refuse(f"{self._first(result.answer)} Nothing was overwritten. {named}", draft)

    def _first(self, answer: Answer) -> str:
        if not answer.code:
            return f"{why_not(answer)}."
        at = moment(answer.at_ms, self._floor.now_ms())
        return f"{answer.by} was first, with {answer.code} at {at}."

    def _tell_all(self, calls: Sequence[Call], draft: Draft, results: Sequence[Result]) -> None:
        recorded = sum(result.recorded for result in results)
        kept = sum(result.kept for result in results)
        lines = []
        if recorded or not kept:
            lines.append(f"{draft.code} recorded for {recorded:,} of {len(calls):,} calls.")
        if kept:
            lines.append(f"{draft.code} for {kept:,} calls is kept until the server is back.")
        if recorded or kept:
            lines[0] += f" {self._key_of('undo')} undoes all of it."
        problems = [
            f"{call.key.call_ref}: {result.problem}"
            for call, result in zip(calls, results, strict=True)
            if result.problem
        ]
        if problems:
            lines.append(f"{len(problems):,} not recorded:")
            lines += problems[:NAMED_MOST]
        if len(problems) > NAMED_MOST:
            lines.append(f"and {len(problems) - NAMED_MOST:,} more, still marked")
        self._app.notify(
            "\n".join(lines),
            severity="error" if problems else "information",
            timeout=20 if problems or kept else 6,
            markup=False,
        )

    def _keep_draft(self, call: Call, draft: Draft, fault: Fault) -> None:
        """Keep what was chosen and typed, and say so.

        No dialog opens by itself: it would take the keys that are meant for the board. The draft
        keeps its id, so that handing in the same again records it once, whatever became of it
        the first time.
        """
        problem = f"Not recorded: {fault}"
        self._kept[call.key] = draft, f"{problem} enter tries again."
        self._app.notify(
            f"{problem} {draft.code} for {self._named(call)} is kept: "
            f"{self._key_of('disposition')} on that call brings it back.",
            severity="error",
            timeout=30,
            markup=False,
        )

    # ── taking back ─────────────────────────────────────────────────────────────────────

    def undo(self) -> None:
        """Take back what was recorded last from here: one act, or a bulk as a whole."""
        if not self._last:
            self._say("There is nothing to undo.", 4)
        else:
            self._run(self._undo())

    async def _undo(self) -> None:
        acts, self._last = self._last, ()
        what = "the last disposition" if len(acts) == 1 else f"{len(acts):,} dispositions"
        results = await self._insisting(self._handing_in.take_back(acts), f"undo of {what}")
        self._floor.listener.on_calls()
        back = sum(result.recorded for result in results)
        kept = sum(result.kept for result in results)
        reasons = sorted({result.problem for result in results if result.problem})
        lines = []
        if len(acts) == 1 and not reasons:
            lines.append(f"{acts[0].code} for {acts[0].key.call_ref} is taken back.")
        elif back or kept:
            lines.append(f"{back + kept:,} of {len(acts):,} dispositions are taken back.")
        if any(result.kept and self._handing_in.pending.get(result.act.id) for result in results):
            lines.append("The server is told when it is back.")
        if reasons:
            amend = self._key_of("amend")
            lines.append(f"Not taken back: {'; '.join(reasons[:3])}. {amend} amends.")
        self._app.notify(
            "\n".join(lines),
            severity="warning" if reasons else "information",
            timeout=15 if reasons else 5,
            markup=False,
        )

    # ── claims ──────────────────────────────────────────────────────────────────────────

    def claim(self, call: Call) -> None:
        """Claim a call until it is released or disposed of, for some minutes at most."""
        if self.claims.holds(call.key):
            self.claims.end(call.key)
            self._say(f"Released {self._named(call)}", 4)
        else:
            self._run(self._claim(call))

    async def _claim(self, call: Call) -> None:
        try:
            held = await self.claims.begin_now(call)
        except FAILED as error:
            fault = explain(error, self._handing_in.connection.address.shown)
            self._warn(f"Not claimed: {fault}")
            return
        named, key = self._named(call), self._key_of("claim")
        if held.ours and self.claims.holds(call.key):  # otherwise it is released already
            minutes = round(KEPT_SECONDS / 60)
            self._say(f"Claimed {named}, for {minutes} minutes. {key} releases it.", 4)
        elif not held.ours and held.by:
            self._warn(f"{held.by} has claimed {named} already.")

    def lapsed(self, key: CallKey) -> None:
        """Say that a claim made by key has come to its end."""
        call = self._floor.board.calls.get(key)
        named = self._named(call) if call else f"ref {key.call_ref}"
        self._warn(f"Your claim of {named} has lapsed. {self._key_of('claim')} claims it again.")

    # ── words ───────────────────────────────────────────────────────────────────────────

    def _run(self, work: Any) -> None:
        self._app.run_worker(work, name="acting")

    def _say(self, words: str, seconds: float) -> None:
        self._app.notify(words, markup=False, timeout=seconds)

    def _warn(self, words: str) -> None:
        self._app.notify(words, severity="warning", timeout=10, markup=False)

    def _refuse(self, why: str, draft: Draft) -> None:
        note = f"\nYour note: {draft.note}" if draft.note else ""
        self._app.notify(f"Not recorded: {why}{note}", severity="error", timeout=20, markup=False)

    @staticmethod
    def _superseded(call: Call) -> str:
        return (
            f"{call.key.call_ref} is in use again by a newer call; "
            "this one can no longer be disposed of."
        )

    def _named(self, call: Call) -> str:
        caller = self._floor.dialplan.international(call.caller) or "unknown caller"
        extension = f"  ext {call.extension}" if call.extension else ""
        return f"{caller}{extension}  ref {call.key.call_ref}"
