"""The cursor is a call: it stays on it whatever happens around it."""

import json
from dataclasses import replace

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.journal.sites import SiteStore
from enigma_tui.site import Calls
from enigma_tui.ui.screens.disposition import DispositionDialog
from tests.ui import stage
from tests.ui.hands import (
    Eventually,
    Opened,
    journal,
    payload,
    push,
    refs,
    text_of,
    type_keys,
    under_cursor,
)


async def test_it_is_said_that_the_newest_is_followed_only_where_it_is(opened: Opened) -> None:
    async with opened() as (app, pilot):
        for keys, follows in (
            (("5", "home"), True),
            (("z",), True),  # the oldest first; the cursor is on the newest, at the foot
            (("home",), False),  # now it keeps the oldest in sight
            (("z",), False),
            (("home",), True),
            (("greater_than_sign",), False),
        ):
            await type_keys(app, pilot, *keys)
            assert ("following the newest" in text_of(app.board.count)) is follows, keys


async def test_the_cursor_stays_on_its_call_when_the_order_changes(opened: Opened) -> None:
    async with opened() as (app, pilot):
        await type_keys(app, pilot, "5", "j", "j", "j")
        call = under_cursor(app)
        for keys in (("s", "j", "enter"), ("greater_than_sign",), ("less_than_sign",), ("z",)):
            await type_keys(app, pilot, *keys)
            assert under_cursor(app).key == call.key
            assert app.board.table.cursor_in_sight


async def test_the_cursor_stays_on_its_call_when_calls_arrive(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened(size=(120, 14)) as (app, pilot):
        await type_keys(app, pilot, "j", "j")
        call, line = under_cursor(app), app.board.table._line_of_cursor()
        await push(app, *(payload(ref, 4000 + ref) for ref in range(10, 40)))
        app.board.table.paint()
        assert under_cursor(app).key == call.key
        assert app.board.table._line_of_cursor() == line
        await eventually(lambda: "↑ 30 above" in text_of(app.board.count))


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
        sort = app.floor.view.sort
        await type_keys(app, pilot, "d", "z", "z", "z")
        assert not isinstance(app.screen, DispositionDialog)
        assert table.cursor_in_sight
        # What was typed behind it in the same breath was meant for a dialog that did not open.
        assert app.floor.view.sort == sort
        app.keyboard._deaf_until = 0.0
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
            app.board.changed = lambda: None  # type: ignore[method-assign]  # nothing is painted
            await push(app, payload(ref, 4000 + ref))
            table.move_by(1)
            assert under_cursor(app).key == wanted
            assert table.cursor_in_sight


async def test_a_click_takes_the_call_that_was_seen_there(opened: Opened) -> None:
    async with opened() as (app, pilot):
        await pilot.hover("CallTable", offset=(10, 4))
        table = app.board.table
        app.board.changed = lambda: None  # type: ignore[method-assign]  # nothing is painted
        await push(app, payload(60, 4060))
        shown = table._shown[3]
        assert shown is not None
        await pilot.click("CallTable", offset=(10, 4))
        assert under_cursor(app).key == shown.call.key != app.floor.view.key_at(3)


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
        site = replace(stage.demo_site(), calls=Calls(ghost_after_minutes=30))
        store = SiteStore(app.startup.connection, app.journal_keys)
        rebuilt = app.floor.board
        assert await store.save(site, "sipho", await store.load())
        await eventually(lambda: app.floor.board is not rebuilt and app.floor.caught_up)
        app.board.table.paint()
        assert under_cursor(app).key == call.key
