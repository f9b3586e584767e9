"""Promises of `model.statistics`: each call is counted once in each part, in the right place."""

from hypothesis import given
from hypothesis import strategies as st

from enigma_tui.model.call import Call, CallKey, Disposition, End, EntryId, Feed, Leg, Policy
from enigma_tui.model.notification import Direction
from enigma_tui.model.phone import Dialplan
from enigma_tui.model.statistics import HOLD_EDGES, Share, Statistics, statistics
from enigma_tui.model.subject import Lens

T = 1_763_812_800_000
LENS = Lens(T, Policy(), Dialplan("ZA"), {"0115550100": "Support"})
MINUTE = 60_000


def call(
    ago_ms: int,
    extension: str = "2001",
    hold: float | None = None,
    *,
    talk: float | None = None,
    abandoned: bool = False,
    code: str = "",
    dialled: str = "0115550100",
    late: bool = False,
    direction: Direction = Direction.INBOUND,
) -> Call:
    entry = EntryId(T - ago_ms, 0)
    return Call(
        CallKey("pbx", Feed.INBOUND, str(ago_ms), entry),
        "082",
        dialled,
        "",
        direction,
        hold=hold,
        legs=() if abandoned else (Leg(extension, entry, late),),
        end=End(entry, talk=talk, abandoned=abandoned, late=late)
        if abandoned or talk is not None
        else None,
        disposition=Disposition(code, "ann", T, 1) if code else None,
    )


def test_half_an_hour_worked_by_hand() -> None:
    found = statistics(
        [
            call(31 * MINUTE, hold=999.0),
            call(29 * MINUTE, "2002", 5.0, talk=60.0, code="resolved"),
            call(29 * MINUTE, "10", 5.5, talk=30.0),
            call(10 * MINUTE, hold=301.0, dialled="0110000000"),
            call(MINUTE, abandoned=True, hold=40.0),
            call(0, hold=None),
            call(0, hold=1.0, late=True),
            call(0, hold=1.0, abandoned=True, late=True),
            call(0, hold=1.0, direction=Direction.OUTBOUND),
        ],
        T - 30 * MINUTE,
        LENS,
    )
    assert (found.total.answered, found.total.abandoned) == (4, 1)
    assert found.total.mean_hold == (5.0 + 5.5 + 301.0) / 3
    assert (found.total.longest, found.total.mean_talk) == (301.0, 45.0)
    assert found.step_seconds == 60
    assert [each.calls for each in found.times] == [0, 2, *[0] * 18, 1, *[0] * 8, 1, 1]
    assert dict(found.holds) == {
        **{"0–5s": 1, "5–10s": 1, "10–20s": 0, "20–30s": 0, "30–60s": 0},
        **{"60–120s": 0, "120–300s": 0, ">300s": 1},
    }
    assert [each.name for each in found.extensions] == ["10", "2001", "2002"]
    assert [(each.name, each.calls) for each in found.dialled] == [
        ("Support", 4),
        ("0110000000", 1),
    ]
    assert [(each.name, each.calls) for each in found.dispositions] == [("resolved", 1), ("", 4)]


def test_without_calls_there_is_nothing_but_time() -> None:
    found = statistics([], T - 5 * MINUTE, LENS)
    assert len(found.times) == 31
    assert (found.total, found.extensions, found.dialled) == (Share(""), [], [])
    assert found.total.mean_hold is found.total.mean_talk is None


CALLS = st.lists(
    st.builds(
        call,
        st.integers(0, 86_400_000),
        st.sampled_from(["", "2001", "9"]),
        st.none() | st.floats(0, 1_000) | st.sampled_from([float(edge) for edge in HOLD_EDGES]),
        talk=st.none() | st.floats(0, 1_000),
        abandoned=st.booleans(),
        code=st.sampled_from(["", "spam", "resolved"]),
        dialled=st.sampled_from(["", "0115550100", "27115550100", "011"]),
    ),
    max_size=20,
)


@given(CALLS, st.integers(1, 86_400_000))
def test_the_parts_add_up(calls: list[Call], span_ms: int) -> None:
    found = statistics(calls, T - span_ms, LENS)
    inside = [each for each in calls if each.began.ms >= T - span_ms]
    assert found.total.calls == len(inside)
    for parts in (found.times, found.dialled, found.dispositions):
        assert _total(parts) == (found.total.answered, found.total.abandoned)
    extended = [each for each in inside if each.extension]
    assert _total(found.extensions)[0] == len(extended)
    held = [each for each in inside if each.hold is not None and each.legs]
    assert sum(count for _, count in found.holds) == len(held) == found.total.held
    for band, count in zip((*HOLD_EDGES, float("inf")), _so_far(found), strict=True):
        assert count == sum((each.hold or 0) <= band for each in held)
    assert len(found.times) <= 50


def _total(parts: list[Share]) -> tuple[int, int]:
    return sum(each.answered for each in parts), sum(each.abandoned for each in parts)


def _so_far(found: Statistics) -> list[int]:
    counts = [count for _, count in found.holds]
    return [sum(counts[: place + 1]) for place in range(len(counts))]
