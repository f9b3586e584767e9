"""The Outbox opens on every board, and offers a key only where a line has a use for it."""

from dataclasses import replace

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.journal.desk import Act
from enigma_tui.model.call import Call
from enigma_tui.targets import WebhookTarget
from enigma_tui.ui.app import EnigmaApp
from enigma_tui.ui.screens.outbox import OutboxDialog
from tests.ui import stage
from tests.ui.hands import (
    Eventually,
    Opened,
    colleague,
    outcome,
    shown,
    toasts,
    type_keys,
    under_cursor,
)


def tell_crm(floor: EmbeddedServer) -> None:
    """Have outcomes delivered to a target that nobody here has the secret of."""
    target = WebhookTarget(kind="webhook", name="crm", url="secret:nobody-has-it")
    stage.write_site(floor, replace(stage.demo_site(), delivery=(target,)))


async def recorded(app: EnigmaApp, eventually: Eventually) -> tuple[Call, Act]:
    call = under_cursor(app)
    act = Act(call.key, "spam", 0)
    await colleague(app).dispose(act)
    await eventually(lambda: outcome(app, call.key))
    return call, act


async def refused(app: EnigmaApp, call: Call, act: Act, eventually: Eventually) -> None:
    key = call.key
    failed = {"kind": "delivery", "target": "crm", "act": act.id, "outcome": "refused"}
    named = {"source": key.source, "call_feed": str(key.feed), "since": str(key.since)}
    told = {"call_ref": key.call_ref, "version": 1, "code": "spam", "answer": "422 no"}
    journal = app.journal_keys.journal
    await app.startup.connection.quick.xadd(journal, {**failed, **named, **told})
    await eventually(lambda: app.floor.deliveries.failed())


async def test_a_read_only_board_shows_it_and_changes_nothing(
    floor: EmbeddedServer, opened: Opened, eventually: Eventually
) -> None:
    tell_crm(floor)
    async with opened(read_only=True) as (app, pilot):
        await type_keys(app, pilot, "o")
        assert isinstance(app.screen, OutboxDialog)
        assert toasts(app) == ""
        assert shown(app, "#summary") == "What has been recorded has been delivered."
        await refused(app, *await recorded(app, eventually), eventually)
        await eventually(lambda: app.screen._rows)
        assert shown(app, "#hint") == "esc closes"
        before = app.floor.last
        for key in ("x", "r"):
            app.clear_notifications()
            await type_keys(app, pilot, key)
            assert "This board is read-only (--read-only)" in toasts(app)
        assert app.floor.deliveries.failed()
        assert app.floor.last == before


async def test_with_deliveries_waiting_no_key_is_offered_and_none_is_silent(
    floor: EmbeddedServer, opened: Opened, eventually: Eventually
) -> None:
    tell_crm(floor)
    async with opened() as (app, pilot):
        await recorded(app, eventually)
        await type_keys(app, pilot, "o")
        assert "1 recorded, to be delivered to crm" in shown(app, "#summary")
        assert "wait" not in shown(app, "#summary")
        assert shown(app, "#hint") == "esc closes"
        for key in ("x", "r"):
            app.clear_notifications()
            await type_keys(app, pilot, key)
            assert "There is nothing here" in toasts(app)


async def test_each_key_is_offered_where_a_line_has_a_use_for_it(
    floor: EmbeddedServer, opened: Opened, eventually: Eventually
) -> None:
    tell_crm(floor)
    async with opened() as (app, pilot):
        await refused(app, *await recorded(app, eventually), eventually)
        await type_keys(app, pilot, "o")
        assert shown(app, "#hint") == "r sends again what was not delivered   esc closes"
        await type_keys(app, pilot, "escape")
        stage.leave_waiting(app)
        await type_keys(app, pilot, "o")
        assert [row.state for row in app.screen._rows] == [
            "waits here",
            "sent?",
            "refused",
            "refused",
        ]
        for words in ("x takes back what waits here, or takes off", "r sends again"):
            assert words in shown(app, "#hint")
        for row, words in enumerate(("as soon as the server", "as soon as", "has refused it")):
            app.clear_notifications()
            await type_keys(app, pilot, *"j" * min(row, 1), "r")
            assert words in toasts(app)
        assert len(app.pending) == 3
        await type_keys(app, pilot, "k", "k", "x")
        assert len(app.pending) == 2
        assert "x takes off the list what was refused" in shown(app, "#hint")
