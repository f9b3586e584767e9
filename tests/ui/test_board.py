"""What the board promises, on the real app with a real server behind it."""

import asyncio
import json
from typing import Any

import pytest
import redis

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.journal.sites import SiteStore
from enigma_tui.model.board import Board
from enigma_tui.model.view import Tab
from enigma_tui.site import Calls, CodeSetting, Site, Source
from enigma_tui.ui.commands import COMMANDS, Command
from enigma_tui.ui.screens.consent import ConsentDialog
from enigma_tui.ui.screens.disposition import DispositionDialog
from enigma_tui.ui.screens.help import HelpDialog, help_text
from tests.ui import stage
from tests.ui.hands import (
    INBOUND,
    Eventually,
    Opened,
    journal,
    payload,
    push,
    refs,
    type_keys,
    under_cursor,
)


async def test_the_cursor_stays_on_its_call_when_the_order_changes(opened: Opened) -> None:
    async with opened() as (app, pilot):
        await type_keys(app, pilot, "3", "j", "j", "j")
        call = under_cursor(app)
        for keys in (("s", "j", "enter"), ("greater_than_sign",), ("less_than_sign",), ("z",)):
            await type_keys(app, pilot, *keys)
            assert under_cursor(app).key == call.key
            assert app.board.table.cursor_in_sight


async def test_the_cursor_stays_on_its_call_when_calls_arrive(opened: Opened) -> None:
    async with opened(size=(120, 14)) as (app, pilot):
        await type_keys(app, pilot, "j", "j")
        call, line = under_cursor(app), app.board.table._line_of_cursor()
        await push(app, *(payload(ref, 4000 + ref) for ref in range(10, 40)))
        app.board.table.paint()
        assert under_cursor(app).key == call.key
        assert app.board.table._line_of_cursor() == line
        assert "↑ 30 above" in app.board._titles[1]


async def test_a_call_under_the_cursor_that_leaves_the_view_stays_until_the_cursor_moves(
    opened: Opened,
    eventually: Eventually,
) -> None:
    async with opened() as (app, pilot):
        await type_keys(app, pilot, "j")
        call = under_cursor(app)
        shown = app.floor.view.matching
        record = {
            "type": "cdr",
            "payload": {
                "call_ref": call.key.call_ref,
                "extension": call.extension,
                "number": call.caller,
                "call_dir": "inbound",
                "call_time": 3,
                "ref": "click-dial",
            },
        }
        await app.startup.connection.quick.rpush(
            "enigma:notifications:cdr", json.dumps(record).encode()
        )
        await eventually(lambda: under_cursor(app).end)
        assert under_cursor(app).key == call.key
        assert app.floor.view.has_left(call.key)
        assert app.floor.view.matching == shown - 1
        await type_keys(app, pilot, "j")
        assert call.key.call_ref not in refs(app)


async def test_nobody_watching_the_newest_comes_first_and_acting_shows_the_cursor_again(
    opened: Opened,
) -> None:
    async with opened(size=(120, 14)) as (app, pilot):
        table = app.board.table
        seconds = 0.0
        table._clock = lambda: seconds
        table.touched()
        call = under_cursor(app)
        await push(app, *(payload(ref, 4000 + ref) for ref in range(10, 40)))
        table.paint()
        assert table.cursor_in_sight
        seconds = 31.0
        table.paint()
        assert not table.cursor_in_sight
        assert table.above == 0
        await type_keys(app, pilot, "d")
        assert not isinstance(app.screen, DispositionDialog)
        assert table.cursor_in_sight
        await type_keys(app, pilot, "d")
        assert isinstance(app.screen, DispositionDialog)
        assert call.key.call_ref in app.screen._subject.named


async def test_a_key_between_an_arrival_and_its_paint_moves_from_where_the_cursor_is(
    opened: Opened,
) -> None:
    async with opened(size=(120, 12)) as (app, pilot):
        table = app.board.table
        await type_keys(app, pilot, *"jjjjjj")  # the last line of the screen
        assert table._cursor_line == table._line_count() - 1
        for ref in range(60, 64):
            wanted = app.floor.view.key_at(app.floor.view.index(under_cursor(app).key) + 1)
            app.board._frame = app.board.set_timer(60, lambda: None)  # nothing is painted
            await push(app, payload(ref, 4000 + ref))
            table.move_by(1)
            assert under_cursor(app).key == wanted
            assert table.cursor_in_sight


async def test_a_click_takes_the_call_that_was_seen_there(opened: Opened) -> None:
    async with opened() as (app, pilot):
        await pilot.hover("CallTable", offset=(10, 4))
        table = app.board.table
        app.board._frame = app.board.set_timer(60, lambda: None)  # nothing is painted
        await push(app, payload(60, 4060))
        shown = table._shown[3]
        assert shown is not None
        await pilot.click("CallTable", offset=(10, 4))
        assert under_cursor(app).key == shown.key != app.floor.view.key_at(3)


