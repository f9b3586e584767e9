"""Alerts: what happens is told, listed, acknowledged; a program gets it without a shell."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import OptionList

from enigma_tui.model.tabs import Tab
from enigma_tui.ui.app import EnigmaApp
from enigma_tui.ui.screens.alerts import AlertsDialog
from tests.docs.pages import ROOT, rows
from tests.ui.hands import (
    Eventually,
    Opened,
    payload,
    push,
    text_of,
    toasts,
    type_keys,
    under_cursor,
)

LONG: dict[str, Any] = {"name": "Long hold", "filter": "hold>2m"}


def rung(app: EnigmaApp) -> list[None]:
    bells: list[None] = []
    app.bell = lambda: bells.append(None)  # type: ignore[method-assign]
    return bells


async def test_a_call_that_passes_the_filter_is_told_listed_and_acknowledged(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened(alerts=[LONG]) as (app, pilot):
        app.board.tick()
        assert app.alarms is not None
        assert app.alarms.open == 0, "what is known when the board opens is no news"
        await push(app, payload("held-long", 4001, hold_time=121), payload("short", 4002))
        await eventually(lambda: "Long hold: call held-long, ext 4001" in toasts(app))
        app.board.tell()
        assert "1 alert" in text_of(app.board.status)
        await type_keys(app, pilot, "2", "n")
        assert isinstance(app.screen, AlertsDialog)
        assert app.screen.query_one(OptionList).option_count == 1
        assert "1 not acknowledged" in str(app.screen.query_one(".box").border_title)
        await type_keys(app, pilot, "N", "enter")
        assert app.screen is app.board
        assert under_cursor(app).key.call_ref == "held-long"
        assert app.floor.view.tab is Tab.ALL, "where the call is"
        assert app.alarms.open == 0
        app.board.tell()
        assert "alert" not in text_of(app.board.status)
        await type_keys(app, pilot, "N")
        assert "nothing to acknowledge" in toasts(app)


async def test_a_rule_rings_no_more_often_than_it_should(
    opened: Opened, eventually: Eventually
) -> None:
    quiet = {**LONG, "name": "Quiet", "bell": False, "filter": "hold>3m"}
    async with opened(alerts=[LONG, quiet]) as (app, _):
        bells = rung(app)
        wired = app.floor.observer
        assert wired is not None
        wired._bell = app.bell  # type: ignore[attr-defined]
        app.board.tick()
        await push(app, *(payload(f"held-{n}", 4000 + n, hold_time=200) for n in range(3)))
        await eventually(lambda: app.alarms and app.alarms.open == 6)
        assert len(bells) == 1


async def test_a_paused_board_says_that_alerts_wait_and_tells_them_when_it_goes_on(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened(alerts=[LONG]) as (app, pilot):
        app.board.tick()
        await type_keys(app, pilot, "p")
        await push(app, payload("held-long", 4001, hold_time=121))
        app.board.repaint()
        await pilot.pause()
        assert "PAUSED  1 waiting, alerts wait  p goes on" in text_of(app.board.count)
        assert app.alarms is not None
        assert app.alarms.open == 0
        await type_keys(app, pilot, "p")
        assert "Long hold: call held-long" in toasts(app)


async def test_a_program_learns_of_the_call_from_its_environment(
    opened: Opened, eventually: Eventually, tmp_path: Path
) -> None:
    out = tmp_path / "told"
    program = (
        "import json, os, pathlib, sys; found = {k: v for k, v in os.environ.items() "
        "if k.startswith('ENIGMA_')}; p = pathlib.Path(sys.argv[1]); "
        "p.with_suffix('.new').write_text(json.dumps([found, sys.argv[2]])); "
        "p.with_suffix('.new').rename(p)"
    )
    command = [sys.executable, "-c", program, str(out), "$(touch x) ; %s"]
    async with opened(alerts=[{**LONG, "command": command}]) as (app, _):
        app.board.tick()
        await push(app, payload("a'$(x)", 4001, hold_time=121, contact_ref="`id`"))
        await eventually(out.exists)
        told, argument = json.loads(out.read_text())
        assert argument == "$(touch x) ; %s"
        assert told["ENIGMA_ALERT"] == "Long hold"
        assert (told["ENIGMA_EXTENSION"], told["ENIGMA_HOLD"]) == ("4001", "121")
        assert (told["ENIGMA_CALL_REF"], told["ENIGMA_CONTACT_REF"]) == ("a'$(x)", "`id`")
        documented = rows(ROOT / "docs" / "alerts.md", "variable", "is")
        assert set(told) == {row.cells["variable"] for row in documented}


async def test_a_program_gets_no_secret_from_the_environment(
    opened: Opened, eventually: Eventually, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENIGMA_TUI_PASSWORD", "of the server")
    monkeypatch.setenv("enigma_tui_phone_password", "of the phone")
    monkeypatch.setenv("CRM_TOKEN", "of a target")
    monkeypatch.setenv("ANOTHER", "anybody's")
    out = tmp_path / "told"
    command = ["sh", "-c", 'env > "$1.new" && mv "$1.new" "$1"', "sh", str(out)]
    secrets = {"crm": "env:CRM_TOKEN"}
    async with opened(alerts=[{**LONG, "command": command}], delivery_secrets=secrets) as (app, _):
        app.board.tick()
        await push(app, payload("held", 4001, hold_time=121))
        await eventually(out.exists)
        told = out.read_text()
        assert "ANOTHER=anybody's" in told
        assert "ENIGMA_CALL_REF=held" in told
        assert "of the server" not in told
        assert "of the phone" not in told
        assert "of a target" not in told


async def test_what_a_program_has_started_ends_with_it(
    opened: Opened, eventually: Eventually, tmp_path: Path
) -> None:
    fifo = tmp_path / "held"
    os.mkfifo(fifo)
    command = ["sh", "-c", '(echo begun; exec sleep 60) > "$1" & wait', "sh", str(fifo)]
    async with opened(alerts=[{**LONG, "command": command}]) as (app, _):
        app.board.tick()
        await push(app, payload("held", 4001, hold_time=121))
        with await asyncio.to_thread(fifo.open) as held:
            assert await asyncio.to_thread(held.readline) == "begun\n"
            [run] = [worker for worker in app.workers if worker.name == "alert"]
            run.cancel()
            async with asyncio.timeout(15):
                assert await asyncio.to_thread(held.read) == "", "as nobody holds it any more"


@pytest.mark.parametrize(
    ("command", "why"), [("/no/such/program", "No such file"), ("false", "ended with code 1")]
)
async def test_a_program_that_cannot_be_run_is_told_once(
    opened: Opened, eventually: Eventually, command: str, why: str
) -> None:
    alert = {**LONG, "command": [command], "every_seconds": 0}
    async with opened(alerts=[alert]) as (app, _):
        app.board.tick()
        await push(app, payload("first", 4001, hold_time=121))
        await eventually(lambda: why in toasts(app))
        app.told.clear()
        await push(app, payload("second", 4002, hold_time=121))
        await eventually(lambda: app.alarms and app.alarms.open == 2)
        if running := [worker for worker in app.workers if worker.name == "alert"]:
            await app.workers.wait_for_complete(running)
        assert why not in toasts(app)


async def test_live_calls_are_looked_at_when_the_board_opens_and_as_time_passes(
    opened: Opened,
) -> None:
    alerts = [{"name": "Talks long", "filter": "state:live talk>5m"}]
    async with opened(alerts=alerts) as (app, _):
        app.board.tick()
        long = [
            call
            for call in app.floor.board.calls.values()
            if call.key in app.floor.tally.keys(Tab.LIVE)
            and (call.talk_seconds(app.floor.now_ms()) or 0) > 300
        ]
        assert app.alarms is not None
        assert app.alarms.open == len(long) > 0
        app.board.tick()
        assert app.alarms.open == len(long)


async def test_without_alerts_in_the_settings_their_key_says_where_they_belong(
    opened: Opened,
) -> None:
    async with opened() as (app, pilot):
        await type_keys(app, pilot, "n")
        assert "alerts in the settings file" in toasts(app)
