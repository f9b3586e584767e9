"""Callers are called back through the PBX, once, and everybody learns of it."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from textual.widgets import Input, OptionList

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.journal.delivery import way
from enigma_tui.journal.desk import Act
from enigma_tui.model.call import Call, DeedKind
from enigma_tui.site import Click2Dial, Source
from enigma_tui.ui.commands import READ_ONLY
from enigma_tui.ui.screens.callbacks import CallBacksDialog
from enigma_tui.ui.screens.calling_back import CallBackDialog
from tests.delivery.receiver import HALF, Receiver, Request, hang, status
from tests.ui import stage
from tests.ui.hands import (
    Eventually,
    Opened,
    colleague,
    done_to,
    outcome,
    shown,
    text_of,
    toasts,
    type_keys,
    under_cursor,
)

CREATED = status(201, "on its way")


@pytest_asyncio.fixture
async def pbx() -> AsyncIterator[Receiver]:
    async with Receiver(usual=CREATED) as receiver:
        yield receiver


@pytest.fixture
def able(floor: EmbeddedServer, pbx: Receiver) -> None:
    stage.allow_calling_back(floor, server=f"http://127.0.0.1:{pbx.port}")


async def test_b_and_enter_have_the_pbx_call(
    able: None, pbx: Receiver, opened: Opened, eventually: Eventually
) -> None:
    async with opened(extension="2001") as (app, pilot):
        await type_keys(app, pilot, "3")
        call = under_cursor(app)  # a caller who gave up
        await type_keys(app, pilot, "b")
        assert isinstance(app.screen, CallBackDialog)
        assert app.floor.dialplan.international(call.caller) in shown(app, "#named")
        assert not pbx.requests, "nothing is asked for before it is confirmed"
        await type_keys(app, pilot, "enter")
        await eventually(lambda: "rings 2001" in toasts(app))
        assert "201 Said: on its way" in toasts(app)
        (request,) = pbx.requests
        assert (request.method, request.path) == ("POST", "/click2dial/calls")
        asked = json.loads(request.body)
        assert asked["agent"] == "2001"
        assert asked["callee"] == app.floor.dialplan.forms(call.caller)[1]
        assert asked["contact_ref"] == call.contact_ref
        await eventually(lambda: DeedKind.CALLED_BACK in done_to(app, call.key))
        await type_keys(app, pilot, "b")
        assert "Called back by thandi" in shown(app, "#notice")
        await type_keys(app, pilot, "escape")
        assert len(pbx.requests) == 1


async def test_the_extension_is_asked_for_and_remembered(
    able: None, pbx: Receiver, opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        await type_keys(app, pilot, "3", "b", "enter")
        assert "three or four digits" in shown(app, "#problem")
        await type_keys(app, pilot, *"2x0", "enter")
        assert isinstance(app.screen, CallBackDialog)
        await type_keys(app, pilot, "7", "enter")
        await eventually(lambda: "rings 207" in toasts(app))
        await type_keys(app, pilot, "b")
        assert app.screen.query_one(Input).value == "207"


@pytest.mark.parametrize("code", [400, 404, 429])
async def test_a_refusal_is_shown_and_the_others_are_not_told(
    able: None, pbx: Receiver, opened: Opened, eventually: Eventually, code: int
) -> None:
    pbx.usual = status(code, "agent is not logged in")
    async with opened(extension="2001") as (app, pilot):
        await type_keys(app, pilot, "3", "b", "enter")
        await eventually(lambda: "is not called" in toasts(app))
        assert f"{code} Said: agent is not logged in" in toasts(app)
        assert done_to(app, under_cursor(app).key) == []


@pytest.mark.parametrize("behaviour", [HALF, hang, status(504), status(500), status(408)])
async def test_where_no_answer_of_the_pbx_comes_nobody_knows_and_it_is_not_asked_again(
    able: None,
    pbx: Receiver,
    opened: Opened,
    eventually: Eventually,
    monkeypatch: pytest.MonkeyPatch,
    behaviour: object,
) -> None:
    for name in ("CONNECT_SECONDS", "ANSWER_SECONDS", "BODY_SECONDS"):
        monkeypatch.setattr(way, name, 0.3)
    pbx.usual = behaviour  # type: ignore[assignment]
    async with opened(extension="2001") as (app, pilot):
        await type_keys(app, pilot, "3", "b", "enter")
        await eventually(lambda: "Nobody knows" in toasts(app))
        call = under_cursor(app)
        await eventually(lambda: done_to(app, call.key) == [DeedKind.PERHAPS_CALLED_BACK])
        assert len(pbx.requests) == 1
        await type_keys(app, pilot, "b")
        assert "Perhaps called back by thandi" in shown(app, "#notice")


async def test_what_was_asked_is_in_the_audit_though_the_board_was_closed_before_the_answer(
    able: None, pbx: Receiver, opened: Opened, eventually: Eventually
) -> None:
    pbx.usual = hang
    async with opened(extension="2001") as (app, pilot):
        await type_keys(app, pilot, "3")
        call = under_cursor(app)
        await type_keys(app, pilot, "b", "enter")
        await eventually(lambda: pbx.requests)
    async with opened() as (again, _):
        assert done_to(again, call.key) == [DeedKind.PERHAPS_CALLED_BACK]
        words = [deed.words for deed in again.floor.board.calls[call.key].audit]
        assert "on extension 2001, the board was closed" in words


async def test_the_answer_leaves_the_claim_to_a_dialog_that_is_open_on_the_call(
    able: None, pbx: Receiver, opened: Opened, eventually: Eventually
) -> None:
    answer = asyncio.Event()

    async def wait(receiver: Receiver, request: Request, writer: asyncio.StreamWriter) -> None:
        await answer.wait()
        await CREATED(receiver, request, writer)

    pbx.usual = wait
    async with opened(extension="2001") as (app, pilot):
        await type_keys(app, pilot, "3")
        call = under_cursor(app)
        await type_keys(app, pilot, "b", "enter")
        await eventually(lambda: pbx.requests)
        await type_keys(app, pilot, "d")
        answer.set()
        await eventually(lambda: "rings 2001" in toasts(app))
        assert app.acting.claims.holds(call.key)
        await type_keys(app, pilot, "escape")
        assert not app.acting.claims.holds(call.key)


@pytest.mark.parametrize("code", [201, 400])
async def test_a_number_that_the_pbx_repeats_is_not_in_its_answer(
    able: None, pbx: Receiver, opened: Opened, eventually: Eventually, code: int
) -> None:
    async def repeat(receiver: Receiver, request: Request, writer: asyncio.StreamWriter) -> None:
        number = json.loads(request.body)["callee"]
        words = f"{number}, that is +27{number.removeprefix('0')}"
        await status(code, words)(receiver, request, writer)

    pbx.usual = repeat
    async with opened(mask=True, extension="2001") as (app, pilot):
        await type_keys(app, pilot, "3", "b", "enter")
        await eventually(lambda: f"{code} Said: ***, that is +27***" in toasts(app))


async def test_a_pbx_that_is_away_is_named(
    floor: EmbeddedServer, pbx: Receiver, opened: Opened, eventually: Eventually
) -> None:
    stage.allow_calling_back(floor, server=f"http://127.0.0.1:{pbx.port}")
    await pbx.down()
    async with opened(extension="2001") as (app, pilot):
        await type_keys(app, pilot, "3", "b", "enter")
        await eventually(lambda: "no connection" in toasts(app))
        assert f"127.0.0.1:{pbx.port}" in toasts(app)


async def test_a_site_without_click2dial_is_told_what_to_set(opened: Opened) -> None:
    async with opened() as (app, pilot):
        await type_keys(app, pilot, "b")
        assert app.screen is app.board
        assert "click2dial.server" in toasts(app)


async def test_a_caller_without_a_number_cannot_be_called(able: None, opened: Opened) -> None:
    async with opened(filter="caller:anonymous") as (app, pilot):
        await type_keys(app, pilot, "5", "b")
        assert app.screen is app.board
        assert "cannot call anonymous" in toasts(app)


async def test_what_speaks_against_calling_now_is_said(
    able: None, opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        await colleague(app).claim(call.key, "c1", 20 * 366 * 86_400_000)
        await eventually(lambda: app.floor.board.calls[call.key].claim)
        await type_keys(app, pilot, "b")
        assert "not over" in shown(app, "#notice")
        assert "sipho has claimed it" in shown(app, "#notice")


async def test_a_board_that_only_watches_calls_nobody(able: None, opened: Opened) -> None:
    async with opened(read_only=True) as (app, pilot):
        await type_keys(app, pilot, "b")
        assert app.screen is app.board
        assert toasts(app) == READ_ONLY
        await type_keys(app, pilot, "B", "b")
        assert isinstance(app.screen, CallBacksDialog)


async def test_what_the_site_wants_to_be_seen_is_sent(
    floor: EmbeddedServer, pbx: Receiver, opened: Opened, eventually: Eventually
) -> None:
    stage.allow_calling_back(
        floor,
        server=f"http://127.0.0.1:{pbx.port}",
        outbound_id="tvc_sales",
        reference="call_ref",
    )
    async with opened(extension="2001") as (app, pilot):
        await type_keys(app, pilot, "3", "b")
        assert "tvc_sales" in shown(app, "#named")
        await type_keys(app, pilot, "enter")
        await eventually(lambda: pbx.requests)
        asked = json.loads(pbx.requests[0].body)
        assert asked["outbound_id"] == "tvc_sales"
        assert "call_ref" in asked
        assert "contact_ref" not in asked


# ── scheduled ───────────────────────────────────────────────────────────────────────────────


async def test_scheduled_calls_are_listed_when_due_and_called_from_the_list(
    able: None, pbx: Receiver, opened: Opened, eventually: Eventually
) -> None:
    async with opened(extension="2001") as (app, pilot):
        calls = [app.floor.board.calls[key] for key in app.floor.view.order()]
        called = [call for call in calls if call.caller != "anonymous"][:2]
        now_ms = app.floor.now_ms()
        for call, when, by in zip(called, (-60_000, 60_000), ("thandi", "sipho"), strict=True):
            act = Act(call.key, "callback", 0, callback_ms=now_ms + when, note="ask for Ann")
            await colleague(app, by).dispose(act)
            await eventually(lambda key=call.key: outcome(app, key))
        app.calling_back.second_passed()
        assert "Now to be called back" in toasts(app), "one's own, whose time has come"
        app.board.tell()
        assert "1 call-back due" in text_of(app.board.status)
        await type_keys(app, pilot, "B")
        assert "2, 1 due" in str(app.screen.query_one(".box").border_title)
        await type_keys(app, pilot, "b", "enter")
        await eventually(lambda: pbx.requests)
        await eventually(lambda: app.screen.query_one(".box").border_title == "Call-backs: 1")
        await type_keys(app, pilot, "enter")
        assert under_cursor(app).key == called[1].key


async def test_the_cursor_of_the_list_stays_on_its_call(
    able: None, opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        now_ms = app.floor.now_ms()
        first, second, third = (app.floor.board.calls[key] for key in app.floor.view.order()[:3])

        async def schedule(call: Call, minutes: int) -> None:
            act = Act(call.key, "callback", 0, callback_ms=now_ms + minutes * 60_000)
            await colleague(app).dispose(act)
            await eventually(
                lambda: app.floor.callbacks.listed().count((act.callback_ms, call.key))
            )

        await schedule(second, 20)
        await schedule(third, 30)
        await type_keys(app, pilot, "B", "j", "k")
        dialog = app.screen
        assert isinstance(dialog, CallBacksDialog)
        await schedule(first, 10)
        dialog._look()
        assert dialog.query_one(OptionList).highlighted == 1
        await type_keys(app, pilot, "enter")
        assert under_cursor(app).key == second.key


async def test_an_empty_list_says_how_one_is_scheduled(opened: Opened) -> None:
    async with opened() as (app, pilot):
        await type_keys(app, pilot, "B")
        assert "asks when" in shown(app, "#question")
        await type_keys(app, pilot, "b", "enter", "q")
        assert app.screen is app.board


def test_settings_of_a_site_that_cannot_be_used_are_told() -> None:
    for wrong in ({"server": "pbx"}, {"server": "ftp://pbx"}, {"outbound_id": "+27"}):
        with pytest.raises(ValueError, match=r"address is wanted|expected is a number"):
            Source(click2dial=Click2Dial(**wrong))
