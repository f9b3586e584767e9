"""Only the newest outcome is sent, once it can no longer be taken back, and none is forgotten."""

import asyncio
from collections.abc import Callable

from enigma_tui.journal.delivery import Again
from enigma_tui.journal.delivery.ledger import Ledger
from enigma_tui.journal.desk import Who
from enigma_tui.model.entry import DeliveryOutcome

from .conftest import Stage
from .receiver import HALF, OK, Receiver, Request, hang, status

GRACE = 60
HOUR_MS = 3_600_000


async def test_nothing_is_sent_within_the_grace_and_nothing_that_was_undone(
    stage: Stage, receiver: Receiver, webhook: dict, eventually: Callable
) -> None:
    await stage.write_site(webhook, undo=GRACE)
    act = await stage.dispose(await stage.call("1"))
    other = await stage.dispose(await stage.call("2"))
    deliverers = stage.deliver()
    await eventually(lambda: deliverers.statuses and deliverers.statuses["crm"].waiting == 2)
    stage.ahead_ms = (GRACE - 5) * 1000
    assert (await stage.undo(act)).recorded
    await eventually(lambda: deliverers.statuses["crm"].waiting == 1)
    assert not receiver.requests
    stage.ahead_ms = (GRACE + 1) * 1000
    await eventually(lambda: receiver.accepted)
    await eventually(stage.results)
    assert receiver.accepted == {other.id: 1}


async def test_of_an_outcome_amended_within_the_grace_only_the_newest_is_sent(
    stage: Stage, receiver: Receiver, webhook: dict, eventually: Callable
) -> None:
    await stage.write_site(webhook, undo=GRACE)
    key = await stage.call()
    await stage.dispose(key, "spam")
    amended = await stage.dispose(key, "resolved", 1, reason="it was not")
    stage.ahead_ms = (GRACE + 1) * 1000
    stage.deliver()
    await eventually(stage.results)
    assert receiver.accepted == {amended.id: 1}
    assert [(r.act, r.version) for r in await stage.results()] == [(amended.id, 2)]


async def test_an_amendment_that_is_undone_leaves_what_stood_before_to_be_sent_once(
    stage: Stage, receiver: Receiver, webhook: dict, eventually: Callable
) -> None:
    await stage.write_site(webhook, undo=GRACE)
    key = await stage.call()
    first = await stage.dispose(key, "spam")
    assert (await stage.undo(await stage.dispose(key, "resolved", 1))).recorded
    stage.ahead_ms = (GRACE + 1) * 1000
    deliverers = stage.deliver()
    await eventually(stage.results)
    assert receiver.accepted == {first.id: 1}
    # And once it has been delivered, an undo that brings it back sends nothing new.
    again = await stage.dispose(key, "resolved", 3)
    stage.ahead_ms = 0
    assert (await stage.undo(again)).recorded
    sentinel = await stage.dispose(await stage.call("2"))
    await eventually(lambda: deliverers.statuses["crm"].waiting == 1)
    stage.ahead_ms = (GRACE + 1) * 1000
    await eventually(lambda: sentinel.id in receiver.accepted)
    assert receiver.accepted == {first.id: 1, sentinel.id: 1}


async def test_an_outcome_amended_while_it_is_sent_is_followed_by_the_newest(
    stage: Stage, receiver: Receiver, webhook: dict, eventually: Callable
) -> None:
    receiver.plan = [hang]
    await stage.write_site(webhook)
    key = await stage.call()
    first = await stage.dispose(key, "spam")
    deliverers = stage.deliver()
    await eventually(lambda: receiver.accepted)
    second = await stage.dispose(key, "resolved", 1)
    receiver.over.set()
    await eventually(stage.results)
    assert [r.act for r in await stage.results()] == [second.id]
    assert receiver.accepted == {first.id: 1, second.id: 1}
    await eventually(lambda: deliverers.statuses["crm"].waiting == 0)


