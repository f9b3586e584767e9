"""The details can be read to their end, on a narrow screen, too."""

from textual.content import Content
from textual.widgets import Static

from enigma_tui.journal.desk import Act
from tests.ui.hands import (
    Eventually,
    Opened,
    colleague,
    outcome,
    payload,
    push,
    type_keys,
    under_cursor,
)


def lines_of(widget: Static) -> list[str]:
    return [widget.render_line(y).text for y in range(widget.size.height)]


async def test_what_wraps_keeps_its_indentation(opened: Opened, eventually: Eventually) -> None:
    async with opened(size=(80, 40)) as (app, pilot):
        await push(app, payload("long", 4001, contact_ref="c" * 90))
        await type_keys(app, pilot, "g")
        call = under_cursor(app)
        await colleague(app).dispose(Act(call.key, "spam", 0, note="word " * 40))
        await eventually(lambda: outcome(app, call.key))
        await type_keys(app, pilot, "enter")
        facts = app.screen.query_one("#facts", Static)
        await eventually(lambda: any("disposed of as" in line for line in lines_of(facts)))
        # The reference, the note, and the note once more in the timeline.
        wrapped = {
            "Contact ref": 13,
            "Note": 13,
            "disposed of as": next(
                line for line in lines_of(facts) if "disposed of as" in line
            ).index("disposed of as"),
        }
        for name, indent in wrapped.items():
            told = lines_of(facts)
            place = next(place for place, line in enumerate(told) if name in line)
            assert told[place + 1][:indent].isspace(), told[place : place + 2]
            assert told[place + 1][indent : indent + 4].rstrip() in ("cccc", "word")
        raw = app.screen.query_one("#raw", Static)
        await eventually(lambda: any("contact_ref" in line for line in lines_of(raw)))
        told = lines_of(raw)
        place = next(place for place, line in enumerate(told) if "contact_ref" in line)
        indent = told[place].index('"contact_ref')
        assert told[place + 1][:indent].isspace()
        assert told[place + 1][indent:].startswith('"ccc')


async def test_the_details_say_how_to_scroll_and_j_does(opened: Opened) -> None:
    async with opened(size=(80, 24)) as (app, pilot):
        await type_keys(app, pilot, "enter")
        box = app.screen.query_one(".box")
        assert "j k scrolls" in Content.from_markup(box.border_subtitle).plain
        await type_keys(app, pilot, "j")
        assert box.scroll_offset.y > 0
