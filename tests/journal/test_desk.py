"""Of two supervisors who dispose of one call one wins, and an act is recorded once."""

import asyncio
from collections.abc import Callable

import pytest
from redis.exceptions import RedisError

from enigma_tui.journal.connection import Address, Connection, connect
from enigma_tui.journal.desk import Act, DispositionDesk, Outcome, Who, who_am_i
from enigma_tui.journal.faults import LOST, explain
from enigma_tui.journal.keys import Keys
from enigma_tui.model.board import Board
from enigma_tui.model.call import CallKey, EntryId, Feed
from enigma_tui.model.entry import Disposed, Notified, decode
from enigma_tui.model.notification import unpack

CALL = CallKey("pbx", Feed.INBOUND, "4711", EntryId(1_763_800_000_000, 5))


def desk(connection: Connection, keys: Keys, name: str = "mo", days: int = 7) -> DispositionDesk:
    return DispositionDesk(connection, keys, Who(name), days)


async def journal(connection: Connection, keys: Keys) -> list[Disposed]:
    found = [
        decode(EntryId.parse(entry_id.decode()), fields)
        for entry_id, fields in await connection.quick.xrange(keys.journal)
    ]
    assert all(isinstance(event, Disposed) for event in found)
    return found


async def test_an_act_is_recorded_as_it_was_meant(connection: Connection, keys: Keys) -> None:
    act = Act(CALL, "callback", 0, note="Zoë: ring\nback", callback_ms=1_763_900_000_000)
    answer = await DispositionDesk(connection, keys, Who("mo", verified=True)).dispose(act)
    assert answer.outcome is Outcome.DONE
    assert answer.recorded
    (event,) = await journal(connection, keys)
    assert event.key == CALL
    told = event.disposition
    assert (told.code, told.by, told.version, told.verified) == ("callback", "mo", 1, True)
    assert told.callback_ms == 1_763_900_000_000
    assert told.at_ms == answer.at_ms == event.id.ms
    assert (answer.version, answer.code, answer.by) == (1, "callback", "mo")


async def test_the_same_act_sent_again_changes_nothing(connection: Connection, keys: Keys) -> None:
    act = Act(CALL, "resolved", 0)
    first = await desk(connection, keys).dispose(act)
    again = await desk(connection, keys).dispose(act)
    assert again.outcome is Outcome.REPEATED
    assert again.recorded
    assert (again.version, again.at_ms) == (first.version, first.at_ms)
    assert len(await journal(connection, keys)) == 1


async def test_an_act_sent_again_after_others_is_still_known(
    connection: Connection, keys: Keys
) -> None:
    acts = [Act(CALL, f"code{n}", n) for n in range(32)]
    for act in acts:
        assert (await desk(connection, keys).dispose(act)).outcome is Outcome.DONE
    for act in acts:
        assert (await desk(connection, keys).dispose(act)).outcome is Outcome.REPEATED
    assert len(await journal(connection, keys)) == 32


async def test_who_comes_second_is_told_who_what_and_when_and_writes_nothing(
    connection: Connection, keys: Keys
) -> None:
    first = await desk(connection, keys, "ann").dispose(Act(CALL, "spam", 0, note="again"))
    second = await desk(connection, keys, "bob").dispose(Act(CALL, "resolved", 0))
    assert second.outcome is Outcome.CONFLICT
    assert not second.recorded
    assert (second.by, second.code, second.note) == ("ann", "spam", "again")
    assert (second.at_ms, second.version) == (first.at_ms, 1)
    assert [e.disposition.by for e in await journal(connection, keys)] == ["ann"]
    amended = await desk(connection, keys, "bob").dispose(Act(CALL, "resolved", second.version))
    assert (amended.outcome, amended.version) == (Outcome.DONE, 2)


