"""A list on the journal's server has each outcome exactly once, and never more than its cap."""

import asyncio
import json
from collections.abc import Callable

import pytest
from redis.exceptions import NoPermissionError, ResponseError

from enigma_tui.journal import scripts
from enigma_tui.journal.address import Login
from enigma_tui.journal.connection import Address, connect
from enigma_tui.journal.delivery.deliverer import Deliverer
from enigma_tui.journal.delivery.ledger import Ledger, Overtaken
from enigma_tui.journal.delivery.status import DeliveryStatus
from enigma_tui.model.call import ORIGIN
from enigma_tui.model.delivery import Outgoing
from enigma_tui.model.entry import DeliveryOutcome, Disposed

from .conftest import Stage

TARGET = {"kind": "list", "name": "crm", "key": "outcomes", "cap": 10}


async def pushed(stage: Stage) -> list[dict]:
    return [json.loads(raw) for raw in await stage.connection.quick.lrange("outcomes", 0, -1)]


async def test_outcomes_are_pushed_in_the_pbxs_own_envelope(
    stage: Stage, eventually: Callable
) -> None:
    await stage.write_site(TARGET)
    act = await stage.dispose(await stage.call(), "spam")
    stage.deliver()
    await eventually(lambda: stage.connection.quick.llen("outcomes"))
    (told,) = await pushed(stage)
    assert told["type"] == "disposition"
    payload = told["payload"]
    assert (payload["call_ref"], payload["ref"], payload["act"]) == ("4711", "2001", act.id)
    assert (payload["disposition"], payload["contact_ref"]) == ("spam", "ACC-1")
    (result,) = await stage.results()
    assert (result.act, result.outcome) == (act.id, "delivered")


async def test_a_full_list_is_left_alone_and_what_it_cannot_take_waits(
    stage: Stage, eventually: Callable
) -> None:
    await stage.write_site(TARGET)
    acts = [await stage.dispose(await stage.call(str(n))) for n in range(13)]
    deliverers = stage.deliver()

    def fault() -> str:
        status = deliverers.statuses.get("crm")
        return status.fault.name if status and status.fault else ""

    await eventually(lambda: fault() == "list full")
    assert "nobody reads it" in deliverers.statuses["crm"].fault.sentence
    assert await stage.connection.quick.llen("outcomes") == 10
    assert (await stage.deliveries()).waiting()[0].count == 3
    first = [told["payload"]["act"] for told in await pushed(stage)]
    await stage.connection.quick.delete("outcomes")

    async def rest() -> bool:
        return await stage.connection.quick.llen("outcomes") == 3

    await eventually(rest)
    assert first + [told["payload"]["act"] for told in await pushed(stage)] == [a.id for a in acts]
    assert fault() == "list not read"
    await stage.connection.quick.delete("outcomes")
    await stage.dispose(await stage.call("last"))
    # One is a tenth of this cap, and so is told of too.
    await eventually(lambda: stage.connection.quick.llen("outcomes"))


async def test_what_a_full_list_could_not_take_in_time_is_listed_with_the_reason(
    stage: Stage, eventually: Callable
) -> None:
    await stage.write_site({**TARGET, "cap": 1})
    await stage.connection.quick.rpush("outcomes", "theirs")
    await stage.dispose(await stage.call())
    deliverers = stage.deliver()
    await eventually(lambda: deliverers.statuses and deliverers.statuses["crm"].fault)
    stage.ahead_ms = 2 * 3_600_000
    await eventually(stage.results)
    (failed,) = (await stage.deliveries()).failed()
    assert failed.outcome == "gave_up"
    assert failed.answer == "the list is full: it holds 1"
    assert await stage.connection.quick.lrange("outcomes", 0, -1) == [b"theirs"]


async def test_deliverers_that_know_nothing_of_each_other_push_each_once(
    stage: Stage, open_connection: Callable, eventually: Callable
) -> None:
    """Without any lease: the turn alone keeps them apart."""
    site = await stage.write_site({**TARGET, "cap": 10_000})
    acts = [await stage.dispose(await stage.call(str(n))) for n in range(60)]

    async def deliver() -> int:
        link, overtaken = open_connection(stage.connection.address.url), 0
        while True:
            ledger = Ledger(link, stage.keys, "crm", "robot", 7)
            status = DeliveryStatus("crm")
            one = Deliverer(
                link, stage.keys, site, site.delivery[0], None, ledger, status, stage.now_ms
            )
            running = asyncio.create_task(one.run())

            async def over(running: asyncio.Task[object] = running) -> bool:
                return running.done() or len(await stage.results()) == len(acts)

            await eventually(over)
            running.cancel()
            (ended,) = await asyncio.gather(running, return_exceptions=True)
            if not isinstance(ended, Overtaken):
                return overtaken
            overtaken += 1

    overtaken = await asyncio.wait_for(asyncio.gather(*(deliver() for _ in range(3))), 30)
    assert sorted(told["payload"]["act"] for told in await pushed(stage)) == sorted(
        act.id for act in acts
    )
    assert sum(overtaken)


