"""Which columns there are, and which of them fit."""

import pytest
import redis

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.journal.desk import Act
from enigma_tui.journal.keys import Keys
from enigma_tui.model.call import EntryId
from enigma_tui.model.query import parse
from enigma_tui.ui.columns import columns, fit
from enigma_tui.ui.screens.choices import SortDialog
from tests.ui import stage
from tests.ui.hands import (
    Eventually,
    Opened,
    claimant,
    colleague,
    outcome,
    payload,
    shown,
    type_keys,
    under_cursor,
)


def call_from(server: EmbeddedServer, source: str, ref: str, **told: object) -> None:
    """Write a call of another PBX into the journal, behind the day that is there."""
    raw = payload(ref, 4001, **told)
    with redis.Redis.from_url(server.url) as client:
        fields = {"kind": "call", "raw": raw, "source": source, "feed": "inbound"}
        client.xadd(Keys().journal, fields, id=str(EntryId(round(stage.NOW * 1000), 7)))


@pytest.mark.parametrize(("width", "there"), [(80, False), (100, True), (120, True)])
async def test_the_source_is_a_column_once_there_are_calls_of_two(
    floor: EmbeddedServer, opened: Opened, eventually: Eventually, width: int, there: bool
) -> None:
    async with opened(size=(width, 24)) as (app, pilot):
        header = app.board.table.render_line(0).text
        assert "Source" not in header
        call_from(floor, "north", "n1")
        await eventually(lambda: app.board.table.paint() >= 0 and len(app.board.table.columns) > 11)
        await type_keys(app, pilot, "g")
        header = app.board.table.render_line(0).text
        assert ("Source" in header) is there
        assert ("north" in app.board.table.render_line(1).text) is there
        for title in ("State", "Caller", "Dialled", "Hold", "Ext", "Contact", "Disposition"):
            assert title in header
        await type_keys(app, pilot, "enter")
        details = app.screen.query_one("#facts")
        await eventually(
            lambda: any(
                "north, inbound" in details.render_line(y).text for y in range(details.size.height)
            )
        )
        await type_keys(app, pilot, "escape", "s")
        assert isinstance(app.screen, SortDialog)
        names = [column.sort for column in app.board.table.columns]
        await type_keys(app, pilot, *"j" * (names.index("source") - names.index("began")), "enter")
        assert app.floor.view.sort.by == "source"
        sources = [key.source for key in app.floor.view.order()]
        assert sources == sorted(sources)


def test_no_width_loses_a_vital_column_to_the_source() -> None:
    vital = {"state", "caller", "hold", "ext", "dialled", "disposition", "talk", "contact"}
    for width in range(20, 200):
        one, several = (
            {placed.column.sort for placed in fit(width, columns(more))} for more in (False, True)
        )
        assert one & vital == several & vital


@pytest.mark.parametrize(
    ("width", "told"), [(80, "…55 0177"), (120, "…55 0177"), (200, "+27 11 555 0177")]
)
async def test_a_dialled_number_without_a_label_can_be_told_from_its_neighbours(
    floor: EmbeddedServer, opened: Opened, eventually: Eventually, width: int, told: str
) -> None:
    async with opened(size=(width, 24)) as (app, pilot):
        before = len(app.floor.board.calls)
        call_from(floor, "pbx", "n1", dial_number="0115550177")
        await eventually(lambda: len(app.floor.board.calls) > before)
        await type_keys(app, pilot, "g")
        app.board.table.paint()
        assert told in app.board.table.render_line(1).text


@pytest.mark.parametrize("width", [80, 120])
async def test_who_claims_a_call_can_be_read_whole(
    opened: Opened, eventually: Eventually, width: int
) -> None:
    async with opened(size=(width, 24)) as (app, pilot):
        call = under_cursor(app)
        name = "thandiwe-k" if width == 120 else "sipho"
        # The stage's clock is years ahead of the server's, so the claim has to reach far.
        await colleague(app, name).claim(call.key, "c1", 20 * 366 * 86_400_000)
        await eventually(lambda: app.floor.board.calls[call.key].claim)
        app.board.table.paint()
        told = app.board.table.render_line(1).text
        assert name in told
        assert "claimed" in told or f"{name} has it" in told
        await colleague(app).dispose(Act(call.key, "spam", 0, over_claim=True))
        await eventually(lambda: outcome(app, call.key))
        app.board.table.paint()
        assert "spam" in app.board.table.render_line(1).text
        await type_keys(app, pilot, "d")
        assert "spam by sipho" in shown(app, "#notice")


@pytest.mark.parametrize("width", [80, 120])
async def test_a_claim_does_not_hide_the_outcome_and_who_recorded_it(
    opened: Opened, eventually: Eventually, width: int
) -> None:
    async with opened(size=(width, 24)) as (app, pilot):
        call = under_cursor(app)
        await colleague(app, "naledi").dispose(Act(call.key, "spam", 0))
        await eventually(lambda: outcome(app, call.key))
        await colleague(app).claim(call.key, "c1", 20 * 366 * 86_400_000)
        await eventually(lambda: claimant(app, call.key) == "sipho")
        app.board.table.paint()
        told = app.board.table.render_line(1).text
        assert "spam" in told
        assert ("naledi" in told) is (width == 120), "there is a column for it"
        assert "sipho" not in told
        app.floor.look(query=parse("disp:spam by:naledi"))
        assert call.key in app.floor.view.order()
        await type_keys(app, pilot, "enter")
        details = app.screen.query_one("#facts")
        await eventually(
            lambda: any(
                "by sipho" in details.render_line(y).text for y in range(details.size.height)
            )
        )
        await type_keys(app, pilot, "escape", "d")
        assert "spam by naledi" in shown(app, "#notice")


@pytest.mark.parametrize(("key", "by"), [("greater_than_sign", "began"), ("less_than_sign", "by")])
async def test_a_board_begun_anew_sorts_on_from_a_column_that_is_not_there_any_more(
    floor: EmbeddedServer, opened: Opened, eventually: Eventually, key: str, by: str
) -> None:
    async with opened() as (app, pilot):
        call_from(floor, "north", "n1")
        await eventually(lambda: app.board.table.paint() >= 0 and len(app.board.table.columns) > 11)
        await type_keys(app, pilot, "s", *"j" * 8, "enter")
        assert app.floor.view.sort.by == "source"
        app.floor.on_restart(False)  # as when the journal has lost what was read last
        app.board.table.paint()
        await type_keys(app, pilot, key)
        assert app.floor.view.sort.by == by
