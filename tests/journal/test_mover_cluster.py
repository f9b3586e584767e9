"""In a cluster the journal and the lists are in different slots; the batch mover does it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio
from redis.asyncio import Redis
from redis.asyncio.cluster import RedisCluster
from redis.exceptions import ResponseError

from enigma_tui.journal.connection import Address, Connection
from enigma_tui.journal.keys import Keys
from enigma_tui.journal.mover_batch import BatchMover
from enigma_tui.journal.movers import mover_for
from enigma_tui.journal.readers import look
from enigma_tui.journal.stream import Journal
from enigma_tui.site import Source
from tests.journal.bench import INBOUND, drain


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest_asyncio.fixture
async def cluster(
    new_server: Callable, open_connection: Callable, eventually: Callable
) -> AsyncIterator[Connection]:
    """A cluster of one node, which has every slot."""
    server = new_server("--cluster-enabled", "yes", "--cluster-port", str(free_port()), port=0)
    plain = open_connection(server).quick
    await plain.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)

    async def ready() -> bool:
        return b"cluster_state:ok" in await plain.execute_command("CLUSTER", "INFO", NEVER_DECODE=1)

    await eventually(ready)
    clients = [
        RedisCluster.from_url(server.url, client_name="enigma-tui:test", protocol=2)
        for _ in range(2)
    ]
    connection = Connection(Address(server.url), clients[0], clients[1], clustered=True)
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


async def test_another_program_is_seen_in_a_cluster(cluster: Connection) -> None:
    async with Redis.from_url(cluster.address.url, client_name="crm") as crm:
        await crm.lpop(INBOUND)
        (reader,) = (await look(cluster, 0.2)).readers
    assert reader.name == "crm"
