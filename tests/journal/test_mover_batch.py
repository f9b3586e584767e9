"""Movers that meet half way: whoever is frozen between two steps and goes on changes nothing."""

import itertools
import os
import signal
from collections.abc import Callable, Iterator

import pytest
from redis.crc import key_slot
from redis.exceptions import ResponseError

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.journal.connection import Connection
from enigma_tui.journal.faults import explain
from enigma_tui.journal.feeds import feed_lists
from enigma_tui.journal.keys import Keys
from enigma_tui.journal.mover_batch import BatchMover
from enigma_tui.site import Source
from tests.journal.bench import CDR, INBOUND, Bench, drain

FEED = feed_lists(Source(relay_to=("crm",)))[0]


@pytest.fixture
def apart(
    server: EmbeddedServer, second_server: EmbeddedServer, open_connection: Callable, keys: Keys
) -> Bench:
    return Bench(server, second_server, keys, open_connection)


def batch_mover(bench: Bench, **settings: object) -> BatchMover:
    mover = bench.mover(own=True, relay_to=("crm",), **settings)
    assert isinstance(mover, BatchMover)
    return mover


class Steps:
    """A mover that takes its steps one at a time, when told to, and may stand still for long."""

    def __init__(self, mover: BatchMover) -> None:
        self.mover = mover
        self.batch = None

    async def take(self) -> None:
        _, _, self.batch = await self.mover.take(FEED, 2)

    async def append(self) -> None:
        if self.batch is not None:
            await self.mover.append(FEED, self.batch)

    async def drop(self) -> None:
        if self.batch is not None:
            await self.mover.drop(FEED, self.batch)


STEPS = ("take", "append", "drop")


def interleavings(one: int, other: int) -> Iterator[str]:
    """Yield every order in which so many steps of A and of B can follow each other."""
    for places in itertools.combinations(range(one + other), one):
        yield "".join("A" if place in places else "B" for place in range(one + other))


# B comes to the end of its second batch, or dies having just taken it.
@pytest.mark.parametrize("order", [*interleavings(3, 6), *interleavings(3, 4)])
async def test_one_frozen_at_any_step_while_another_goes_on_loses_and_repeats_nothing(
    apart: Bench, order: str
) -> None:
    sent = [b"%d" % n for n in range(9)]
    await apart.push(*sent[:5])
    movers = {"A": Steps(batch_mover(apart)), "B": Steps(batch_mover(apart))}
    done = {"A": 0, "B": 0}
    for who in order:
        await getattr(movers[who], STEPS[done[who] % 3])()
        done[who] += 1
    await apart.push(*sent[5:])
    await drain(batch_mover(apart))
    assert await apart.payloads() == sent
    assert await apart.list("crm") == sent
    assert await apart.list() == []
    assert not await apart.at_source.quick.exists(apart.keys.batch(INBOUND))


async def test_the_same_batch_appended_twice_is_in_the_journal_once(apart: Bench) -> None:
    await apart.push(b"1", b"2")
    mover = batch_mover(apart)
    _, _, batch = await mover.take(FEED, 500)
    for _ in range(3):
        await mover.append(FEED, batch)
    assert await apart.payloads() == [b"1", b"2"]


async def test_a_batch_left_behind_is_finished_first_and_marked_late(apart: Bench) -> None:
    await apart.push(b"1", b"2", b"3")
    await batch_mover(apart).take(FEED, 2)
    mover = batch_mover(apart)
    assert await mover.begin() == 3
    await apart.push(b"4")
    await drain(mover)
    entries = await apart.entries()
    assert [f[b"raw"] for f in entries] == [b"1", b"2", b"3", b"4"]
    assert [b"late" in f for f in entries] == [True, True, True, False]


async def test_a_source_that_is_renamed_before_its_batch_is_dropped_repeats_nothing(
    apart: Bench,
) -> None:
    await apart.push(b"1", b"2")
    mover = batch_mover(apart, name="old")
    _, _, batch = await mover.take(FEED, 500)
    await mover.append(FEED, batch)
    await drain(batch_mover(apart, name="new"))
    await apart.push(b"3")
    await drain(batch_mover(apart, name="new"))
    assert [(f[b"source"], f[b"raw"]) for f in await apart.entries()] == [
        (b"old", b"1"),
        (b"old", b"2"),
        (b"new", b"3"),
    ]


