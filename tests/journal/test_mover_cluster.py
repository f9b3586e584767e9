"""In a cluster the journal and the lists are in different slots; the batch mover does it."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from enigma_tui.journal.connection import Address, Connection, connect
from enigma_tui.journal.keys import Keys
from enigma_tui.journal.mover_batch import BatchMover
from enigma_tui.journal.movers import mover_for
from enigma_tui.journal.readers import look
from enigma_tui.journal.stream import Journal
from enigma_tui.site import Source
from tests.journal.bench import INBOUND, drain
from tests.topology import ClusterSet


@pytest.fixture(scope="module")
def nodes() -> Iterator[ClusterSet]:
    with ClusterSet(replicas=0) as started:
        yield started


@pytest_asyncio.fixture
async def cluster(nodes: ClusterSet, keys: Keys) -> AsyncIterator[Connection]:
    """A connection to a cluster of three nodes, in which nothing is."""
    for port in nodes.ports:
        with nodes.client(port) as client:
            client.flushall()
    connection = connect(Address(nodes.url), "test", home=keys)
    yield connection
    await connection.close()


async def test_notifications_of_a_cluster_are_moved_once_and_in_order(
    cluster: Connection, keys: Keys
) -> None:
    mover = mover_for(cluster, cluster, keys, Source())
    assert isinstance(mover, BatchMover)
    sent = [b"%d" % n for n in range(700)]
    await cluster.quick.rpush(INBOUND, *sent)
    assert await mover.begin() == 700
    assert await mover.backlog() == 700
    await drain(mover)
    waiting = asyncio.create_task(mover.wait())
    await cluster.quick.rpush(INBOUND, b"last")
    await asyncio.wait_for(waiting, 5)
    await mover.move()
    await mover.end()
    entries = await cluster.quick.xrange(keys.journal)
    assert [fields[b"raw"] for _, fields in entries] == [*sent, b"last"]
    assert await Journal(cluster, keys).now_ms() > 1_000_000_000_000
    assert (await look(cluster, 0.2)).hindered == ""


async def test_a_confirmation_is_asked_of_the_node_that_has_the_journal(
    cluster: Connection, keys: Keys
) -> None:
    mover = mover_for(cluster, cluster, keys, Source())
    assert isinstance(mover, BatchMover)
    await cluster.quick.rpush(INBOUND, b"1")
    _, _, batch = await mover.take(mover.lists[0], 1)
    assert batch is not None
    await mover.append(mover.lists[0], batch)
    with pytest.raises(ResponseError, match="NOREPLICAS"):  # there are none
        await mover._confirm(keys.batches("pbx", "inbound"), batch)


async def test_another_program_is_seen_in_a_cluster(nodes: ClusterSet, cluster: Connection) -> None:
    url = f"redis://127.0.0.1:{nodes.primary_of(INBOUND)}"
    async with Redis.from_url(url, client_name="crm") as crm:
        await crm.lpop(INBOUND)
        (reader,) = (await look(cluster, 0.2)).readers
    assert reader.name == "crm"
