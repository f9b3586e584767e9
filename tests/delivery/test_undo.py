"""What another system has been told, or is being told, is not taken back behind its back."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from enigma_tui.journal.delivery.deliverer import Deliverer
from enigma_tui.journal.delivery.ledger import Ledger, Replaced
from enigma_tui.journal.delivery.status import DeliveryStatus
from enigma_tui.journal.desk import Act, Outcome, Who
from enigma_tui.journal.handing_in import HandingIn, Rules
from enigma_tui.journal.pending import PendingActs
from enigma_tui.model.call import ORIGIN
from enigma_tui.model.delivery import Outgoing
from enigma_tui.model.entry import Disposed, Undone

from .conftest import Stage
from .receiver import Receiver, hang, status

LIST = {"kind": "list", "name": "queue", "key": "outcomes"}


async def undone(stage: Stage) -> int:
    return sum(isinstance(event, Undone) for event in await stage.events())


def deliverer(stage: Stage) -> Deliverer:
    (target,) = stage.site.delivery
    ledger = Ledger(stage.connection, stage.keys, target.name, "robot", 7)
    state = DeliveryStatus(target.name)
    return Deliverer(
        stage.connection, stage.keys, stage.site, target, None, ledger, state, stage.now_ms
    )


async def owed_of(stage: Stage, act: Act) -> Outgoing:
    (event,) = [event for event in await stage.events() if isinstance(event, Disposed)]
    assert event.disposition.act == act.id
    return Outgoing(act.key, event.disposition, event.id)


async def test_what_has_been_pushed_to_a_list_stands(stage: Stage, eventually: Callable) -> None:
    await stage.write_site(LIST)
    act = await stage.dispose(await stage.call())
    stage.deliver()
    await eventually(stage.results)
    answer = await stage.undo(act)
    assert (answer.outcome, answer.delivered_to) == (Outcome.DELIVERED, "queue")
    assert (answer.code, answer.recorded, await undone(stage)) == ("resolved", False, 0)
    # An amendment is another outcome: until it has been delivered it can be taken back.
    await stage.stop()
    assert (await stage.undo(await stage.dispose(act.key, "spam", 1))).recorded
    assert (await stage.undo(act)).outcome is Outcome.DELIVERED


async def test_what_is_being_sent_stands_and_every_target_is_named(
    stage: Stage, receiver: Receiver, webhook: dict, eventually: Callable
) -> None:
    receiver.usual = hang
    await stage.write_site(webhook, LIST)
    act = await stage.dispose(await stage.call())
    stage.deliver()
    await eventually(lambda: receiver.requests)
    await eventually(stage.results)
    answer = await stage.undo(act)
    assert answer.outcome is Outcome.DELIVERED
    assert sorted(answer.delivered_to.split(", ")) == ["crm", "queue"]


async def test_sent_again_and_again_a_target_is_named_once(
    stage: Stage, receiver: Receiver, webhook: dict, eventually: Callable
) -> None:
    receiver.plan = [status(503), status(503)]
    await stage.write_site(webhook)
    act = await stage.dispose(await stage.call())
    stage.deliver()
    await eventually(stage.results)
    assert len(receiver.requests) == 3
    assert (await stage.undo(act)).delivered_to == "crm"


async def test_an_undo_that_a_deliverer_has_not_read_yet_keeps_it_from_sending(
    stage: Stage,
) -> None:
    await stage.write_site(LIST)
    act = await stage.dispose(await stage.call())
    slow = deliverer(stage)
    await slow._open()
    await slow._catch_up()
    assert (await stage.undo(act)).recorded
    await slow._start(await stage.now_ms() + 1_000)
    assert not await stage.connection.quick.llen("outcomes")
    assert len(slow.box.waiting) == 1  # it is not given up for that: the journal has the word
    await slow._catch_up()
    assert not slow.box.waiting
    assert await stage.results() == []


async def test_neither_a_push_nor_a_request_begins_for_what_stands_no_longer(
    stage: Stage,
) -> None:
    await stage.write_site(LIST)
    act = await stage.dispose(await stage.call())
    owed = await owed_of(stage, act)
    await stage.dispose(act.key, "spam", 1)
    ledger = deliverer(stage).ledger
    await ledger.open()
    with pytest.raises(Replaced):
        await ledger.push(owed, ORIGIN, "outcomes", 10, b"{}")
    with pytest.raises(Replaced):
        await ledger.sending(owed)
    assert not await stage.connection.quick.llen("outcomes")
    # Of a call whose record has expired nothing can be undone, and it is sent.
    await stage.connection.quick.delete(stage.keys.call(act.key))
    await ledger.sending(owed)
    assert (await ledger.push(owed, ORIGIN, "outcomes", 10, b"{}"))[0]
    assert not await stage.connection.quick.exists(stage.keys.call(act.key))


async def test_a_push_that_a_full_list_does_not_take_can_still_be_undone(
    stage: Stage, eventually: Callable
) -> None:
    await stage.write_site({**LIST, "cap": 1})
    await stage.connection.quick.rpush("outcomes", "theirs")
    act = await stage.dispose(await stage.call())
    deliverers = stage.deliver()
    await eventually(lambda: deliverers.statuses and deliverers.statuses["queue"].fault)
    assert (await stage.undo(act)).recorded
    await eventually(lambda: deliverers.statuses["queue"].waiting == 0)
    await eventually(lambda: deliverers.statuses["queue"].fault is None)


async def test_of_a_bulk_what_has_not_been_delivered_is_undone_and_the_rest_is_named(
    stage: Stage, eventually: Callable, tmp_path: Path
) -> None:
    await stage.write_site(LIST)
    told = await stage.dispose(await stage.call("1"))
    stage.deliver()
    await eventually(stage.results)
    await stage.stop()
    more = await asyncio.gather(*[stage.dispose(await stage.call(str(n))) for n in (2, 3)])
    handing_in = HandingIn(
        stage.connection,
        stage.keys,
        Who("ann"),
        PendingActs(tmp_path, "here"),
        away=lambda: False,
        now_ms=lambda: 1_000,
        rules=lambda: Rules(7, 60_000),
    )
    first, *others = await handing_in.take_back([told, *more])
    assert first.problem == "resolved has been delivered to queue, or is on its way"
    assert [other.recorded for other in others] == [True, True]