async def test_a_push_that_comes_late_over_the_network_pushes_nothing(stage: Stage) -> None:
    await stage.write_site(TARGET)
    key = await stage.call()
    await stage.dispose(key)
    (event,) = [event for event in await stage.events() if isinstance(event, Disposed)]
    owed = Outgoing(key, event.disposition, event.id)
    late, ledger = (Ledger(stage.connection, stage.keys, "crm", "robot", 7) for _ in range(2))
    await late.open()
    await ledger.open()
    assert await ledger.push(owed, ORIGIN, "outcomes", 10, b"{}") == (True, 1)
    with pytest.raises(Overtaken):
        await late.push(owed, ORIGIN, "outcomes", 10, b"{}")
    assert await stage.connection.quick.llen("outcomes") == 1
    assert len(await stage.results()) == 1


@pytest.mark.parametrize("wrong", ["outcomes", "delivered"])
async def test_where_a_key_is_of_a_wrong_type_nothing_is_half_written(
    stage: Stage, eventually: Callable, wrong: str
) -> None:
    await stage.write_site(TARGET)
    name = {"outcomes": "outcomes", "delivered": stage.keys.delivered("crm")}[wrong]
    await stage.connection.quick.set(name, "something else")
    act = await stage.dispose(await stage.call())
    deliverers = stage.deliver()
    await eventually(lambda: deliverers.statuses and deliverers.statuses["crm"].fault)
    assert deliverers.statuses["crm"].fault.name == "wrong key type"
    assert await stage.results() == []
    await stage.connection.quick.delete(name)
    await eventually(lambda: stage.connection.quick.llen("outcomes"))
    assert [told["payload"]["act"] for told in await pushed(stage)] == [act.id]


OLDER = """
local newer = redis
local redis = { call = newer.call, pcall = newer.pcall, error_reply = newer.error_reply }
"""
"""Before a script: as on Redis 6.2, which cannot be asked what a user may do."""


@pytest.mark.parametrize("denied", ["hset", "expire", "rpush", "xadd"])
@pytest.mark.parametrize("earlier", [0, 1])
async def test_what_an_older_server_refuses_half_way_leaves_nothing_behind(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, denied: str, earlier: int
) -> None:
    source = scripts._source
    monkeypatch.setattr(scripts, "_source", lambda name: OLDER + source(name))
    await stage.write_site(TARGET)
    key = await stage.call()
    await stage.dispose(key)
    (event,) = [event for event in await stage.events() if isinstance(event, Disposed)]
    owed = Outgoing(key, event.disposition, event.id)
    admin = stage.connection.quick
    rule = ("on", "nopass", "~*", "&*", "+@all")
    await admin.execute_command("ACL", "SETUSER", "deliverer", *rule)
    link = connect(Address(stage.connection.address.url, Login("deliverer", "any")), "test")
    ledger = Ledger(link, stage.keys, "crm", "robot", 7)
    await ledger.open()
    for _ in range(earlier):
        assert await ledger.push(owed, event.id, "outcomes", 10, b"{}") == (True, 1)
    await admin.execute_command("ACL", "SETUSER", "deliverer", f"-{denied}")
    for _ in range(2):
        with pytest.raises((NoPermissionError, ResponseError)):
            await ledger.push(owed, key.since, "outcomes", 10, b"{}")
        assert await admin.llen("outcomes") == earlier
        assert len(await stage.results()) == earlier
        marked = await admin.hget(stage.keys.call(key), "sent_act") or b""
        assert marked.decode() == (event.disposition.act if earlier else "")
    if denied != "rpush":
        with pytest.raises((NoPermissionError, ResponseError)):
            await ledger.note(owed, DeliveryOutcome.REFUSED, key.since)
    assert len(await stage.results()) == earlier
    assert await Ledger(link, stage.keys, "crm", "robot", 7).open() == (
        event.id if earlier else ORIGIN
    )
    await admin.execute_command("ACL", "SETUSER", "deliverer", f"+{denied}")
    assert await ledger.push(owed, key.since, "outcomes", 10, b"{}") == (True, earlier + 1)
    assert len(await stage.results()) == earlier + 1
    await link.close()
