"""The phone on the board: it rings without taking the keys, and its call is dispositioned."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.events import Key
from textual.pilot import Pilot

from enigma_tui import phoning
from enigma_tui.phone import media
from enigma_tui.ui import keyboard
from enigma_tui.ui.app import EnigmaApp
from enigma_tui.ui.screens.disposition import DispositionDialog
from enigma_tui.ui.screens.phone import PhoneDialog
from enigma_tui.ui.widgets.phone_bar import PhoneBar
from enigma_tui.values import Secret
from tests.phone.conftest import LOOPBACK
from tests.phone.pbx import OFFER, Leg, Pbx, phone_settings, serving
from tests.phone.peer import Caller
from tests.ui.hands import (
    Eventually,
    Opened,
    outcome,
    payload,
    push,
    shown,
    text_of,
    toasts,
    type_keys,
)

NUMBER = "0827654321"


@pytest.fixture(autouse=True)
def loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Media of the tests stay on this machine."""
    monkeypatch.setattr(media, "PROGRAM", LOOPBACK)
    monkeypatch.delenv("SSH_CONNECTION", raising=False)


@asynccontextmanager
async def phoned(
    opened: Opened, pbx: Pbx, **settings: Any
) -> AsyncIterator[tuple[EnigmaApp, Pilot[None]]]:
    """The board with a phone that is registered."""
    async with opened(**{**phone_settings(pbx.url), **settings}) as (app, pilot):
        await pbx.registered()
        yield app, pilot


def bar(app: EnigmaApp) -> str:
    """What the phone's line says; nothing where it is not shown."""
    place = app.board if isinstance(app.screen, PhoneDialog) else app.screen
    line = place.query_one(PhoneBar)
    return text_of(line) if line.display and line.size else ""


async def press(app: EnigmaApp, *keys: str) -> None:
    """Press keys while there is sound; a pilot would wait for the process to be idle."""
    for key in keys:
        app.keyboard.typed(Key(key, None))
    await app.keyboard.idle()


async def ring(app: EnigmaApp, pbx: Pbx, eventually: Eventually, offer: str = OFFER) -> Leg:
    """Have it ring."""
    leg = await pbx.invite(offer, caller=f'"Nomsa" <sip:{NUMBER}@pbx>')
    await eventually(lambda: "RINGING" in bar(app))
    return leg


async def answered(app: EnigmaApp, pbx: Pbx, caller: Caller, eventually: Eventually) -> Leg:
    """Have it ring, and take the call by its keys."""
    leg = await ring(app, pbx, eventually, await caller.offer())
    await press(app, "ctrl+t", "enter")
    await caller.answered(await leg.answered())
    return leg


async def test_it_rings_and_takes_no_keys(opened: Opened, eventually: Eventually) -> None:
    pbx = Pbx()
    async with serving(pbx), phoned(opened, pbx) as (app, pilot):
        await eventually(lambda: "phone 201" in text_of(app.board.status))
        await type_keys(app, pilot, "slash", *"ext:2001")
        leg = await ring(app, pbx, eventually)
        assert "+27 82 765 4321  Nomsa" in bar(app)
        assert "ctrl+t, then enter answers" in bar(app)
        await type_keys(app, pilot, "enter")
        assert app.floor.view.query.text == "ext:2001", "which is what enter was meant for"
        assert "RINGING" in bar(app)
        await leg.send("CANCEL")
        await leg.response(487)
        await eventually(lambda: not bar(app))
        assert toasts(app) == "+27 82 765 4321  Nomsa rang here: nobody answered."


async def test_answered_by_key_and_dispositioned_by_two(
    opened: Opened, eventually: Eventually
) -> None:
    pbx = Pbx()
    async with serving(pbx), phoned(opened, pbx) as (app, _), Caller() as caller:
        leg = await ring(app, pbx, eventually, await caller.offer())
        await press(app, "ctrl+t")
        assert isinstance(app.screen, PhoneDialog)
        assert "enter answers   del rejects" in shown(app, "#hint")
        await press(app, "enter")
        await caller.answered(await leg.answered())
        await push(app, payload("8801", "201", number="27827654321", contact_ref="ACC-4711"))
        [key] = [key for key in app.floor.board.calls if key.call_ref == "8801"]
        await eventually(lambda: "IN CALL" in bar(app) and "ref 8801" in shown(app, "#who"))
        assert "contact ACC-4711" in shown(app, "#who")
        await press(app, "delete")
        await pbx.wait_for("BYE")
        assert isinstance(app.screen, DispositionDialog)
        await press(app, "s")
        await eventually(lambda: (done := outcome(app, key)) and done.code == "spam")
        assert not bar(app)


