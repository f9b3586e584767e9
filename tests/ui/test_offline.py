"""What is done while the server is away is kept, and what was not delivered is shown."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from textual.pilot import Pilot

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.journal.desk import Act, Answer, DispositionDesk
from enigma_tui.journal.keys import Keys
from enigma_tui.model.call import Call, DeedKind
from enigma_tui.targets import WebhookTarget
from enigma_tui.ui.app import EnigmaApp
from tests.ui import stage
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


class Away:
    """A server that does not answer acts, until it does."""

    def __init__(self, app: EnigmaApp, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("enigma_tui.journal.desk.TRIES", 1)
        self.reached = False
        """Whether acts reach the server all the same, and only the answers are lost."""
        self.gone = True
        answers = app.startup.connection.quick.execute_command

        async def command(*arguments: object, **options: object) -> object:
            if self.gone and arguments[0] == "EVALSHA":
                if self.reached:
                    await answers(*arguments, **options)
                raise ConnectionError("away")
            return await answers(*arguments, **options)

        monkeypatch.setattr(app.startup.connection.quick, "execute_command", command)


# ── while the server is away ────────────────────────────────────────────────────────────────


async def test_of_marked_calls_one_that_waits_for_the_server_is_not_said_to_have_an_outcome(
    opened: Opened, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        Away(app, monkeypatch)
        await type_keys(app, pilot, "d", "r")
        await eventually(lambda: app.pending.of(call.key))
        await type_keys(app, pilot, "space", "D")
        assert "1 in use again, or waiting for the server: left alone" in toasts(app)
        assert "with an outcome" not in toasts(app)


async def test_an_act_made_while_the_server_is_away_is_kept_shown_and_handed_in_once(
    opened: Opened, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        away = Away(app, monkeypatch)
        await type_keys(app, pilot, "d", "p", *"was rude", "enter")
        await eventually(lambda: app.pending.of(call.key))
        assert len(app.screen_stack) == 1, "a failure must not take the keyboard"
        await eventually(lambda: "is kept on this machine" in toasts(app))
        app.board.table.paint()
        assert "waits" in app.board.table.render_line(1).text
        # Something else may be said right behind it: that it is still tried to hand it in.
        said: list[str] = []
        app.told.changed.subscribe(app.board, lambda now: said.append(now.words if now else ""))
        await type_keys(app, pilot, "d")
        assert any("waits for the server" in words for words in said)
        assert len(app.screen_stack) == 1
        away.gone = False
        app.offline.back()
        await eventually(lambda: outcome(app, call.key))
        done = outcome(app, call.key)
        assert done is not None
        assert (done.note, done.version) == ("was rude", 1)
        await eventually(lambda: not len(app.pending))


async def test_an_act_whose_answer_was_lost_is_recorded_once(
    opened: Opened, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        away = Away(app, monkeypatch)
        away.reached = True
        await type_keys(app, pilot, "d", "r")
        await eventually(lambda: app.pending.of(call.key))
        await eventually(lambda: outcome(app, call.key))
        away.gone = False
        app.offline.back()
        await eventually(lambda: not len(app.pending))
        assert app.floor.board.calls[call.key].version == 1
        assert done_to(app, call.key) == [DeedKind.DISPOSED]


async def test_who_was_faster_meanwhile_is_shown_and_not_overwritten(
    opened: Opened, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        away = Away(app, monkeypatch)
        await type_keys(app, pilot, "d", "r")
        await eventually(lambda: app.pending.of(call.key))
        away.gone = False
        await colleague(app).dispose(Act(call.key, "spam", 0))
        app.offline.back()
        await eventually(lambda: any(pending.refused for pending in app.pending))
        await type_keys(app, pilot, "o")
        assert app.screen._rows[0].state == "refused"
        assert "sipho was first, with spam" in app.screen._rows[0].why
        await type_keys(app, pilot, "x", "escape")
        assert not len(app.pending)
        done = outcome(app, call.key)
        assert done is not None
        assert (done.code, done.version) == ("spam", 1)


async def test_an_undo_of_what_was_never_sent_needs_no_server(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        app.acting._handing_in.away = lambda: True
        await type_keys(app, pilot, "d", "r")
        await eventually(lambda: app.pending.of(call.key))
        await type_keys(app, pilot, "u")
        await eventually(lambda: not len(app.pending))
        assert "is taken back" in toasts(app)
        app.acting._handing_in.away = lambda: False
        await type_keys(app, pilot, "d", "s")
        await eventually(lambda: outcome(app, call.key))
        assert app.floor.board.calls[call.key].version == 1


async def test_an_undo_of_what_may_have_been_recorded_takes_it_back_where_it_was(
    opened: Opened, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        away = Away(app, monkeypatch)
        away.reached = True
        await type_keys(app, pilot, "d", "r")
        await eventually(lambda: app.pending.of(call.key))
        await type_keys(app, pilot, "u")
        await eventually(lambda: len(app.pending) == 2)
        away.gone = False
        app.offline.back()
        await eventually(lambda: app.floor.board.calls[call.key].version == 2)
        assert outcome(app, call.key) is None
        assert not len(app.pending)


@asynccontextmanager
async def reopened(app: EnigmaApp, floor: EmbeddedServer) -> AsyncIterator[Screen]:
    """Another board of the same person, which finds what the first has left."""
    other = stage.make_app(floor)
    async with other.run_test(size=(120, 30), notifications=True) as pilot:
        await stage.settled(other, pilot)
        yield other, pilot


async def test_what_was_kept_is_handed_in_by_the_next_board_of_the_same_person(
    opened: Opened, floor: EmbeddedServer, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        call: Call = under_cursor(app)
        app.acting._handing_in.away = lambda: True
        await type_keys(app, pilot, "d", "r")
        await eventually(lambda: app.pending.of(call.key))
    async with reopened(app, floor) as (again, _):
        await eventually(lambda: outcome(again, call.key))
        await eventually(lambda: not len(again.pending))


async def test_what_is_older_than_the_journal_is_kept_is_shown_and_not_handed_in(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        app.acting._handing_in.away = lambda: True
        await type_keys(app, pilot, "d", "r")
        await eventually(lambda: app.pending.of(call.key))
        now_ms = app.floor.now_ms()
        app.acting._handing_in.now_ms = lambda: now_ms + 8 * 86_400_000
        app.acting._handing_in.away = lambda: False
        app.offline.back()
        await eventually(lambda: any(pending.refused for pending in app.pending))
        assert outcome(app, call.key) is None
        await type_keys(app, pilot, "o")
        assert "older than the journal is kept" in app.screen._rows[0].why


async def test_what_fails_late_does_not_come_between_the_keys_for_another_call(
    opened: Opened, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened() as (app, pilot):
        first = under_cursor(app)
        gives_up = asyncio.Event()
        dispose = DispositionDesk.dispose

        async def late(desk: DispositionDesk, act: Act) -> Answer:
            if act.key == first.key and not gives_up.is_set():
                await gives_up.wait()
                raise ConnectionError("away")
            return await dispose(desk, act)

        monkeypatch.setattr(DispositionDesk, "dispose", late)
        await type_keys(app, pilot, "d", "r", "j")
        second = under_cursor(app)
        await type_keys(app, pilot, "d")
        gives_up.set()
        await eventually(lambda: app.pending.of(first.key))
        await type_keys(app, pilot, "p", *"rude", "enter")
        await eventually(lambda: outcome(app, second.key))
        told = outcome(app, second.key)
        assert told is not None
        assert (told.code, told.note) == ("complaint", "rude")
        app.offline.back()
        await eventually(lambda: outcome(app, first.key))
        done = outcome(app, first.key)
        assert done is not None
        assert done.code == "resolved"


async def test_what_the_server_refuses_for_good_keeps_what_was_typed(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        hash_key = Keys().call(call.key)
        await app.startup.connection.quick.rpush(hash_key, "something else")
        await type_keys(app, pilot, "d", "p", *"was rude", "enter")
        await eventually(lambda: app.acting._kept)
        assert "is not of the type" in toasts(app)
        await app.startup.connection.quick.delete(hash_key)
        await type_keys(app, pilot, "d")
        assert app.screen.query_one("#note").value == "was rude"  # type: ignore[attr-defined]
        await type_keys(app, pilot, "enter")
        await eventually(lambda: outcome(app, call.key))


# ── what other systems were not told ────────────────────────────────────────────────────────


async def test_what_was_not_delivered_is_said_listed_and_sent_again(
    floor: EmbeddedServer, eventually: Eventually
) -> None:
    # Nobody here has the secret, so nothing is delivered but what the test writes.
    target = WebhookTarget(kind="webhook", name="crm", url="secret:nobody-has-it")
    stage.write_site(floor, replace(stage.demo_site(), delivery=(target,)))
    app = stage.make_app(floor)
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        await stage.settled(app, pilot)
        call = under_cursor(app)
        act = Act(call.key, "spam", 0)
        await colleague(app).dispose(act)
        await eventually(lambda: outcome(app, call.key))
        await type_keys(app, pilot, "o")
        assert "1 recorded, to be delivered to crm" in shown(app, "#summary")
        key = call.key
        failed = {"kind": "delivery", "target": "crm", "act": act.id, "outcome": "refused"}
        named = {"source": key.source, "call_feed": str(key.feed), "since": str(key.since)}
        told = {"call_ref": key.call_ref, "version": 1, "code": "spam", "answer": "422 no"}
        await app.startup.connection.quick.xadd(Keys().journal, {**failed, **named, **told})
        await eventually(lambda: app.floor.deliveries.failed())
        said = [text for _, parts in app.board.status.items() for text, _ in parts]
        assert "1 not delivered" in said
        await eventually(lambda: app.screen._rows)
        row = app.screen._rows[0]
        assert (row.state, row.why) == ("refused", "422 no")
        assert row.what == f"spam for {key.call_ref} to crm"
        await type_keys(app, pilot, "r")
        await eventually(lambda: not app.floor.deliveries.failed())
        assert "is sent again to crm" in toasts(app)
