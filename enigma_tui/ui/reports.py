"""What a supervisor is told of what became of an act."""

from collections import Counter
from collections.abc import Callable, Sequence

from ..journal.desk import Act, Answer, Outcome
from ..journal.handing_in import HandingIn, Result, why_not
from ..model.call import Call
from .columns import moment
from .draft import Draft
from .floor import Floor
from .told import Saying, Told

NAMED_MOST = 4
"""How many calls of a bulk, or people, are named in its summary; all are counted."""

UNDO_SECONDS = 6.0
"""How long it is said that an act can be undone, where it can be for so long."""

SUMMARY_SECONDS = 60.0
"""How long it is said what a bulk could not record: there are several lines to read."""


class Reports:
    """Finds the words, and says them for as long as they are true."""

    def __init__(
        self, told: Told, floor: Floor, handing_in: HandingIn, key_of: Callable[[str], str]
    ) -> None:
        """Prepare; `key_of` returns the key that a command has in force."""
        self._told = told
        self._floor = floor
        self._handing_in = handing_in
        self._key_of = key_of

    def named(self, call: Call) -> str:
        """Return who called, on which extension, under which reference."""
        caller = self._floor.dialplan.caller(call.caller) or "unknown caller"
        extension = f"  ext {call.extension}" if call.extension else ""
        return f"{caller}{extension}  ref {call.key.call_ref}"

    def superseded(self, call: Call) -> str:
        """Say that a call's reference has gone to another."""
        return (
            f"{call.key.call_ref} is in use again by a newer call; "
            "this one can no longer be disposed of."
        )

    # ── one call ────────────────────────────────────────────────────────────────────────

    def one(self, call: Call, draft: Draft, result: Result) -> str:
        """Tell what became of one act.

        Returns the problem to come back with where the draft can be handed in again, else "".
        """
        named = self.named(call)
        again = self._key_of("disposition")
        if result.fault is not None:
            # No dialog opens by itself: it would take the keys that are meant for the board.
            problem = f"Not recorded: {result.fault}"
            self._told.say(
                f"{problem} {draft.code} for {named} is kept: {again} on that call brings it back.",
                "error",
                30,
                about=call.key,
            )
            return f"{problem} enter tries again."
        if result.answer is None:
            self._told.say(
                f"{draft.code} for {named} is kept on this machine: the server is away. It is "
                f"handed in when the server is back. {self._key_of('undo')} undoes it.",
                "warning",
                10,
            )
        elif result.recorded:
            self._undoable(f"{result.answer.code} recorded for {named}.", "undoes it")
        elif result.answer.outcome is Outcome.CLAIMED:
            problem = f"{result.answer.by} has claimed it meanwhile; nothing was recorded."
            words = f"{problem} {again} on that call asks again. {named}"
            self._told.say(words, "warning", 10, about=call.key)
            return problem
        elif result.answer.outcome is Outcome.SUPERSEDED:
            self.refused(self.superseded(call), draft)
        else:
            why = self._first(result.answer)
            self.refused(f"{why} Nothing was overwritten. {named}", draft)
        return ""

    def refused(self, why: str, draft: Draft) -> None:
        """Tell that nothing was recorded, and what had been typed."""
        note = f"\nYour note: {draft.note}" if draft.note else ""
        self._told.say(f"Not recorded: {why}{note}", "error", 20)

    def _first(self, answer: Answer) -> str:
        if not answer.code:
            return f"{why_not(answer)}."
        at = moment(answer.at_ms, self._floor.now_ms())
        return f"{answer.by} was first, with {answer.code} at {at}."

    def _undoable(self, words: str, undoes: str, then: Saying | None = None) -> None:
        """Say what can be undone; that it can be is not said for longer than it is so."""
        grace = self._handing_in.rules().undo_ms / 1000
        if grace > 0:
            first, _, rest = words.partition("\n")
            more = f"\n{rest}" if rest else ""
            words = f"{first} {self._key_of('undo')} {undoes}.{more}"
        seconds = min(UNDO_SECONDS, grace) if grace > 0 else UNDO_SECONDS
        severity = then.severity if then else "information"
        self._told.say(words, severity, seconds, then=then)

    # ── many calls ──────────────────────────────────────────────────────────────────────

    def many(
        self, calls: Sequence[Call], draft: Draft, results: Sequence[Result], left_out: str
    ) -> None:
        """Tell what became of a bulk, in one summary: what conflicted, and with whom."""
        recorded = sum(result.recorded for result in results)
        kept = sum(result.kept for result in results)
        lines = []
        if recorded or not kept:
            lines.append(f"{draft.code} recorded for {recorded:,} of {_calls(len(calls))}.")
        if kept:
            lines.append(f"{draft.code} for {_calls(kept)} is kept until the server is back.")
        if left_out:
            lines.append(left_out)
        problems = [
            f"{call.key.call_ref}: {result.problem}"
            for call, result in zip(calls, results, strict=True)
            if result.problem
        ]
        if problems:
            lines.append(f"{len(problems):,} not recorded:")
            lines += problems[:NAMED_MOST]
        if len(problems) > NAMED_MOST:
            lines.append(f"and {len(problems) - NAMED_MOST:,} more")
        words = "\n".join(lines)
        then = None
        if problems:
            then = Saying(words, "error", SUMMARY_SECONDS)
        elif kept or left_out:
            then = Saying(words, "warning", 14)
        if recorded or kept:
            self._undoable(words, "undoes all of it", then)
        else:
            self._told.say(words, "error", SUMMARY_SECONDS)

    def taken_back(self, acts: Sequence[Act], results: Sequence[Result]) -> None:
        """Tell what became of an undo, of one act or of a bulk."""
        back = sum(result.recorded or result.kept for result in results)
        failed = back < len(results)
        lines = []
        if len(acts) == 1:
            lines.append(_taken_back(acts[0], results[0]))
        elif back:
            lines.append(f"{back:,} of {len(acts):,} dispositions are taken back.")
        if any(result.kept and self._handing_in.pending.get(result.act.id) for result in results):
            lines.append("The server is told when it is back.")
        if len(acts) > 1:
            lines += _standing(results)
        if failed:
            lines[-1] += f" {self._key_of('amend')} amends."
        self._told.say(
            "\n".join(lines), "warning" if failed else "information", 15 if failed else 5
        )


