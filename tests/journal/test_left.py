"""A batch is brought into the journal also where its list is no longer in the settings."""

import asyncio
from collections.abc import Callable

import pytest

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.journal.collector import Collector
from enigma_tui.journal.connection import Connection
from enigma_tui.journal.keys import Keys
from enigma_tui.journal.left import LeftBatches, note
from enigma_tui.journal.mover_batch import BatchMover
from enigma_tui.site import Site, Source
from tests.journal.bench import CDR, INBOUND, Bench


@pytest.fixture
def apart(
    server: EmbeddedServer, second_server: EmbeddedServer, open_connection: Callable, keys: Keys
) -> Bench:
    return Bench(server, second_server, keys, open_connection)


async def leave_behind(bench: Bench, source: Source) -> None:
    """Take a batch of each list, and die."""
    await note(bench.journal, bench.keys, source)
    mover = BatchMover(bench.journal, bench.keys, source, bench.at_source)
    for feed in mover.lists:
        await bench.push(b"left in " + feed.key.encode(), key=feed.key)
        await mover.take(feed, 500)


def left_by(bench: Bench, *sources: Source, server: EmbeddedServer | None = None) -> LeftBatches:
    def opened(_: Source) -> Connection:
        return bench.opened(server or bench.servers["source"])

    return LeftBatches(bench.journal, bench.keys, sources, opened)


@pytest.mark.parametrize(
    "now",
    [
        {"inbound": "another", "collect_cdr": True},
        {"server": "redis://another.example", "collect_cdr": True},
        {"collect_cdr": False},
        None,
    ],
    ids=["another list", "another server", "no records", "source removed"],
)
async def test_a_batch_of_a_list_that_has_left_the_settings_is_journalled_once(
    apart: Bench,
    start: Callable,
    eventually: Callable,
    write_site: Callable,
    now: dict[str, object] | None,
) -> None:
    before = apart.source(name="north", collect_cdr=True)
    await leave_behind(apart, before)
    sources = (Source(name="here"),)
    if now is not None:
        sources += (Source.model_validate(before.model_dump() | now),)
    await write_site(apart.journal, Site(sources=sources))
    for _ in range(2):
        start(Collector(apart.opened(apart.servers["journal"]), apart.keys).run())

    async def nothing_left() -> bool:
        batches = [apart.keys.batch(key) for key in (INBOUND, CDR)]
        return not await apart.at_source.quick.exists(*batches)

    await eventually(nothing_left)
    entries = await apart.entries()
    assert sorted((f[b"source"], f[b"feed"], f[b"raw"], f[b"kind"]) for f in entries) == [
        (b"north", b"cdr", b"left in " + CDR.encode(), b"cdr"),
        (b"north", b"inbound", b"left in " + INBOUND.encode(), b"call"),
    ]


async def test_a_list_is_forgotten_when_it_was_seen_without_a_batch_twice(apart: Bench) -> None:
    source = apart.source()
    await leave_behind(apart, source)
    left, notes = left_by(apart), apart.keys.batch_lists
    await left_by(apart, source).look()
    assert await apart.payloads() == []  # it is in the settings
    for _ in range(2):
        await left.look()
        assert await apart.payloads() == [b"left in " + INBOUND.encode()]
        assert await apart.journal.quick.hlen(notes) == 1
    await note(apart.journal, apart.keys, source)  # it came back, and has gone again
    await left.look()
    assert await apart.journal.quick.hlen(notes) == 1
    await left.look()
    assert await apart.journal.quick.hlen(notes) == 0


async def test_a_list_that_cannot_be_reached_is_told_and_looked_at_again(
    apart: Bench, new_server: Callable, caplog: pytest.LogCaptureFixture
) -> None:
    gone = new_server()
    bench = Bench(apart.servers["journal"], gone, apart.keys, apart.opened)
    await leave_behind(bench, bench.source(name="north"))
    left = left_by(bench)
    gone.stop()
    for _ in range(2):
        await left.look()
    (told,) = left.hindered.values()
    assert INBOUND in told
    assert "may be left" in told
    assert caplog.text.count("may be left") == 1
    gone.start()
    await left.look()
    assert not left.hindered


async def test_what_cannot_be_read_among_the_notes_hinders_nothing(apart: Bench) -> None:
    await apart.journal.quick.hset(
        apart.keys.batch_lists,
        mapping={b"\xff": b"1", b'["a"]': b"[]", b'["", ""]': b'["x", "call", "inbound", "1"]'},
    )
    await leave_behind(apart, apart.source())
    await left_by(apart).look()
    assert len(await apart.payloads()) == 1


async def test_the_work_in_hand_is_finished_before_other_settings_hold(
    apart: Bench,
    eventually: Callable,
    write_site: Callable,
    monkeypatch: pytest.MonkeyPatch,
    start: Callable,
) -> None:
    taken, goes_on = asyncio.Event(), asyncio.Event()
    append = BatchMover.append

    async def slow(self: BatchMover, feed: object, batch: object, *, late: int = 0) -> None:
        if batch is not None:
            taken.set()
            await goes_on.wait()
        await append(self, feed, batch, late=late)

    monkeypatch.setattr(BatchMover, "append", slow)
    monkeypatch.setattr(LeftBatches, "look", lambda self: asyncio.sleep(0))
    await write_site(apart.journal, Site(sources=(apart.source(name="north"),)))
    collector = Collector(apart.journal, apart.keys)
    start(collector.run())
    await apart.push(b"1")
    await taken.wait()
    await write_site(apart.journal, Site(sources=(Source(name="south"),)))
    before = (await apart.journal.quick.info("commandstats"))["cmdstat_get"]["calls"]
    collector.nudge.set()

    async def seen() -> bool:
        stats = await apart.journal.quick.info("commandstats")
        return stats["cmdstat_get"]["calls"] > before and not collector.nudge.is_set()

    await eventually(seen)
    goes_on.set()
    await eventually(lambda: "south" in collector.status.sources)
    assert await apart.payloads() == [b"1"]
    assert not await apart.at_source.quick.exists(apart.keys.batch(INBOUND))
