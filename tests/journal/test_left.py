"""A batch is brought into the journal also where its list is no longer in the settings."""

import asyncio
import shlex
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.journal.collector import Collector
from enigma_tui.journal.connection import Connection
from enigma_tui.journal.follower import Follower
from enigma_tui.journal.keys import Keys
from enigma_tui.journal.left import LeftBatches, note
from enigma_tui.journal.left_behind import left_behind, told_of
from enigma_tui.journal.mover_batch import BatchMover
from enigma_tui.model.text import safe
from enigma_tui.site import Site, Source, SourceNotOpenedError
from tests.journal.bench import CDR, INBOUND, Bench
from tests.journal.test_follower import Recorder


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
    now: dict[str, Any] | None,
) -> None:
    before = apart.source(name="north", collect_cdr=True)
    await leave_behind(apart, before)
    sources = (Source(name="here"),)
    if now is not None:
        sources += (replace(before, **now),)
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
    assert INBOUND in told.sentence
    assert "may be left" in told.sentence
    assert caplog.text.count("may be left") == 1
    gone.start()
    await left.look()
    assert not left.hindered


async def test_others_are_told_what_is_left_where_and_what_to_do_until_it_has_arrived(
    apart: Bench, new_server: Callable, start: Callable, eventually: Callable
) -> None:
    gone = new_server()
    bench = Bench(apart.servers["journal"], gone, apart.keys, apart.opened)
    await leave_behind(bench, bench.source(name="north"))
    left, elsewhere = left_by(bench), left_by(bench)
    follower = Follower(bench.opened(apart.servers["journal"]), bench.keys, Recorder())
    start(follower.run())
    await eventually(lambda: follower.pulse)
    assert follower.pulse.left == ()
    gone.stop()
    for each in (left, elsewhere):
        await each.look()
    (told,) = await left_behind(bench.journal, bench.keys)
    assert (told.source, told.list) == ("north", INBOUND)
    assert told.server == gone.url
    assert told.fault == "no socket"
    for part in (INBOUND, "north", gone.url, "not collected any more"):
        assert part in told.sentence
    await eventually(lambda: follower.pulse.left == (told,))
    gone.start()
    await left.look()
    assert await left_behind(bench.journal, bench.keys) == ()
    await eventually(lambda: follower.pulse.left == ())


async def test_a_list_that_is_given_up_by_hand_as_the_remedy_says_is_told_no_more(
    apart: Bench, new_server: Callable
) -> None:
    gone = new_server()
    bench = Bench(apart.servers["journal"], gone, apart.keys, apart.opened)
    await leave_behind(bench, bench.source(inbound="it's here"))
    left = left_by(bench)
    gone.kill()
    await left.look()
    (told,) = await left_behind(bench.journal, bench.keys)
    _, _, command = told.remedy.partition("HDEL ")
    assert await bench.journal.quick.execute_command("HDEL", *shlex.split(command)) == 1
    await left.look()
    assert not left.hindered
    assert await left_behind(bench.journal, bench.keys) == ()


async def test_a_list_that_comes_back_into_the_settings_is_told_no_more(
    apart: Bench, new_server: Callable
) -> None:
    gone = new_server()
    bench = Bench(apart.servers["journal"], gone, apart.keys, apart.opened)
    source = bench.source()
    await leave_behind(bench, source)
    gone.kill()
    await left_by(bench).look()
    assert len(await left_behind(bench.journal, bench.keys)) == 1
    await left_by(bench, source).look()
    assert await left_behind(bench.journal, bench.keys) == ()


async def test_a_server_that_may_not_be_opened_with_these_settings_is_told_and_stops_nothing(
    apart: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    await leave_behind(apart, apart.source(name="north"))

    def refused(source: Source) -> Connection:
        raise SourceNotOpenedError(f"source {source.name}: /home/op/pw cannot be read")

    left = LeftBatches(apart.journal, apart.keys, (), refused)
    await left.look()
    (told,) = await left_behind(apart.journal, apart.keys)
    assert "the personal settings of who collects" in told.sentence
    assert "/home/op" not in told.sentence + told.remedy, "everybody reads it"
    assert "/home/op/pw cannot be read" in caplog.text
    assert "source_password_files" in told.remedy
    assert "site edit" not in told.remedy, "the source is not in the site's settings any more"
    assert told.server == apart.servers["source"].url


@pytest.mark.parametrize(
    ("told", "parts"),
    [
        (b'1000000 ["a", "b", "c", "d", "e", "f"]', 6),
        (b'819999 ["a", "b", "c", "d", "e", "f"]', 0),
        (b'820000 ["a", "b", "c", "d", "e", "f"]', 6),
        (b'1000000 ["a", "b"]', 0),
        (b'1000000 {"a": 1}', 0),
        (b"1000000 " + b"[" * 100_000, 0),
        (b"1000000 7 no answer", 0),
        (b"1000000 \xff", 0),
        (b"", 0),
    ],
)
def test_what_is_told_in_another_form_or_long_ago_is_passed_over(told: bytes, parts: int) -> None:
    found = told_of({b"left:1": told, b"pbx": b"1000000 7"}, 1_000_000)
    assert len(found) == (parts > 0)


def test_what_is_told_is_safe_to_show() -> None:
    (found,) = told_of({b"left:1": b'1 ["a", "b\\u001b[31m", "c", "d", "e", "f"]'}, 1)
    assert found.list == safe("b\x1b[31m")
    assert "\x1b" not in found.sentence


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
