"""Promises of `model.sorting`: every column has an order, and what is unknown comes last."""

from collections.abc import Iterable
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from enigma_tui.model.call import Call, CallKey, Disposition, End, EntryId, Feed, Leg, Policy
from enigma_tui.model.notification import Direction
from enigma_tui.model.phone import Dialplan
from enigma_tui.model.query import Lens
from enigma_tui.model.rows import Row, Rows, by_beginning
from enigma_tui.model.sorting import SORTS, Sort
from enigma_tui.model.subject import Subject

T = 1_763_800_000_000
LENS = Lens(T, Policy(cdr_sources={"pbx"}), Dialplan("ZA"), {"0115550100": "Support"})


def call(ref: str = "1", seconds: int = 0, **fields: object) -> Call:
    began = EntryId(T - 1_000_000 + seconds * 1000, 0)
    made = Call(
        CallKey("pbx", Feed.INBOUND, ref, began),
        "082",
        "011",
        "",
        Direction.INBOUND,
        legs=(Leg("2001", began),),
    )
    return replace(made, **fields)  # type: ignore[arg-type]


def on(extension: str) -> Call:
    return call(extension, legs=(Leg(extension, EntryId(T, 0)),))


def over(ref: str, talk: float | None, *, assumed: bool = False) -> Call:
    return call(ref, end=End(EntryId(T, 0), talk=talk, assumed=assumed))


def of(ref: str, source: str) -> Call:
    return replace(call(ref), key=CallKey(source, Feed.INBOUND, ref, EntryId(T, 0)))


def by(ref: str, who: str, code: str) -> Call:
    return call(ref, disposition=Disposition(code, who, T, 1))


GHOST = call("g", -20_000)
ORDERS: dict[str, list[Call]] = {
    "began": [call("9", 1), call("1", 2), call("5", 3)],
    "state": [
        call("4"),
        over("3", 1),
        replace(over("2", 1), legs=(), end=End(EntryId(T, 0), abandoned=True)),
        GHOST,
        replace(over("1", 1), superseded=True),
    ],
    "caller": [call("3", caller="Anna"), call("2", caller="anne"), call("1", caller="Bob")],
    "dialled": [call("2", dialled="0100"), call("3", dialled="s"), call("1", dialled="0115550100")],
    "hold": [call("3", hold=0.0), call("2", hold=9.0), call("1", hold=41.0)],
    # What is over by how long it took, then what is live by how long it has lasted.
    "talk": [over("5", 0.0), over("4", 73.0), call("3", 500), call("2", 100)],
    "ext": [on("204"), on("2001"), on("2010"), on("a1"), on("B1")],
    "contact": [call("2", contact_ref="a"), call("1", contact_ref="B")],
    "source": [of("3", "east"), of("2", "North"), of("1", "west")],
    "ref": [call("9"), call("10"), call("A1"), call("b1")],
    "disposition": [by("2", "z", "callback"), by("1", "a", "resolved")],
    "by": [by("2", "anna", "z"), by("1", "Bob", "a")],
}
UNKNOWN: dict[str, Call] = {
    "caller": call("0", caller=""),
    "dialled": call("0", dialled=""),
    "hold": call("0", hold=None),
    "talk": over("0", None, assumed=True),
    "ext": on(""),
    "contact": call("0"),
    "source": of("0", ""),
    "disposition": call("0"),
    "by": call("0"),
}


def ordered(calls: list[Call], sort: Sort) -> list[str]:
    return refs(arranged(calls, sort, LENS))


def arranged(calls: Iterable[Call], sort: Sort, lens: Lens) -> list[Call]:
    begun = sorted((Row(each, lens.text(each), each.began) for each in calls), key=by_beginning)
    rows = list(sort.arrange(Rows(begun, by_beginning), lens))
    places = [sort.order(row, lens) for row in rows]
    assert places == sorted(places) == [row.order for row in rows]
    return [row.call for row in (reversed(rows) if sort.reverse else rows)]


def refs(calls: list[Call]) -> list[str]:
    return [each.key.call_ref for each in calls]


def test_every_column_is_spoken_for() -> None:
    assert set(ORDERS) == set(SORTS)


@pytest.mark.parametrize("column", ORDERS)
def test_a_column_sorts_as_people_expect_and_backwards(column: str) -> None:
    wanted = refs(ORDERS[column])
    for shuffled in list(permutations(ORDERS[column]))[:24]:
        assert ordered(list(shuffled), Sort(column, reverse=False)) == wanted
        assert ordered(list(shuffled), Sort(column, reverse=True)) == wanted[::-1]


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("column", UNKNOWN)
def test_unknown_values_come_last_either_way_round(column: str, reverse: bool) -> None:
    unknown = UNKNOWN[column]
    found = ordered([unknown, *ORDERS[column]], Sort(column, reverse))
    assert found[-1] == unknown.key.call_ref
    assert len(found) == len(ORDERS[column]) + 1


def test_talk_is_unknown_once_a_call_is_only_assumed_to_be_over() -> None:
    bare = replace(LENS, policy=Policy(assume_ended_after_ms=500_000))
    old, young = call("old", 0), call("young", 900)
    for reverse in (False, True):
        sort = Sort("talk", reverse)
        assert refs(arranged((old, young), sort, bare)) == ["young", "old"]


@given(
    st.lists(
        st.builds(
            call,
            st.text(max_size=3) | st.integers(0, 99).map(str),
            st.integers(-30_000, 900),
            caller=st.text(max_size=3),
            dialled=st.sampled_from(["", "011", "0115550100"]),
            contact_ref=st.text(max_size=2),
            hold=st.none() | st.floats(0, 604_800),
            legs=st.sampled_from(["", "1", "01", "x", "٣", "9" * 30]).map(
                lambda ext: (Leg(ext, EntryId(T, 0)),)
            ),
            end=st.none() | st.just(End(EntryId(T, 0), talk=4.0)),
        ),
        max_size=8,
    ),
    st.sampled_from(list(SORTS)),
    st.booleans(),
)
def test_any_two_calls_compare_in_every_column(
    calls: list[Call], column: str, reverse: bool
) -> None:
    sort = Sort(column, reverse)
    assert len(arranged(calls, sort, LENS)) == len(calls)
    places = [sort.order(Subject(each, ""), LENS) for each in calls]
    later = replace(LENS, now_ms=T + 1_000)
    assert [sort.order(Subject(each, ""), later) for each in calls] == places, (
        "an order holds a second later"
    )