def _taken_back(act: Act, result: Result) -> str:
    """Say of one act whether it is taken back, and what stands again where that is known."""
    if result.problem:
        return f"Not taken back: {_sentence(result.problem)}"
    words = f"{act.code} for {act.key.call_ref} is taken back"
    answer = result.answer
    # Of an undo that was sent twice, something else may have been recorded since.
    again = answer.code if answer is not None and answer.outcome is Outcome.DONE else ""
    return f"{words}: {again} stands again." if again else f"{words}."


def _standing(results: Sequence[Result]) -> Sequence[str]:
    """Say of a bulk what is not taken back: a sentence for each reason, the most frequent first."""
    reasons: dict[str, list[str]] = {}
    for result in results:
        if result.problem:
            reasons.setdefault(result.problem, []).append(result.act.key.call_ref)
    groups = sorted(reasons.items(), key=lambda group: -len(group[1]))
    lines = []
    for why, refs in groups[:NAMED_MOST]:
        more = f" and {len(refs) - NAMED_MOST:,} more" if len(refs) > NAMED_MOST else ""
        named = f"{', '.join(refs[:NAMED_MOST])}{more}"
        lines.append(f"{len(refs):,} not taken back ({named}): {_sentence(why)}")
    if rest := sum(len(refs) for _, refs in groups[NAMED_MOST:]):
        lines.append(f"{rest:,} more not taken back, for other reasons.")
    return lines


def _sentence(clause: str) -> str:
    return clause if clause.endswith(".") else f"{clause}."


def _calls(count: int) -> str:
    return f"{count:,} call{'s' if count != 1 else ''}"


def holders(claimants: Sequence[str]) -> str:
    """Say who has how many of some calls; `claimants` names one for each call."""
    counts = Counter(claimants).most_common()
    if len(counts) == 1:
        return f"{counts[0][0]} has {'it' if len(claimants) == 1 else 'them'}"
    words = [f"{name} has {count:,}" for name, count in counts[:NAMED_MOST]]
    if len(counts) > NAMED_MOST:
        words.append(f"{len(counts) - NAMED_MOST:,} others have the rest")
    return ", ".join(words)
