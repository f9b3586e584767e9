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
from .desk import Act, Answer, DispositionDesk, Outcome, Undo, Who
from .faults import FAILED, Fault, explain
from .keys import Keys
from .pending import Pending, PendingActs


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
        return "" if self.answer is None or self.answer.recorded else why_not(self.answer)


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
        """Hand in acts; return what became of each, in order. Raises nothing that FAILED names."""
        async with self._turn:
            if self.away():
                return [self._keep(act, sent=False) for act in acts]
            answers = await self._desk().dispose_all(acts)
            return [self._result(act, ans) for act, ans in zip(acts, answers, strict=True)]

    async def take_back(self, acts: Sequence[Act]) -> Sequence[Result]:
        """Undo acts; one that still waits and was never sent is only taken out of the file."""
        async with self._turn:
            results: dict[str, Result] = {}
            undos: list[Undo] = []
            for act in acts:
                waiting = self.pending.get(act.id)
                undo = Undo(act.key, act.id)
                if waiting is not None and not waiting.sent:
                    self.pending.settle(act.id)
                    results[act.id] = Result(undo, kept=True)
                elif waiting is not None or self.away():
                    results[act.id] = self._keep(undo, sent=False)
                else:
                    undos.append(undo)
            answers = await self._desk().undo_all(undos, self.rules().undo_ms)
            for undo, answer in zip(undos, answers, strict=True):
                results[undo.act] = self._result(undo, answer)
            return [results[act.id] for act in acts]

    async def replay(self) -> Replayed:
        """Hand in what was kept, in the order in which it was made, until the server fails."""
        recorded = refused = 0
        for pending in list(self.pending.waiting()):
            async with self._turn:
                if self.pending.get(pending.id) is None:
                    continue  # taken back while others were handed in
                age_ms = self.now_ms() - pending.made_ms
                if age_ms > self.rules().keep_days * 86_400_000:
                    self.pending.refuse(pending.id, "older than the journal is kept")
                    refused += 1
                    continue
                try:
                    self.pending.mark_sent(pending.id)
                    answer = await self._again(pending.act)
                except FAILED as error:
                    fault = explain(error, self.connection.address.shown)
                    return Replayed(recorded, refused, fault)
                if answer.recorded:
                    self.pending.settle(pending.id)
                    recorded += 1
                else:
                    self.pending.refuse(pending.id, why_not(answer))
                    refused += 1
        return Replayed(recorded, refused)

    async def _again(self, act: Act | Undo) -> Answer:
        if isinstance(act, Undo):
            return await self._desk().undo(act, self.rules().undo_ms)
        # A claim made since is no reason to drop what was decided before it.
        return await self._desk().dispose(replace(act, over_claim=True))

    def _result(self, act: Act | Undo, answer: Answer | Exception) -> Result:
        if isinstance(answer, Answer):
            return Result(act, answer=answer)
        if not isinstance(answer, FAILED):
            raise answer
        fault = explain(answer, self.connection.address.shown)
        return self._keep(act, sent=True) if fault.passing else Result(act, fault=fault)

    def _keep(self, act: Act | Undo, *, sent: bool) -> Result:
        try:
            self.pending.keep(Pending(act, self.now_ms(), sent))
        except OSError as error:
            return Result(
                act,
                fault=Fault(
                    "cannot be kept",
                    f"the server is away, and the act cannot be kept: {safe(str(error), 200)}",
                    "Look at the disk and at the state directory.",
                ),
            )
        return Result(act, kept=True)


def why_not(answer: Answer) -> str:
    """Say in one clause why an act was not recorded."""
    match answer.outcome:
        case Outcome.SUPERSEDED:
            return "the reference is in use again by a newer call"
        case Outcome.LATE:
            return f"too late to undo: {answer.code} stands"
        case Outcome.ABSENT:
            return "it had never been recorded"
        case Outcome.CLAIMED:
            return f"claimed by {answer.by}"
        case _ if answer.code:
            return f"{answer.by} was first, with {answer.code}"
        case _:
            return f"{answer.by or 'somebody'} has taken the outcome back meanwhile"
