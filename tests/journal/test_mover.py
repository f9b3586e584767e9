"""Moving keeps order, bytes and what waited, gives copies away, and does each of it once.

Every test here is a promise of both movers: one server, and two.
"""

import asyncio
from itertools import pairwise

import pytest

from enigma_tui.journal.mover import BATCH
from tests.journal.bench import CDR, INBOUND, Bench, drain


@pytest.mark.parametrize("pop", ["left", "right"])
@pytest.mark.parametrize("count", [1, 24, 25, 26, 499, 500, 501, 1234])
async def test_the_first_in_is_the_first_in_the_journal(bench: Bench, pop: str, count: int) -> None:
    sent = [b"%d" % n for n in range(count)]
    await bench.push(*sent, pop=pop)
    sizes = await drain(bench.mover(pop=pop))
    assert await bench.payloads() == sent
    assert await bench.list() == []
    assert sizes == [BATCH] * (count // BATCH) + ([count % BATCH] if count % BATCH else [])


@pytest.mark.parametrize("pop", ["left", "right"])
async def test_what_is_pushed_between_two_batches_comes_after(bench: Bench, pop: str) -> None:
    mover = bench.mover(pop=pop)
    await bench.push(*[b"%d" % n for n in range(700)], pop=pop)
    await mover.move()
    await bench.push(*[b"%d" % n for n in range(700, 800)], pop=pop)
    await drain(mover)
    assert await bench.payloads() == [b"%d" % n for n in range(800)]


async def test_a_payload_stays_what_it_was_byte_for_byte(bench: Bench) -> None:
    sent = [bytes(range(256)), b"", b"\x00", b"\xff\xfe", b"\r\n$5\r\n", b"x" * 1024 * 1024, b"end"]
    await bench.push(*sent)
    await drain(bench.mover(relay_to=("copy",)))
    assert await bench.payloads() == sent
    assert await bench.list("copy") == sent


@pytest.mark.parametrize("pop", ["left", "right"])
async def test_large_payloads_make_smaller_batches(bench: Bench, pop: str) -> None:
    sent = [b"%06d" % n + b"x" * 250_000 for n in range(100)]
    await bench.push(*sent, pop=pop)
    sizes = await drain(bench.mover(pop=pop))
    assert max(sizes) <= 50
    assert await bench.payloads() == sent


async def test_an_entry_tells_where_it_came_from(bench: Bench) -> None:
    await bench.push(b"call")
    await bench.push(b"record", key=CDR)
    await bench.mover(name="north", collect_cdr=True).move()
    assert await bench.entries() == [
        {b"kind": b"call", b"raw": b"call", b"source": b"north", b"feed": b"inbound"},
        {b"kind": b"cdr", b"raw": b"record", b"source": b"north", b"feed": b"cdr"},
    ]


async def test_connections_come_before_records(bench: Bench) -> None:
    records, calls = [b"r%d" % n for n in range(300)], [b"c%d" % n for n in range(600)]
    await bench.push(*records, key=CDR)
    await bench.push(*calls)
    mover = bench.mover(collect_cdr=True)
    first = await mover.move()
    assert (first.moved, first.left) == (BATCH, 400)
    assert await bench.payloads() == calls[:BATCH]
    await drain(mover)
    assert await bench.payloads() == calls + records


async def test_records_stay_where_they_are_until_their_feed_is_switched_on(bench: Bench) -> None:
    await bench.push(b"record", key=CDR)
    await bench.push(b"call")
    await drain(bench.mover(relay_cdr_to=("copy",)))
    assert await bench.payloads() == [b"call"]
    assert await bench.list(CDR) == [b"record"]
    assert await bench.list("copy") == []


@pytest.mark.parametrize("pop", ["left", "right"])
async def test_late_is_exactly_what_waited_when_collecting_began(bench: Bench, pop: str) -> None:
    await bench.push(*[b"old%d" % n for n in range(BATCH + 30)], pop=pop)
    await bench.push(b"old r", key=CDR, pop=pop)
    mover = bench.mover(collect_cdr=True, pop=pop)
    assert await mover.begin() == BATCH + 31
    assert await mover.backlog() == BATCH + 31
    await bench.push(*[b"new%d" % n for n in range(40)], pop=pop)
    await bench.push(b"new r", key=CDR, pop=pop)
    await drain(mover)
    await bench.push(b"newer", pop=pop)
    await mover.move()
    entries = await bench.entries()
    assert len(entries) == BATCH + 73
    assert all((b"late" in f) == f[b"raw"].startswith(b"old") for f in entries)


@pytest.mark.parametrize("pop", ["left", "right"])
async def test_a_relay_list_gets_everything_in_the_order_in_which_its_reader_pops(
    bench: Bench, pop: str
) -> None:
    calls, records = [b"c%d" % n for n in range(700)], [b"r%d" % n for n in range(30)]
    await bench.push(*calls, pop=pop)
    await bench.push(*records, key=CDR, pop=pop)
    mover = bench.mover(
        pop=pop, collect_cdr=True, relay_to=("crm", "wall"), relay_cdr_to=("bills",)
    )
    await drain(mover)
    await bench.push(b"last", pop=pop)
    await drain(mover)
    client = bench.at_source.quick
    take = client.lpop if pop == "left" else client.rpop
    assert await take("crm", 1_000) == [*calls, b"last"]
    assert await take("wall", 1_000) == [*calls, b"last"]
    assert await take("bills", 1_000) == records
    assert await bench.payloads() == [*calls, *records, b"last"]


async def test_a_reader_that_waits_on_a_relay_list_is_woken(bench: Bench) -> None:
    waiting = asyncio.create_task(bench.at_source.waiting.blpop("crm", 10))
    await bench.push(b"call")
    await drain(bench.mover(relay_to=("crm",)))
    assert await asyncio.wait_for(waiting, 5) == (b"crm", b"call")


async def test_two_movers_at_once_move_everything_once_and_in_order(bench: Bench) -> None:
    sent = [b"%d" % n for n in range(20_000)]
    await bench.push(*sent)
    movers = [bench.mover(own=True, relay_to=("crm",)) for _ in range(2)]
    await asyncio.gather(*(drain(mover) for mover in movers))
    assert await bench.list() == []
    assert await bench.payloads() == sent
    assert await bench.list("crm") == sent


async def test_two_sources_share_a_journal_and_each_keeps_its_order(bench: Bench) -> None:
    sent = {"north": [b"n%d" % n for n in range(900)], "south": [b"s%d" % n for n in range(900)]}
    movers = [
        bench.mover(own=True, name=name, inbound=f"{name}:in", cdr=f"{name}:cdr") for name in sent
    ]
    for name, payloads in sent.items():
        await bench.push(*payloads, key=f"{name}:in")
    await asyncio.gather(*(drain(mover) for mover in movers))
    entries = await bench.entries()
    for name, payloads in sent.items():
        assert [f[b"raw"] for f in entries if f[b"source"] == name.encode()] == payloads


async def test_ids_in_the_journal_only_ever_rise(bench: Bench) -> None:
    await bench.push(*[b"%d" % n for n in range(1_100)])
    await drain(bench.mover())
    ids = [
        tuple(map(int, entry_id.split(b"-")))
        for entry_id, _ in await bench.journal.quick.xrange(bench.keys.journal)
    ]
    assert all(one < other for one, other in pairwise(ids))
    assert await bench.at_source.quick.exists(bench.keys.batch(INBOUND)) == 0
