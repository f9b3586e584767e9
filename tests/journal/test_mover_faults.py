"""A run that fails half way has lost nothing and leaves nothing to be done twice; both movers."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from redis.exceptions import RedisError

from enigma_tui.journal import scripts
from enigma_tui.journal.faults import explain
from tests.journal.bench import CDR, INBOUND, Bench, drain

EVERYTHING = {"collect_cdr": True, "relay_to": ("crm",), "relay_cdr_to": ("bills",)}


@contextmanager
def failing(name: str, *, naming: str = "") -> Iterator[None]:
    with pytest.raises(RedisError) as caught:
        yield
    fault = explain(caught.value, "here")
    assert fault.name == name
    assert naming in fault.sentence


@pytest.mark.parametrize(
    "wrong",
    ["journal", "batches", INBOUND, CDR, "crm", "bills", "batch of inbound", "batch of cdr"],
)
async def test_a_key_of_a_wrong_type_is_named_and_nothing_is_moved(
    bench: Bench, wrong: str
) -> None:
    keys = bench.keys
    if not bench.apart and wrong.startswith("batch"):
        return  # there is no such key on one server
    key = {
        "journal": keys.journal,
        "batches": keys.batches("pbx", "inbound"),
        "batch of inbound": keys.batch(INBOUND),
        "batch of cdr": keys.batch(CDR),
    }.get(wrong, wrong)
    on = bench.journal if wrong in ("journal", "batches") else bench.at_source
    for name in {INBOUND, CDR} - {key}:
        await bench.push(b"kept", key=name)
    await on.quick.set(key, "of no use")
    mover = bench.mover(**EVERYTHING)
    with failing("wrong key type", naming=key):
        await mover.begin()
    assert await bench.list(INBOUND if key == CDR else CDR) == [b"kept"]
    # Had it not been asked first: nothing that is in the journal may still be in the list.
    for _ in range(3):
        with failing("wrong key type", naming=key):
            await mover.move()
    assert await on.quick.get(key) == b"of no use"
    await on.quick.delete(key)
    await drain(mover)
    kept = [name for name in (INBOUND, CDR) if name != key]
    assert await bench.payloads() == [b"kept"] * len(kept)
    assert await bench.list("crm") == [b"kept"] * (INBOUND in kept)
    assert await bench.list("bills") == [b"kept"] * (CDR in kept)


@pytest.mark.parametrize("where", ["journal", "source"])
@pytest.mark.parametrize("payload", [b"x", b"x" * 20_000])
async def test_a_server_without_memory_loses_nothing_and_goes_on_when_it_has_some(
    own_bench: Bench, where: str, payload: bytes
) -> None:
    bench = own_bench
    sent = []
    mover = bench.mover(**EVERYTHING)
    await mover.begin()
    full = bench.journal if where == "journal" else bench.at_source
    for turn in range(3):
        calls = [b"%d-%d" % (turn, n) + payload for n in range(600)]
        sent += calls
        await bench.push(*calls)
        await full.quick.config_set("maxmemory", "1")
        for _ in range(3):
            with failing("out of memory"):
                await mover.move()
        await full.quick.config_set("maxmemory", "0")
        await drain(mover)
        assert await bench.payloads() == sent
    assert await bench.list("crm") == sent
    assert await bench.list() == []


RIGHTS = ["-@write", "-xadd", "-ltrim", "-rpush", "-zadd", "-del", "-lindex", "-zremrangebyrank"]
LEAST = {"-zadd", "-del", "-lindex", "-zremrangebyrank"}
"""What one server with both needs no permission for."""


@pytest.mark.parametrize("right", RIGHTS)
async def test_a_right_taken_away_while_it_runs_loses_and_repeats_nothing(
    own_bench: Bench, right: str
) -> None:
    bench = own_bench
    if right in LEAST and not bench.apart:
        return
    await bench.set_user("+@all")
    mover = bench.mover("limited", **EVERYTHING)
    assert await mover.begin() == 0
    sent = []
    for turn in range(4):
        calls = [b"%d-%d" % (turn, n) for n in range(30)]
        sent += calls
        await bench.push(*calls)
        await bench.set_user("+@all", right)
        for _ in range(2):
            with failing("no permission"):
                await mover.move()
        await bench.set_user("+@all")
        await drain(mover)
        assert await bench.payloads() == sent
    assert await bench.list("crm") == sent
    assert await bench.list() == []


@pytest.mark.parametrize(
    "rights",
    [
        ("-@write",),
        ("-xadd",),
        ("-ltrim",),
        ("resetkeys", "~enigma:*", "~{enigma*", "~crm", "~bills"),
        ("resetkeys", "~{test}:*", "~{enigma*", "~crm", "~bills"),
        ("resetkeys", "~{test}:*", "~enigma:*", "~{enigma*", "~bills"),
    ],
    ids=" ".join,
)
async def test_a_user_who_may_not_move_is_told_before_anything_is_moved(
    own_bench: Bench, rights: tuple[str, ...]
) -> None:
    bench = own_bench
    await bench.set_user("+@all", *rights)
    await bench.push(b"a", b"b")
    mover = bench.mover("limited", **EVERYTHING)
    for attempt in (mover.begin, mover.move, mover.move):
        with failing("no permission"):
            await attempt()
    assert await bench.journal.quick.xlen(bench.keys.journal) == 0
    await drain(bench.mover(**EVERYTHING))
    assert await bench.payloads() == [b"a", b"b"]
    assert await bench.list("crm") == [b"a", b"b"]


async def test_a_right_on_the_relay_list_that_is_taken_away_journals_nothing_twice(
    own_bench: Bench,
) -> None:
    bench = own_bench
    await bench.set_user("+@all")
    mover = bench.mover("limited", **EVERYTHING)
    await bench.push(b"call")
    await bench.push(b"record", key=CDR)
    await bench.set_user("+@all", "resetkeys", "~{test}:*", "~enigma:*", "~{enigma*", "~crm")
    for _ in range(3):
        with failing("no permission"):
            await mover.move()
    await bench.set_user("+@all")
    await drain(mover)
    assert await bench.payloads() == [b"call", b"record"]
    assert await bench.list("crm") == [b"call"]
    assert await bench.list("bills") == [b"record"]


async def test_where_permissions_cannot_be_asked_a_lost_right_to_trim_repeats_nothing(
    own_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench, source = own_bench, scripts._source
    hidden = "local real = redis\nlocal redis = {call = real.call, pcall = real.pcall, "
    hidden += "error_reply = real.error_reply}\n"  # as in Redis 6.2
    monkeypatch.setattr(scripts, "_source", lambda name: hidden + source(name))
    await bench.set_user("+@all")
    mover = bench.mover("limited")
    await mover.begin()
    await bench.push(b"1")
    await bench.set_user("+@all", "-ltrim")
    with pytest.raises(RedisError):
        await mover.move()
    await bench.set_user("+@all")
    await drain(mover)
    assert await bench.payloads() == [b"1"]
