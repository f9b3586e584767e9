"""What a supervisor did is recorded, or refused, or kept: never forgotten in between."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.journal import desk, pending
from enigma_tui.journal.connection import Connection
from enigma_tui.journal.desk import Act, DispositionDesk, Who
from enigma_tui.journal.handing_in import HandingIn, Rules
from enigma_tui.journal.keys import Keys
from enigma_tui.journal.pending import PendingActs
from enigma_tui.model.call import CallKey, EntryId, Feed


def call(number: int) -> CallKey:
    return CallKey("pbx", Feed.INBOUND, f"c{number}", EntryId(1, number))


def handing_in(connection: Connection, keys: Keys, directory: Path) -> HandingIn:
    return HandingIn(
        connection,
        keys,
        Who("mo"),
        PendingActs(directory, "here"),
        away=lambda: False,
        now_ms=lambda: 1_000,
        rules=lambda: Rules(7, 60_000),
    )


async def dispositions(connection: Connection, keys: Keys) -> int:
    entries = await connection.quick.xrange(keys.journal)
    return sum(fields[b"kind"] == b"disposition" for _, fields in entries)


@pytest.fixture
def frozen(new_server: Callable) -> Iterator[EmbeddedServer]:
    """A server that answers nobody, until it is thawed."""
    server = new_server()
    os.kill(server.pid, signal.SIGSTOP)
    yield server
    os.kill(server.pid, signal.SIGCONT)


async def test_an_act_that_nobody_answered_is_kept_when_the_board_is_closed(
    frozen: EmbeddedServer, open_connection: Callable, keys: Keys, tmp_path: Path
) -> None:
    connection = open_connection(frozen)
    handing = handing_in(connection, keys, tmp_path / "state")
    act = Act(call(1), "spam", 0)
    acting = asyncio.create_task(handing.dispose([act]))
    await asyncio.wait({acting}, timeout=0.2)
    acting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await acting
    handing.pending.close()
    os.kill(frozen.pid, signal.SIGCONT)
    again = handing_in(connection, keys, tmp_path / "state")
    again.pending.open()
    assert [(each.id, each.sent) for each in again.pending] == [(act.id, True)]
    assert (await again.replay()).recorded == 1
    assert await dispositions(connection, keys) == 1


async def test_a_bulk_does_not_wait_for_a_server_that_is_away_act_by_act(
    frozen: EmbeddedServer,
    open_connection: Callable,
    keys: Keys,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(desk, "MOST_SECONDS", 0.3)
    sent = 0
    dispose = DispositionDesk._dispose

    async def counting(self: DispositionDesk, act: Act) -> object:
        nonlocal sent
        sent += 1
        return await dispose(self, act)

    monkeypatch.setattr(DispositionDesk, "_dispose", counting)
    handing = handing_in(open_connection(frozen), keys, tmp_path / "state")
    results = await handing.dispose([Act(call(n), "spam", 0) for n in range(200)])
    assert all(result.kept for result in results)
    assert sent == desk.AT_ONCE
    assert sum(each.sent for each in handing.pending) == desk.AT_ONCE


async def test_one_act_that_the_server_will_not_have_keeps_no_other_from_being_recorded(
    connection: Connection, keys: Keys, tmp_path: Path
) -> None:
    handing = handing_in(connection, keys, tmp_path)
    handing.away = lambda: True
    await handing.dispose([Act(call(n), "spam", 0) for n in range(3)])
    handing.away = lambda: False
    await connection.quick.rpush(keys.call(call(0)), "something else")
    done = await handing.replay()
    assert (done.recorded, done.refused) == (2, 0)
    assert done.fault is not None
    assert done.fault.name == "wrong key type"
    assert len(handing.pending) == 1
    await connection.quick.delete(keys.call(call(0)))
    assert (await handing.replay()).recorded == 1


async def test_a_disk_that_is_full_is_not_called_a_server_that_is_away(
    connection: Connection, keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handing = handing_in(connection, keys, tmp_path)
    handing.away = lambda: True
    await handing.dispose([Act(call(1), "spam", 0)])
    handing.away = lambda: False

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pending.os, "write", full)
    done = await handing.replay()
    assert done.fault is not None
    assert done.fault.name == "cannot be kept"
    assert "No space left on device" in done.fault.sentence
    assert (await handing.take_back([next(iter(handing.pending)).act]))[0].problem


async def test_what_may_have_been_recorded_is_not_told_as_refused(
    connection: Connection, keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first answer is lost, and then the user's rights are."""
    dispose = DispositionDesk._dispose
    tries = 0

    async def worse(self: DispositionDesk, act: Act) -> object:
        nonlocal tries
        tries += 1
        if tries == 1:
            await dispose(self, act)
            raise ConnectionError("the answer is lost")
        return await self.connection.quick.execute_command("NO SUCH COMMAND")

    monkeypatch.setattr(DispositionDesk, "_dispose", worse)
    handing = handing_in(connection, keys, tmp_path)
    (result,) = await handing.dispose([Act(call(1), "spam", 0)])
    assert result.kept
    monkeypatch.undo()
    assert (await handing.replay()).recorded == 1
    assert await dispositions(connection, keys) == 1
