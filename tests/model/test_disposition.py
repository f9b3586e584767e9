"""Promises of `model.disposition`: codes are found, and times are read as they were meant."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enigma_tui.model.disposition import Code, CodeTree, parse_when

TREE = CodeTree(
    (
        Code("resolved", "Resolved", "r"),
        Code("callback", "Call back", "c", callback=True),
        Code(
            "escalated",
            "Escalated",
            "e",
            codes=(
                Code("escalated.billing", "Billing dispute", "b"),
                Code("escalated.other", "Other", "o", note_required=True),
                Code("escalated.resolved", "Resolved above", "r"),
            ),
        ),
        Code("lost", "Lost", "l", codes=(Code("lost.other", "Other", "o"),)),
    )
)


def test_leaves_are_what_can_be_recorded_in_the_order_of_the_tree() -> None:
    assert [leaf.code for leaf in TREE.leaves()] == [
        "resolved",
        "callback",
        "escalated.billing",
        "escalated.other",
        "escalated.resolved",
        "lost.other",
    ]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("resolved", "resolved"),
        ("escalated.resolved", "escalated.resolved"),
        ("billing", "escalated.billing"),
        ("other", None),
        ("escalated", None),
        ("", None),
        ("Resolved", None),
    ],
)
def test_a_code_is_found_without_its_group_only_if_that_is_unambiguous(
    name: str, code: str | None
) -> None:
    found = TREE.find(name)
    assert (found.code if found else None) == code


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("", 6),
        ("OTHER", ["escalated.other", "lost.other"]),
        ("other esc", ["escalated.other"]),
        ("call back", ["callback"]),
        ("disp", ["escalated.billing"]),
        ("nothing", []),
    ],
)
def test_a_search_wants_every_word_somewhere(text: str, codes: list[str] | int) -> None:
    found = [leaf.code for leaf in TREE.search(text)]
    assert len(found) == codes if isinstance(codes, int) else found == codes


def test_a_code_says_whether_something_must_be_typed() -> None:
    asking = {leaf.code for leaf in TREE.leaves() if leaf.asks}
    assert asking == {"callback", "escalated.other"}


ZONE = timezone(timedelta(hours=2))
NOW = datetime(2026, 11, 22, 14, 3, 22, 500, tzinfo=ZONE)


def on(day: int, hour: int, minute: int, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("30m", NOW + timedelta(minutes=30)),
        (" +30 MIN ", NOW + timedelta(minutes=30)),
        ("in 2h", NOW + timedelta(hours=2)),
        ("3d", NOW + timedelta(days=3)),
        ("14:04", on(22, 14, 4)),
        ("14:03", on(23, 14, 3)),
        ("9:00", on(23, 9, 0)),
        ("9h30", on(23, 9, 30)),
        ("today 15:00", on(22, 15, 0)),
        ("tomorrow 9:00", on(23, 9, 0)),
        ("Tomorrow  00:00", on(23, 0, 0)),
        ("2026-11-30 14:30", on(30, 14, 30)),
        ("2026-12-01T8:05", on(1, 8, 5, 12)),
    ],
)
def test_a_callback_time_is_read_as_it_was_meant(text: str, when: datetime) -> None:
    assert parse_when(text, NOW) == when
    assert parse_when(text, NOW).utcoffset() == ZONE.utcoffset(None)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("today 9:00", "past"),
        ("2026-11-22 14:03", "past"),
        ("0m", "past"),
        ("", "when"),
        ("soon", "when"),
        ("24:00", "when"),
        ("12:60", "when"),
        ("tomorrow", "when"),
        ("2026-13-01 10:00", "when"),
        ("0000-01-01 10:00", "when"),
        ("10000m", "when"),
        ("9988-01-01 00:00", "when"),
        ("-5m", "when"),
    ],
)
def test_a_time_that_cannot_be_meant_is_refused_with_a_sentence(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_when(text, NOW)


@pytest.mark.parametrize("text", ["today 14:03", "2026-11-22 14:03"])
def test_this_very_minute_is_past(text: str) -> None:
    with pytest.raises(ValueError, match="past"):
        parse_when(text, NOW.replace(second=0, microsecond=0))


def test_hours_are_counted_through_a_change_of_the_clocks_and_days_are_not() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    evening = datetime(2026, 10, 24, 23, 0, tzinfo=berlin)
    assert parse_when("12h", evening).hour == 10
    assert parse_when("1d", evening).hour == 23


@pytest.fixture
def london(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine in London, where the clocks change on 29 March and 25 October 2026."""
    monkeypatch.setenv("TZ", "Europe/London")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("now", "text", "when"),
    [
        ("2026-03-28T14:00Z", "tomorrow 9:00", "2026-03-29T08:00Z"),
        ("2026-03-28T14:00Z", "1d", "2026-03-29T13:00Z"),
        ("2026-03-28T14:00Z", "12h", "2026-03-29T02:00Z"),
        ("2026-03-28T14:00Z", "9:00", "2026-03-29T08:00Z"),
        ("2026-03-28T14:00Z", "2026-07-01 9:00", "2026-07-01T08:00Z"),
        ("2026-10-24T14:00Z", "tomorrow 9:00", "2026-10-25T09:00Z"),
        ("2026-10-24T14:00Z", "today 16:00", "2026-10-24T15:00Z"),
        # The clocks show 01:45 twice that night; after the first the second is to come.
        ("2026-10-25T00:30Z", "1:45", "2026-10-25T00:45Z"),
        ("2026-10-25T01:15Z", "1:45", "2026-10-25T01:45Z"),
    ],
)
@pytest.mark.parametrize("zone", ["local", "Europe/London"])
@pytest.mark.usefixtures("london")
def test_a_time_of_day_is_that_of_its_day_across_a_change_of_the_clocks(
    now: str, text: str, when: str, zone: str
) -> None:
    moment = datetime.fromisoformat(now).astimezone(None if zone == "local" else ZoneInfo(zone))
    found = parse_when(text, moment)
    assert found.timestamp() == datetime.fromisoformat(when).timestamp()
    assert found.utcoffset() == found.astimezone(ZoneInfo("Europe/London")).utcoffset()


@pytest.mark.parametrize("text", ["0001-01-01 00:00", "9999-12-31 23:59"])
@pytest.mark.parametrize("zone", ["local", "Europe/London"])
@pytest.mark.usefixtures("london")
def test_an_end_of_the_calendar_gives_a_time_or_a_sentence(text: str, zone: str) -> None:
    now = NOW.astimezone(None if zone == "local" else ZoneInfo(zone))
    said = ""
    try:
        when = parse_when(text, now)
    except ValueError as error:
        said = str(error)
    assert said.startswith(("when?", "that time")) if said else when > now


@given(st.text(max_size=20))
def test_whatever_is_typed_gives_a_time_to_come_or_a_sentence(text: str) -> None:
    try:
        when = parse_when(text, NOW)
    except ValueError as error:
        said = str(error)
    else:
        assert when > NOW
        return
    assert said.startswith(("when?", "that time"))
