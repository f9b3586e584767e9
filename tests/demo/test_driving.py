"""The simulated PBX pushes in real time, in order, and to a real server."""

import asyncio
from collections.abc import Callable
from itertools import islice

import pytest
import redis.asyncio

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.demo.show import push_to
from enigma_tui.demo.simulator import CDR, INBOUND, Pbx, Push, drive
from enigma_tui.model.notification import CallConnected, CallEnded, Rejected, unpack


class Clockwork:
    """A clock that only sleeping moves, and a PBX's far end that notes what it is sent."""

    def __init__(self, *, delay: float = 0.0) -> None:
        self.now = 100.0
        self.sent: list[tuple[float, str, list[bytes]]] = []
        self._delay = delay

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)

    async def push(self, list_key: str, payloads: list[bytes]) -> None:
        self.sent.append((self.now - 100.0, list_key, payloads))
        self.now += self._delay

    async def play(
        self, pushes: list[Push], *, head_start: float = 0.0, speed: float = 1.0
    ) -> None:
        await drive(
            self.push,
            pushes,
            head_start=head_start,
            speed=speed,
            sleep=self.sleep,
            clock=self.clock,
        )


async def test_pushes_are_sent_when_due() -> None:
    work = Clockwork()
    await work.play([Push(1.0, "in", b"a"), Push(2.5, "in", b"b"), Push(2.5, "cdr", b"c")])
    assert work.sent == [(1.0, "in", [b"a"]), (2.5, "in", [b"b"]), (2.5, "cdr", [b"c"])]


async def test_speed_shortens_the_waits() -> None:
    work = Clockwork()
    await work.play([Push(10.0, "in", b"a"), Push(40.0, "in", b"b")], speed=10.0)
    assert [at for at, _, _ in work.sent] == [1.0, 4.0]


async def test_a_slow_far_end_gets_batches_and_causes_no_drift() -> None:
    work = Clockwork(delay=5.0)
    await work.play([Push(float(at), "in", b"%d" % at) for at in range(1, 101)])
    assert [payload for _, _, batch in work.sent for payload in batch] == [
        b"%d" % at for at in range(1, 101)
    ]
    assert work.sent[1] == (6.0, "in", [b"2", b"3", b"4", b"5", b"6"])
    for at, _, batch in work.sent:
        assert at - 5 <= float(batch[0]) <= float(batch[-1]) <= at


async def test_a_batch_never_reorders_two_lists() -> None:
    work = Clockwork()
    keys = ["in", "in", "cdr", "in", "cdr", "cdr"]
    await work.play([Push(1.0, key, b"%d" % n) for n, key in enumerate(keys)])
    assert [(key, batch) for _, key, batch in work.sent] == [
        ("in", [b"0", b"1"]),
        ("cdr", [b"2"]),
        ("in", [b"3"]),
        ("cdr", [b"4", b"5"]),
    ]


async def test_a_head_start_sends_the_live_calls_at_once_and_goes_on_from_there() -> None:
    pushes = [push for push in islice(Pbx(11).pushes(), 2_000) if push.at < 1_200]
    work = Clockwork()
    await work.play(pushes, head_start=900.0)

    opening = [payload for at, _, batch in work.sent if at == 0.0 for payload in batch]
    opened = {told.call_ref for told in map(unpack, opening) if isinstance(told, CallConnected)}
    before = [unpack(push.payload) for push in pushes if push.at <= 900]
    connected = {told.call_ref for told in before if isinstance(told, CallConnected)}
    ended = {told.call_ref for told in before if isinstance(told, CallEnded)}
    assert opened == connected - ended
    assert len(opened) > 20
    assert not any(isinstance(unpack(payload), CallEnded | Rejected) for payload in opening)

    later = [(at, batch) for at, _, batch in work.sent if at > 0]
    expected = [push for push in pushes if push.at > 900]
    assert [payload for _, batch in later for payload in batch] == [
        push.payload for push in expected
    ]
    assert later[0][0] == pytest.approx(expected[0].at - 900)
    assert later[-1][0] == pytest.approx(expected[-1].at - 900)


@pytest.mark.parametrize(("head_start", "speed"), [(-1.0, 1.0), (0.0, 0.0), (0.0, -2.0)])
async def test_times_that_make_no_sense_are_refused(head_start: float, speed: float) -> None:
    with pytest.raises(ValueError, match="must be above 0"):
        await Clockwork().play([], head_start=head_start, speed=speed)


async def test_an_endless_drive_ends_by_cancellation() -> None:
    started = asyncio.Event()

    async def push(list_key: str, payloads: list[bytes]) -> None:
        started.set()

    # So far behind that it never waits: others get their turn all the same.
    task = asyncio.create_task(drive(push, Pbx(1).pushes(), speed=1e9))
    await asyncio.wait_for(started.wait(), 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_the_pbx_plays_into_a_real_server() -> None:
    pushes = list(islice(Pbx(2).pushes(), 200))
    with EmbeddedServer() as server:
        async with redis.asyncio.Redis.from_url(server.url) as client:

            async def push(list_key: str, payloads: list[bytes]) -> None:
                await client.rpush(list_key, *payloads)

            await drive(push, pushes, speed=1e6)
            for key in (INBOUND, CDR):
                assert await client.lrange(key, 0, -1) == [
                    each.payload for each in pushes if each.list_key == key
                ]


async def test_the_pbx_goes_on_when_its_server_has_been_away(
    new_server: Callable, open_connection: Callable
) -> None:
    server = new_server()
    push = push_to(open_connection(server))
    await push(INBOUND, [b"before"])
    server.stop()
    await push(INBOUND, [b"nobody has this"])
    server.start()
    await push(INBOUND, [b"after"])
    async with redis.asyncio.Redis.from_url(server.url) as client:
        assert (await client.lrange(INBOUND, 0, -1))[-1] == b"after"
