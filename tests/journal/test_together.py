"""What runs side by side ends together, and a cancellation is never lost between failures."""

import asyncio

import pytest

from enigma_tui.journal.collector import Collector
from enigma_tui.journal.collector_house import HouseKeeper
from enigma_tui.journal.collector_source import SourceCollector
from enigma_tui.journal.connection import Connection
from enigma_tui.journal.follower import Follower
from enigma_tui.journal.keys import Keys
from enigma_tui.journal.lease import Lease, Turn
from enigma_tui.journal.sites import SiteStore, StoredSite
from enigma_tui.journal.together import together
from enigma_tui.site import Site

from .test_follower import Recorder

STEPS = range(40)
"""Turns of the event loop: more than it takes from a start to a failure and the next start."""


async def turns(number: int) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


async def never() -> None:
    try:
        await asyncio.Event().wait()
    finally:
        await turns(3)  # tidying up takes a while


async def failing() -> None:
    await turns(3)
    raise OSError("gone")


async def ends_when_cancelled(task: asyncio.Task[object], step: int) -> None:
    await turns(step)
    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=5)
    assert done, f"cancelled at step {step} it goes on"
    assert task.cancelled(), f"at step {step}: {task.exception()!r}"


async def test_what_failed_is_raised_when_all_have_ended() -> None:
    tidied = asyncio.Event()

    async def beside() -> None:
        try:
            await never()
        finally:
            tidied.set()

    with pytest.raises(BaseExceptionGroup) as caught:
        await together(beside(), failing())
    assert [type(error) for error in caught.value.exceptions] == [OSError]
    assert tidied.is_set()
    task = asyncio.current_task()
    assert task is not None
    assert not task.cancelling()


@pytest.mark.parametrize("step", STEPS)
async def test_a_cancellation_comes_through_at_every_step(step: int) -> None:
    async def again_and_again() -> None:
        while True:
            try:
                await together(never(), failing())
            except BaseExceptionGroup:
                await asyncio.sleep(0)

    await ends_when_cancelled(asyncio.create_task(again_and_again()), step)


@pytest.mark.parametrize("step", STEPS)
async def test_collecting_can_be_cancelled_at_every_step_of_a_failure(
    connection: Connection, keys: Keys, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    async def load(self: SiteStore) -> StoredSite:
        return StoredSite(Site(), b"")

    monkeypatch.setattr(SiteStore, "load", load)
    monkeypatch.setattr(Turn, "_compete", lambda self, backoff: self._work(backoff))
    monkeypatch.setattr(Lease, "keep", lambda self, renewed: never())
    monkeypatch.setattr(SourceCollector, "_collect", lambda self, mover: failing())
    monkeypatch.setattr(SourceCollector, "_measure", lambda self, mover: never())
    monkeypatch.setattr(HouseKeeper, "_work", lambda self: failing())
    monkeypatch.setattr(Collector, "_watch", lambda self, *_: never())
    monkeypatch.setattr("enigma_tui.journal.lease.Backoff.next", lambda self: 0.0)
    collector = Collector(connection, keys)
    await ends_when_cancelled(asyncio.create_task(collector.run()), step)
    assert not collector.status.holding


@pytest.mark.parametrize("step", STEPS)
async def test_following_can_be_cancelled_at_every_step_of_a_failure(
    connection: Connection, keys: Keys, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    monkeypatch.setattr(Follower, "_follow", lambda self: failing())
    monkeypatch.setattr(Follower, "_feel_pulse", lambda self: never())
    follower = Follower(connection, keys, Recorder())

    async def again_and_again() -> None:
        while True:
            with pytest.raises(OSError, match="gone"):
                await follower.run()

    await ends_when_cancelled(asyncio.create_task(again_and_again()), step)
