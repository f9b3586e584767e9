"""Promises of `model.metrics`: the figures above the table, by hand and by brute force."""

import math
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from enigma_tui.model.call import Call, CallKey, End, EntryId, Feed, Leg
from enigma_tui.model.metrics import Figures, Metrics, ServiceLevel, ShortAbandons
from enigma_tui.model.notification import CallEnded, Direction
from enigma_tui.model.windows import Kind, Window, Windows

SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
T = 1_763_812_800_000
"""Noon of a day, in UTC."""

LENGTHS = {
    Window.MINUTE: 60,
    Window.FIVE_MINUTES: 300,
    Window.HALF_AN_HOUR: 1_800,
    Window.HOUR: 3_600,
}


class Wait(NamedTuple):
    """A caller's wait, and how it was over."""

    ms: int
    """When the entry came that told of it."""
    hold: float | None
    abandoned: bool = False
    late: bool = False
    by_record: bool = False
    """Of an answered one: whether only a record told of it."""


def take(metrics: Metrics, wait: Wait, direction: Direction = Direction.INBOUND) -> Call:
    entry = EntryId(wait.ms, 0)
    key = CallKey("pbx", Feed.INBOUND, str(wait), entry)
    if not wait.abandoned and not wait.by_record:
        legs = (Leg("2001", entry, wait.late),)
        call = Call(key, "", "", "", direction, hold=wait.hold, legs=legs)
        metrics.connected(call, entry)
    else:
        end = End(entry, abandoned=wait.abandoned)
        call = Call(key, "", "", "", direction, hold=wait.hold, end=end)
        told = record(talk=0.0 if wait.abandoned else None)
        metrics.ended(call, told, entry, late=wait.late)
    return call


def record(talk: float | None, extension: str = "2001") -> CallEnded:
    return CallEnded("1", extension, "", "", None, "", Direction.INBOUND, None, "", "", talk, "")


def fed(waits: list[Wait], level: ServiceLevel | None = None) -> Metrics:
    metrics = Metrics(level, UTC)
    for each in waits:
        take(metrics, each)
    return metrics


# ── by hand ─────────────────────────────────────────────────────────────────────────────

# The example of docs/metrics.md: eleven calls were answered, of one it is not known how long it
# was held; four were abandoned, one of them within five seconds.
HOLDS = [5.0, 10.0, 15.0, 20.0, 20.5, 30.0, 40.0, 50.0, 60.0, 192.0]
DAY = [
    Wait(T - 3 * MINUTE, 999.0, late=True),
    *(Wait(T - 2 * MINUTE + place, hold) for place, hold in enumerate(HOLDS)),
    *(Wait(T - MINUTE, hold, abandoned=True) for hold in (3.0, 12.0, 45.0, 80.0)),
    Wait(T, None),
]


@pytest.mark.parametrize(
    ("treatment", "level", "share"),
    [
        (ShortAbandons.IGNORED, 4 / 13, 3 / 14),
        (ShortAbandons.NEGATIVE, 4 / 14, 4 / 15),
        (ShortAbandons.POSITIVE, 5 / 14, 4 / 15),
    ],
)
def test_a_day_worked_by_hand(treatment: ShortAbandons, level: float, share: float) -> None:
    metrics = fed(DAY, ServiceLevel(20.0, 5.0, treatment))
    over = Call(
        CallKey("pbx", Feed.INBOUND, "1", EntryId(T - HOUR, 0)), "", "", "", Direction.INBOUND,
        legs=(Leg("2001", EntryId(T - HOUR, 0)),),
    )  # fmt: skip
    for talk in (100.0, 50.0):
        metrics.ended(over, record(talk), EntryId(T, 1), late=False)
    for window in (Window.FIVE_MINUTES, Window.HALF_AN_HOUR, Window.HOUR, Window.TODAY):
        assert metrics.at(T + 30_000, window, 0) == Figures(
            answered=11,
            abandoned=4,
            abandoned_share=share,
            longest_hold=192.0,
            asa=44.25,
            p90=60.0,  # the ninth of ten
            service_level=level,
            talk=75.0,
            per_minute=[0, 0, 0, 0, 0, 10, 4, 1],
            last_minute=1,
            late=1,
        )


def test_where_nobody_tells_of_abandoned_calls_there_is_no_such_figure() -> None:
    for told_since in (None, DAY[1].ms + 1):  # or not for all of the time
        figures = fed(DAY).at(T, Window.HOUR, told_since)
        assert (figures.abandoned, figures.abandoned_share) == (None, None)
        assert figures.service_level == 0.4  # four of the ten that were answered
        assert figures.offered == figures.answered == 11


