"""What is said is one thing at a time, covers nothing, and goes when it is true no longer."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from textual.geometry import Region

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.journal.desk import Act, Answer, DispositionDesk
from enigma_tui.ui import acting
from enigma_tui.ui.app import EnigmaApp
from enigma_tui.ui.screens.disposition import DispositionDialog
from enigma_tui.ui.told import Saying, ToldLines
from tests.ui import stage
from tests.ui.hands import (
    Eventually,
    Opened,
    colleague,
    shown,
    toasts,
    type_keys,
    under_cursor,
)

LONG = "what went wrong, and where, and what to do about it; " * 5


def lines(app: EnigmaApp) -> ToldLines:
    return app.screen.query_one(ToldLines)


def place(app: EnigmaApp, selector: str) -> Region:
    return app.screen.query_one(selector).region


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_on_the_board_it_covers_nothing_and_the_cursor_stays_in_sight(
    opened: Opened, eventually: Eventually, size: tuple[int, int]
) -> None:
    async with opened(size=size) as (app, pilot):
        await type_keys(app, pilot, "3", "f", *"j" * size[1])
        table = app.board.table
        call, rows = under_cursor(app), place(app, "CallTable").height
        app.notify(LONG)
        await eventually(lambda: lines(app).region.height > 1)
        await pilot.pause()
        others = ("StatusLine", "FiguresLine", "CallTable", "FilterBar", "Footer")
        for selector in others:
            assert not lines(app).region.overlaps(place(app, selector)), selector
        assert place(app, "CallTable").height == rows - lines(app).region.height
        assert table.cursor_in_sight
        assert under_cursor(app).key == call.key
        app.clear_notifications()
        await eventually(lambda: place(app, "CallTable").height == rows)
        assert table.cursor_in_sight


@pytest.mark.parametrize("keys", [("d",), ("question_mark",), ("enter",), ("o",), ("e",)])
async def test_under_a_dialog_it_covers_nothing_of_it(
    opened: Opened, eventually: Eventually, keys: tuple[str, ...]
) -> None:
    async with opened(size=(80, 24)) as (app, pilot):
        app.notify("said before it was open")
        await type_keys(app, pilot, *keys)
        assert len(app.screen_stack) == 2
        await eventually(lambda: lines(app).display)
        app.notify(LONG)
        await eventually(lambda: lines(app).region.height > 3)
        await pilot.pause()
        box = place(app, ".box")
        assert box.height > 5
        assert not lines(app).region.overlaps(box)
        if keys == ("d",):
            assert box.contains_region(place(app, "#hint")), "its keys are in sight still"
        assert lines(app).region.bottom <= 24


async def test_what_is_said_next_takes_its_place_and_only_an_error_comes_back(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, _):
        app.told.say("first", "warning")
        app.told.say("second", seconds=0.05)
        assert toasts(app) == "second"
        await eventually(lambda: toasts(app) == "")
        app.told.say("an error", "error")
        app.told.say("third", seconds=0.05)
        app.told.say("fourth", seconds=0.05)
        assert toasts(app) == "fourth"
        await eventually(lambda: toasts(app) == "an error")
        app.told.say("fifth", seconds=0.05, then=Saying("sixth", seconds=0.05))
        await eventually(lambda: toasts(app) == "sixth")
        await eventually(lambda: toasts(app) == "an error")
        app.told.say("seventh", about="it")
        app.told.over("something else")
        assert toasts(app) == "seventh"
        app.told.over("it")
        assert toasts(app) == "an error"


async def test_that_u_undoes_it_is_not_said_after_the_undo(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        await type_keys(app, pilot, "d", "r")
        await eventually(lambda: "u undoes it" in toasts(app))
        await type_keys(app, pilot, "u")
        await eventually(lambda: "is taken back" in toasts(app))
        assert "u undoes" not in toasts(app)


def grace(floor: EmbeddedServer, seconds: int) -> None:
    site = stage.demo_site()
    stage.write_site(floor, replace(site, undo_seconds=seconds))


async def test_that_u_undoes_it_is_not_said_after_the_grace(
    floor: EmbeddedServer, opened: Opened, eventually: Eventually
) -> None:
    grace(floor, 1)
    async with opened() as (app, pilot):
        await type_keys(app, pilot, "d", "r")
        await eventually(lambda: "u undoes it" in toasts(app))
        assert await eventually(lambda: "u undoes it" not in toasts(app)) < 5
    grace(floor, 0)
    async with opened() as (app, pilot):
        await type_keys(app, pilot, "j", "d", "r")
        await eventually(lambda: "resolved recorded" in toasts(app))
        assert "u undoes it" not in toasts(app)


async def test_what_a_bulk_could_not_record_stays_to_be_read_after_the_grace(
    floor: EmbeddedServer, opened: Opened, eventually: Eventually
) -> None:
    grace(floor, 1)
    async with opened() as (app, pilot):
        await type_keys(app, pilot, "space", "space", "space")
        calls, _ = app.board.marked()
        await type_keys(app, pilot, "D")
        app.floor.pause(True)  # the board does not see yet that a colleague was faster
        await colleague(app).dispose(Act(calls[1].key, "resolved", 0))
        await type_keys(app, pilot, "s")
        await eventually(lambda: "2 of 3 calls. u undoes all of it" in toasts(app))
        await eventually(lambda: "undoes" not in toasts(app))
        assert f"{calls[1].key.call_ref}: sipho was first, with resolved" in toasts(app)
        await type_keys(app, pilot, "y")
        assert "sent to the clipboard" in toasts(app)
        await eventually(lambda: "sipho was first" in toasts(app))
        app.floor.pause(False)


async def test_that_there_is_no_answer_yet_is_not_said_after_the_answer(
    opened: Opened, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acting, "SLOW_SECONDS", 0.01)
    answers = asyncio.Event()
    dispose = DispositionDesk.dispose

    async def slow(desk: DispositionDesk, act: Act) -> Answer:
        await answers.wait()
        return await dispose(desk, act)

    monkeypatch.setattr(DispositionDesk, "dispose", slow)
    async with opened() as (app, pilot):
        await type_keys(app, pilot, "d", "r")
        await eventually(lambda: "has not answered yet" in toasts(app))
        said: list[Any] = []
        app.told.over = lambda about: said.append((toasts(app), about))  # type: ignore[method-assign]
        answers.set()
        await eventually(lambda: "resolved recorded" in toasts(app))
        assert "has not answered yet" in said[0][0]


async def test_a_draft_that_is_kept_is_not_said_to_be_once_it_is_back(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        app.floor.pause(True)
        await colleague(app).claim(call.key, "c1", 60_000)
        await type_keys(app, pilot, "d", "r")
        await eventually(lambda: "sipho has claimed it meanwhile" in toasts(app))
        await type_keys(app, pilot, "d")
        assert isinstance(app.screen, DispositionDialog)
        assert "sipho has claimed it meanwhile" in shown(app, "#problem")
        assert toasts(app) == ""
        app.floor.pause(False)


async def test_what_is_said_is_never_read_as_markup(opened: Opened) -> None:
    async with opened() as (app, pilot):
        for evil in ("[/]", "[red]x", "[@click=app.quit]x[/]", "\\["):
            app.notify(evil, markup=True)
            await pilot.pause()
            await pilot.pause()
            assert evil in "".join(lines(app).render_line(y).text for y in range(3))
