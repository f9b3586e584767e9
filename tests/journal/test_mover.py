"""Moving notifications loses nothing, repeats nothing, keeps their order and does not poll."""

import asyncio
from collections.abc import Callable

import pytest
from redis.exceptions import RedisError

from enigma_tui.journal.connection import Connection
from enigma_tui.journal.faults import explain
from enigma_tui.journal.keys import Keys
from enigma_tui.journal.mover import BATCH, SameServerMover
from enigma_tui.site import Source

INBOUND, CDR = Source().inbound, Source().cdr
BOTH = Source(collect_cdr=True)


async def drain(mover: SameServerMover) -> list[int]:
    """Move until nothing is left; return the size of each batch."""
    sizes = []
    while True:
        done = await mover.move()
        sizes.append(done.moved)
        if not done.left:
            return sizes


@pytest.mark.parametrize("pop", ["left", "right"])
@pytest.mark.parametrize("count", [1, 24, 25, 26, 499, 500, 501, 1234])
async def test_the_first_in_is_the_first_in_the_journal(
    connection: Connection, keys: Keys, payloads: Callable, pop: str, count: int
) -> None:
    sent = [b"%d" % n for n in range(count)]
    push = connection.quick.rpush if pop == "left" else connection.quick.lpush
    await push(INBOUND, *sent)
    sizes = await drain(SameServerMover(connection, keys, Source(pop=pop)))
    assert await payloads(connection) == sent
    assert await connection.quick.llen(INBOUND) == 0
    assert sizes == [BATCH] * (count // BATCH) + ([count % BATCH] if count % BATCH else [])


@pytest.mark.parametrize("pop", ["left", "right"])
async def test_what_is_pushed_between_two_batches_comes_after(
    connection: Connection, keys: Keys, payloads: Callable, pop: str
) -> None:
    push = connection.quick.rpush if pop == "left" else connection.quick.lpush
    mover = SameServerMover(connection, keys, Source(pop=pop))
    await push(INBOUND, *[b"%d" % n for n in range(700)])
    await mover.move()
    await push(INBOUND, *[b"%d" % n for n in range(700, 800)])
    await drain(mover)
    assert await payloads(connection) == [b"%d" % n for n in range(800)]


async def test_a_payload_stays_what_it_was_byte_for_byte(
    connection: Connection, keys: Keys, payloads: Callable
) -> None:
    sent = [bytes(range(256)), b"", b"\x00", b"\xff\xfe", b"\r\n$5\r\n", b"x" * 1024 * 1024, b"end"]
    await connection.quick.rpush(INBOUND, *sent)
    await drain(SameServerMover(connection, keys, Source()))
    assert await payloads(connection) == sent


async def test_large_payloads_make_smaller_batches(
    connection: Connection, keys: Keys, payloads: Callable
) -> None:
    sent = [b"%06d" % n + b"x" * 250_000 for n in range(100)]
    await connection.quick.rpush(INBOUND, *sent)
    sizes = await drain(SameServerMover(connection, keys, Source()))
    assert max(sizes) <= 50
    assert await payloads(connection) == sent


async def test_an_entry_tells_where_it_came_from(connection: Connection, keys: Keys) -> None:
    await connection.quick.rpush(INBOUND, "call")
    await connection.quick.rpush(CDR, "record")
    await SameServerMover(connection, keys, Source(name="north", collect_cdr=True)).move()
    entries = [fields for _, fields in await connection.quick.xrange(keys.journal)]
    assert entries == [
        {b"kind": b"call", b"raw": b"call", b"source": b"north", b"feed": b"inbound"},
        {b"kind": b"cdr", b"raw": b"record", b"source": b"north", b"feed": b"cdr"},
    ]


async def test_connections_come_before_records(
    connection: Connection, keys: Keys, payloads: Callable
) -> None:
    records, calls = [b"r%d" % n for n in range(300)], [b"c%d" % n for n in range(600)]
    await connection.quick.rpush(CDR, *records)
    await connection.quick.rpush(INBOUND, *calls)
    mover = SameServerMover(connection, keys, BOTH)
    first = await mover.move()
    assert (first.moved, first.left) == (BATCH, 400)
    assert await payloads(connection) == calls[:BATCH]
    await drain(mover)
    assert await payloads(connection) == calls + records


async def test_records_stay_where_they_are_until_their_feed_is_switched_on(
    connection: Connection, keys: Keys, payloads: Callable
) -> None:
    await connection.quick.rpush(CDR, "record")
    await connection.quick.rpush(INBOUND, "call")
    await drain(SameServerMover(connection, keys, Source()))
    assert await payloads(connection) == [b"call"]
    assert await connection.quick.lrange(CDR, 0, -1) == [b"record"]


@pytest.mark.parametrize("pop", ["left", "right"])
async def test_late_is_exactly_what_waited_when_collecting_began(
    connection: Connection, keys: Keys, pop: str
) -> None:
    source = Source(collect_cdr=True, pop=pop)
    push = connection.quick.rpush if pop == "left" else connection.quick.lpush
    await push(INBOUND, *[b"old%d" % n for n in range(BATCH + 30)])
    await push(CDR, b"old r")
    mover = SameServerMover(connection, keys, source)
    assert await mover.begin() == BATCH + 31
    await push(INBOUND, *[b"new%d" % n for n in range(40)])
    await push(CDR, b"new r")
    await drain(mover)
    await push(INBOUND, b"newer")
    await mover.move()
    entries = [fields for _, fields in await connection.quick.xrange(keys.journal)]
    assert len(entries) == BATCH + 73
    assert all((b"late" in f) == f[b"raw"].startswith(b"old") for f in entries)


@pytest.mark.parametrize("wrong", ["journal", "inbound", "cdr"])
async def test_a_key_of_a_wrong_type_is_named_and_nothing_is_moved(
    connection: Connection, keys: Keys, wrong: str
) -> None:
    names = {"journal": keys.journal, "inbound": INBOUND, "cdr": CDR}
    for name in {INBOUND, CDR} - {names[wrong]}:
        await connection.quick.rpush(name, "kept")
    await connection.quick.set(names[wrong], "no list, no stream")
    mover = SameServerMover(connection, keys, BOTH)
    for attempt in (mover.begin, mover.move):
        with pytest.raises(RedisError) as caught:
            await attempt()
        fault = explain(caught.value, "here")
        assert fault.name == "wrong key type"
        assert names[wrong] in fault.sentence
    for name in {INBOUND, CDR} - {names[wrong]}:
        assert await connection.quick.lrange(name, 0, -1) == [b"kept"]
    assert await connection.quick.get(names[wrong]) == b"no list, no stream"
    if wrong != "journal":
        assert not await connection.quick.exists(keys.journal)


async def test_a_server_without_memory_loses_nothing_and_goes_on_when_it_has_some(
    new_server: Callable, open_connection: Callable, keys: Keys, payloads: Callable
) -> None:
    connection = open_connection(new_server("--maxmemory-policy", "noeviction"))
    sent = [b"%d" % n for n in range(600)]
    await connection.quick.rpush(INBOUND, *sent)
    mover = SameServerMover(connection, keys, Source())
    await mover.begin()
    await connection.quick.config_set("maxmemory", "1")
    with pytest.raises(RedisError) as caught:
        await mover.move()
    assert explain(caught.value, "here").name == "out of memory"
    assert await connection.quick.lrange(INBOUND, 0, -1) == sent
    assert await payloads(connection) == []
    await connection.quick.config_set("maxmemory", "0")
    await drain(mover)
    assert await payloads(connection) == sent


@pytest.mark.parametrize(
    "rights",
    [
        ("+@all", "-@write"),
        ("+@all", "-xadd"),
        ("+@all", "-ltrim"),
        ("+@all", "resetkeys", "~enigma:*"),
        ("+@all", "resetkeys", "~{test}:*"),
    ],
    ids=" ".join,
)
async def test_a_user_who_may_not_move_loses_and_repeats_nothing(
    new_server: Callable,
    open_connection: Callable,
    keys: Keys,
    rights: tuple[str, ...],
) -> None:
    server = new_server()
    admin = open_connection(server)
    await admin.quick.execute_command(
        "ACL", "SETUSER", "limited", "on", ">secret", "~*", "&*", *rights
    )
    await admin.quick.rpush(INBOUND, "a", "b")
    limited = open_connection(server.url.replace("unix://", "unix://limited:secret@"))
    mover = SameServerMover(limited, keys, Source())

    async def collect() -> None:
        await mover.begin()
        await mover.move()

    with pytest.raises(RedisError) as caught:
        await collect()
    assert explain(caught.value, "here").name == "no permission"
    assert await admin.quick.lrange(INBOUND, 0, -1) == [b"a", b"b"]
    assert await admin.quick.xlen(keys.journal) == 0


async def test_waiting_takes_nothing_and_does_not_poll(
    connection: Connection, keys: Keys, start: Callable, eventually: Callable
) -> None:
    mover = SameServerMover(connection, keys, BOTH)
    await connection.quick.config_resetstat()
    waiting = start(mover.wait())
    await eventually(lambda: _blocked(connection, 2))
    # An idle second would show a poll of any useful frequency.
    done, _ = await asyncio.wait({waiting}, timeout=1.0)
    assert not done
    await connection.quick.rpush(INBOUND, "call")
    await connection.quick.rpush(CDR, "record")
    await eventually(lambda: _blocked(connection, 0))
    stats = await connection.quick.info("commandstats")
    ours = {"client|setinfo", "client|setname", "info", "config|resetstat", "rpush"}
    ours |= {"client", "config"}  # as Redis 6.2 counts them
    calls = {name.removeprefix("cmdstat_"): stat["calls"] for name, stat in stats.items()}
    assert {name: n for name, n in calls.items() if name not in ours} == {"blmove": 2}
    assert await connection.quick.llen(INBOUND) == await connection.quick.llen(CDR) == 1
    await mover.end()


async def _blocked(connection: Connection, count: int) -> bool:
    return (await connection.quick.info("clients"))["blocked_clients"] == count


@pytest.mark.parametrize("pop", ["left", "right"])
@pytest.mark.parametrize("key", [INBOUND, CDR])
async def test_a_push_ends_the_wait_at_once_and_stays_in_the_list(
    connection: Connection, keys: Keys, start: Callable, eventually: Callable, pop: str, key: str
) -> None:
    mover = SameServerMover(connection, keys, Source(collect_cdr=True, pop=pop))
    waiting = start(mover.wait())
    await eventually(lambda: _blocked(connection, 2))
    await connection.quick.rpush(key, "1", "2", "3")
    await asyncio.wait_for(waiting, 1.0)
    assert await connection.quick.lrange(key, 0, -1) == [b"1", b"2", b"3"]
    await mover.end()


async def test_ended_and_cancelled_waits_leave_no_connection_behind(
    connection: Connection, keys: Keys, eventually: Callable
) -> None:
    before = len(await connection.quick.client_list())
    for _ in range(20):
        mover = SameServerMover(connection, keys, BOTH)
        waiting = asyncio.create_task(mover.wait())
        await eventually(lambda: _blocked(connection, 2))
        waiting.cancel()
        await mover.end()
        await asyncio.gather(waiting, return_exceptions=True)
        await eventually(lambda: _blocked(connection, 0))
    assert len(await connection.quick.client_list()) <= before + 1
    await connection.quick.rpush(INBOUND, "still there")
    assert await connection.quick.lrange(INBOUND, 0, -1) == [b"still there"]


async def test_two_lists_need_two_connections_however_often_they_are_waited_for(
    connection: Connection, keys: Keys
) -> None:
    mover = SameServerMover(connection, keys, BOTH)
    for n in range(50):
        await connection.quick.rpush(INBOUND, str(n))
        await mover.wait()
        await mover.move()
    opened = await connection.quick.client_list()
    assert len(opened) <= 3  # one quick, two waiting
    assert await connection.quick.xlen(keys.journal) == 50
    await mover.end()


async def test_a_server_that_ends_during_both_waits_is_one_failure_and_no_complaint(
    new_server: Callable,
    open_connection: Callable,
    keys: Keys,
    start: Callable,
    eventually: Callable,
) -> None:
    complaints = []
    asyncio.get_running_loop().set_exception_handler(lambda _, what: complaints.append(what))
    server = new_server()
    connection = open_connection(server)
    mover = SameServerMover(connection, keys, BOTH)

    async def wait() -> str:
        try:
            await mover.wait()
        except (RedisError, OSError) as error:
            return explain(error, "here").name
        return "no failure"

    waiting = start(wait())
    await eventually(lambda: _blocked(connection, 2))
    server.kill()
    assert await asyncio.wait_for(waiting, 5.0) == "unreachable"
    await mover.end()
    assert complaints == []


async def test_two_movers_at_once_move_everything_once(
    server: object, open_connection: Callable, keys: Keys, payloads: Callable
) -> None:
    first, second = open_connection(server), open_connection(server)
    sent = [b"%d" % n for n in range(20_000)]
    await first.quick.rpush(INBOUND, *sent)
    await asyncio.gather(
        drain(SameServerMover(first, keys, Source())),
        drain(SameServerMover(second, keys, Source())),
    )
    assert await payloads(first) == sent
