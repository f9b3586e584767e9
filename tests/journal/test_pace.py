"""What comes now and then is not kept waiting; a rush is taken in few round trips."""

import asyncio
from collections.abc import Callable

import pytest

from enigma_tui.journal import collector_source
from enigma_tui.journal import follower as follower_module
from enigma_tui.journal.collector import Collector
from enigma_tui.journal.connection import Connection
from enigma_tui.journal.follower import Follower
from enigma_tui.journal.keys import Keys
from enigma_tui.journal.pace import Pace
from enigma_tui.site import Source
from tests.journal.test_follower import Recorder

INBOUND = Source().inbound
NUMBER = 1_000
RATE = 1_000


class Clock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def pace(clock: Clock) -> Pace:
    return Pace(often=400, burst=40, rest=0.04, now=clock)


def rests(tried: Pace, clock: Clock, gap: float, number: int) -> list[float]:
    """Return the rest after each of so many, one in each gap."""
    told = []
    for _ in range(number):
        clock.now += gap
        told.append(tried.after(1))
    return told


def test_what_comes_now_and_then_is_never_kept_waiting() -> None:
    clock = Clock()
    assert not any(rests(pace(clock), clock, 1 / 200, 2_000))


def test_a_few_at_once_are_no_rush() -> None:
    assert pace(Clock()).after(40) == 0.0


def test_a_rush_is_given_rests() -> None:
    clock = Clock()
    told = rests(pace(clock), clock, 1 / RATE, 200)
    assert told[:50] == [0.0] * 50
    assert told[-100:] == [0.04] * 100


def test_after_a_rush_the_next_is_not_kept_waiting() -> None:
    clock = Clock()
    tried = pace(clock)
    tried.after(100_000)
    clock.now += 0.2
    assert tried.after(1) == 0.0


def test_nothing_is_no_rush() -> None:
    clock = Clock()
    tried = pace(clock)
    assert tried.after(100_000) > 0.0
    assert tried.after(0) == 0.0


async def _commands(connection: Connection) -> dict[str, int]:
    stats = await connection.quick.info("commandstats")
    return {name.removeprefix("cmdstat_"): int(stat["calls"]) for name, stat in stats.items()}


async def _ready(
    connection: Connection,
    keys: Keys,
    start: Callable,
    eventually: Callable,
    write_site: Callable,
) -> tuple[Collector, Recorder]:
    """Collect and follow, and return when both wait for something to come."""
    await write_site(connection)
    collector, sink = Collector(connection, keys), Recorder()
    follower = Follower(connection, keys, sink)
    start(collector.run())
    start(follower.run())

    async def wait() -> bool:
        blocked = (await connection.quick.info("clients"))["blocked_clients"]
        return follower.link.caught_up and blocked == 2

    await eventually(wait)
    await connection.quick.config_resetstat()
    return collector, sink


def _round_trips(calls: dict[str, int]) -> int:
    return sum(calls.get(name, 0) for name in ("evalsha", "blmove", "xread"))


async def test_a_thousand_at_once_are_a_few_round_trips(
    connection: Connection,
    keys: Keys,
    start: Callable,
    eventually: Callable,
    write_site: Callable,
) -> None:
    _, sink = await _ready(connection, keys, start, eventually, write_site)
    await connection.quick.rpush(INBOUND, *range(NUMBER))
    seconds = await eventually(lambda: len(sink.seen) == NUMBER)
    # Two or three batches. What is read grows with each answer: 32, 64, 128, …
    assert _round_trips(await _commands(connection)) <= 20 + 2 * seconds


async def test_a_thousand_one_by_one_are_moved_and_read_many_at_a_time(
    connection: Connection,
    keys: Keys,
    start: Callable,
    eventually: Callable,
    write_site: Callable,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A machine that is busy with other things pushes less than a thousand a second, and has to
    # have its rush, too.
    monkeypatch.setattr(collector_source, "_OFTEN", 50)
    monkeypatch.setattr(follower_module, "_OFTEN", 50)
    _, sink = await _ready(connection, keys, start, eventually, write_site)
    loop = asyncio.get_running_loop()
    began = loop.time()
    for number in range(NUMBER):
        await connection.quick.rpush(INBOUND, str(number))
        await asyncio.sleep(began + (number + 1) / RATE - loop.time())
    await eventually(lambda: len(sink.seen) == NUMBER)
    seconds = loop.time() - began
    calls = await _commands(connection)
    assert calls["rpush"] == NUMBER
    assert sink.seen == [str(number) for number in range(NUMBER)]
    # Before it is a rush each is moved as it comes; then there is one batch in 15 ms, and two
    # answers at most. One by one it would be three for each.
    assert _round_trips(calls) <= 250 + 300 * seconds