async def test_tabs_show_live_to_dispose_and_all(opened: Opened) -> None:
    async with opened() as (app, pilot):
        tally = app.floor.tally
        for key, tab, count in (
            ("2", Tab.TO_DISPOSE, tally.to_dispose),
            ("3", Tab.ALL, len(app.floor.board.calls)),
            ("1", Tab.LIVE, tally.live),
        ):
            await type_keys(app, pilot, key)
            assert (app.floor.view.tab, len(app.floor.view)) == (tab, count)
            assert count > 0


async def test_pausing_holds_the_display_and_loses_nothing(opened: Opened) -> None:
    async with opened() as (app, pilot):
        before = refs(app)
        await type_keys(app, pilot, "p")
        await push(app, payload("held-back", 4001))
        assert refs(app) == before
        app.board.tell()
        assert "PAUSED  1 waiting" in app.board._titles[1]
        await type_keys(app, pilot, "p")
        assert refs(app)[0] == "held-back"


async def test_a_read_only_board_takes_nothing_and_records_nothing(opened: Opened) -> None:
    async with opened(read_only=True) as (app, pilot):
        await type_keys(app, pilot, "d")
        assert len(app.screen_stack) == 1
        assert not app.collector.status.holding
        said = [text for _, parts in app.board.status.items() for text, _ in parts]
        assert "read-only" in said


async def test_the_reference_is_sent_to_the_clipboard(opened: Opened) -> None:
    async with opened() as (app, pilot):
        await type_keys(app, pilot, "y")
        assert app.clipboard == under_cursor(app).key.call_ref


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.id)
async def test_every_key_does_something_and_breaks_nothing(
    opened: Opened, command: Command
) -> None:
    async with opened() as (app, pilot):
        for key in command.keys.split(","):
            await type_keys(app, pilot, key)
            if command.id == "quit":
                assert not app.is_running or app._exit
                return
            await type_keys(app, pilot, "escape")
        assert app.is_running


def test_help_and_palette_and_footer_name_every_command() -> None:
    text = help_text({}).plain
    for command in COMMANDS:
        assert command.help in text
    assert len({command.id for command in COMMANDS}) == len(COMMANDS)
    keys = [key for command in COMMANDS for key in command.keys.split(",")]
    assert len(keys) == len(set(keys))


async def test_a_remapped_key_works_and_is_shown(opened: Opened) -> None:
    async with opened(keys={"disposition": "f2"}) as (app, pilot):
        await type_keys(app, pilot, "d")
        assert len(app.screen_stack) == 1
        await type_keys(app, pilot, "f2")
        assert isinstance(app.screen, DispositionDialog)
        await type_keys(app, pilot, "escape", "question_mark")
        assert isinstance(app.screen, HelpDialog)
        assert "f2" in help_text(app.settings.keys).plain


async def test_a_click_chooses_a_row_and_a_title_sorts(opened: Opened) -> None:
    async with opened() as (app, pilot):
        await pilot.click("CallTable", offset=(10, 4))
        assert under_cursor(app).key == app.floor.view.key_at(3)
        await pilot.click("CallTable", offset=(24, 0))
        await pilot.pause()
        assert app.floor.view.sort.by == "caller"
        await pilot.click("#calls", offset=(20, 0))
        assert app.floor.view.tab is Tab.TO_DISPOSE
        await pilot.click("#calls", offset=(5, 0))
        assert app.floor.view.tab is Tab.LIVE


async def test_no_markup_in_a_payload_acts(opened: Opened) -> None:
    async with opened() as (app, pilot):
        evil = ("[/]", "[red]x", "[@click=app.quit]x[/]", "[/", "\\[", "\x1b[2J")
        await push(app, *(payload(text, 4001 + n, contact_ref=text) for n, text in enumerate(evil)))
        for _ in evil:
            await type_keys(app, pilot, "enter", "escape", "d", "s", "y", "j")
        assert app.is_running
        await type_keys(app, pilot, "e", "escape", "x", "escape")
        assert app.is_running


async def test_only_the_lines_that_changed_are_painted(opened: Opened) -> None:
    async with opened() as (app, pilot):
        await type_keys(app, pilot, "3")
        await asyncio.sleep(0)
        painted: list[int] = []
        table = app.board.table
        original = table.render_line

        def counted(y: int) -> Any:
            painted.append(y)
            return original(y)

        table.render_line = counted  # type: ignore[method-assign]
        await pilot.pause()
        painted.clear()
        await type_keys(app, pilot, "j")
        await pilot.pause()
        assert sorted(set(painted)) == [1, 2]


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


