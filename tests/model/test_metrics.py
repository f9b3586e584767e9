"""Promises of `model.metrics`: the figures above the table, by hand and by brute force."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enigma_tui.model.call import Call, CallKey, EntryId, Feed, Leg
from enigma_tui.model.metrics import WINDOW_SECONDS, Figures, Metrics
from enigma_tui.model.notification import Direction

MINUTE = 60_000
T = 29_396_666 * MINUTE


def call(
    ms: int,
    hold: float | None,
    *,
    late: bool = False,
    direction: Direction = Direction.INBOUND,
) -> Call:
    entry = EntryId(ms, 0)
    key = CallKey("pbx", Feed.INBOUND, "1", entry)
    return Call(key, "", "", "", direction, hold=hold, legs=(Leg("1", entry, late),))


def fed(calls: list[Call], threshold: float = 20.0) -> Metrics:
    metrics = Metrics(threshold)
    for each in calls:
        metrics.answered(each, each.legs[0].entry)
    return metrics


def test_a_day_worked_by_hand() -> None:
    # Eleven calls in the window; of one the hold time is not known.
    holds = [5.0, 10.0, 15.0, 20.0, 20.5, 30.0, 40.0, 50.0, 60.0, 192.0]
    calls = [call(T - 3 * MINUTE, 999.0, late=True)]
    calls += [call(T - 2 * MINUTE + place, hold) for place, hold in enumerate(holds)]
    calls += [call(T, None)]
    figures = fed(calls).at(T + 30_000)
    assert figures == Figures(
        answered=11,
        longest_hold=192.0,
        asa=44.25,
        p90=60.0,  # the ninth of ten
        service_level=0.4,  # four of ten within 20 seconds, the threshold itself included
        per_minute=[0, 0, 0, 0, 0, 10, 0, 1],
        last_minute=1,
        late=1,
    )


def test_where_nothing_is_known_there_are_no_figures() -> None:
    assert Metrics().at(T) == Figures(0, None, None, None, None, [0] * 8)
    assert fed([call(T, None)]).at(T) == Figures(1, None, None, None, None, [0] * 7 + [1], 1)


@pytest.mark.parametrize(
    ("ago", "counted"), [(WINDOW_SECONDS * 1000 - 1000, 1), (WINDOW_SECONDS * 1000 - 999, 0),
                         (WINDOW_SECONDS * 1000, 0)]
)  # fmt: skip
@pytest.mark.parametrize("late", [0, 1, 999])
def test_the_window_is_half_an_hour_of_whole_seconds(ago: int, counted: int, late: int) -> None:
    assert fed([call(T - ago, 1.0)]).at(T + late).answered == counted


def test_what_comes_in_the_same_second_takes_no_more_room_however_much_it_is() -> None:
    metrics = fed([call(T + second * 1000 + n, float(n % 7)) for second in range(60)
                   for n in range(500)])  # fmt: skip
    assert metrics.at(T + 60_000).answered == 30_000
    assert sum(len(column) for column in metrics._answered._rows) <= 3 * 7 * 60


@pytest.mark.parametrize(
    ("count", "rank"), [(1, 1), (2, 2), (9, 9), (10, 9), (11, 10), (20, 18), (21, 19), (100, 90)]
)
def test_the_ninetieth_percentile_is_by_nearest_rank(count: int, rank: int) -> None:
    calls = [call(T, float(hold)) for hold in range(count, 0, -1)]
    assert fed(calls).at(T).p90 == float(rank)


def test_only_the_first_connection_of_an_inbound_call_in_time_counts() -> None:
    metrics = Metrics()
    first = call(T, 10.0)
    metrics.answered(first, first.key.since)
    metrics.answered(first, EntryId(T + 1, 0))  # a transfer
    for other in (
        call(T, 1.0, late=True),
        call(T, 1.0, direction=Direction.DIALLER),
        call(T, 1.0, direction=Direction.OUTBOUND),
    ):
        metrics.answered(other, other.key.since)
    assert (metrics.at(T).answered, metrics.at(T).longest_hold) == (1, 10.0)


def test_an_entry_ahead_of_our_reckoning_of_the_clock_is_of_this_minute() -> None:
    assert fed([call(T + MINUTE, 1.0)]).at(T).per_minute == [0] * 7 + [1]


HOLD = st.none() | st.floats(0, 604_800) | st.integers(0, 60).map(float)


@given(
    st.lists(st.tuples(st.integers(0, 5 * MINUTE), HOLD), max_size=60),
    st.lists(st.integers(0, 20 * MINUTE), min_size=1, max_size=5),
    st.sampled_from([0.0, 20.0, 30.5]),
)
def test_the_figures_agree_with_counting_again(
    steps: list[tuple[int, float | None]], looks: list[int], threshold: float
) -> None:
    metrics, now, seen = Metrics(threshold), T, []
    pending = list(looks)
    for gap, hold in steps:
        now += gap
        seen.append((now, hold))
        one = call(now, hold)
        metrics.answered(one, one.key.since)
        if pending and gap > MINUTE:
            agree(metrics.at(now), seen, now, threshold)
            pending.pop()
    for gap in pending:
        now += gap
        agree(metrics.at(now), seen, now, threshold)


def agree(
    figures: Figures, seen: list[tuple[int, float | None]], now: int, threshold: float
) -> None:
    inside = [(ms, hold) for ms, hold in seen if ms // 1000 > now // 1000 - WINDOW_SECONDS]
    holds = sorted(hold for _, hold in inside if hold is not None)
    assert figures.answered == len(inside)
    minutes = [now // MINUTE - 7 + place for place in range(8)]
    assert list(figures.per_minute) == [
        sum(ms // MINUTE == minute for ms, _ in inside) for minute in minutes
    ]
    if not holds:
        assert (figures.asa, figures.p90, figures.longest_hold) == (None, None, None)
        assert figures.service_level is None
        return
    assert figures.asa == pytest.approx(sum(holds) / len(holds), abs=1e-6)
    assert figures.longest_hold == holds[-1]
    assert figures.p90 == holds[math.ceil(len(holds) * 9 / 10) - 1]
    assert figures.service_level == sum(hold <= threshold for hold in holds) / len(holds)