async def test_an_act_on_an_older_use_of_a_reference_is_refused(
    connection: Connection, keys: Keys
) -> None:
    newer = CALL._replace(since=EntryId(CALL.since.ms, CALL.since.seq + 1))
    assert (await desk(connection, keys).dispose(Act(newer, "spam", 0))).recorded
    refused = await desk(connection, keys).dispose(Act(CALL, "resolved", 0))
    assert refused.outcome is Outcome.SUPERSEDED
    assert [e.key for e in await journal(connection, keys)] == [newer]
    elsewhere = CALL._replace(feed=Feed.DIALLER)
    assert (await desk(connection, keys).dispose(Act(elsewhere, "spam", 0))).recorded


async def test_an_outbound_call_of_the_same_reference_does_not_supersede_an_inbound_one(
    connection: Connection, keys: Keys
) -> None:
    """Two live calls, told by the PBX: each can be disposed of, whichever comes first."""
    board = Board()
    for ms, direction in ((CALL.since.ms, "inbound"), (CALL.since.ms + 9, "outbound")):
        raw = b'{"type":"call","payload":{"call_ref":"7","call_dir":"%s"}}' % direction.encode()
        board.apply(Notified(EntryId(ms, 0), "pbx", "inbound", False, unpack(raw)))
    inbound, outbound = board.calls
    for key in (outbound, inbound):
        answer = await desk(connection, keys).dispose(Act(key, "spam", 0))
        assert answer.outcome is Outcome.DONE
    for event in await journal(connection, keys):
        board.apply(event)
    assert all(call.disposition for call in board.calls.values())


async def test_what_is_no_text_is_recorded_as_it_is_shown(
    connection: Connection, keys: Keys
) -> None:
    act = Act(CALL, "sp\udcffam", 0, note="a\ud800b" + "c" * 2_000)
    answer = await desk(connection, keys, "m\udcffo").dispose(act)
    assert (answer.outcome, answer.code, answer.by) == (Outcome.DONE, "sp\ufffdam", "m\ufffdo")
    (event,) = await journal(connection, keys)
    assert event.disposition.note == answer.note
    assert answer.note.startswith("a\ufffdbccc")
    assert len(answer.note) == 1_000


