"""What a supervisor does to calls by key, on the real app with a real server behind it."""

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
        assert "nothing to repeat" in toasts(app)
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
        await eventually(lambda: "too late to undo, resolved stands" in toasts(app))
        assert "a amends" in toasts(app)
        assert outcome(app, call.key) is not None


async def test_a_repeat_after_an_undo_goes_back_to_the_one_before(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        first = under_cursor(app)
        await type_keys(app, pilot, "d", "s")
        await eventually(lambda: outcome(app, first.key))
        await type_keys(app, pilot, "j", "d", "r")
        second = under_cursor(app)
        await eventually(lambda: outcome(app, second.key))
        await type_keys(app, pilot, "u")
        await eventually(lambda: outcome(app, second.key) is None)
        await type_keys(app, pilot, "r")
        await eventually(lambda: outcome(app, second.key))
        done = outcome(app, second.key)
        assert done is not None
        assert done.code == "spam"


async def test_when_all_is_undone_there_is_nothing_to_repeat(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        await type_keys(app, pilot, "d", "r")
        await eventually(lambda: outcome(app, call.key))
        await type_keys(app, pilot, "u")
        await eventually(lambda: outcome(app, call.key) is None)
        await type_keys(app, pilot, "r")
        assert "nothing to repeat" in toasts(app)
        assert done_to(app, call.key) == [DeedKind.DISPOSED, DeedKind.UNDONE]


async def test_what_could_not_be_undone_can_be_repeated(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        await type_keys(app, pilot, "d", "r")
        await eventually(lambda: outcome(app, call.key))
        app.acting._handing_in.rules = lambda: Rules(7, -20 * 366 * 86_400_000)
        await type_keys(app, pilot, "u")
        await eventually(lambda: "too late to undo" in toasts(app))
        await type_keys(app, pilot, "j", "r")
        second = under_cursor(app)
        await eventually(lambda: outcome(app, second.key))


async def test_what_was_recorded_before_an_act_that_was_refused_can_still_be_undone(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        first = under_cursor(app)
        await type_keys(app, pilot, "d", "r")
        await eventually(lambda: outcome(app, first.key))
        await type_keys(app, pilot, "j")
        second = under_cursor(app)
        assert second.key != first.key
        app.floor.pause(True)  # the board does not see yet that a colleague was faster
        await colleague(app).dispose(Act(second.key, "spam", second.version))
        await type_keys(app, pilot, "d", "r")
        await eventually(lambda: "sipho was first" in toasts(app))
        app.floor.pause(False)
        await type_keys(app, pilot, "u")
        await eventually(lambda: outcome(app, first.key) is None)