async def test_without_the_keys_the_outcome_waits(opened: Opened, eventually: Eventually) -> None:
    pbx = Pbx()
    async with serving(pbx), phoned(opened, pbx) as (app, _), Caller() as caller:
        leg = await answered(app, pbx, caller, eventually)
        await press(app, "escape")
        assert app.screen is app.board
        await eventually(lambda: "IN CALL" in bar(app))
        await push(app, payload("8801", "201", number=NUMBER))
        await eventually(lambda: "ref 8801" in bar(app))
        await leg.send("BYE")
        await eventually(lambda: "is over. ctrl+t records its outcome" in toasts(app))
        assert app.screen is app.board, "somebody may be typing"
        await press(app, "ctrl+t")
        assert isinstance(app.screen, DispositionDialog)


async def test_a_notification_that_comes_after_the_call(
    opened: Opened, eventually: Eventually
) -> None:
    pbx = Pbx()
    async with serving(pbx), phoned(opened, pbx) as (app, _), Caller() as caller:
        leg = await answered(app, pbx, caller, eventually)
        await eventually(lambda: "IN CALL" in bar(app))
        await leg.send("BYE")
        await eventually(lambda: "notification is waited for" in shown(app, "#state"))
        await push(app, payload("8801", "201", number=NUMBER))
        await eventually(lambda: isinstance(app.screen, DispositionDialog))


async def test_rejected_by_key(opened: Opened, eventually: Eventually) -> None:
    pbx = Pbx()
    async with serving(pbx), phoned(opened, pbx) as (app, pilot):
        leg = await ring(app, pbx, eventually)
        await type_keys(app, pilot, "ctrl+t", "delete")
        await leg.response(603)
        await eventually(lambda: not bar(app))
        assert "Nobody is on the phone." in shown(app, "#who")


async def test_muted_and_held(opened: Opened, eventually: Eventually) -> None:
    pbx = Pbx()
    async with serving(pbx), phoned(opened, pbx) as (app, _), Caller() as caller:
        await answered(app, pbx, caller, eventually)
        await eventually(lambda: "IN CALL" in bar(app))
        await press(app, "m")
        assert "MUTED" in bar(app)
        await press(app, "h")
        await eventually(lambda: "ON HOLD" in bar(app))
        assert "m unmutes   h resumes" in shown(app, "#hint")
        await press(app, "m", "h")
        await eventually(lambda: "MUTED" not in bar(app) and "ON HOLD" not in bar(app))


async def test_it_rings_in_a_dialog_too(opened: Opened, eventually: Eventually) -> None:
    pbx = Pbx()
    async with serving(pbx), phoned(opened, pbx) as (app, pilot):
        await type_keys(app, pilot, "d")
        assert isinstance(app.screen, DispositionDialog)
        await ring(app, pbx, eventually)
        await type_keys(app, pilot, "ctrl+t")
        assert isinstance(app.screen, PhoneDialog)
        await type_keys(app, pilot, "delete", "escape")
        assert isinstance(app.screen, DispositionDialog)


async def test_its_keys_can_be_others(opened: Opened, eventually: Eventually) -> None:
    pbx = Pbx()
    keys = {"phone": "f8", "phone_answer": "y", "phone_hang_up": "x"}
    async with serving(pbx), phoned(opened, pbx, keys=keys) as (app, pilot):
        leg = await ring(app, pbx, eventually)
        assert "F8, then y answers" in bar(app)
        await type_keys(app, pilot, "ctrl+t")
        assert app.screen is app.board
        await type_keys(app, pilot, "f8")
        assert "y answers   x rejects" in shown(app, "#hint")
        await type_keys(app, pilot, "x")
        await leg.response(603)


async def test_why_there_is_no_connection_is_told(opened: Opened, eventually: Eventually) -> None:
    pbx = Pbx()
    async with serving(pbx), phoned(opened, pbx) as (app, pilot):
        pbx.refuse = 503
        pbx.drop()
        await eventually(lambda: "not registered" in text_of(app.board.status))
        await type_keys(app, pilot, "ctrl+t")
        assert "the PBX answered 503" in shown(app, "#state")
        assert "enter tries again" in shown(app, "#hint")
        pbx.refuse = 0
        await type_keys(app, pilot, "enter")
        await eventually(lambda: "Registered with the PBX." in shown(app, "#state"))


