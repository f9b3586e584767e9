"""Several sources on several servers: each is collected by whoever reaches it."""

import asyncio
from collections.abc import Callable

import pytest

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.journal.collector import Collector
from enigma_tui.journal.connection import Connection
from enigma_tui.journal.follower import Follower
from enigma_tui.journal.keys import Keys
from enigma_tui.journal.news import SourceNews
from enigma_tui.site import Site, Source
from tests.journal.bench import INBOUND
from tests.journal.test_follower import Recorder

NOWHERE = "redis://127.0.0.1:1/0"


def two_sources(south: str) -> Site:
    return Site(sources=(Source(name="north"), Source(name="south", server=south)))


async def test_each_source_is_collected_from_its_own_server(
    connection: Connection,
    second_server: EmbeddedServer,
    open_connection: Callable,
    keys: Keys,
    start: Callable,
    eventually: Callable,
    write_site: Callable,
) -> None:
    await write_site(connection, two_sources(second_server.url))
    collector = Collector(connection, keys)
    start(collector.run())
    await eventually(
        lambda: (
            all(s.holding for s in collector.status.sources.values()) and collector.status.sources
        )
    )
    await connection.quick.rpush(INBOUND, "n")
    await open_connection(second_server).quick.rpush(INBOUND, "s")
    await eventually(lambda: collector.status.moved == 2)
    found = await connection.quick.xrange(keys.journal)
    assert {(f[b"source"], f[b"raw"]) for _, f in found if b"raw" in f} == {
        (b"north", b"n"),
        (b"south", b"s"),
    }


async def test_one_source_that_fails_does_not_stop_the_others_and_is_named(
    connection: Connection, keys: Keys, start: Callable, eventually: Callable, write_site: Callable
) -> None:
    await write_site(connection, two_sources(NOWHERE))
    collector = Collector(connection, keys)
    start(collector.run())
    await eventually(lambda: collector.status.fault)
    fault = collector.status.sources["south"].fault
    assert fault is not None
    assert fault.name == "unreachable"
    assert "source south" in fault.sentence
    assert NOWHERE in fault.sentence
    assert "redis_url" not in fault.remedy
    for n in range(20):
        await connection.quick.rpush(INBOUND, str(n))
        moved = n + 1
        await eventually(lambda m=moved: collector.status.moved == m)
        assert collector.status.sources["north"].holding
        assert collector.status.sources["north"].fault is None
    assert collector.holds.is_set()


async def test_who_reaches_a_source_gets_its_lease_from_who_does_not(
    server: EmbeddedServer,
    second_server: EmbeddedServer,
    open_connection: Callable,
    keys: Keys,
    start: Callable,
    eventually: Callable,
    write_site: Callable,
) -> None:
    connection = open_connection(server)
    await write_site(connection, two_sources(second_server.url))
    cut_off = Collector(
        open_connection(server), keys, open_source=lambda _: open_connection(NOWHERE)
    )
    start(cut_off.run())
    await eventually(lambda: cut_off.status.fault)
    other = Collector(open_connection(server), keys)
    start(other.run())
    await eventually(lambda: other.status.sources)
    await eventually(lambda: other.status.sources["south"].holding)
    assert cut_off.status.sources["north"].holding
    # Found out at its next attempt that a colleague collects, it has nothing to complain of.
    await eventually(lambda: cut_off.status.sources["south"].fault is None)
    await open_connection(second_server).quick.rpush(INBOUND, "s")
    await eventually(lambda: other.status.moved == 1)


async def test_what_it_opened_it_closes(
    connection: Connection,
    second_server: EmbeddedServer,
    open_connection: Callable,
    keys: Keys,
    eventually: Callable,
    write_site: Callable,
) -> None:
    admin = open_connection(second_server, "admin")
    await write_site(connection, two_sources(second_server.url))
    for _ in range(3):
        collector = Collector(connection, keys)
        running = asyncio.create_task(collector.run())
        await eventually(lambda c=collector: c.status.sources and c.status.sources["south"].holding)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    async def alone() -> bool:
        return {client["name"] for client in await admin.quick.client_list()} == {
            "enigma-tui:admin"
        }

    await eventually(alone)
    for key in (keys.lease("north"), keys.lease("south"), keys.house):
        assert not await connection.quick.exists(key)


async def test_the_pulse_tells_who_is_not_collected_why_and_what_waits_elsewhere(
    connection: Connection,
    new_server: Callable,
    open_connection: Callable,
    keys: Keys,
    start: Callable,
    eventually: Callable,
    write_site: Callable,
) -> None:
    pbx = new_server()
    await write_site(connection, two_sources(pbx.url))
    sink = Recorder()
    follower = Follower(connection, keys, sink)
    start(follower.run())
    await eventually(lambda: follower.pulse)
    assert set(follower.pulse.uncollected) <= {"pbx", "north", "south"}
    await eventually(lambda: follower.pulse.uncollected == {"north": "", "south": ""})
    await connection.quick.set(keys.house, "another")
    collector = Collector(open_connection(connection.address.url), keys)
    start(collector.run())
    await eventually(lambda: follower.pulse.collected)
    assert follower.pulse.backlog == 0
    pbx.kill()
    await eventually(lambda: follower.pulse.uncollected == {"south": "unreachable"})
    pbx.start()
    await eventually(lambda: follower.pulse.collected)


@pytest.mark.parametrize(
    ("told", "news"),
    [
        (b"1000000 7 no answer", SourceNews(7, "no answer")),
        (b"1000000 7", SourceNews(7)),
        (b"984999 7 no answer", SourceNews()),
        (b"985000 7 no answer", SourceNews(7, "no answer")),
        (b"of another form", SourceNews()),
        (b"1000000 many x", SourceNews()),
        (b"\xff\xfe", SourceNews()),
        (b"", SourceNews()),
    ],
)
def test_news_that_is_old_or_unreadable_is_no_news(told: bytes, news: SourceNews) -> None:
    assert SourceNews.read(told, 1_000_000) == news