async def test_a_board_that_reads_all_again_keeps_the_cursor_on_its_call(
    empty_server: EmbeddedServer, eventually: Eventually
) -> None:
    stage.write_site(empty_server, stage.demo_site())
    journal(empty_server, *(payload(ref, 2000 + ref) for ref in range(1, 1601)))
    app = stage.make_app(empty_server)
    async with app.run_test(size=(120, 20), notifications=True) as pilot:
        await stage.settled(app, pilot)
        assert under_cursor(app).key.call_ref == "1600", "the newest, once everything is there"
        await type_keys(app, pilot, "j", "j", "j")
        call = under_cursor(app)
        site = stage.demo_site().model_copy(update={"calls": Calls(ghost_after_minutes=30)})
        store = SiteStore(app.startup.connection, app.journal_keys)
        rebuilt = app.floor.board
        assert await store.save(site, "sipho", await store.load())
        await eventually(lambda: app.floor.board is not rebuilt and app.floor.caught_up)
        app.board.table.paint()
        assert under_cursor(app).key == call.key


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


async def test_a_board_told_no_never_collects(
    empty_server: EmbeddedServer, eventually: Eventually
) -> None:
    app = stage.make_app(empty_server)
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        await eventually(lambda: isinstance(app.screen, ConsentDialog))
        await pilot.pause()
        await type_keys(app, pilot, "n")
        store = SiteStore(app.startup.connection, app.journal_keys)
        await app.startup.connection.quick.rpush(INBOUND, payload(1))
        assert await store.save(Site(), "sipho", None)
        await eventually(lambda: app.floor.has_site)
        assert not [worker for worker in app.workers if worker.name == "collecting"]
        assert await app.startup.connection.quick.llen(INBOUND) == 1


async def test_a_yes_counts_only_when_nobody_else_has_been_seen_reading(
    empty_server: EmbeddedServer, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("enigma_tui.journal.readers.LOOK_SECONDS", 0.5)
    app = stage.make_app(empty_server)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await eventually(lambda: isinstance(app.screen, ConsentDialog))
        dialog = app.screen
        assert isinstance(dialog, ConsentDialog)
        await pilot.pause()
        await type_keys(app, pilot, "y")
        assert dialog.looks is None
        assert app.screen is dialog
        await eventually(lambda: dialog.looks is not None)
        assert not dialog.found
        await type_keys(app, pilot, "y")
        await eventually(lambda: app.floor.has_site)


async def test_another_program_that_reads_is_named_and_collecting_not_offered(
    empty_server: EmbeddedServer, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("enigma_tui.journal.readers.LOOK_SECONDS", 0.3)
    app = stage.make_app(empty_server)
    with redis.Redis.from_url(empty_server.url, client_name="crm-popup") as crm:
        crm.lpop(INBOUND)
        async with app.run_test(size=(120, 40), notifications=True) as pilot:
            await eventually(lambda: isinstance(app.screen, ConsentDialog))
            dialog = app.screen
            assert isinstance(dialog, ConsentDialog)
            await eventually(lambda: dialog.looks is not None)
            assert dialog.found
            said = dialog._text().plain + dialog._keys().plain
            assert 'called "crm-popup" has used LPOP' in said
            assert "Which lists it reads is not visible" in said
            for way in ("relay_to", "--no-collect", "--collect"):
                assert way in said
            assert "Collect, for every board" not in said
            await pilot.pause()
            await type_keys(app, pilot, "y")
            assert app.screen is dialog
            await type_keys(app, pilot, "n")
            assert len(app.screen_stack) == 1
            assert not app.floor.has_site
            assert crm.keys("*") == []


async def test_a_colleagues_yes_answers_the_question_here_too(
    empty_server: EmbeddedServer, eventually: Eventually
) -> None:
    app = stage.make_app(empty_server)
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        await eventually(lambda: isinstance(app.screen, ConsentDialog))
        await pilot.pause()
        store = SiteStore(app.startup.connection, app.journal_keys)
        await app.startup.connection.quick.rpush(INBOUND, payload(1, contact_ref="ACC-7"))
        assert await store.save(stage.demo_site(), "sipho", None)
        await eventually(lambda: refs(app) == ["1"])
        assert len(app.screen_stack) == 1


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
    site = stage.demo_site().model_copy(update={"codes": (CodeSetting(code="vip", key="v"),)})
    stage.write_site(empty_server, site)
    journal(empty_server, payload(1))
    app = stage.make_app(empty_server, filter="disp:vip")
    async with app.run_test(size=(120, 20), notifications=True) as pilot:
        await stage.settled(app, pilot)
        assert app.floor.view.query.text == "disp:vip"
        assert refs(app) == []