async def test_what_was_recorded_before_a_target_was_added_is_not_sent(
    stage: Stage, receiver: Receiver, webhook: dict, eventually: Callable
) -> None:
    await stage.write_site()
    await stage.dispose(await stage.call("1"))
    recorded_ms = (await stage.events())[-1].id.ms

    async def later() -> bool:
        return await stage.now_ms() > recorded_ms

    await eventually(later)
    added = await stage.write_site({**webhook, "since_ms": 7})
    assert added.delivery[0].since_ms > recorded_ms
    new = await stage.dispose(await stage.call("2"))
    stage.deliver()
    await eventually(stage.results)
    assert receiver.accepted == {new.id: 1}
    changed = await stage.write_site({**webhook, "max_age_minutes": 5})
    assert changed.delivery[0].since_ms == added.delivery[0].since_ms


async def test_who_begins_anew_goes_on_where_the_last_one_was(
    stage: Stage, receiver: Receiver, webhook: dict, eventually: Callable
) -> None:
    await stage.write_site(webhook)
    key = await stage.call("1")
    await stage.dispose(key)
    stage.deliver()
    await eventually(stage.results)
    ledger = Ledger(stage.connection, stage.keys, "crm", "test", 7)
    assert await ledger.open() > key.since
    await stage.stop()
    second = await stage.dispose(await stage.call("2"))
    stage.deliver()
    await eventually(lambda: second.id in receiver.accepted)
    assert set(receiver.accepted.values()) == {1}


async def test_the_journal_alone_tells_what_is_owed(
    stage: Stage, receiver: Receiver, webhook: dict, eventually: Callable
) -> None:
    """Even where the record of how far delivery has come is lost."""
    await stage.write_site(webhook)
    await stage.dispose(await stage.call("1"))
    stage.deliver()
    await eventually(stage.results)
    await stage.stop()
    await stage.connection.quick.delete(stage.keys.delivered("crm"))
    second = await stage.dispose(await stage.call("2"))
    stage.deliver()
    await eventually(lambda: second.id in receiver.accepted)
    assert set(receiver.accepted.values()) == {1}


async def test_the_record_does_not_pass_what_is_still_owed(
    stage: Stage, receiver: Receiver, webhook: dict, eventually: Callable
) -> None:
    async def refuses_one(where: Receiver, request: Request, writer: asyncio.StreamWriter) -> None:
        answer = status(500) if request.payload["call_ref"] == "1" else OK
        await answer(where, request, writer)

    receiver.usual = refuses_one
    await stage.write_site(webhook)
    first = await stage.dispose(await stage.call("1"))
    entry = (await stage.events())[-1].id
    stage.deliver()
    await eventually(lambda: receiver.requests)
    second = await stage.dispose(await stage.call("2"))
    await eventually(stage.results)
    ledger = Ledger(stage.connection, stage.keys, "crm", "test", 7)
    assert await ledger.open() < entry
    receiver.usual = OK
    await eventually(lambda: receiver.accepted == {first.id: 1, second.id: 1})

    async def passed() -> bool:
        return await ledger.open() > entry

    await eventually(passed)


async def test_what_is_too_old_is_listed_and_sent_only_when_somebody_asks(
    stage: Stage, receiver: Receiver, webhook: dict, eventually: Callable
) -> None:
    await stage.write_site(webhook)
    key = await stage.call()
    act = await stage.dispose(key, note="a note")
    stage.ahead_ms = HOUR_MS + 60_000
    stage.deliver()
    await eventually(stage.results)
    (failed,) = (await stage.deliveries()).failed()
    assert (failed.outcome, failed.attempts) == (DeliveryOutcome.TOO_OLD, 0)
    assert not receiver.requests
    stage.ahead_ms = 0
    again = Again(stage.connection, stage.keys, Who("bob"))
    assert await again.ask(failed) == "done"
    await eventually(lambda: receiver.accepted == {act.id: 1})
    assert receiver.requests[0].payload["note"] == "a note"
    assert receiver.requests[0].payload["by"] == "ann"

    async def outcomes() -> bool:
        return [r.outcome for r in await stage.results()] == ["too_old", "again", "delivered"]

    await eventually(outcomes)
    assert (await stage.deliveries()).failed() == []
    await stage.dispose(key, "spam", 1)
    assert await again.ask(failed) == "superseded"
    await stage.connection.quick.delete(stage.keys.call(key))
    assert await again.ask(failed) == "gone"