def test_where_nothing_is_known_there_are_no_figures() -> None:
    nothing = Figures(0, 0, None, None, None, None, None, None, [0] * 8)
    assert Metrics().at(T, told_since_ms=0) == nothing
    one = Figures(1, 0, 0.0, None, None, None, None, None, [0] * 7 + [1], 1)
    assert fed([Wait(T, None)]).at(T, told_since_ms=0) == one


# ── the windows ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("late", [0, 1, 999])
@pytest.mark.parametrize("window", LENGTHS)
def test_a_window_is_of_whole_seconds(window: Window, late: int) -> None:
    length = LENGTHS[window] * SECOND
    for ago, counted in ((length - 1000, 1), (length - 999, 0), (length, 0)):
        assert fed([Wait(T - ago, 1.0)]).at(T + late, window).answered == counted


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=2)), ZoneInfo("Europe/Berlin")])
def test_a_day_begins_at_midnight(zone: tzinfo) -> None:
    midnight = datetime(2025, 10, 26, tzinfo=zone)  # in Berlin, a day of 25 hours
    ms = int(midnight.timestamp()) * 1000
    metrics = Metrics(zone=zone)
    for at in (ms - 1, ms, ms + 12 * HOUR, ms + 24 * HOUR - 1):
        take(metrics, Wait(at, 1.0))
        metrics.at(at)
    assert metrics.at(ms + 24 * HOUR - 1, Window.TODAY).answered == 3
    tomorrow = int(datetime(2025, 10, 27, tzinfo=zone).timestamp()) * 1000
    take(metrics, Wait(tomorrow - 1, 1.0))
    take(metrics, Wait(tomorrow, 1.0))
    assert metrics.at(tomorrow - 1, Window.TODAY).answered == 5
    assert metrics.at(tomorrow, Window.TODAY).answered == 1


