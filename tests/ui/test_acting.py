"""What a supervisor does to calls by key, on the real app with a real server behind it."""

import pytest
from textual import events
from textual.pilot import Pilot

from enigma_tui.journal.desk import Act
from enigma_tui.journal.handing_in import Rules
from enigma_tui.model.call import DeedKind
from enigma_tui.ui.app import EnigmaApp
from enigma_tui.ui.screens.details import timeline
from enigma_tui.ui.screens.disposition import DispositionDialog
from tests.ui.hands import (
    Eventually,
    Opened,
    colleague,
    done_to,
    outcome,
    shown,
    toasts,
    type_keys,
    under_cursor,
)

Screen = tuple[EnigmaApp, Pilot[None]]


# ── one call ────────────────────────────────────────────────────────────────────────────────


async def test_typing_a_disposition_records_it_for_the_call_under_the_cursor(
    opened: Opened,
    eventually: Eventually,
) -> None:
    async with opened() as (app, pilot):
        await type_keys(app, pilot, "j", "j")
        call = under_cursor(app)
        await type_keys(app, pilot, "d", "e", "b")
        await eventually(lambda: outcome(app, call.key))
        done = outcome(app, call.key)
        assert done is not None
        assert (done.code, done.by, done.version) == ("escalated.billing", "thandi", 1)


async def test_leaving_the_dialog_leaves_no_trace(opened: Opened) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        await type_keys(app, pilot, "d", "e", "escape", "escape")
        await type_keys(app, pilot, "d", "slash", *"bill", "escape", "escape")
        await type_keys(app, pilot, "d", "p", *"half a note", "escape", "escape")
        assert len(app.screen_stack) == 1
        assert (await colleague(app).dispose(Act(call.key, "x", 0, over_claim=True))).version == 1


