"""What the board promises, on the real app with a real server behind it."""

from dataclasses import replace
from typing import Any

import pytest
from textual.strip import Strip

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.model.board import Board
from enigma_tui.model.tabs import Tab
from enigma_tui.site import CodeSetting, Site, Source
from enigma_tui.ui.widgets.call_lines import Shown
from tests.ui import stage
from tests.ui.hands import (
    Opened,
    journal,
    payload,
    push,
    refs,
    text_of,
    type_keys,
)


async def test_each_tab_shows_its_calls(opened: Opened) -> None:
    async with opened() as (app, pilot):
        tally = app.floor.tally
        await type_keys(app, pilot, "2", "d", "s")
        for key, tab, count in (
            ("2", Tab.TO_DISPOSE, tally[Tab.TO_DISPOSE]),
            ("3", Tab.ABANDONED, tally[Tab.ABANDONED]),
            ("4", Tab.MINE, 1),
            ("5", Tab.ALL, len(app.floor.board.calls)),
            ("1", Tab.LIVE, tally[Tab.LIVE]),
        ):
            await type_keys(app, pilot, key)
            assert (app.floor.view.tab, app.floor.view.matching) == (tab, count)
            assert count > 0


async def test_pausing_holds_the_display_and_loses_nothing(opened: Opened) -> None:
    async with opened() as (app, pilot):
        before = refs(app)
        await type_keys(app, pilot, "p")
        await push(app, payload("held-back", 4001))
        assert refs(app) == before
        app.board.tell()
        assert "PAUSED  1 waiting" in text_of(app.board.count)
        await type_keys(app, pilot, "p")
        assert refs(app)[0] == "held-back"


async def test_no_markup_in_a_payload_acts(opened: Opened) -> None:
    async with opened() as (app, pilot):
        evil = ("[/]", "[red]x", "[@click=app.quit]x[/]", "[/", "\\[", "\x1b[2J")
        await push(app, *(payload(text, 4001 + n, contact_ref=text) for n, text in enumerate(evil)))
        for _ in evil:
            await type_keys(app, pilot, "enter", "escape", "d", "s", "y", "j")
        assert app.is_running
        await type_keys(app, pilot, "e", "escape", "x", "escape")
        assert app.is_running


async def test_only_the_lines_that_changed_are_drawn(opened: Opened) -> None:
    async with opened() as (app, pilot):
        await type_keys(app, pilot, "3")
        drawn: list[Shown] = []
        lines = app.board.table._lines
        original = lines.row

        def counted(shown: Shown, *more: Any) -> Strip:
            drawn.append(shown)
            return original(shown, *more)

        lines.row = counted  # type: ignore[method-assign]
        await pilot.pause()
        drawn.clear()
        await type_keys(app, pilot, "j")
        await pilot.pause()
        assert [shown.flags.cursor for shown in drawn] == [False, True]


async def test_the_header_says_since_where_no_records_are_collected(
    empty_server: EmbeddedServer,
) -> None:
    for site, title in ((Site(), "Since"), (Site(sources=(Source(collect_cdr=True),)), "Talk")):
        stage.write_site(empty_server, site)
        app = stage.make_app(empty_server)
        async with app.run_test(size=(120, 20)) as pilot:
            await stage.settled(app, pilot)
            header = app.board.table.render_line(0).text
            assert title in header.split()


async def test_an_entry_that_fails_costs_no_other(
    empty_server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.write_site(empty_server, stage.demo_site())
    journal(empty_server, *(payload(ref, 2000 + ref) for ref in range(10)))
    app = stage.make_app(empty_server)
    apply = Board.apply

    def fails_once(board: Board, event: Any) -> Any:
        if getattr(getattr(event, "what", None), "call_ref", "") == "3":
            raise TimeoutError
        return apply(board, event)

    monkeypatch.setattr(Board, "apply", fails_once)
    async with app.run_test(size=(120, 20), notifications=True) as pilot:
        await stage.settled(app, pilot)
        assert sorted(refs(app)) == [str(ref) for ref in range(10) if ref != 3]
        said = [text for _, parts in app.board.status.items() for text, _ in parts]
        assert "1 entries skipped, see the log" in said


async def test_the_picker_takes_the_extension_and_no_longer_one(
    empty_server: EmbeddedServer,
) -> None:
    stage.write_site(empty_server, stage.demo_site())
    journal(empty_server, payload(1, 200), payload(2, 2001), payload(3, 2009))
    app = stage.make_app(empty_server)
    async with app.run_test(size=(120, 20), notifications=True) as pilot:
        await stage.settled(app, pilot)
        await type_keys(app, pilot, "e", *"200", "enter")
        assert app.floor.view.query.text == "ext=200"
        assert refs(app) == ["1"]
        await type_keys(app, pilot, "e", *"2001", "enter")
        assert refs(app) == ["2"]


async def test_a_label_from_the_sites_settings_cannot_act_on_the_terminal(
    empty_server: EmbeddedServer,
) -> None:
    site = Site(title="\x1b[2Jx", numbers={"0115550100": "\x1b]0;own\x07Sup\nport"})
    stage.write_site(empty_server, site)
    journal(empty_server, payload(1))
    app = stage.make_app(empty_server)
    async with app.run_test(size=(120, 20)) as pilot:
        await stage.settled(app, pilot)
        line = app.board.table.render_line(1).text
        assert "Sup" in line
        assert "\x1b" not in line + app.floor.site.title


async def test_the_filter_of_the_settings_may_name_a_code_that_only_the_site_knows(
    empty_server: EmbeddedServer,
) -> None:
    site = replace(stage.demo_site(), codes=(CodeSetting(code="vip", key="v"),))
    stage.write_site(empty_server, site)
    journal(empty_server, payload(1))
    app = stage.make_app(empty_server, filter="disp:vip")
    async with app.run_test(size=(120, 20), notifications=True) as pilot:
        await stage.settled(app, pilot)
        assert app.floor.view.query.text == "disp:vip"
        assert refs(app) == []
