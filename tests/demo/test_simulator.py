"""The simulated PBX keeps the protocol's rules and behaves like a floor of people."""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import islice

import pytest

from enigma_tui.demo.callers import HOSTILE, LABELS, UNREADABLE
from enigma_tui.demo.simulator import CDR, INBOUND, Pbx, Profile, Push
from enigma_tui.model.notification import CallConnected, CallEnded, Direction, Rejected, unpack

EPOCH = 1_763_800_000.0
CALLS = 5_000

Told = CallConnected | CallEnded


@dataclass(frozen=True, slots=True)
class Shift:
    """A run until `CALLS` calls have ended."""

    pushes: list[Push]
    told: list[tuple[float, Told]]
    rejected: list[Rejected]
    connections: dict[str, list[tuple[float, CallConnected]]]
    ends: dict[str, list[tuple[float, CallEnded]]]


@pytest.fixture(scope="module")
def shift() -> Shift:
    pushes: list[Push] = []
    ended = 0
    for push in Pbx(7, epoch=EPOCH).pushes():
        pushes.append(push)
        ended += push.list_key == CDR
        if ended == CALLS:
            break
    made = Shift(pushes, [], [], defaultdict(list), defaultdict(list))
    for push in pushes:
        match unpack(push.payload):
            case CallConnected() as connected:
                made.told.append((push.at, connected))
                made.connections[connected.call_ref].append((push.at, connected))
            case CallEnded() as over:
                made.told.append((push.at, over))
                made.ends[over.call_ref].append((push.at, over))
            case Rejected() as rejected:
                made.rejected.append(rejected)
            case other:
                pytest.fail(f"a PBX's inbound lists carry no {other}")
    return made


def early(seed: int, profile: Profile | None = None, number: int = 2_000) -> list[Push]:
    return list(islice(Pbx(seed, profile or Profile()).pushes(), number))


# ── seeding and order ───────────────────────────────────────────────────────────────────────


def test_same_seed_gives_the_same_bytes() -> None:
    assert early(3) == early(3)
    pbx = Pbx(3)
    assert list(islice(pbx.pushes(), 50)) == list(islice(pbx.pushes(), 50))


def test_other_seeds_give_other_bytes() -> None:
    assert len({tuple(each.payload for each in early(seed, number=20)) for seed in range(20)}) == 20


def test_pushes_come_in_order_of_time(shift: Shift) -> None:
    times = [push.at for push in shift.pushes]
    assert times == sorted(times)
    assert times[0] >= 0


def test_the_lists_are_those_asked_for() -> None:
    pushes = list(islice(Pbx(1, inbound="a", cdr="b").pushes(), 500))
    assert {push.list_key for push in pushes} == {"a", "b"}


# ── the rules of the protocol ───────────────────────────────────────────────────────────────


def test_every_payload_is_readable_but_the_unreadable_ones(shift: Shift) -> None:
    assert len(shift.told) + len(shift.rejected) == len(shift.pushes)
    assert {each.raw for each in shift.rejected} == set(UNREADABLE)


def test_each_list_carries_its_own_kind(shift: Shift) -> None:
    for push in shift.pushes:
        match unpack(push.payload):
            case CallConnected() | Rejected():
                assert push.list_key == INBOUND
            case CallEnded():
                assert push.list_key == CDR


def test_an_agent_has_at_most_one_call_at_a_time(shift: Shift) -> None:
    on_call: dict[str, str] = {}  # call by extension
    held_by: dict[str, str] = {}  # extension by call
    for _, told in shift.told:
        if isinstance(told, CallConnected):
            assert told.extension not in on_call
            if (former := held_by.get(told.call_ref)) is not None:
                del on_call[former]
            on_call[told.extension] = told.call_ref
            held_by[told.call_ref] = told.extension
        elif told.extension:
            assert on_call.pop(told.extension) == told.call_ref
            assert held_by.pop(told.call_ref) == told.extension


def test_a_bridged_call_ends_once_after_its_last_leg(shift: Shift) -> None:
    for call_ref, [*_, (at, last)] in shift.connections.items():
        if call_ref not in shift.ends:
            continue  # still live
        [(over, cdr)] = shift.ends[call_ref]
        assert over > at
        assert (cdr.extension, cdr.caller, cdr.dialled) == (
            last.extension,
            last.caller,
            last.dialled,
        )
        assert (cdr.contact_ref, cdr.hold) == (last.contact_ref, last.hold)
        first, _ = shift.connections[call_ref][0]
        assert cdr.talk == int(over - first)


def test_every_bridged_call_ends_within_the_shift(shift: Shift) -> None:
    unfinished = set(shift.connections) - set(shift.ends)
    assert len(unfinished) <= Profile().agents


def test_an_abandoned_call_has_a_cdr_only(shift: Shift) -> None:
    abandoned = [cdr for [(_, cdr)] in shift.ends.values() if not cdr.extension]
    assert abandoned
    for cdr in abandoned:
        assert cdr.call_ref not in shift.connections
        assert cdr.talk == 0
    assert all(
        call_ref in shift.connections
        for call_ref, [(_, cdr)] in shift.ends.items()
        if cdr.extension
    )


def test_hold_is_the_time_from_arrival_to_the_first_bridge(shift: Shift) -> None:
    compared = 0
    for call_ref, [(over, cdr)] in shift.ends.items():
        if cdr.hold is None:
            continue
        assert cdr.dialed_at is not None
        legs = shift.connections.get(call_ref)
        bridged = legs[0][0] if legs else over
        # Both ends of the span are told in whole seconds.
        assert 0 <= EPOCH + bridged - cdr.dialed_at - cdr.hold < 2
        compared += 1
    assert compared > CALLS * 0.9