async def test_registering_warns(opened: Opened, eventually: Eventually) -> None:
    pbx = Pbx()
    async with serving(pbx), phoned(opened, pbx) as (app, _):
        await eventually(lambda: "the agent's own stops ringing" in toasts(app))


async def test_callers_can_be_masked(opened: Opened, eventually: Eventually) -> None:
    pbx = Pbx()
    async with serving(pbx), phoned(opened, pbx, mask=True) as (app, _):
        await ring(app, pbx, eventually)
        assert "765" not in bar(app)
        assert "Nomsa" not in bar(app)


async def test_what_a_caller_is_called_cannot_harm_the_terminal(
    opened: Opened, eventually: Eventually
) -> None:
    pbx = Pbx()
    async with serving(pbx), phoned(opened, pbx) as (app, _):
        await pbx.invite(caller='"\x1b]0;mine\x07 [bold]" <sip:%1b%5b2J@pbx>')
        await eventually(lambda: "RINGING" in bar(app))
        assert "\x1b" not in bar(app)
        assert "[bold]" in bar(app)


async def test_without_the_extra_the_board_works_and_says_how(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phoning, "NEEDED", ("a_library_that_nobody_has",))
    given = {"phone_url": "ws://127.0.0.1:1/ws", "phone_password": Secret("x")}
    async with opened(extension="201", **given) as (app, pilot):
        assert "pip install 'enigma-tui[phone]'" in toasts(app)
        await type_keys(app, pilot, "ctrl+t")
        assert app.screen is app.board


async def test_a_board_that_only_watches_is_no_phone(opened: Opened) -> None:
    given = {"phone_url": "ws://127.0.0.1:1/ws", "phone_password": Secret("x")}
    async with opened(extension="201", read_only=True, **given) as (app, _):
        assert app.telephone is None
        assert not app.board.query(PhoneBar)


async def test_closing_the_board_asks_while_somebody_is_on_the_phone(
    opened: Opened, eventually: Eventually
) -> None:
    pbx = Pbx()
    async with serving(pbx), phoned(opened, pbx) as (app, _):
        leg = await ring(app, pbx, eventually)
        await press(app, "q")
        assert not app._exit
        assert "q again hangs up" in toasts(app)
        await press(app, "q")
        assert app._exit
        await leg.response(480)


async def test_what_is_typed_for_one_call_does_not_reach_the_next(
    opened: Opened, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyboard, "BREATH_SECONDS", 60.0)  # however slow this machine is
    pbx = Pbx()
    async with serving(pbx), phoned(opened, pbx) as (app, _):
        leg = await ring(app, pbx, eventually)
        await press(app, "ctrl+t")
        await leg.send("CANCEL")
        await leg.response(487)
        await eventually(lambda: not bar(app))
        await ring(app, pbx, eventually)
        await press(app, "delete", "enter")
        assert "RINGING" in bar(app)


async def test_help_over_the_phone_is_not_in_the_way(
    opened: Opened, eventually: Eventually
) -> None:
    pbx = Pbx()
    async with serving(pbx), phoned(opened, pbx) as (app, _), Caller() as caller:
        leg = await answered(app, pbx, caller, eventually)
        await push(app, payload("8801", "201", number=NUMBER))
        await eventually(lambda: "ref 8801" in bar(app))
        await press(app, "question_mark")
        await leg.send("BYE")
        await eventually(lambda: "is over" in toasts(app))
        await press(app, "ctrl+t")
        await eventually(lambda: isinstance(app.screen, DispositionDialog))


async def test_the_last_call_of_a_caller_is_the_one_that_is_dispositioned(
    opened: Opened, eventually: Eventually
) -> None:
    pbx = Pbx()
    async with serving(pbx), phoned(opened, pbx) as (app, _):
        await push(app, payload("8801", "201", number=NUMBER))
        await ring(app, pbx, eventually)
        await eventually(lambda: "ref 8801" in bar(app))
        await push(app, payload("8802", "201", number=NUMBER))
        await eventually(lambda: "ref 8802" in bar(app))
