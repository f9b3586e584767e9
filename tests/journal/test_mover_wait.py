"""Waiting takes nothing, does not poll, and leaves nothing behind; of both movers."""

import asyncio
from collections.abc import Callable

import pytest
from redis.exceptions import RedisError

from enigma_tui.journal.connection import Connection
from enigma_tui.journal.faults import explain
from tests.journal.bench import CDR, INBOUND, Bench


async def test_waiting_takes_nothing_and_does_not_poll(
    bench: Bench, start: Callable, eventually: Callable
) -> None:
    mover = bench.mover(collect_cdr=True)
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
    ours = {"client|setinfo", "client|setname", "info", "config|resetstat", "rpush"}
    ours |= {"client", "config"}  # as Redis 6.2 counts them
    calls = {name.removeprefix("cmdstat_"): stat["calls"] for name, stat in stats.items()}
    assert {name: n for name, n in calls.items() if name not in ours} == {"blmove": 2}
    assert await bench.at_source.quick.llen(INBOUND) == await bench.at_source.quick.llen(CDR) == 1
    await mover.end()


async def _blocked(connection: Connection, count: int) -> bool:
    return (await connection.quick.info("clients"))["blocked_clients"] == count


@pytest.mark.parametrize("pop", ["left", "right"])
@pytest.mark.parametrize("key", [INBOUND, CDR])
async def test_a_push_ends_the_wait_at_once_and_stays_in_the_list(
    bench: Bench, start: Callable, eventually: Callable, pop: str, key: str
) -> None:
    mover = bench.mover(collect_cdr=True, pop=pop)
    waiting = start(mover.wait())
    await eventually(lambda: _blocked(bench.at_source, 2))
    await bench.at_source.quick.rpush(key, "1", "2", "3")
    await asyncio.wait_for(waiting, 1.0)
    assert await bench.at_source.quick.lrange(key, 0, -1) == [b"1", b"2", b"3"]
    await mover.end()


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
        await mover.wait()
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