async def test_a_note_keeps_every_line_that_is_pasted_and_says_when_it_is_too_long(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        await type_keys(app, pilot, "d", "p")
        note = app.screen.query_one("#note")
        app.post_message(events.Paste("first line\nsecond line"))
        await eventually(lambda: note.value == "first line second line")  # type: ignore[attr-defined]
        note.value = "x" * 1_007  # type: ignore[attr-defined]
        await type_keys(app, pilot, "enter")
        assert "7 characters too many" in shown(app, "#problem")
        note.value = "x" * 1_000  # type: ignore[attr-defined]
        await type_keys(app, pilot, "enter")
        await eventually(lambda: outcome(app, call.key))
        done = outcome(app, call.key)
        assert done is not None
        assert len(done.note) == 1_000


async def test_an_outcome_that_stands_is_shown_and_amended_only_with_a_reason(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        await colleague(app).dispose(Act(call.key, "spam", 0))
        await eventually(lambda: outcome(app, call.key))
        await type_keys(app, pilot, "d", "r")
        assert "spam by sipho" in shown(app, "#notice")
        await type_keys(app, pilot, "a", "r", "enter")
        assert "say why" in shown(app, "#problem")
        await type_keys(app, pilot, *"was a customer", "enter")
        await eventually(lambda: app.floor.board.calls[call.key].version == 2)
        done = outcome(app, call.key)
        assert done is not None
        assert (done.code, done.by, done.reason) == ("resolved", "thandi", "was a customer")
        told = [words for _, words in timeline(app.floor.board.calls[call.key])]
        assert "disposed of as spam by sipho" in told
        assert "amended to resolved by thandi: was a customer" in told


async def test_what_is_amended_meanwhile_by_another_is_shown_before_anything_is_written(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        await colleague(app).dispose(Act(call.key, "spam", 0))
        await eventually(lambda: outcome(app, call.key))
        await type_keys(app, pilot, "a", "r", *"mine")
        # The dialog may have claimed the call by now.
        theirs = Act(call.key, "no_answer", 1, reason="theirs", over_claim=True)
        await colleague(app, "naledi").dispose(theirs)
        await eventually(lambda: app.floor.board.calls[call.key].version == 2)
        await type_keys(app, pilot, "enter")
        assert isinstance(app.screen, DispositionDialog)
        assert "no_answer by naledi" in shown(app, "#notice")
        stale = Act(call.key, "x", 1, over_claim=True)
        assert (await colleague(app).dispose(stale)).version == 2, "nothing more was written"


async def test_a_repeat_records_the_last_outcome_again_note_and_all(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        await type_keys(app, pilot, "r")
        assert "Nothing has been recorded from here yet" in toasts(app)
        await type_keys(app, pilot, "d", "p", *"rude", "enter", "j")
        second = under_cursor(app)
        await type_keys(app, pilot, "r")
        await eventually(lambda: outcome(app, second.key))
        done = outcome(app, second.key)
        assert done is not None
        assert (done.code, done.note) == ("complaint", "rude")


# ── undo ────────────────────────────────────────────────────────────────────────────────────


async def test_u_takes_back_what_was_recorded_last_and_only_once(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        await type_keys(app, pilot, "d", "r")
        await eventually(lambda: outcome(app, call.key))
        assert "u undoes it" in toasts(app)
        await type_keys(app, pilot, "u")
        await eventually(lambda: outcome(app, call.key) is None)
        assert done_to(app, call.key) == [DeedKind.DISPOSED, DeedKind.UNDONE]
        await type_keys(app, pilot, "u")
        assert "nothing to undo" in toasts(app)
        await type_keys(app, pilot, "d", "s")
        await eventually(lambda: outcome(app, call.key))


async def test_after_the_grace_u_says_so_and_changes_nothing(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        await type_keys(app, pilot, "d", "r")
        await eventually(lambda: outcome(app, call.key))
        # Entries of the stage's day are years ahead of the server's clock.
        app.acting._handing_in.rules = lambda: Rules(7, -20 * 366 * 86_400_000)
        await type_keys(app, pilot, "u")
        await eventually(lambda: "too late to undo: resolved stands" in toasts(app))
        assert "a amends" in toasts(app)
        assert outcome(app, call.key) is not None


# ── many calls ──────────────────────────────────────────────────────────────────────────────


async def test_marked_calls_are_disposed_of_together_and_undone_as_a_whole(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        await type_keys(app, pilot, "space", "space", "space")
        marked = set(app.board.table.marked)
        assert len(marked) == 3
        line = app.board.table.render_line(1).text
        assert line[0] == "✓"
        await type_keys(app, pilot, "D", "s")
        await eventually(lambda: all(outcome(app, key) for key in marked))
        await eventually(lambda: not app.board.table.marked)
        assert "spam recorded for 3 of 3 calls" in toasts(app)
        await type_keys(app, pilot, "u")
        await eventually(lambda: not any(outcome(app, key) for key in marked))
        assert "3 of 3 dispositions are taken back" in toasts(app)


async def test_one_summary_names_who_was_first_with_which_and_those_stay_marked(
    opened: Opened, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened() as (app, pilot):
        await type_keys(app, pilot, "space", "space", "space")
        calls, hidden = app.board.marked()
        assert hidden == 0
        await type_keys(app, pilot, "D")
        app.floor.pause(True)  # the board does not see yet that a colleague was faster
        await colleague(app).dispose(Act(calls[1].key, "resolved", 0))
        await type_keys(app, pilot, "s")
        await eventually(lambda: "spam recorded for 2 of 3 calls" in toasts(app))
        assert f"{calls[1].key.call_ref}: sipho was first, with resolved" in toasts(app)
        app.floor.pause(False)
        done = outcome(app, calls[1].key)
        assert done is not None
        assert done.by == "sipho"


async def test_hidden_and_disposed_calls_are_left_alone_and_counted(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        await type_keys(app, pilot, "asterisk")
        everyone = set(app.board.table.marked)
        assert everyone == set(app.floor.view.order())
        call = under_cursor(app)
        await type_keys(app, pilot, "slash", *f"ext={call.extension}", "enter")
        few = set(app.floor.view.order())
        assert 0 < len(few) < len(everyone)
        await colleague(app).dispose(Act(call.key, "spam", 0))
        await eventually(lambda: outcome(app, call.key))
        await type_keys(app, pilot, "D")
        if len(few) == 1:
            assert "No marked call to dispose of" in toasts(app)
        else:
            assert "1 with an outcome: left alone" in app.screen._subject.named
            hidden = len(everyone) - len(few)
            assert f"{hidden} marked but not shown" in app.screen._subject.named


async def test_marking_all_again_takes_the_marks_away(opened: Opened) -> None:
    async with opened() as (app, pilot):
        await type_keys(app, pilot, "asterisk", "asterisk")
        assert not app.board.table.marked
        await type_keys(app, pilot, "D")
        assert "No call is marked" in toasts(app)