def test_what_comes_in_the_same_second_takes_no_more_room_however_much_it_is() -> None:
    windows = Windows(UTC)
    for second in range(2 * 3_600):
        for n in range(50):
            windows.add(T // 1000 + second, Kind.ANSWERED, float(n % 7))
        windows.move_to(T // 1000 + second)
    assert windows[Window.HOUR].of[Kind.ANSWERED].count == 3_600 * 50
    assert windows[Window.TODAY].of[Kind.ANSWERED].count == 2 * 3_600 * 50
    assert len(windows) <= 2 * 7 * 3_600


@pytest.mark.parametrize(
    ("count", "rank"), [(1, 1), (2, 2), (9, 9), (10, 9), (11, 10), (20, 18), (21, 19), (100, 90)]
)
def test_the_ninetieth_percentile_is_by_nearest_rank(count: int, rank: int) -> None:
    waits = [Wait(T, float(hold)) for hold in range(count, 0, -1)]
    assert fed(waits).at(T).p90 == float(rank)


# ── which calls count ───────────────────────────────────────────────────────────────────


def test_only_the_first_connection_of_an_inbound_call_in_time_counts() -> None:
    metrics = Metrics()
    first = take(metrics, Wait(T, 10.0))
    metrics.connected(first, EntryId(T + 1, 0))  # a transfer
    take(metrics, Wait(T, 1.0, late=True))
    take(metrics, Wait(T, 1.0, abandoned=True, late=True))
    for direction in (Direction.DIALLER, Direction.OUTBOUND):
        take(metrics, Wait(T, 1.0), direction)
        take(metrics, Wait(T, 1.0, by_record=True), direction)
    figures = metrics.at(T, told_since_ms=0)
    assert (figures.answered, figures.abandoned, figures.longest_hold) == (1, 0, 10.0)
    assert figures.late == 2


@pytest.mark.parametrize("abandoned", [True, False])
def test_a_connection_that_comes_after_its_record_corrects_what_was_counted(
    abandoned: bool,
) -> None:
    for hold in (7.0, None):
        metrics = Metrics()
        call = take(metrics, Wait(T, hold, abandoned=abandoned, by_record=True))
        other = take(metrics, Wait(T, hold, abandoned=abandoned, by_record=True))
        entry = EntryId(T + 2 * MINUTE, 0)
        legs = (Leg("2001", entry),)
        metrics.connected(Call(*_fields(call), hold=9.0, legs=legs), entry)
        figures = metrics.at(T + 2 * MINUTE, told_since_ms=0)
        assert (figures.answered, figures.abandoned) == ((1, 1) if abandoned else (2, 0))
        assert list(figures.per_minute[-3:]) == [1, 0, 1]
        gone = metrics.at(T + 2 * HOUR, Window.HOUR, 0)
        assert (gone.answered, gone.abandoned, gone.asa) == (0, 0, None)
        assert other.key in metrics._by_record or not metrics._by_record


def _fields(call: Call) -> tuple[CallKey, str, str, str, Direction]:
    return call.key, call.caller, call.dialled, call.contact_ref, call.direction


def test_a_connection_that_is_read_long_after_it_came_corrects_its_record_too() -> None:
    """A board that opens paints while it reads, and looks back an hour, to the second."""
    metrics = Metrics(zone=UTC)
    call = take(metrics, Wait(T + 50 * SECOND, 9.0, by_record=True))
    metrics.at(T + HOUR + 30 * SECOND)
    entry = EntryId(T + 51 * SECOND, 0)
    metrics.connected(replace(call, legs=(Leg("2001", entry),), end=None), entry)
    assert metrics.at(T + HOUR + 30 * SECOND, Window.HOUR).answered == 1


def test_a_conversation_is_of_its_record_and_in_time() -> None:
    metrics = Metrics()
    call = take(metrics, Wait(T, 1.0))
    for told, late in (
        (record(None), False),
        (record(0.0), False),
        (record(9.0, extension=""), False),
        (record(9.0), True),
    ):
        metrics.ended(call, told, EntryId(T + 1, 0), late=late)
    assert metrics.at(T).talk is None
    metrics.ended(call, record(9.0), EntryId(T + 1, 0), late=False)
    assert metrics.at(T).talk == 9.0


def test_an_entry_ahead_of_our_reckoning_of_the_clock_is_of_this_minute() -> None:
    assert fed([Wait(T + MINUTE, 1.0)]).at(T).per_minute == [0] * 7 + [1]


# ── by brute force ──────────────────────────────────────────────────────────────────────

HOLD = st.none() | st.floats(0, 604_800) | st.integers(0, 60).map(float)
STEPS = st.lists(
    st.tuples(st.integers(0, 20 * MINUTE), HOLD, st.booleans(), st.integers(0, 9)), max_size=60
)


@given(
    STEPS,
    st.lists(st.integers(0, 3 * HOUR), min_size=1, max_size=5),
    st.builds(
        ServiceLevel,
        st.sampled_from([0.0, 20.0, 30.5]),
        st.sampled_from([0.0, 5.0, 20.0]),
        st.sampled_from(ShortAbandons),
    ),
    st.integers(0, 24).map(lambda hours: T + hours * HOUR),
    st.randoms(use_true_random=False),
)
def test_the_figures_agree_with_counting_again(
    steps: list[tuple[int, float | None, bool, int]],
    looks: list[int],
    level: ServiceLevel,
    now: int,
    rng: Random,
) -> None:
    metrics, seen = Metrics(level, UTC), list[Wait]()
    for gap, hold, abandoned, chance in steps:
        now += gap
        wait = Wait(now, hold, abandoned, late=chance == 9, by_record=chance == 8)
        call = take(metrics, wait)
        seen.append(wait)
        if chance == 7 and abandoned:
            now += 1
            entry = EntryId(now, 0)
            late = Call(*_fields(call), hold=hold, legs=(Leg("2001", entry),))
            metrics.connected(late, entry)
            seen[-1] = Wait(now, hold)
        if not rng.randrange(4):
            agree(metrics, seen, now, level)
    for gap in looks:
        now += gap
        agree(metrics, seen, now, level)


def agree(metrics: Metrics, seen: list[Wait], now: int, level: ServiceLevel) -> None:
    midnight = now // (24 * HOUR) * 24 * 3_600
    for window in Window:
        since = midnight if window is Window.TODAY else now // 1000 - LENGTHS[window] + 1
        figures = metrics.at(now, window, 0)
        inside = [wait for wait in seen if wait.ms // 1000 >= since]
        assert figures.late == sum(wait.late for wait in inside)
        inside = [wait for wait in inside if not wait.late]
        answered = [wait.hold for wait in inside if not wait.abandoned]
        abandoned = [wait.hold for wait in inside if wait.abandoned]
        holds = sorted(hold for hold in answered if hold is not None)
        assert (figures.answered, figures.abandoned) == (len(answered), len(abandoned))
        minutes = [now // MINUTE - 7 + place for place in range(8)]
        assert list(figures.per_minute) == [
            sum(wait.ms // MINUTE == minute and not wait.late for wait in seen)
            for minute in minutes
        ]
        if not holds:
            assert (figures.asa, figures.p90, figures.longest_hold) == (None, None, None)
        else:
            assert figures.asa == pytest.approx(sum(holds) / len(holds), abs=1e-6)
            assert figures.longest_hold == holds[-1]
            assert figures.p90 == holds[math.ceil(len(holds) * 9 / 10) - 1]
        served, offered, lost = sum(hold <= level.seconds for hold in holds), len(holds), 0
        for hold in abandoned:
            short = hold is not None and hold <= level.short_seconds
            if short and level.short_abandons is ShortAbandons.IGNORED:
                continue
            offered, lost = offered + 1, lost + 1
            served += short and level.short_abandons is ShortAbandons.POSITIVE
        assert figures.service_level == (served / offered if offered else None)
        told = len(answered) + lost
        assert figures.abandoned_share == (lost / told if told else None)
