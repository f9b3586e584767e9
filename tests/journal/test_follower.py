"""A follower misses nothing, comes back by itself, and notices when the journal is not the same."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import pytest

from enigma_tui.journal.connection import Connection
from enigma_tui.journal.follower import Follower
from enigma_tui.journal.keys import Keys
from enigma_tui.model.call import ORIGIN, EntryId
from enigma_tui.model.entry import Event, Notified
from enigma_tui.model.notification import Rejected
from enigma_tui.site import Calls, Site, Source

INBOUND, CDR = Source().inbound, Source().cdr
WITH_CDR = Site(sources=(Source(collect_cdr=True),))


@dataclass
class Recorder:
    """A sink that keeps what it is told."""

    last: EntryId = ORIGIN
    seen: list[str] = field(default_factory=list)
    restarts: list[bool] = field(default_factory=list)
    sites: list[Site | None] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    follower: Follower | None = None

    def on_events(self, events: Sequence[Event]) -> None:
        for event in events:
            assert event.id > self.last
            self.last = event.id
            if isinstance(event, Notified) and isinstance(event.what, Rejected):
                self.seen.append(event.what.raw.decode())

    def on_restart(self, missing: bool) -> None:
        self.restarts.append(missing)
        self.seen, self.last = [], ORIGIN

    def on_site(self, site: Site | None) -> None:
        self.sites.append(site)

    def on_link(self) -> None:
        if self.follower and (fault := self.follower.link.fault):
            self.faults.append(fault.name)


def follow(connection: Connection, keys: Keys) -> tuple[Follower, Recorder]:
    recorder = Recorder()
    recorder.follower = Follower(connection, keys, recorder)
    return recorder.follower, recorder


async def append(connection: Connection, keys: Keys, *numbers: int) -> list[str]:
    pipeline = connection.quick.pipeline()
    for number in numbers:
        pipeline.xadd(keys.journal, {"kind": "call", "raw": str(number), "feed": "inbound"})
    await pipeline.execute()
    return [str(number) for number in numbers]


async def test_what_was_is_read_first_and_what_comes_is_followed(
    connection: Connection, keys: Keys, start: Callable, eventually: Callable
) -> None:
    old = await append(connection, keys, *range(1_234))
    follower, sink = follow(connection, keys)
    assert not follower.link.caught_up
    start(follower.run())
    await eventually(lambda: follower.link.caught_up)
    assert sink.seen == old
    new = await append(connection, keys, 9_000, 9_001)
    assert await eventually(lambda: sink.seen == old + new) < 2.0
    assert sink.restarts == []
    assert follower.link.connected


async def test_an_empty_journal_is_caught_up_with_at_once(
    connection: Connection, keys: Keys, start: Callable, eventually: Callable
) -> None:
    follower, sink = follow(connection, keys)
    start(follower.run())
    await eventually(lambda: follower.link.caught_up)
    assert sink.sites == [None]
    new = await append(connection, keys, 1)
    await eventually(lambda: sink.seen == new)


async def test_one_notification_costs_one_read(
    connection: Connection, keys: Keys, start: Callable, eventually: Callable
) -> None:
    follower, sink = follow(connection, keys)
    start(follower.run())
    await eventually(lambda: follower.link.caught_up)
    await connection.quick.config_resetstat()
    for number in range(20):
        await append(connection, keys, number)
        await eventually(lambda n=number: len(sink.seen) == n + 1)
    stats = await connection.quick.info("commandstats")
    assert stats["cmdstat_xread"]["calls"] <= 20 + 1


async def test_it_comes_back_after_the_server_has_and_has_missed_nothing(
    new_server: Callable,
    open_connection: Callable,
    keys: Keys,
    start: Callable,
    eventually: Callable,
) -> None:
    server = new_server("--appendonly", "yes", "--appendfsync", "always")
    follower, sink = follow(open_connection(server), keys)
    writer = open_connection(server)
    before = await append(writer, keys, 1, 2)
    start(follower.run())
    await eventually(lambda: sink.seen == before and follower.link.caught_up)
    server.kill()
    await eventually(lambda: follower.link.fault)
    link = follower.link
    assert link.fault.lost
    assert not link.connected
    assert not link.caught_up
    assert link.retry_at is not None
    assert link.retry_at - time.monotonic() < 7.0
    assert link.answered_at is not None
    assert link.answered_at <= time.monotonic()
    await eventually(lambda: len(sink.faults) > 2)  # it tries again, and says so
    aged = link.answered_at
    server.start()
    after = await append(writer, keys, 3)
    await eventually(lambda: sink.seen == before + after)
    assert link.fault is None
    assert link.retry_at is None
    assert link.connected
    assert link.answered_at > aged
    assert sink.restarts == []


async def test_a_server_that_lost_its_data_is_read_from_the_beginning(
    new_server: Callable,
    open_connection: Callable,
    keys: Keys,
    start: Callable,
    eventually: Callable,
) -> None:
    server = new_server()
    follower, sink = follow(open_connection(server), keys)
    writer = open_connection(server)
    before = await append(writer, keys, 1, 2)
    start(follower.run())
    await eventually(lambda: sink.seen == before)
    server.kill()
    await eventually(lambda: follower.link.fault)
    server.start()
    after = await append(writer, keys, 3)
    await eventually(lambda: sink.seen == after)
    assert sink.restarts == [True]


async def test_a_journal_deleted_while_connected_is_noticed_though_new_entries_come(
    connection: Connection, keys: Keys, start: Callable, eventually: Callable
) -> None:
    before = await append(connection, keys, 1, 2)
    follower, sink = follow(connection, keys)
    start(follower.run())
    await eventually(lambda: sink.seen == before)
    await connection.quick.delete(keys.journal)
    sent = await append(connection, keys, 3)
    await eventually(lambda: sink.restarts == [True])
    await eventually(lambda: sink.seen == sent)


async def test_a_server_that_was_left_does_not_speak_for_the_one_that_is_read(
    connection: Connection,
    keys: Keys,
    new_server: Callable,
    open_connection: Callable,
    start: Callable,
    eventually: Callable,
) -> None:
    """During a fail-over one client may be at the old primary still, which has every entry."""
    old = open_connection(new_server())
    for each in (connection, old):
        await each.quick.xadd(keys.journal, {"kind": "call", "raw": "1"}, id="5-0")
    between = replace(connection, quick=old.quick)
    follower, sink = follow(between, keys)
    start(follower.run())
    await eventually(lambda: sink.seen == ["1"])
    await connection.quick.delete(keys.journal)
    await connection.quick.xadd(keys.journal, {"kind": "call", "raw": "1"}, id="7-0")
    await eventually(lambda: sink.restarts == [True])
    await eventually(lambda: sink.seen == ["1"])


async def waits_for_more(connection: Connection) -> bool:
    return bool((await connection.quick.info("clients"))["blocked_clients"])


async def test_a_screen_paused_for_longer_than_the_journal_reaches_starts_again(
    connection: Connection, keys: Keys, start: Callable, eventually: Callable
) -> None:
    await append(connection, keys, 1, 2)
    follower, sink = follow(connection, keys)
    start(follower.run())
    await eventually(lambda: waits_for_more(connection))
    follower.gate.clear()
    await append(connection, keys, 3)
    # The read that was under way is still answered; after it, the gate holds.
    await eventually(lambda: sink.seen == ["1", "2", "3"])
    sent = await append(connection, keys, *range(10, 20))
    await eventually(lambda: follower.pulse)
    assert sink.seen == ["1", "2", "3"]
    await connection.quick.xtrim(keys.journal, maxlen=10, approximate=False)
    follower.gate.set()
    await eventually(lambda: sink.restarts == [True] and sink.seen == sent)


async def test_a_closed_gate_holds_back_and_an_opened_one_catches_up(
    connection: Connection, keys: Keys, start: Callable, eventually: Callable
) -> None:
    follower, sink = follow(connection, keys)
    follower.gate.clear()
    start(follower.run())
    await eventually(lambda: follower.link.connected and follower.pulse)
    sent = await append(connection, keys, *range(600))
    first = follower.pulse
    await eventually(lambda: follower.pulse is not first)
    assert sink.seen == []
    follower.gate.set()
    await eventually(lambda: sink.seen == sent)
    assert sink.restarts == []


async def test_a_change_of_policy_reads_everything_again_by_the_new_rules(
    connection: Connection, keys: Keys, start: Callable, eventually: Callable, write_site: Callable
) -> None:
    await write_site(connection)
    sent = await append(connection, keys, 1, 2)
    follower, sink = follow(connection, keys)
    start(follower.run())
    await eventually(lambda: sink.seen == sent)
    assert sink.sites == [Site()]
    await write_site(connection, WITH_CDR)
    await eventually(lambda: sink.restarts == [False])
    await eventually(lambda: sink.seen == sent and follower.link.caught_up)
    assert [site.policy().cdr_sources for site in sink.sites] == [frozenset(), {"pbx"}]
    await write_site(connection, Site(calls=Calls(ghost_after_minutes=5)))
    await eventually(lambda: sink.restarts == [False, False] and sink.seen == sent)


async def test_a_change_that_is_no_change_of_policy_restarts_nothing(
    connection: Connection, keys: Keys, start: Callable, eventually: Callable, write_site: Callable
) -> None:
    await write_site(connection)
    sent = await append(connection, keys, 1, 2)
    follower, sink = follow(connection, keys)
    start(follower.run())
    await eventually(lambda: sink.seen == sent)
    await write_site(connection, Site(title="North"))
    await eventually(lambda: sink.sites == [Site(), Site(title="North")])
    assert sink.restarts == []


async def test_a_board_that_starts_knows_the_policy_before_the_first_call(
    connection: Connection, keys: Keys, start: Callable, eventually: Callable, write_site: Callable
) -> None:
    sent = await append(connection, keys, 1, 2)
    await write_site(connection, WITH_CDR)
    follower, sink = follow(connection, keys)
    start(follower.run())
    await eventually(lambda: sink.seen == sent and follower.link.caught_up)
    assert sink.sites == [WITH_CDR]
    assert sink.restarts == []


async def test_settings_that_cannot_be_read_are_named_and_mended_ones_taken_up(
    connection: Connection, keys: Keys, start: Callable, eventually: Callable
) -> None:
    await connection.quick.set(keys.site, '{"retention": {"days": 0}}')
    follower, sink = follow(connection, keys)
    start(follower.run())
    await eventually(lambda: follower.link.fault)
    assert follower.link.fault.name == "wrong site settings"
    assert f"{keys.site}: retention.days" in follower.link.fault.sentence
    await connection.quick.set(keys.site, Site().to_json())
    await eventually(lambda: follower.link.caught_up)
    assert sink.sites == [Site()]


async def test_the_pulse_tells_backlog_offset_and_whether_anyone_collects(
    connection: Connection, keys: Keys, start: Callable, eventually: Callable, write_site: Callable
) -> None:
    await write_site(connection)
    await connection.quick.rpush(INBOUND, "1", "2", "3")
    await connection.quick.rpush(CDR, "not collected, so no backlog")
    follower, _ = follow(connection, keys)
    start(follower.run())
    await eventually(lambda: follower.pulse and follower.pulse.backlog == 3)
    assert abs(follower.pulse.server_ms - time.time() * 1000) < 5_000  # one machine, one clock
    assert not follower.pulse.collected
    await connection.quick.set(keys.lease("pbx"), "somebody")
    await write_site(connection, WITH_CDR)
    await eventually(lambda: follower.pulse.collected and follower.pulse.backlog == 4)


async def test_what_anybody_writes_where_collectors_tell_their_news_stops_no_board(
    connection: Connection, keys: Keys, start: Callable, eventually: Callable
) -> None:
    await connection.quick.hset(keys.collecting, mapping={b"\xff": b"\xff", "pbx": "9" * 5_000})
    await connection.quick.hset(keys.collecting, "east", "\u0661 \u0662 x")
    follower, _ = follow(connection, keys)
    running = start(follower.run())
    await eventually(lambda: follower.pulse)
    assert not running.done()


async def test_what_a_sink_raises_is_no_fault_of_the_server_and_loses_nothing(
    connection: Connection, keys: Keys, start: Callable, eventually: Callable
) -> None:
    sent = await append(connection, keys, 1, 2, 3)
    follower, sink = follow(connection, keys)
    take = sink.on_events

    def half(events: Sequence[Event]) -> None:
        take(events[:2])
        raise OSError("disk full") from KeyError("why")

    sink.on_events = half
    for _ in range(2):
        with pytest.raises(OSError, match="disk full") as caught:
            await asyncio.wait_for(follower.run(), 5)
        assert isinstance(caught.value.__cause__, KeyError)
        assert sink.seen == sent[:2]
    assert sink.faults == []
    assert follower.link.fault is None
    sink.on_events = take
    start(follower.run())
    await eventually(lambda: sink.seen == sent)
    assert sink.restarts == [False, False]


@pytest.mark.parametrize("name", ["on_site", "on_link"])
async def test_whatever_a_sink_raises_surfaces(
    connection: Connection, keys: Keys, name: str
) -> None:
    follower, sink = follow(connection, keys)

    def fail(*_: object) -> None:
        raise TimeoutError(name)

    setattr(sink, name, fail)
    with pytest.raises(TimeoutError, match=name):
        await asyncio.wait_for(follower.run(), 5)


async def test_the_pulse_outlives_a_server_that_refuses_to_answer(
    new_server: Callable,
    open_connection: Callable,
    keys: Keys,
    start: Callable,
    eventually: Callable,
) -> None:
    server = new_server()
    admin = open_connection(server)
    await admin.quick.execute_command(
        "ACL", "SETUSER", "reader", "on", ">secret", "~*", "+@all", "-time"
    )
    limited = open_connection(server.url.replace("unix://", "unix://reader:secret@"))
    follower, sink = follow(limited, keys)
    running = start(follower.run())
    await eventually(lambda: follower.link.caught_up)
    sent = await append(admin, keys, 1)
    await eventually(lambda: sink.seen == sent)
    await connection_refused_once(admin)
    assert not running.done()


async def connection_refused_once(admin: Connection) -> None:
    """Show that the pulse did ask and was refused."""
    log = await admin.quick.execute_command("ACL", "LOG")
    assert any(b"time" in (entry[b"object"] if isinstance(entry, dict) else entry) for entry in log)
