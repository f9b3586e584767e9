"""Hands acts in at the desk, and keeps those that cannot be until they can.

What the server definitely refused is told; what may pass, or whose fate is not known, is kept in
a file (`pending.py`) under its id and handed in again when the server is back, against the same
version. So it is recorded once or not at all, and nobody is overwritten meanwhile.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from ..model.text import safe
from .connection import Connection
from .desk import Act, Answer, DispositionDesk, NotSentError, Outcome, Undo, Who
from .faults import FAILED, Fault, explain
from .keys import Keys
from .pending import KeepingError, Pending, PendingActs


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an act that was handed in: one of the three is so."""

    act: Act | Undo
    answer: Answer | None = None
    kept: bool = False
    """It waits in the file, or has been taken out of it."""
    fault: Fault | None = None
    """Why the server would not have it, or why it could not be kept."""

    @property
    def recorded(self) -> bool:
        """Whether it stands in the journal."""
        return self.answer is not None and self.answer.recorded

    @property
    def problem(self) -> str:
        """Why it was neither recorded nor kept, in one clause; empty where it was."""
        if self.fault is not None:
            return str(self.fault)
        if self.answer is None or self.answer.recorded:
            return ""
        return why_not(self.answer, undo=isinstance(self.act, Undo))


@dataclass(frozen=True, slots=True)
class Replayed:
    """What handing in what was kept came to."""

    recorded: int = 0
    refused: int = 0
    fault: Fault | None = None
    """Why some still wait."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the site says of acts."""

    keep_days: int
    undo_ms: int


@dataclass(slots=True)
class HandingIn:
    """Between a supervisor and the desk; one act, or one bulk of them, at a time."""

    connection: Connection
    keys: Keys
    who: Who
    pending: PendingActs
    away: Callable[[], bool]
    """Whether the server is known to be away, so that asking it would only take time."""
    now_ms: Callable[[], int]
    """The server's clock, in milliseconds."""
    rules: Callable[[], Rules]
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def _desk(self) -> DispositionDesk:
        return DispositionDesk(self.connection, self.keys, self.who, self.rules().keep_days)

    async def dispose(self, acts: Sequence[Act]) -> Sequence[Result]:
        """Hand in acts; return what became of each, in order. Raises nothing that FAILED names.

        Cancelled, it keeps those that no answer has come to: they may have been recorded.
        """
        async with self._turn:
            if self.away():
                return [self._keep(act, sent=False) for act in acts]
            results: dict[str, Result] = {}
            by_id = {act.id: act for act in acts}

            def told(act_id: str, answer: Answer | Exception) -> None:
                results[act_id] = self._result(by_id[act_id], answer)

            try:
                await self._desk().dispose_all(acts, told)
            except asyncio.CancelledError:
                for act in acts:
                    if act.id not in results:
                        self._keep(act, sent=True)
                raise
            return [results[act.id] for act in acts]

    async def take_back(self, acts: Sequence[Act]) -> Sequence[Result]:
        """Undo acts; one that still waits and was never sent is only taken out of the file."""
        async with self._turn:
            results: dict[str, Result] = {}
            undos: dict[str, Undo] = {}
            for act in acts:
                waiting = self.pending.get(act.id)
                undo = Undo(act.key, act.id)
                if waiting is not None and not waiting.sent:
                    results[act.id] = self._drop(undo)
                elif waiting is not None or self.away():
                    results[act.id] = self._keep(undo, sent=False)
                else:
                    undos[undo.id] = undo

            def told(undo_id: str, answer: Answer | Exception) -> None:
                undo = undos[undo_id]
                results[undo.act] = self._result(undo, answer)

            await self._desk().undo_all(list(undos.values()), self.rules().undo_ms, told)
            return [results[act.id] for act in acts]

    async def replay(self) -> Replayed:
        """Hand in what was kept, in the order in which it was made, until the server is away.

        One that the server will not have keeps the others from nothing.
        """
        recorded = refused = 0
        fault: Fault | None = None
        for pending in list(self.pending.waiting()):
            async with self._turn:
                if self.pending.get(pending.id) is None:
                    continue  # taken back while others were handed in
                try:
                    answer = await self._replay_one(pending)
                    if answer is None or not answer.recorded:
                        refused += 1
                    else:
                        recorded += 1
                except KeepingError as error:
                    return Replayed(recorded, refused, _unkept(error))
                except FAILED as error:
                    fault = explain(error, self.connection.address.shown)
                    if fault.passing:
                        break
        return Replayed(recorded, refused, fault)

    async def _replay_one(self, pending: Pending) -> Answer | None:
        """Hand in one act, and note what came of it; `None` where it is too old to be."""
        if self.now_ms() - pending.made_ms > self.rules().keep_days * 86_400_000:
            self.pending.refuse(pending.id, "older than the journal is kept")
            return None
        self.pending.mark_sent(pending.id)
        answer = await self._again(pending.act)
        if answer.recorded:
            self.pending.settle(pending.id)
        else:
            why = why_not(answer, undo=isinstance(pending.act, Undo))
            self.pending.refuse(pending.id, why)
        return answer

    async def _again(self, act: Act | Undo) -> Answer:
        if isinstance(act, Undo):
            return await self._desk().undo(act, self.rules().undo_ms)
        # A claim made since is no reason to drop what was decided before it.
        return await self._desk().dispose(replace(act, over_claim=True))

    def _result(self, act: Act | Undo, answer: Answer | Exception) -> Result:
        if isinstance(answer, Answer):
            return Result(act, answer=answer)
        if isinstance(answer, NotSentError):
            return self._keep(act, sent=False)
        if not isinstance(answer, FAILED):
            raise answer
        fault = explain(answer, self.connection.address.shown)
        return self._keep(act, sent=True) if fault.passing else Result(act, fault=fault)

    def _keep(self, act: Act | Undo, *, sent: bool) -> Result:
        try:
            self.pending.keep(Pending(act, self.now_ms(), sent))
        except KeepingError as error:
            return Result(act, fault=_unkept(error))
        return Result(act, kept=True)

    def _drop(self, undo: Undo) -> Result:
        try:
            self.pending.settle(undo.act)
        except KeepingError as error:
            return Result(undo, fault=_unkept(error))
        return Result(undo, kept=True)


def _unkept(error: KeepingError) -> Fault:
    return Fault(
        "cannot be kept",
        f"what waits for the server cannot be written: {safe(str(error), 300)}",
        "Look at the disk, and at who may write there.",
        passing=False,
    )


def why_not(answer: Answer, *, undo: bool = False) -> str:
    """Say in one clause why an act, or an `undo` of one, was not recorded."""
    match answer.outcome:
        case Outcome.SUPERSEDED:
            return "the reference is in use again by a newer call"
        case Outcome.LATE:
            return f"too late to undo, {answer.code} stands"
        case Outcome.DELIVERED:
            return f"{answer.code} has been delivered to {answer.delivered_to}, or is on its way"
        case Outcome.ABSENT:
            return "it had never been recorded"
        case Outcome.CLAIMED:
            return f"claimed by {answer.by}"
        case _ if answer.code and undo:  # what it should take back was there before
            return f"{answer.by} has amended it since, to {answer.code}"
        case _ if answer.code:
            return f"{answer.by} was first, with {answer.code}"
        case _:
            return f"{answer.by or 'somebody'} has taken the outcome back meanwhile"
