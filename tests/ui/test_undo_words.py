"""What is said of an undo: what stands, whose it is, and how many for which reason."""

from enigma_tui.journal.desk import Act
from enigma_tui.journal.handing_in import Rules
from tests.ui.hands import (
    Eventually,
    Opened,
    colleague,
    outcome,
    toasts,
    type_keys,
    under_cursor,
)


async def test_a_bulk_undone_too_late_says_so_once_with_a_count_and_up_to_four_references(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        await type_keys(app, pilot, *["space"] * 6)
        calls, _ = app.board.marked()
        assert len(calls) == 6
        await type_keys(app, pilot, "D", "s")
        await eventually(lambda: "spam recorded for 6 of 6 calls" in toasts(app))
        await eventually(lambda: all(outcome(app, call.key) for call in calls))
        amended = calls[1]
        await colleague(app).dispose(Act(amended.key, "resolved", 1, reason="no spam"))
        # Entries of the stage's day are years ahead of the server's clock.
        app.acting._handing_in.rules = lambda: Rules(7, -20 * 366 * 86_400_000)
        await type_keys(app, pilot, "u")
        await eventually(lambda: "not taken back" in toasts(app))
        late = [call.key.call_ref for call in calls if call is not amended]
        assert toasts(app).split("\n") == [
            f"5 not taken back ({', '.join(late[:4])} and 1 more): too late to undo, spam stands.",
            f"1 not taken back ({amended.key.call_ref}): "
            "sipho has amended it since, to resolved. a amends.",
        ]


async def test_an_undo_after_a_colleagues_amendment_does_not_say_that_they_were_first(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        await type_keys(app, pilot, "d", "r")
        await eventually(lambda: outcome(app, call.key))
        await colleague(app).dispose(Act(call.key, "spam", 1, reason="it was"))
        await type_keys(app, pilot, "u")
        told = "Not taken back: sipho has amended it since, to spam. a amends."
        await eventually(lambda: toasts(app) == told)


async def test_an_undo_of_an_amendment_says_what_stands_again(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        await type_keys(app, pilot, "d", "r")
        await eventually(lambda: outcome(app, call.key))
        await type_keys(app, pilot, "a", "s", *"it was", "enter")
        await eventually(lambda: "spam recorded" in toasts(app))
        await type_keys(app, pilot, "u")
        told = f"spam for {call.key.call_ref} is taken back: resolved stands again."
        await eventually(lambda: toasts(app) == told)
