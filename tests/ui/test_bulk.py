"""One outcome for many calls: which are among them, what is said of it, and what stays marked."""

import pytest
from textual.pilot import Pilot

from enigma_tui.journal.desk import Act
from enigma_tui.model.call import Call, CallKey
from enigma_tui.ui.app import EnigmaApp
from enigma_tui.ui.screens.disposition import DispositionDialog
from tests.ui.hands import (
    Eventually,
    Opened,
    claimant,
    colleague,
    outcome,
    shown,
    toasts,
    type_keys,
    under_cursor,
)

LONG_MS = 20 * 366 * 86_400_000
"""The stage's clock is years ahead of the server's, so a colleague's claim has to reach far."""


async def three_marked(
    app: EnigmaApp, pilot: Pilot[None], eventually: Eventually, claimed: int, by: str = "sipho"
) -> list[Call]:
    """Mark three calls, of which a colleague claims some."""
    await type_keys(app, pilot, "space", "space", "space")
    calls, _ = app.board.marked()
    for call in calls[:claimed]:
        await colleague(app, by).claim(call.key, f"c{call.key.call_ref}", LONG_MS)
    await eventually(lambda: all(claimant(app, call.key) for call in calls[:claimed]))
    return list(calls)


def with_outcome(app: EnigmaApp) -> set[CallKey]:
    return {key for key, call in app.floor.board.calls.items() if call.disposition}


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


async def test_one_summary_names_who_was_first_with_which(
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


# ── claimed by others ───────────────────────────────────────────────────────────────────────


async def test_marked_calls_that_somebody_claims_are_left_out_and_said_to_be(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        theirs, *mine = await three_marked(app, pilot, eventually, 1)
        await type_keys(app, pilot, "D")
        assert "2 marked calls" in shown(app, "#named")
        assert "1 left out: sipho has it." in shown(app, "#notice")
        assert "+ takes in those left out" in shown(app, "#hint")
        await type_keys(app, pilot, "s")
        await eventually(lambda: "spam recorded for 2 of 2 calls" in toasts(app))
        assert "1 left out, and still marked: sipho has it." in toasts(app)
        await eventually(lambda: with_outcome(app) == {call.key for call in mine})
        assert app.board.table.marked == {theirs.key}


async def test_a_key_takes_those_in_that_somebody_claims(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        calls = await three_marked(app, pilot, eventually, 2)
        await type_keys(app, pilot, "D")
        assert "2 left out: sipho has them." in shown(app, "#notice")
        await type_keys(app, pilot, "+")
        assert "3 marked calls" in shown(app, "#named")
        assert "2 of them claimed: sipho has them." in shown(app, "#notice")
        assert "+" not in shown(app, "#hint")
        await type_keys(app, pilot, "s")
        await eventually(lambda: with_outcome(app) == {call.key for call in calls})
        assert "left out" not in toasts(app)


async def test_when_all_of_them_are_claimed_the_dialog_asks_first(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        calls = await three_marked(app, pilot, eventually, 3)
        await type_keys(app, pilot, "D", "s")
        assert isinstance(app.screen, DispositionDialog)
        assert "Claimed by sipho" in shown(app, "#notice")
        assert not with_outcome(app)
        await type_keys(app, pilot, "y", "s")
        await eventually(lambda: with_outcome(app) == {call.key for call in calls})


async def test_one_that_is_claimed_while_the_dialog_is_open_is_left_out_then(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        calls = await three_marked(app, pilot, eventually, 0)
        await type_keys(app, pilot, "D")
        assert "3 marked calls" in shown(app, "#named")
        await colleague(app, "sipho").claim(calls[0].key, "c1", LONG_MS)
        await colleague(app, "naledi").claim(calls[1].key, "c2", LONG_MS)
        await eventually(lambda: "2 left out" in shown(app, "#notice"))
        for words in ("sipho has 1", "naledi has 1"):
            assert words in shown(app, "#notice")
        await type_keys(app, pilot, "s")
        await eventually(lambda: with_outcome(app) == {calls[2].key})


# ── marks ───────────────────────────────────────────────────────────────────────────────────


async def test_an_undo_puts_the_marks_back_on_what_it_took_back(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        calls = await three_marked(app, pilot, eventually, 1)
        marked = {call.key for call in calls}
        await type_keys(app, pilot, "D", "s")
        await eventually(lambda: len(app.board.table.marked) == 1)
        await eventually(lambda: len(with_outcome(app)) == 2)
        await type_keys(app, pilot, "u")
        await eventually(lambda: app.board.table.marked == marked)
        await eventually(lambda: not with_outcome(app))


async def test_a_call_disposed_of_alone_loses_its_mark_and_gets_it_back_with_the_undo(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        calls = await three_marked(app, pilot, eventually, 0)
        await type_keys(app, pilot, "g", "d", "s")
        call = under_cursor(app)
        await eventually(lambda: app.board.table.marked == {each.key for each in calls[1:]})
        await type_keys(app, pilot, "u")
        await eventually(lambda: app.board.table.marked == {each.key for each in calls})
        assert call.key == calls[0].key
        await type_keys(app, pilot, "G", "d", "s")
        last = under_cursor(app)
        await eventually(lambda: outcome(app, last.key))
        await type_keys(app, pilot, "u")
        await eventually(lambda: outcome(app, last.key) is None)
        assert last.key not in app.board.table.marked, "it had none"


async def test_a_call_whose_outcome_is_a_colleagues_loses_its_mark_to_the_bulk(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        calls = await three_marked(app, pilot, eventually, 0)
        await colleague(app).dispose(Act(calls[0].key, "resolved", 0))
        await eventually(lambda: outcome(app, calls[0].key))
        await type_keys(app, pilot, "D")
        assert app.board.table.marked == {call.key for call in calls[1:]}
        app.floor.pause(True)  # the board does not see yet that a colleague was faster
        await colleague(app).dispose(Act(calls[1].key, "resolved", 0))
        await type_keys(app, pilot, "s")
        await eventually(lambda: "spam recorded for 1 of 2 calls" in toasts(app))
        assert not app.board.table.marked
        app.floor.pause(False)


async def test_a_single_marked_call_that_was_undone_before_can_be_disposed_of_by_bulk(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        await type_keys(app, pilot, "d", "r")
        await eventually(lambda: outcome(app, call.key))
        await type_keys(app, pilot, "u")
        await eventually(lambda: outcome(app, call.key) is None)
        await type_keys(app, pilot, "space", "D", "s")
        await eventually(lambda: outcome(app, call.key))
        assert app.floor.board.calls[call.key].version == 3
