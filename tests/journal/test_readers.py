"""Nobody's feed is taken: a program that pops is seen, one of ours is not mistaken for one."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.journal.collector import Collector, open_by_address
from enigma_tui.journal.connection import Connection
from enigma_tui.journal.keys import Keys
from enigma_tui.journal.readers import _reader, list_depths, look, look_everywhere
from enigma_tui.site import Site, Source

INBOUND = Source().inbound
QUICK = 0.5


@pytest_asyncio.fixture
async def crm(server: EmbeddedServer) -> AsyncIterator[Redis]:
    """Another program."""
    async with Redis.from_url(server.url, client_name="crm") as client:
        yield client


WAITS = {
    "BLPOP": lambda crm: crm.blpop([INBOUND], 0),
    "BRPOP": lambda crm: crm.brpop([INBOUND], 0),
    "BLMOVE": lambda crm: crm.blmove(INBOUND, "work", 0),
    "BRPOPLPUSH": lambda crm: crm.brpoplpush(INBOUND, "work", 0),
    "BLMPOP": lambda crm: crm.blmpop(0, 1, INBOUND, direction="LEFT"),
}


@pytest.mark.parametrize("command", WAITS)
async def test_a_program_that_waits_in_a_pop_is_named(
    connection: Connection, crm: Redis, eventually: Callable, command: str
) -> None:
    waiting = asyncio.create_task(WAITS[command](crm))

    async def blocked() -> bool:
        return (await connection.quick.info("clients"))["blocked_clients"] == 1

    await eventually(blocked)
    found = await look(connection, QUICK)
    (reader,) = found.readers
    assert (reader.name, reader.command, reader.blocked) == ("crm", command, True)
    assert f'called "crm" waits in {command}' in str(reader)
    assert found.where == connection.address.shown
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)


TAKES = {
    "LPOP": lambda crm: crm.lpop(INBOUND),
    "RPOP": lambda crm: crm.rpop(INBOUND),
    "LMPOP": lambda crm: crm.lmpop(1, INBOUND, direction="LEFT"),
    "LMOVE": lambda crm: crm.lmove(INBOUND, "work"),
    "RPOPLPUSH": lambda crm: crm.rpoplpush(INBOUND, "work"),
}


@pytest.mark.parametrize("command", TAKES)
async def test_a_program_that_pops_one_at_a_time_in_a_loop_is_named(
    connection: Connection, crm: Redis, command: str
) -> None:
    done = asyncio.Event()

    async def loop() -> None:
        while not done.is_set():
            await TAKES[command](crm)
            await asyncio.sleep(0.1)

    looping = asyncio.create_task(loop())
    (reader,) = (await look(connection, QUICK)).readers
    assert (reader.name, reader.command, reader.blocked) == ("crm", command, False)
    done.set()
    await looping


@pytest.mark.parametrize("command", TAKES)
async def test_a_program_that_is_never_seen_popping_is_found_out_all_the_same(
    connection: Connection, crm: Redis, command: str
) -> None:
    done = asyncio.Event()

    async def loop() -> None:
        while not done.is_set():
            # Both are sent at once: what it does with each hides the pop from every look.
            async with crm.pipeline(transaction=True) as pipeline:
                TAKES[command](pipeline)
                pipeline.set("stored", "x")
                await pipeline.execute()
            await asyncio.sleep(0.1)

    looping = asyncio.create_task(loop())
    (reader,) = (await look(connection, QUICK)).readers
    assert reader.command == command
    assert "not seen" in str(reader)
    done.set()
    await looping


async def test_what_pops_in_another_database_or_does_not_pop_is_no_reader(
    connection: Connection, crm: Redis, server: EmbeddedServer
) -> None:
    await crm.rpush(INBOUND, "x")
    async with Redis.from_url(server.url, db=3) as elsewhere:
        await elsewhere.lpop(INBOUND)
        await crm.get("x")
        assert (await look(connection, QUICK)).readers == ()


async def test_nothing_of_ours_is_a_reader(
    server: EmbeddedServer,
    connection: Connection,
    open_connection: Callable,
    keys: Keys,
    start: Callable,
    eventually: Callable,
    write_site: Callable,
) -> None:
    await write_site(connection, Site(sources=(Source(collect_cdr=True, agents=True),)))
    collector = Collector(open_connection(server, "collector"), keys)
    start(collector.run())
    await eventually(collector.holds.is_set)
    looking = asyncio.create_task(look(open_connection(server, "board"), 1.0))
    while not looking.done():
        await connection.quick.rpush(INBOUND, "x")
        await asyncio.sleep(0.01)
    assert looking.result().readers == ()


def test_what_a_client_calls_itself_cannot_act_on_the_terminal() -> None:
    # Valkey refuses such names; not everything that speaks the protocol does.
    hostile = "crm\x1b[2J\u202e\u200b"
    reader = _reader({"id": "1", "addr": hostile, "name": hostile, "cmd": hostile, "idle": "x"})
    assert reader.name.startswith("crm")
    assert not {"\x1b", "\u202e", "\u200b"} & set(str(reader))


async def test_where_it_may_not_look_it_says_so(
    new_server: Callable, open_connection: Callable
) -> None:
    server = new_server()
    admin = open_connection(server)
    await admin.quick.execute_command(
        "ACL", "SETUSER", "blind", "on", ">secret", "~*", "+@all", "-client|list"
    )
    blind = open_connection(server.url.replace("unix://", "unix://blind:secret@"))
    assert (await look(blind, QUICK)).hindered == "CLIENT LIST is not permitted"
    server.kill()
    assert (await look(admin, QUICK)).hindered == "unreachable"


async def test_every_server_of_a_site_is_looked_at_and_every_list_counted(
    server: EmbeddedServer, second_server: EmbeddedServer, connection: Connection
) -> None:
    south = Source(name="south", server=second_server.url, collect_cdr=True)
    gone = Source(name="gone", server="redis://127.0.0.1:1/0")
    sources = (Source(), south, gone)
    async with Redis.from_url(second_server.url, client_name="crm") as crm:
        await crm.lpop(INBOUND)
        await crm.rpush(INBOUND, "a", "b")
        await crm.lpop("another")
        looks = await look_everywhere(connection, sources, open_by_address, QUICK)
        depths = await list_depths(connection, sources, open_by_address)
    assert [(found.where, len(found.readers), found.hindered) for found in looks] == [
        (server.url, 0, ""),
        (second_server.url, 1, ""),
        ("redis://127.0.0.1:1/0", 0, "refused"),
    ]
    assert [(d.source, d.where, d.feed, d.waiting, d.fault) for d in depths] == [
        ("pbx", server.url, "inbound", 0, ""),
        ("south", second_server.url, "inbound", 2, ""),
        ("south", second_server.url, "cdr", 0, ""),
        ("gone", "redis://127.0.0.1:1/0", "inbound", 0, "refused"),
    ]
