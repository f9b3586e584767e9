"""What a target is owed follows from the journal alone, wherever one begins to read it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from enigma_tui.model.board import Board
from enigma_tui.model.call import CallKey, DeedKind, Disposition, EntryId, Feed
from enigma_tui.model.delivery import Deliveries, Outbox, Rule
from enigma_tui.model.entry import (
    Delivered,
    DeliveryOutcome,
    Disposed,
    Event,
    Notified,
    Undone,
    Unknown,
    decode,
)
from enigma_tui.model.notification import unpack

FIELDS = {
    b"kind": b"delivery",
    b"target": b"crm",
    b"source": b"pbx",
    b"call_feed": b"inbound",
    b"call_ref": b"4711",
    b"since": b"1763799000000-0",
    b"act": b"a1",
    b"version": b"2",
    b"code": b"spam",
    b"outcome": b"refused",
    b"answer": b"404 \x1bno",
    b"attempts": b"3",
    b"by": b"robot",
}


def key(n: int = 1, feed: Feed = Feed.INBOUND) -> CallKey:
    return CallKey("pbx", feed, str(n), EntryId(n, 0))


def disposed(ms: int, version: int = 1, code: str = "spam", of: CallKey | None = None) -> Disposed:
    told = Disposition(code, "ann", ms, version, act=f"act{ms}")
    return Disposed(EntryId(ms, 0), of or key(), told)


def undone(ms: int, what: Disposed, restored: Disposed | None) -> Undone:
    version = what.disposition.version + 1
    back = replace(restored.disposition, version=version) if restored else None
    return Undone(EntryId(ms, 0), what.key, "ann", version, what.disposition.code, back)


def delivered(
    ms: int, what: Disposed, outcome: DeliveryOutcome = DeliveryOutcome.DELIVERED
) -> Delivered:
    told = what.disposition
    again = told if outcome is DeliveryOutcome.AGAIN else None
    return Delivered(
        EntryId(ms, 0),
        what.key,
        "crm",
        told.act,
        told.version,
        told.code,
        outcome,
        disposition=again,
    )


def owed(*events: Event, rule: Rule | None = None) -> list[str]:
    box = Outbox(rule or Rule("crm"))
    for event in events:
        box.apply(event)
    return [each.disposition.act for each in box.owed()]


def test_an_entry_of_a_delivery_is_read_and_made_safe() -> None:
    event = decode(EntryId(5, 0), FIELDS)
    assert isinstance(event, Delivered)
    assert (event.target, event.act, event.version, event.code) == ("crm", "a1", 2, "spam")
    assert (event.outcome, event.attempts) == (DeliveryOutcome.REFUSED, 3)
    assert event.answer == "404 \ufffdno"
    assert isinstance(decode(EntryId(5, 0), {**FIELDS, b"outcome": b"lost"}), Unknown)
    assert isinstance(decode(EntryId(5, 0), {**FIELDS, b"outcome": b"again"}), Unknown)


def test_only_the_newest_outcome_is_owed() -> None:
    first, second = disposed(10), disposed(20, 2)
    assert owed(first) == ["act10"]
    assert owed(first, second) == ["act20"]
    assert owed(first, second, delivered(30, second)) == []
    assert owed(first, second, delivered(30, first)) == ["act20"]
    assert owed(first, delivered(15, first), second) == ["act20"]


def test_an_undo_brings_back_what_was_not_yet_delivered() -> None:
    first, second = disposed(10), disposed(20, 2)
    assert owed(first, undone(15, first, None)) == []
    assert owed(first, second, undone(25, second, first)) == ["act10"]
    assert owed(first, delivered(15, first), second, undone(25, second, first)) == []
    assert owed(first, second, delivered(22, first), undone(25, second, first)) == []


def test_another_targets_deliveries_are_not_its_own() -> None:
    first = disposed(10)
    assert owed(first, replace(delivered(20, first), target="other")) == ["act10"]


def test_what_was_recorded_before_is_not_owed() -> None:
    assert owed(disposed(10), disposed(20, of=key(2)), rule=Rule("crm", since_ms=15)) == ["act20"]


def test_the_dialler_is_owed_its_own_calls_with_codes_that_it_knows() -> None:
    rule = Rule("crm", dialler={"spam": "H"})
    its = key(1, Feed.DIALLER)
    first = disposed(10, of=its)
    other = disposed(20, 2, "later", its)
    assert owed(disposed(10), rule=rule) == []
    assert owed(first, rule=rule) == ["act10"]
    assert owed(first, other, rule=rule) == []
    assert owed(first, other, undone(30, other, first), rule=rule) == ["act10"]


def test_what_is_asked_for_again_is_owed_again() -> None:
    first = disposed(10)
    failed = delivered(20, first, DeliveryOutcome.REFUSED)
    again = delivered(30, first, DeliveryOutcome.AGAIN)
    assert owed(first, failed, again) == ["act10"]
    assert owed(first, failed, again, delivered(40, first)) == []
    newer = disposed(25, 2)
    assert owed(first, failed, newer, again) == ["act25"]


@st.composite
def journals(draw: st.DrawFn) -> list[Event]:
    """Journals as the desk's scripts write them: an undo takes back the last act, once."""
    events: list[Event] = []
    stands: dict[int, list[Disposed]] = {}
    undoable: dict[int, bool] = {}
    versions: dict[int, int] = {}
    settled: set[tuple[int, str]] = set()
    for ms in range(10, 10 + draw(st.integers(1, 30))):
        n = draw(st.integers(1, 3))
        done = stands.setdefault(n, [])
        what = draw(st.sampled_from(["dispose", "dispose", "undo", "deliver", "again"]))
        if what == "dispose":
            versions[n] = versions.get(n, 0) + 1
            code = draw(st.sampled_from(["spam", "spam", "later"]))
            done.append(disposed(ms, versions[n], code, key(n, Feed.DIALLER)))
            undoable[n] = True
            events.append(done[-1])
        elif what == "undo" and done and undoable[n]:
            last = done[-1]
            if (n, last.disposition.act) in settled:
                continue  # the grace is over before anything is sent
            done.pop()
            undoable[n] = False
            versions[n] += 1
            back = done[-1] if done else None
            events.append(replace(undone(ms, last, back), version=versions[n]))
        elif what == "deliver" and done and (n, done[-1].disposition.act) not in settled:
            settled.add((n, done[-1].disposition.act))
            events.append(delivered(ms, done[-1]))
        elif what == "again" and done and (n, done[-1].disposition.act) in settled:
            settled.discard((n, done[-1].disposition.act))
            undoable[n] = False
            events.append(delivered(ms, done[-1], DeliveryOutcome.AGAIN))
    return events


