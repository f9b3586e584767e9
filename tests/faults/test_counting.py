"""The account sees what is lost, doubled and refused; or else no row would mean anything."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from enigma_tui.demo.embedded import EmbeddedServer

from .nursery import Nursery, open_nursery
from .patience import Impatient, until
from .scene import Account, Scene, open_scene


@pytest_asyncio.fixture
async def nursery() -> AsyncIterator[Nursery]:
    async with open_nursery() as nursery:
        yield nursery


@pytest_asyncio.fixture
async def scene(nursery: Nursery, server: EmbeddedServer) -> AsyncIterator[Scene]:
    async with open_scene(nursery, server.url) as scene:
        yield scene


async def test_a_thief_of_one_notification_is_seen(scene: Scene) -> None:
    await scene.pbx.push(10)
    await scene.connection.quick.lpop(scene.pbx.inbound)
    scene.collector()
    await until(lambda: len(scene.watch.shown) == 14, "all others are shown")
    account = Account("theft")
    await account.close(scene, seconds=0.1)
    assert (account.accepted, account.lost, account.twice) == (15, 1, 0)
    assert not account.result().good


async def test_a_notification_journalled_again_after_its_record_is_seen(scene: Scene) -> None:
    scene.collector()
    await scene.pbx.push(10)
    await scene.settled()
    entries = await scene.connection.quick.xrange(scene.keys.journal)
    again = next(fields for _, fields in entries if b'"call_ref": "1"' in fields.get(b"raw", b""))
    await scene.connection.quick.xadd(scene.keys.journal, again)
    await until(lambda: len(scene.watch.board.calls) == 11, "a second call is shown")
    account = Account("double")
    await account.close(scene)
    assert (account.lost, account.twice) == (0, 1)
    assert scene.watch.twice == 1


async def test_a_double_that_no_board_shows_as_a_call_is_seen_too(scene: Scene) -> None:
    scene.collector()
    await scene.pbx.push(1)
    await scene.settled()
    entries = await scene.connection.quick.xrange(scene.keys.journal)
    again = next(fields for _, fields in entries if b"raw" in fields)
    await scene.connection.quick.xadd(scene.keys.journal, again)
    account = Account("double")
    await account.close(scene)
    assert (account.lost, account.twice, scene.watch.twice) == (0, 1, 0)


async def test_what_the_server_refused_is_not_lost(scene: Scene) -> None:
    await scene.connection.quick.set(scene.pbx.cdr, "a string")
    await scene.pbx.push(10)
    await scene.connection.quick.delete(scene.pbx.cdr)
    scene.collector()
    account = Account("refusal")
    await account.close(scene)
    assert (account.accepted, account.lost, account.destroyed) == (10, 0, 5)


async def test_a_child_kills_itself_at_exactly_the_step_it_was_given(
    nursery: Nursery, server: EmbeddedServer
) -> None:
    steps = []
    for at in (1, 2, 3):
        child = nursery.start(
            "dispose",
            kill_at=at,
            url=server.url,
            prefix="faults",
            call=["pbx", "inbound", "1", [1, 0]],
            act="a",
            by="tester",
        )
        assert await child.ended == -9
        steps += [line["step"] for line in child.take("step")]
    assert steps == ["before CLIENT", "sent CLIENT", "answered CLIENT"]


async def test_a_child_that_fails_says_why(nursery: Nursery) -> None:
    child = nursery.start("dispose", url="mailto:nobody", prefix="", call=[], act="", by="")
    assert await child.ended == 1
    with pytest.raises(AssertionError, match="AddressError"):
        await child.says("answer")


async def test_whoever_waits_in_vain_learns_for_what() -> None:
    with pytest.raises(Impatient, match=r"not within 0\.1 seconds: the moon rises"):
        await until(lambda: False, "the moon rises", 0.1)
