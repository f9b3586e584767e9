"""Every filter of docs/filters.md finds what the page says, and every mistake is told so."""

import re
from collections.abc import Mapping

import pytest

from enigma_tui.model.call import (
    Call,
    CallKey,
    CallState,
    Disposition,
    End,
    EntryId,
    Feed,
    Leg,
    Policy,
)
from enigma_tui.model.notification import Direction
from enigma_tui.model.phone import Dialplan
from enigma_tui.model.query import FIELDS, QueryError, parse
from enigma_tui.model.query_complete import complete
from enigma_tui.model.subject import Lens

from .pages import ROOT, Row, rows

PAGE = ROOT / "docs" / "filters.md"
NOW = 1_763_800_000_000

FLOOR = rows(
    PAGE,
    *("call", "state", "caller", "dialled", "contact", "ext", "hold"),
    *("talk", "age", "disp", "by", "source"),
)
FOUND = rows(PAGE, "filter", "finds")
MISTAKES = rows(PAGE, "filter", "underlined", "what is said")
OFFERS = rows(PAGE, "typed", "offered")
STATES = rows(PAGE, "state:", "is")


def seconds(text: str) -> float | None:
    """Read `1:02:03`; nothing is unknown."""
    total = 0
    for part in text.split(":") if text else ():
        total = total * 60 + int(part)
    return float(total) if text else None


def call(told: Mapping[str, str]) -> Call:
    """Return a call as the table tells of it."""
    began = EntryId(NOW - round((seconds(told["age"]) or 0) * 1000), 0)
    states = told["state"].split(", ")
    over = End(
        EntryId(NOW, 0),
        talk=seconds(told["talk"]),
        abandoned="abandoned" in states,
        assumed="assumed" in states,
    )
    acted = Disposition(told["disp"], told["by"], NOW, 1)
    return Call(
        CallKey(told["source"], Feed.INBOUND, told["call"], began),
        told["caller"],
        told["dialled"].split()[0],
        told["contact"],
        Direction.INBOUND,
        hold=seconds(told["hold"]),
        legs=(Leg(told["ext"], began),) if told["ext"] else (),
        end=None if states[0] in ("live", "ghost") else over,
        disposition=acted if told["disp"] else None,
    )


CALLS = [call(row.cells) for row in FLOOR]
LABELS = dict(row.cells["dialled"].split(" ", 1) for row in FLOOR if " " in row.cells["dialled"])
LENS = Lens(NOW, Policy(cdr_sources={"capetown"}), Dialplan("ZA"), LABELS)


def test_the_calls_are_what_the_table_says() -> None:
    states = [row.cells["state"].split(", ")[0] for row in FLOOR]
    assert [each.state(NOW, LENS.policy) for each in CALLS] == states
    told = [seconds(row.cells["talk"]) for row in FLOOR]
    assert [each.talk_seconds(NOW) for each in CALLS] == told
    assert LABELS == {"0115550100": "Support desk", "27115550199": "Sales", "0115550199": "Sales"}


@pytest.mark.parametrize("row", FOUND, ids=str)
def test_a_filter_finds_what_stands_beside_it(row: Row) -> None:
    query = parse(row.cells["filter"])
    found = [each.key.call_ref for each in CALLS if query.matches(each, LENS)]
    assert (" ".join(found) or "none") == row.cells["finds"]


@pytest.mark.parametrize("row", MISTAKES, ids=str)
def test_a_mistake_is_told_as_the_page_says(row: Row) -> None:
    text = row.cells["filter"]
    with pytest.raises(QueryError) as caught:
        parse(text)
    error = caught.value
    assert text[error.start : error.end] == row.cells["underlined"]
    assert error.message == row.cells["what is said"]


@pytest.mark.parametrize("row", OFFERS, ids=str)
def test_what_is_offered_is_what_the_page_says(row: Row) -> None:
    known = {
        "ext": [each.extension for each in CALLS],
        "state": list(CallState),
        "dialled": list(LABELS.values()),
    }
    assert complete(row.cells["typed"], known.__getitem__) == row.cells["offered"]


def test_every_state_and_every_field_is_on_the_page() -> None:
    named = [row.cells["state:"] for row in STATES]
    assert sorted(named) == sorted([*CallState, "assumed"])
    tried = " ".join(row.cells["filter"] for row in FOUND)
    assert [name for name in FIELDS if not re.search(rf"\b{name} ?[:=!<>]", tried)] == []