@pytest.mark.parametrize("old", [b"0123456789abcdef01234567", b"a:b:c:d", b"x:call:inbound:\xff"])
async def test_a_batch_whose_id_says_nothing_is_journalled_under_todays_settings(
    apart: Bench, old: bytes
) -> None:
    await apart.at_source.quick.rpush(apart.keys.batch(INBOUND), old, b"1")
    await drain(batch_mover(apart, name="today"))
    (entry,) = await apart.entries()
    assert (entry[b"source"], entry[b"kind"], entry[b"feed"]) == (b"today", b"call", b"inbound")


@pytest.mark.parametrize(
    ("key", "batch"),
    [
        (INBOUND, "{enigma:notifications:inbound}:test:batch"),
        ("{pbx}:in", "{pbx}:in:test:batch"),
        ("a{b}c", "a{b}c:test:batch"),
        ("{foo}", "{foo}:test:batched"),
        ("foo", "{foo}:test:batch"),
        ("a{b", "{a{b}:test:batch"),
    ],
)
def test_a_batch_is_in_the_hash_slot_of_its_list(keys: Keys, key: str, batch: str) -> None:
    assert keys.batch(key) == batch
    assert key_slot(batch.encode()) == key_slot(key.encode())


@pytest.fixture
def replicated(
    new_server: Callable, second_server: EmbeddedServer, open_connection: Callable, keys: Keys
) -> tuple[Bench, EmbeddedServer]:
    """A journal with a replica, and a source elsewhere."""
    primary = new_server("--repl-diskless-sync-delay", "0", port=0)
    port = primary.url.split(":")[-1].split("/")[0]
    replica = new_server("--replicaof", f"127.0.0.1 {port}")
    return Bench(primary, second_server, keys, open_connection), replica


async def in_step(replica: Connection) -> bool:
    return (await replica.quick.info("replication"))["master_link_status"] == "up"


async def test_a_batch_is_dropped_only_when_a_replica_has_it(
    replicated: tuple[Bench, EmbeddedServer],
    open_connection: Callable,
    eventually: Callable,
    keys: Keys,
) -> None:
    bench, server = replicated
    replica = open_connection(server)
    await eventually(lambda: in_step(replica))
    sent = [b"%d" % n for n in range(50)]
    await bench.push(*sent)
    mover = bench.mover()
    await mover.begin()
    await mover.move()
    kept = await replica.quick.xrange(keys.journal)
    assert [fields[b"raw"] for _, fields in kept] == sent

    os.kill(server.pid, signal.SIGSTOP)
    try:
        await bench.push(b"more")
        for _ in range(2):
            with pytest.raises(ResponseError) as caught:
                await mover.move()
            assert explain(caught.value, "here").name == "too few replicas"
        assert await bench.at_source.quick.llen(keys.batch(INBOUND)) == 2
    finally:
        os.kill(server.pid, signal.SIGCONT)
    await eventually(lambda: in_step(replica))

    async def moved() -> bool:
        try:
            await mover.move()
        except ResponseError:
            return False
        return not await bench.at_source.quick.exists(keys.batch(INBOUND))

    await eventually(moved)
    assert await bench.payloads() == [*sent, b"more"]
    assert [f[b"raw"] for _, f in await replica.quick.xrange(keys.journal)] == [*sent, b"more"]


async def test_a_batch_that_a_fail_over_took_from_the_journal_is_appended_again(
    replicated: tuple[Bench, EmbeddedServer], open_connection: Callable, eventually: Callable
) -> None:
    bench, server = replicated
    await eventually(lambda: in_step(open_connection(server)))
    await bench.push(b"1", b"2")
    mover = batch_mover(bench)
    _, _, batch = await mover.take(FEED, 500)
    await mover.append(FEED, batch)
    # The new primary never got it, and has a replica that is in step with that.
    await bench.journal.quick.flushall()
    with pytest.raises(ResponseError, match="NOREPLICAS"):
        await mover._confirm(bench.keys.batches("pbx", "inbound"), batch)
    await drain(mover)
    assert await bench.payloads() == [b"1", b"2"]


async def test_lists_of_one_name_on_two_servers_do_not_mix(
    apart: Bench, new_server: Callable, open_connection: Callable
) -> None:
    other = Bench(apart.servers["journal"], new_server(), apart.keys, open_connection)
    await apart.push(b"north")
    await apart.push(b"north r", key=CDR)
    await other.push(b"south")
    await drain(apart.mover(name="north", collect_cdr=True))
    await drain(other.mover(name="south"))
    entries = await apart.entries()
    assert [(f[b"source"], f[b"raw"]) for f in entries] == [
        (b"north", b"north"),
        (b"north", b"north r"),
        (b"south", b"south"),
    ]