async def test_an_act_is_not_waited_for_for_ever(
    open_connection: Callable, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that takes what is sent and does not answer."""
    monkeypatch.setattr("enigma_tui.journal.desk.MOST_SECONDS", 0.5)
    held = []

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    link = open_connection(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0")
    async with asyncio.timeout(30):
        with pytest.raises(LOST) as caught:
            await desk(link, keys).dispose(Act(CALL, "spam", 0))
    assert explain(caught.value, "here").name == "no answer"
    await link.close()
    server.close()
    await server.wait_closed()


async def test_two_who_race_for_two_hundred_calls_win_each_call_once(
    server: object, open_connection: Callable, keys: Keys
) -> None:
    connections = [open_connection(server) for _ in range(2)]
    calls = [CALL._replace(call_ref=str(n)) for n in range(200)]

    async def race(connection: Connection, name: str) -> list[Outcome]:
        mine = desk(connection, keys, name)
        return [(await mine.dispose(Act(call, name, 0))).outcome for call in calls]

    ann, bob = await asyncio.gather(race(connections[0], "ann"), race(connections[1], "bob"))
    for pair in zip(ann, bob, strict=True):
        assert sorted(pair) == [Outcome.CONFLICT, Outcome.DONE]
    recorded = await journal(connections[0], keys)
    assert sorted(e.key.call_ref for e in recorded) == sorted(c.call_ref for c in calls)


async def test_what_is_kept_beside_the_journal_expires_with_it(
    connection: Connection, keys: Keys
) -> None:
    await desk(connection, keys, days=3).dispose(Act(CALL, "spam", 0))
    for key in (keys.call(CALL), keys.reference(CALL.source, CALL.feed, CALL.call_ref)):
        assert 3 * 86_400 - 60 < await connection.quick.ttl(key) <= 3 * 86_400


@pytest.mark.parametrize("wrong", ["call", "reference", "journal"])
async def test_where_a_key_is_of_a_wrong_type_nothing_is_half_written(
    connection: Connection, keys: Keys, wrong: str
) -> None:
    names = {
        "call": keys.call(CALL),
        "reference": keys.reference(CALL.source, CALL.feed, CALL.call_ref),
        "journal": keys.journal,
    }
    await connection.quick.rpush(names[wrong], "something else")
    with pytest.raises(RedisError) as caught:
        await desk(connection, keys).dispose(Act(CALL, "spam", 0))
    assert explain(caught.value, "here").name == "wrong key type"
    assert await connection.quick.keys() == [names[wrong].encode()]


@pytest.mark.parametrize(
    "reference", ["a:b:c", "with spaces in", "Ünïcode-☎-電話", "{braces}", "*"]
)
async def test_a_reference_may_be_anything(
    connection: Connection, keys: Keys, reference: str
) -> None:
    call = CALL._replace(call_ref=reference)
    assert (await desk(connection, keys).dispose(Act(call, "spam", 0))).recorded
    assert [e.key for e in await journal(connection, keys)] == [call]
    other = CALL._replace(call_ref=reference + "x")
    assert (await desk(connection, keys).dispose(Act(other, "spam", 0))).outcome is Outcome.DONE


async def test_an_act_whose_answer_is_lost_is_recorded_once(
    new_server: Callable, open_connection: Callable, keys: Keys
) -> None:
    server = new_server(port=0)
    direct = open_connection(server)
    # The script is known to the server beforehand, so the first sending carries the act out.
    assert (await desk(direct, keys).dispose(Act(CALL, "spam", 0))).recorded
    async with _Cutter(int(server.url.rsplit(":", 1)[1].split("/")[0])) as cutter:
        through = open_connection(f"redis://127.0.0.1:{cutter.port}/0")
        call = CALL._replace(call_ref="lost")
        answer = await desk(through, keys).dispose(Act(call, "resolved", 0))
        await through.close()
    assert cutter.cuts == 1
    assert answer.outcome is Outcome.REPEATED
    assert [e.key for e in await journal(direct, keys)] == [CALL, call]


class _Cutter:
    """A proxy that cuts the connection instead of passing on the first script's answer."""

    def __init__(self, behind: int) -> None:
        self.behind = behind
        self.cuts = 0

    async def __aenter__(self) -> "_Cutter":
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.server.close()
        await self.server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, server = await asyncio.open_connection("127.0.0.1", self.behind)
        cut = False
        while data := await reader.read(65_536):
            cut = b"EVALSHA" in data and not self.cuts
            server.write(data)
            answer = await answers.read(65_536)
            if cut:
                self.cuts += 1
                break
            writer.write(answer)
        for end in (writer, server):
            end.close()
            await end.wait_closed()


async def test_a_wrong_password_is_told_at_once_and_not_tried_again(
    new_server: Callable, open_connection: Callable, keys: Keys
) -> None:
    server = new_server()
    admin = open_connection(server)
    await admin.quick.config_resetstat()
    link = open_connection(server.url.replace("unix://", "unix://nobody:wrong@"))
    with pytest.raises(RedisError) as caught:
        await desk(link, keys).dispose(Act(CALL, "spam", 0))
    assert explain(caught.value, "here").name == "wrong password"
    stats = await admin.quick.info("commandstats")
    assert stats["cmdstat_auth"]["calls"] == 1


async def test_an_act_gives_up_where_nobody_answers(
    new_server: Callable, open_connection: Callable, keys: Keys
) -> None:
    server = new_server()
    connection = open_connection(server)
    server.kill()
    with pytest.raises((RedisError, OSError)) as caught:
        await desk(connection, keys).dispose(Act(CALL, "spam", 0))
    assert explain(caught.value, "here").lost


def test_a_name_is_verified_only_where_the_server_checks_it() -> None:
    def who(url: str) -> Who:
        return who_am_i(connect(Address(url), "test"), "mo")

    assert who("redis://h/0") == Who("mo")
    assert who("redis://default:x@h/0") == Who("mo")
    assert who("redis://ann:x@h/0") == Who("ann", verified=True)