def test_the_legs_of_a_transferred_call_differ_in_the_extension_alone(shift: Shift) -> None:
    for legs in shift.connections.values():
        assert len(legs) <= 2
        if len(legs) == 2:
            (_, one), (_, other) = legs
            assert one.extension != other.extension
            assert (one.call_ref, one.caller, one.hold) == (
                other.call_ref,
                other.caller,
                other.hold,
            )


def test_both_generations_keep_to_their_own_fields(shift: Shift) -> None:
    generation: dict[str, bool] = {}
    for push in shift.pushes:
        told = unpack(push.payload)
        if isinstance(told, Rejected):
            continue
        fields = json.loads(push.payload)["payload"]
        if isinstance(told, CallConnected):
            v2 = "campaign_ref" in fields
            assert ("call_dir" in fields) is not v2
        else:
            assert isinstance(told, CallEnded)
            v2 = "number" not in fields
            assert (fields["ref"] == "click-dial") is not v2
            raw = {"ANSWER", "CANCEL", "NOANSWER", "CONGESTION"}
            assert (fields["end_reason"] in raw) is v2
        assert v2 or "hold_time" in fields
        assert told.direction is Direction.INBOUND
        assert generation.setdefault(told.call_ref, v2) is v2


def test_references_increase_with_arrival_and_vary_in_type(shift: Shift) -> None:
    by_arrival = sorted(shift.ends.values(), key=lambda ends: int(ends[0][1].call_ref))
    arrivals = [ends[0][1].dialed_at or 0 for ends in by_arrival]
    assert arrivals == sorted(arrivals)
    kinds = Counter(
        type(json.loads(push.payload)["payload"]["call_ref"])
        for push in shift.pushes
        if push.list_key == CDR
    )
    assert kinds[str] > kinds[int] > 0


# ── the feel of the floor ───────────────────────────────────────────────────────────────────


def share(part: int, whole: int) -> float:
    return part / whole


def test_shares_are_those_of_the_profile(shift: Shift) -> None:
    profile = Profile()
    ends = [cdr for [(_, cdr)] in shift.ends.values()]
    abandoned = sum(not cdr.extension for cdr in ends)
    answered = CALLS - abandoned
    transferred = sum(len(legs) == 2 for legs in shift.connections.values())
    hostile = sum(_is_hostile(push) for push in shift.pushes if push.list_key == CDR)
    v2 = sum(
        "number" not in json.loads(push.payload)["payload"]
        for push in shift.pushes
        if push.list_key == CDR
    )
    assert share(abandoned, CALLS) == pytest.approx(profile.abandon_share, abs=0.02)
    assert share(transferred, answered) == pytest.approx(profile.transfer_share, abs=0.02)
    assert share(v2, CALLS) == pytest.approx(profile.v2_share, abs=0.02)
    odd = hostile + len(shift.rejected)
    assert share(odd, CALLS) == pytest.approx(profile.odd_share, abs=0.005)
    assert 0.5 < share(sum(bool(cdr.contact_ref) for cdr in ends), CALLS) < 0.7


def _is_hostile(push: Push) -> bool:
    fields = json.loads(push.payload)["payload"]
    return not {fields.get("number", fields["ref"]), fields["contact_ref"]}.isdisjoint(HOSTILE)


def test_the_floor_is_busy_and_holds_have_a_long_tail(shift: Shift) -> None:
    minutes = shift.pushes[-1].at / 60
    assert CALLS / minutes == pytest.approx(Profile().calls_per_minute, rel=0.1)
    holds = sorted(
        legs[0][1].hold for legs in shift.connections.values() if legs[0][1].hold is not None
    )
    assert holds[len(holds) // 2] < 30
    assert 0.03 < share(sum(hold > 60 for hold in holds), len(holds)) < 0.25
    assert 0.005 < share(sum(hold > 120 for hold in holds), len(holds)) < 0.1
    talks = [cdr.talk or 0 for [(_, cdr)] in shift.ends.values() if cdr.extension]
    assert 180 < sum(talks) / len(talks) < 240


def test_callers_repeat_hide_and_call_from_abroad(shift: Shift) -> None:
    callers = Counter(cdr.caller for [(_, cdr)] in shift.ends.values())
    anonymous = callers.pop("anonymous")
    assert 0.01 < share(anonymous, CALLS) < 0.06
    assert 0.01 < share(sum(n for who, n in callers.items() if who[0] == "+"), CALLS) < 0.06
    assert callers.most_common(1)[0][1] >= 5
    assert {cdr.dialled for [(_, cdr)] in shift.ends.values()} == set(LABELS)
    assert callers.keys().isdisjoint(LABELS)


def test_too_few_agents_make_callers_wait_until_they_are_cut_off() -> None:
    crowded = Profile(agents=2, longest_wait=120.0, abandon_share=0.0)
    ends = [
        told for push in early(5, crowded) if isinstance(told := unpack(push.payload), CallEnded)
    ]
    given_up = [cdr for cdr in ends if not cdr.extension]
    assert len(given_up) > len(ends) / 2
    assert {cdr.reason for cdr in given_up} == {"timeout", "NOANSWER"}
    assert max(cdr.hold or 0 for cdr in ends) <= 120


@pytest.mark.parametrize(
    ("field", "value"),
    [("agents", 0), ("calls_per_minute", 0.0), ("abandon_share", 1.1), ("mean_talk", 0.0)],
)
def test_an_impossible_profile_is_refused(field: str, value: float) -> None:
    with pytest.raises(ValueError, match=field):
        Profile(**{field: value})  # type: ignore[arg-type]
