"""Promises of `model.readings`: of many calls at once what each call tells of itself."""

from math import nan

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from msgspec.structs import replace as with_

from enigma_tui.model import readings
from enigma_tui.model.call import Call, Disposition, End, EntryId, Leg, Policy
from enigma_tui.model.query import parse
from enigma_tui.model.subject import Subject, Subjects

from .filters import CALL, filters
from .floor import CALLS, LENS, NOW

HOURS = st.integers(0, 6).map(lambda hours: EntryId(NOW - hours * 3_600_000, 0))
SECONDS = st.none() | st.floats(0, 1e6)
LEG = st.builds(Leg, st.sampled_from(["", "2001", "2002"]), HOURS, talk=SECONDS)
END = st.builds(
    End,
    HOURS,
    talk=SECONDS,
    extension=st.sampled_from(["", "2003"]),
    abandoned=st.booleans(),
    assumed=st.booleans(),
)
ANY = st.builds(
    replace,
    CALL,
    legs=st.lists(LEG, max_size=3).map(tuple),
    end=st.none() | END,
    disposition=st.none() | st.just(Disposition("spam", "thandi", NOW, 1)),
    superseded=st.booleans(),
) | st.sampled_from(list(CALLS.values()))
POLICIES = st.builds(
    Policy,
    cdr_sources=st.sampled_from([frozenset(), frozenset({"pbx", ""})]),
    cdr_since_ms=st.sampled_from([{}, {"pbx": NOW - 2 * 3_600_000}]),
    ghost_after_ms=st.sampled_from([3_600_000, 4 * 3_600_000]),
    assume_ended_after_ms=st.sampled_from([3_600_000, 5 * 3_600_000]),
)


@given(st.lists(ANY, max_size=8), POLICIES, st.integers(-1, 8 * 3_600_000))
def test_a_reading_is_what_each_call_tells_of_itself(
    calls: list[Call], policy: Policy, passed: int
) -> None:
    rows = [Subject(call, "") for call in calls]
    subjects, now = Subjects(rows), NOW + passed
    lens = with_(LENS, policy=policy, now_ms=now)
    states = [readings.STATES[number] for number in readings.states(subjects, lens)]
    assert states == [call.state(now, policy) for call in calls]
    talks = [nan if (talk := call.talk_seconds(now)) is None else talk for call in calls]
    assert repr(list(readings.talks(subjects, lens))) == repr(talks)
    holds = [nan if call.hold is None else call.hold for call in calls]
    assert repr(list(readings.holds(rows))) == repr(holds)
    assert list(readings.began_ms(rows)) == [call.began.ms for call in calls]
    assert readings.extensions(rows) == [call.extension for call in calls]
    assert readings.codes(rows) == [
        call.disposition.code if call.disposition else "" for call in calls
    ]
    assert readings.persons(rows) == [
        call.disposition.by if call.disposition else "" for call in calls
    ]


@given(filters(), filters(), st.lists(ANY, max_size=12), POLICIES)
def test_many_calls_at_once_pass_as_each_alone_whatever_was_read_before(
    first: str, second: str, calls: list[Call], policy: Policy
) -> None:
    lens = with_(LENS, policy=policy)
    subjects = Subjects([Subject(call, lens.text(call)) for call in calls])
    for text in (first, second, f"{first} {second}", f"{first} or {second}"):
        query = parse(text)
        assert list(query.through(lens)(subjects)) == [query.matches(call, lens) for call in calls]
