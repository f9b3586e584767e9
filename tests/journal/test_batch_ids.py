"""A batch's id is known for long enough that nobody who was frozen appends it once more."""

from collections.abc import Callable

import pytest

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.journal.connection import Connection
from enigma_tui.journal.keys import Keys
from enigma_tui.journal.mover_batch import BatchMover
from enigma_tui.journal.stream import Journal
from tests.journal.bench import Bench

HOUR_MS = 60 * 60 * 1000

FILL = """
for n = tonumber(ARGV[1]), tonumber(ARGV[2]) do
  redis.call('ZADD', KEYS[1], ARGV[3] + n, string.format('%s %07d', ARGV[4], n))
end
"""
PORTION = 50_000


@pytest.fixture
def apart(
    server: EmbeddedServer, second_server: EmbeddedServer, open_connection: Callable, keys: Keys
) -> Bench:
    return Bench(server, second_server, keys, open_connection)


class Known:
    """The ids of a list's batches that are in the journal."""

    def __init__(self, connection: Connection, keys: Keys) -> None:
        self.client = connection.quick
        self.journal = Journal(connection, keys)
        self.key = keys.batches("pbx", "inbound")

    async def fill(self, count: int, *, ago_ms: int, name: str = "other") -> None:
        """Add ids, each a millisecond younger than the one before."""
        begin = await self.journal.now_ms() - ago_ms
        # In portions: one script for a million is longer at work than a client waits.
        for first in range(0, count, PORTION):
            last = min(first + PORTION, count)
            await self.client.eval(FILL, 1, self.key, str(first + 1), str(last), str(begin), name)

    async def count(self) -> int:
        return int(await self.client.zcard(self.key))


@pytest.fixture
def known(apart: Bench) -> Known:
    return Known(apart.journal, apart.keys)


async def appended(bench: Bench, payload: bytes = b"1") -> tuple[BatchMover, object]:
    """Take a batch of one and append it; return the mover and the batch."""
    mover = bench.mover()
    assert isinstance(mover, BatchMover)
    await bench.push(payload)
    _, _, batch = await mover.take(mover.lists[0], 500)
    await mover.append(mover.lists[0], batch)
    return mover, batch


async def finished(bench: Bench, payload: bytes) -> None:
    mover, batch = await appended(bench, payload)
    await mover.drop(mover.lists[0], batch)


async def test_one_frozen_while_others_move_many_batches_appends_nothing_within_a_day(
    apart: Bench, known: Known
) -> None:
    frozen, batch = await appended(apart)
    await frozen.drop(frozen.lists[0], batch)
    await apart.journal.quick.zincrby(known.key, -23 * HOUR_MS, batch.id)
    await known.fill(20_000, ago_ms=22 * HOUR_MS)
    await finished(apart, b"2")
    await frozen.append(frozen.lists[0], batch)
    assert await apart.payloads() == [b"1", b"2"]
    assert await known.count() == 20_002


async def test_older_ids_are_kept_for_the_last_10_000_batches(apart: Bench, known: Known) -> None:
    await known.fill(10_000, ago_ms=48 * HOUR_MS)
    _, batch = await appended(apart)
    assert await known.count() == 10_000
    assert await known.client.zscore(known.key, "other 0000001") is None
    assert await known.client.zscore(known.key, "other 0000002") is not None
    assert await known.client.zrange(known.key, -1, -1) == [batch.id]


async def test_of_many_that_are_outdated_each_append_removes_some_and_none_that_is_not(
    apart: Bench, known: Known
) -> None:
    await known.fill(150, ago_ms=25 * HOUR_MS, name="old")
    await known.fill(10_500, ago_ms=23 * HOUR_MS, name="young")
    await finished(apart, b"1")
    assert await known.count() == 10_551
    assert await known.client.zrange(known.key, 0, 0) == [b"old 0000101"]
    for _ in range(2):
        await finished(apart, b"2")
    assert await known.count() == 10_503
    assert await known.client.zrange(known.key, 0, 0) == [b"young 0000001"]


async def test_there_are_never_more_than_a_million(apart: Bench, known: Known) -> None:
    await known.fill(1_000_000, ago_ms=HOUR_MS)
    await finished(apart, b"1")
    assert await known.count() == 1_000_000
    assert await known.client.zrange(known.key, 0, 0) == [b"other 0000002"]
    assert await apart.payloads() == [b"1"]


async def test_a_clock_that_was_set_back_does_not_make_a_newer_id_the_older_one(
    apart: Bench, known: Known
) -> None:
    await known.fill(10_000, ago_ms=-48 * HOUR_MS, name="z")
    batches = []
    for n in range(20):
        mover, batch = await appended(apart, b"%d" % n)
        await mover.append(mover.lists[0], batch)
        await mover.drop(mover.lists[0], batch)
        batches.append(batch.id)
    assert await apart.payloads() == [b"%d" % n for n in range(20)]
    assert await known.client.zrange(known.key, -20, -1) == batches
