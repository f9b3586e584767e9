"""Promises of `model.rows`: rows in order, and the same read whether kept or read anew."""

from collections.abc import Sequence

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec.structs import replace

from enigma_tui.model import rows as module
from enigma_tui.model.call import EntryId
from enigma_tui.model.rows import PIECE, Row, Rows, by_beginning
from enigma_tui.model.subject import Subject, Subjects

from .floor import LIVE

NUMBERS = st.integers(0, 30)
CHOSEN = st.frozensets(NUMBERS) | st.just(frozenset(range(31)))


def callers(rows: Sequence[Subject]) -> list[str]:
    return [row.call.caller for row in rows]


class Kept(RuleBasedStateMachine):
    """Drives some rows, and those of them that passed, beside plain lists of the same."""

    @initialize(numbers=st.frozensets(NUMBERS), size=st.sampled_from([1, 2, 3, 5]))
    def start(self, numbers: frozenset[int], size: int) -> None:
        module.PIECE = size
        self.all = [Row(LIVE, "text", EntryId(n, 0), here=True) for n in range(31)]
        self.kept = [[self.all[n] for n in sorted(numbers)]]
        self.rows = [Rows(self.kept[0], by_beginning)]

    def teardown(self) -> None:
        module.PIECE = PIECE

    @rule(chosen=CHOSEN, of=st.integers(0, 9))
    def some_pass(self, chosen: frozenset[int], of: int) -> None:
        of %= len(self.rows)

        def passes(subjects: Subjects[Row]) -> list[bool]:
            return [row.since.ms in chosen for row in subjects.rows]

        self.rows.append(self.rows[of].only(passes))
        self.kept.append([row for row in self.kept[of] if row.since.ms in chosen])

    @rule(number=NUMBERS, of=st.integers(0, 9))
    def comes_or_goes(self, number: int, of: int) -> None:
        of %= len(self.rows)
        row, rows, kept = self.all[number], self.rows[of], self.kept[of]
        if row in kept:
            rows.remove(row)
            kept.remove(row)
        else:
            rows.add(row)
            kept.append(row)
            kept.sort(key=by_beginning)

    @rule(number=NUMBERS, caller=st.sampled_from(["a", "b"]))
    def becomes_another(self, number: int, caller: str) -> None:
        row = self.all[number]
        for rows in self.rows:
            if row in rows:
                rows.outdate(row)
        row.call = replace(row.call, caller=caller)

    @invariant()
    def rows_are_those_that_were_kept(self) -> None:
        if not hasattr(self, "rows"):
            return
        for rows, kept in zip(self.rows, self.kept, strict=True):
            assert list(rows) == kept
            assert list(reversed(rows)) == kept[::-1]
            assert len(rows) == len(kept)
            assert [rows.index(row) for row in kept] == list(range(len(kept)))
            assert rows.between(1, 4) == kept[1:4]
            assert [row for row in self.all if row in rows] == kept

    @invariant()
    def what_was_read_is_what_would_be_read(self) -> None:
        if not hasattr(self, "rows"):
            return
        for rows, kept in zip(self.rows, self.kept, strict=True):
            read = [value for piece in rows.pieces() for value in piece.column(callers)]
            assert read == callers(kept)


TestKept = Kept.TestCase
TestKept.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