@pytest.mark.parametrize("rule", [Rule("crm"), Rule("crm", dialler={"spam": "H"})])
@given(events=journals(), data=st.data())
def test_who_begins_behind_what_is_done_or_earlier_is_owed_the_same(
    rule: Rule, events: list[Event], data: st.DataObject
) -> None:
    """At whatever entry a deliverer died, and the next one began where it had come to."""
    whole = Outbox(rule)
    for event in events[: data.draw(st.integers(0, len(events)))]:
        whole.apply(event)
    begin = min(EntryId(data.draw(st.integers(0, 40)), 0), whole.done())
    rest = Outbox(rule)
    for event in events:
        if event.id > whole.last:
            whole.apply(event)
        if event.id > begin:
            rest.apply(event)
    assert [(o.id, o.entry) for o in rest.owed()] == [(o.id, o.entry) for o in whole.owed()]


def test_what_failed_is_listed_until_it_is_delivered_amended_or_asked_for_again() -> None:
    first = disposed(10)
    failed = delivered(20, first, DeliveryOutcome.GAVE_UP)
    deliveries = Deliveries([Rule("crm"), Rule("other")])
    for event in (first, failed):
        assert deliveries.apply(event)
    assert deliveries.failed() == [failed]
    assert [(w.target, w.count, w.oldest_ms) for w in deliveries.waiting()] == [
        ("crm", 0, None),
        ("other", 1, 10),
    ]
    assert [(name, o.disposition.act) for name, o in deliveries.nearing(11)] == [("other", "act10")]
    assert deliveries.nearing(10) == []
    deliveries.apply(delivered(30, first, DeliveryOutcome.AGAIN))
    assert deliveries.failed() == []
    assert deliveries.waiting()[0].count == 1
    deliveries.apply(delivered(40, first, DeliveryOutcome.REFUSED))
    assert [each.id.ms for each in deliveries.failed()] == [40]
    newer = disposed(50, 2)
    deliveries.apply(newer)
    assert deliveries.failed() == []
    deliveries.apply(undone(55, newer, first))
    assert [each.id.ms for each in deliveries.failed()] == [40]
    newer = disposed(60, 4)
    deliveries.apply(newer)
    deliveries.apply(delivered(70, newer))
    assert deliveries.failed() == []


def test_a_calls_audit_tells_to_whom_it_was_delivered_and_to_whom_not() -> None:
    board = Board()
    raw = b'{"type":"call","payload":{"call_ref":"1"}}'
    board.apply(Notified(EntryId(1, 0), "pbx", "inbound", False, unpack(raw)))
    first = disposed(10)
    refused = replace(delivered(30, first, DeliveryOutcome.GAVE_UP), answer="500 Oh", by="robot")
    for event in (first, delivered(20, first), refused):
        assert board.apply(event) == [key()]
    board.apply(replace(delivered(40, first, DeliveryOutcome.AGAIN), by="bob"))
    audit = board.calls[key()].audit
    assert [(deed.kind, deed.by, deed.words) for deed in audit[1:]] == [
        (DeedKind.DELIVERED, "", "crm"),
        (DeedKind.NOT_DELIVERED, "robot", "crm: gave up, 500 Oh"),
        (DeedKind.SENT_AGAIN, "bob", "crm"),
    ]
    assert board.calls[key()].version == 1
