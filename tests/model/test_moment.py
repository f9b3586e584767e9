"""Promises of `model.moment`: a time on a command line is read as it was meant, or refused."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from enigma_tui.model.moment import Moment, parse_moment

NOW_MS = 1_763_800_000_000


def ms(*parts: int) -> int:
    return round(datetime(*parts, tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("90s", 90), (" 30m ", 1800), ("8 h", 28_800), ("7d", 604_800)],
)
def test_so_long_ago_is_counted_from_the_servers_now(text: str, seconds: int) -> None:
    assert parse_moment(text).at(NOW_MS) == NOW_MS - seconds * 1000


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2026-11-22", ms(2026, 11, 22)),
        ("2026-11-22 14:30", ms(2026, 11, 22, 14, 30)),
        ("2026-11-22T14:30:05", ms(2026, 11, 22, 14, 30, 5)),
        ("2026-11-22T14:30Z", ms(2026, 11, 22, 14, 30)),
        ("2026-11-22T14:30+02:00", ms(2026, 11, 22, 12, 30)),
    ],
)
def test_a_date_or_time_is_that_of_the_zone_unless_it_names_another(text: str, when: int) -> None:
    assert parse_moment(text, UTC) == Moment(when, ago=False)
    east = timezone(timedelta(hours=2))
    shift = 0 if "Z" in text or "+" in text else 2 * 3_600_000
    assert parse_moment(text, east).at(NOW_MS) == when - shift


@pytest.mark.parametrize(
    "text",
    ["", "soon", "-5m", "5w", "1234567s", "2026-13-01", "٣m", "14:30", "10000-01-01"],
)
def test_anything_else_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="is not a time; for example"):
        parse_moment(text)
