"""A claim tells the others, and stands in nobody's way for longer than it should."""

import asyncio

import pytest
from textual.pilot import Pilot

from enigma_tui.journal.desk import Act, Undo
from enigma_tui.ui import claims
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

Screen = tuple[EnigmaApp, Pilot[None]]


# ── claims ──────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dialog claims its call as soon as it is open."""
    monkeypatch.setattr(claims, "SETTLE_SECONDS", 0.0)
    monkeypatch.setattr(claims.Claims.begin, "__defaults__", (0.0,))


async def test_an_open_dialog_claims_its_call_and_leaving_releases_it(
    opened: Opened, eventually: Eventually, at_once: None
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        await type_keys(app, pilot, "d")
        await eventually(lambda: claimant(app, call.key) == "thandi")
        await type_keys(app, pilot, "escape")
        await eventually(lambda: claimant(app, call.key) == "")


async def test_c_claims_and_releases_and_a_dialog_in_between_does_not_release(
    opened: Opened, eventually: Eventually, at_once: None
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        await type_keys(app, pilot, "c")
        await eventually(lambda: claimant(app, call.key) == "thandi")
        await type_keys(app, pilot, "d", "escape")
        assert app.acting.claims.holds(call.key)
        await type_keys(app, pilot, "c")
        await eventually(lambda: claimant(app, call.key) == "")


async def test_a_claim_is_renewed_while_the_dialog_is_open(
    opened: Opened, eventually: Eventually, at_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "RENEW_SECONDS", 0.01)
    async with opened() as (app, pilot):
        call = under_cursor(app)
        await type_keys(app, pilot, "d")
        await eventually(lambda: app.floor.board.calls[call.key].claim)
        first = app.floor.board.calls[call.key].claim
        assert first is not None

        def renewed() -> bool:
            claim = app.floor.board.calls[call.key].claim
            return claim is not None and claim.until_ms > first.until_ms

        await eventually(renewed)
        assert len(app.floor.board.calls[call.key].audit) == 1


async def test_a_claim_that_went_with_an_outcome_is_not_renewed(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        await type_keys(app, pilot, "c")
        await eventually(lambda: claimant(app, call.key) == "thandi")
        await colleague(app).dispose(Act(call.key, "spam", 0, over_claim=True))
        await eventually(lambda: not app.acting.claims.holds(call.key))
        assert claimant(app, call.key) == ""


async def test_over_somebody_elses_claim_the_dialog_asks_first(
    opened: Opened, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        # The stage's clock is years ahead of the server's, so the claim has to reach far.
        await colleague(app).claim(call.key, "c1", 20 * 366 * 86_400_000)
        await eventually(lambda: claimant(app, call.key) == "sipho")
        app.board.table.paint()
        assert "claimed      sipho" in app.board.table.render_line(1).text
        await type_keys(app, pilot, "d", "r")
        assert isinstance(app.screen, DispositionDialog)
        assert "Claimed by sipho" in shown(app, "#notice")
        assert outcome(app, call.key) is None
        await type_keys(app, pilot, "y", "r")
        await eventually(lambda: outcome(app, call.key))
        done = outcome(app, call.key)
        assert done is not None
        assert done.by == "thandi"


async def test_a_claim_that_the_board_has_not_seen_yet_refuses_and_then_asks(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        app.floor.pause(True)
        await colleague(app).claim(call.key, "c1", 60_000)
        await type_keys(app, pilot, "d", "r")
        await eventually(lambda: "sipho has claimed it meanwhile" in toasts(app))
        answer = await colleague(app).dispose(Act(call.key, "spam", 0))
        assert answer.version == 1, "nothing had been recorded"
        app.floor.pause(False)


async def test_closing_the_board_gives_its_claims_up(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        await type_keys(app, pilot, "c")
        await eventually(lambda: claimant(app, call.key) == "thandi")
    async with opened() as (again, _):
        assert claimant(again, call.key) == ""


# ── their end ───────────────────────────────────────────────────────────────────────────────


async def entries_of_claims(app: EnigmaApp) -> list[bytes]:
    entries = await app.startup.connection.quick.xrange(app.journal_keys.journal)
    return [told[b"kind"] for _, told in entries if told[b"kind"] in (b"claim", b"release")]


async def test_a_claim_made_by_key_is_one_entry_of_the_journal_and_lapses_and_says_so(
    opened: Opened, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "RENEW_SECONDS", 0.01)
    monkeypatch.setattr(claims, "KEPT_SECONDS", 0.6)
    async with opened() as (app, pilot):
        call = under_cursor(app)
        await type_keys(app, pilot, "c")
        await eventually(lambda: "has lapsed. c claims it again" in toasts(app))
        assert not app.acting.claims.holds(call.key)
        await eventually(lambda: not app.acting.claims._tasks)
        assert await entries_of_claims(app) == [b"claim", b"release"]


async def test_a_claim_made_by_key_stands_for_minutes_and_says_how_many(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        await type_keys(app, pilot, "c")
        await eventually(lambda: "for 10 minutes. c releases it" in toasts(app))
        await eventually(lambda: app.floor.board.calls[call.key].claim)
        claim = app.floor.board.calls[call.key].claim
        assert claim is not None
        # The server's clock, not the stage's.
        seconds, micros = await app.startup.connection.quick.time()
        left = claim.until_ms / 1000 - seconds - micros / 1e6
        assert 600 < left <= 620


async def test_a_claim_that_lapses_while_a_dialog_is_open_on_its_call_goes_on(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        await type_keys(app, pilot, "c")
        await eventually(lambda: claimant(app, call.key) == "thandi")
        first = app.floor.board.calls[call.key].claim
        await type_keys(app, pilot, "d")
        held = app.acting.claims._held[call.key]
        held.kept_until = asyncio.get_running_loop().time()  # the minutes are over
        held.stirred.set()
        await eventually(lambda: app.floor.board.calls[call.key].claim != first)
        assert claimant(app, call.key) == "thandi"
        assert "lapsed" not in toasts(app)
        await type_keys(app, pilot, "escape")
        await eventually(lambda: claimant(app, call.key) == "")


async def test_a_claim_released_before_it_was_answered_is_released_on_the_server(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, _):
        call = under_cursor(app)
        app.acting.claim(call)  # as two keys in one write, with nothing run in between
        app.acting.claim(call)
        assert not app.acting.claims.holds(call.key)
        await eventually(lambda: not app.acting.claims._tasks)
        assert not await app.startup.connection.quick.hexists(
            app.journal_keys.call(call.key), "claim_id"
        )
        assert "Released" in toasts(app)


async def test_a_dialog_claims_again_when_an_outcome_that_came_between_is_undone(
    opened: Opened, eventually: Eventually, at_once: None
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        await type_keys(app, pilot, "d")
        await eventually(lambda: claimant(app, call.key) == "thandi")
        sipho = colleague(app)
        act = Act(call.key, "spam", 0, over_claim=True)
        await sipho.dispose(act)
        await eventually(lambda: outcome(app, call.key))
        await eventually(lambda: "spam by sipho" in shown(app, "#notice"))
        assert claimant(app, call.key) == ""
        await sipho.undo(Undo(call.key, act.id), 60_000)
        await eventually(lambda: outcome(app, call.key) is None)
        await eventually(lambda: claimant(app, call.key) == "thandi")
        await type_keys(app, pilot, "escape")
        await eventually(lambda: claimant(app, call.key) == "")


async def test_a_dialog_does_not_claim_a_call_again_that_somebody_has_disposed_of(
    opened: Opened, eventually: Eventually, at_once: None
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        await type_keys(app, pilot, "d")
        await eventually(lambda: claimant(app, call.key) == "thandi")
        held = app.acting.claims._held[call.key]
        await colleague(app).dispose(Act(call.key, "spam", 0, over_claim=True))
        await eventually(lambda: outcome(app, call.key))
        before = await entries_of_claims(app)
        held.stirred.set()  # as when the time has come to renew it
        await eventually(lambda: not held.stirred.is_set())
        await type_keys(app, pilot, "escape")
        await eventually(lambda: not app.acting.claims._tasks)
        assert await entries_of_claims(app) == before