async def test_what_was_tried_until_it_was_too_old_says_how_it_was_answered(
    stage: Stage, receiver: Receiver, webhook: dict, eventually: Callable
) -> None:
    receiver.usual = status(503, "maintenance")
    await stage.write_site(webhook)
    await stage.dispose(await stage.call())
    stage.deliver()
    await eventually(lambda: len(receiver.requests) > 2)
    stage.ahead_ms = HOUR_MS + 60_000
    await eventually(stage.results)
    (failed,) = (await stage.deliveries()).failed()
    assert failed.outcome is DeliveryOutcome.GAVE_UP
    assert failed.answer == "503 Said: maintenance"
    assert failed.attempts > 2


async def test_what_may_have_arrived_is_marked_so_when_it_is_given_up(
    stage: Stage, receiver: Receiver, webhook: dict, eventually: Callable
) -> None:
    receiver.plan = [HALF]
    receiver.usual = status(500)
    await stage.write_site(webhook)
    await stage.dispose(await stage.call())
    stage.deliver()
    await eventually(lambda: len(receiver.requests) > 1)
    stage.ahead_ms = HOUR_MS + 60_000
    await eventually(stage.results)
    assert (await stage.results())[0].outcome is DeliveryOutcome.UNKNOWN


async def test_two_programs_deliver_each_outcome_once(
    stage: Stage, receiver: Receiver, webhook: dict, eventually: Callable
) -> None:
    await stage.write_site(webhook)
    programs = [stage.deliver() for _ in range(3)]
    acts = [await stage.dispose(await stage.call(str(n))) for n in range(60)]
    await eventually(lambda: len(receiver.accepted) == 60)

    async def all_journalled() -> bool:
        return len(await stage.results()) == 60

    await eventually(all_journalled)
    assert receiver.accepted == {act.id: 1 for act in acts}
    assert sum(program.statuses["crm"].holding for program in programs) == 1


async def test_one_that_has_died_is_followed_by_another_when_its_lease_has_run_out(
    stage: Stage, receiver: Receiver, webhook: dict, eventually: Callable
) -> None:
    await stage.write_site(webhook)
    await stage.connection.quick.set(stage.keys.delivering("crm"), "the dead one", px=700)
    act = await stage.dispose(await stage.call())
    program = stage.deliver()
    await eventually(lambda: "crm" in program.statuses)
    assert not receiver.requests
    assert await eventually(lambda: receiver.accepted == {act.id: 1}) > 0.3


async def test_one_that_lacks_the_secrets_leaves_it_to_one_that_has_them(
    stage: Stage, receiver: Receiver, webhook: dict, eventually: Callable
) -> None:
    await stage.write_site({**webhook, "headers": {"Authorization": "secret:TOKEN"}})
    without = stage.deliver()
    await eventually(lambda: without.statuses and without.statuses["crm"].fault)
    assert "delivery_secrets has no TOKEN" in without.statuses["crm"].fault.sentence
    assert not await stage.connection.quick.exists(stage.keys.delivering("crm"))
    act = await stage.dispose(await stage.call())
    stage.deliver({"TOKEN": "t"})
    await eventually(lambda: receiver.accepted == {act.id: 1})
    assert not without.statuses["crm"].holding


async def test_one_target_that_fails_is_no_other_targets_matter(
    stage: Stage, receiver: Receiver, webhook: dict, eventually: Callable
) -> None:
    await stage.connection.quick.set("taken", "by something else")
    await stage.write_site(
        {"kind": "list", "name": "crm-list", "key": "taken"},
        {**webhook, "name": "dead", "url": "http://127.0.0.1:1/"},
        webhook,
    )
    act = await stage.dispose(await stage.call())
    deliverers = stage.deliver()
    await eventually(lambda: receiver.accepted == {act.id: 1})
    statuses = deliverers.statuses
    await eventually(lambda: statuses["crm-list"].fault and statuses["dead"].fault)
    assert statuses["crm-list"].fault.name == "wrong key type"
    assert statuses["dead"].fault.name == "delivery fails"
    assert statuses["crm"].fault is None


async def test_a_changed_site_is_followed(
    stage: Stage, receiver: Receiver, webhook: dict, eventually: Callable
) -> None:
    await stage.write_site()
    deliverers = stage.deliver()
    await stage.write_site(webhook)
    act = await stage.dispose(await stage.call())
    await eventually(lambda: receiver.accepted == {act.id: 1})
    await stage.write_site()
    await eventually(lambda: deliverers.statuses == {})
