"""Waiting does not poll, loses nothing, and leaves nothing behind; of both movers.

Where source and journal are on one server, what comes is moved by the wait itself.
"""

import asyncio
from collections.abc import Callable

import pytest
from redis.exceptions import RedisError

from enigma_tui.journal.connection import Connection
from enigma_tui.journal.faults import explain
from tests.journal.bench import CDR, INBOUND, Bench


async def test_waiting_does_not_poll(bench: Bench, start: Callable, eventually: Callable) -> None:
    mover = bench.mover(collect_cdr=True)
    await mover.begin()
    await bench.at_source.quick.config_resetstat()
    waiting = start(mover.wait())
    await eventually(lambda: _blocked(bench.at_source, 2))
    # An idle second would show a poll of any useful frequency.
    done, _ = await asyncio.wait({waiting}, timeout=1.0)
    assert not done
    await bench.at_source.quick.rpush(INBOUND, "call")
    await bench.at_source.quick.rpush(CDR, "record")
    await eventually(lambda: _blocked(bench.at_source, 0))
    stats = await bench.at_source.quick.info("commandstats")
    calls = {name.removeprefix("cmdstat_"): stat["calls"] for name, stat in stats.items()}
    waits = {"blmove": 2} if bench.apart else {"blmove": 2, "evalsha": 2}
    sent = {"blmove", "evalsha", "brpoplpush", "blpop", "brpop", "blmpop"}
    assert {name: n for name, n in calls.items() if name in sent} == waits
    await mover.end()


async def _blocked(connection: Connection, count: int) -> bool:
    return (await connection.quick.info("clients"))["blocked_clients"] == count


@pytest.mark.parametrize("pop", ["left", "right"])
@pytest.mark.parametrize("key", [INBOUND, CDR])
async def test_a_push_ends_the_wait_at_once_and_is_in_the_list_or_moved(
    bench: Bench, start: Callable, eventually: Callable, pop: str, key: str
) -> None:
    mover = bench.mover(collect_cdr=True, pop=pop)
    await mover.begin()
    waiting = start(mover.wait())
    await eventually(lambda: _blocked(bench.at_source, 2))
    await bench.push(b"1", b"2", b"3", key=key, pop=pop)
    done = await asyncio.wait_for(waiting, 1.0)
    left, moved = await bench.list(key), await bench.payloads()
    if pop == "right":
        left.reverse()
    assert (left, moved)[not bench.apart] == [b"1", b"2", b"3"]
    assert (moved, left)[not bench.apart] == []
    assert (done.moved, done.left) == (len(moved), 0)
    await mover.end()


async def test_a_server_that_has_forgotten_the_script_is_given_it_anew(
    bench: Bench, start: Callable, eventually: Callable
) -> None:
    mover = bench.mover()
    await mover.begin()
    waiting = start(mover.wait())
    await eventually(lambda: _blocked(bench.at_source, 1))
    await bench.at_source.quick.script_flush()
    await bench.push(b"1")
    assert (await asyncio.wait_for(waiting, 1.0)).moved == 0
    assert (await mover.move()).moved == 1
    assert await bench.payloads() == [b"1"]
    await mover.end()


async def test_what_comes_after_a_wait_was_given_up_is_left_where_it_is(
    bench: Bench, start: Callable, eventually: Callable
) -> None:
    mover = bench.mover(collect_cdr=True)
    await mover.begin()
    start(mover.wait())
    await eventually(lambda: _blocked(bench.at_source, 2))
    await mover.end()
    await eventually(lambda: _blocked(bench.at_source, 0))
    await bench.push(b"1")
    await bench.push(b"2", key=CDR)
    assert (await bench.list(), await bench.list(CDR)) == ([b"1"], [b"2"])
    assert await bench.payloads() == []


async def test_ended_and_cancelled_waits_leave_no_connection_behind(
    bench: Bench, eventually: Callable
) -> None:
    before = len(await bench.at_source.quick.client_list())
    for _ in range(20):
        mover = bench.mover(collect_cdr=True)
        waiting = asyncio.create_task(mover.wait())
        await eventually(lambda: _blocked(bench.at_source, 2))
        waiting.cancel()
        await mover.end()
        await asyncio.gather(waiting, return_exceptions=True)
        await eventually(lambda: _blocked(bench.at_source, 0))
    assert len(await bench.at_source.quick.client_list()) <= before + 1
    await bench.at_source.quick.rpush(INBOUND, "still there")
    assert await bench.at_source.quick.lrange(INBOUND, 0, -1) == [b"still there"]


async def test_two_lists_need_two_connections_however_often_they_are_waited_for(
    bench: Bench,
) -> None:
    mover = bench.mover(collect_cdr=True)
    for n in range(50):
        await bench.at_source.quick.rpush(INBOUND, str(n))
        if not (await mover.wait()).moved:
            await mover.move()
    opened = await bench.at_source.quick.client_list()
    assert len(opened) <= 3  # one quick, two waiting
    assert await bench.journal.quick.xlen(bench.keys.journal) == 50
    await mover.end()


async def test_a_server_that_ends_during_both_waits_is_one_failure_and_no_complaint(
    own_bench: Bench, start: Callable, eventually: Callable
) -> None:
    bench = own_bench
    complaints = []
    asyncio.get_running_loop().set_exception_handler(lambda _, what: complaints.append(what))
    mover = bench.mover(collect_cdr=True)

    async def wait() -> str:
        try:
            await mover.wait()
        except (RedisError, OSError) as error:
            return explain(error, "here").name
        return "no failure"

    waiting = start(wait())
    await eventually(lambda: _blocked(bench.at_source, 2))
    bench.servers["source"].kill()
    assert await asyncio.wait_for(waiting, 5.0) == "connection lost"
    await mover.end()
    assert complaints == []
