"""While much is left a run is asked for before the last is answered: it changes nothing else."""

import asyncio
from collections.abc import Callable

import pytest
from redis.exceptions import ResponseError

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.journal.connection import Connection
from enigma_tui.journal.keys import Keys
from enigma_tui.journal.mover import BATCH
from tests.journal.bench import CDR, INBOUND, Bench, drain


@pytest.fixture
def here(server: EmbeddedServer, keys: Keys, open_connection: Callable[..., Connection]) -> Bench:
    """A source and a journal on one server."""
    return Bench(server, server, keys, open_connection)


def numbered(*numbers: int) -> list[bytes]:
    return [b"%d" % number for number in numbers]


@pytest.mark.parametrize("late", [0, 1, 700, 1_250, 2_999, 5_000])
async def test_exactly_what_waited_is_marked_late(here: Bench, late: int) -> None:
    waited, came = numbered(*range(late)), numbered(*range(late, late + 6 * BATCH))
    if waited:
        await here.push(*waited)
    mover = here.mover()
    assert await mover.begin() == late
    await here.push(*came)
    sizes = await drain(mover)
    assert max(sizes) <= BATCH
    entries = await here.entries()
    assert [fields[b"raw"] for fields in entries] == waited + came
    assert [b"late" in fields for fields in entries] == [True] * len(waited) + [False] * len(came)
    await mover.end()


async def test_of_two_lists_each_has_its_own_that_waited(here: Bench) -> None:
    await here.push(*numbered(*range(1_300)))
    await here.push(*numbered(*range(10_000, 11_700)), key=CDR)
    mover = here.mover(collect_cdr=True)
    await mover.begin()
    await here.push(*numbered(*range(1_300, 4_000)))
    await here.push(*numbered(*range(11_700, 15_000)), key=CDR)
    await drain(mover)
    for kind, first, waited, all_ in ((b"call", 0, 1_300, 4_000), (b"cdr", 10_000, 1_700, 5_000)):
        entries = [fields for fields in await here.entries() if fields[b"kind"] == kind]
        assert [fields[b"raw"] for fields in entries] == numbered(*range(first, first + all_))
        assert [b"late" in fields for fields in entries].count(True) == waited
        assert all(b"late" in fields for fields in entries[:waited])
    await mover.end()


async def test_ended_in_between_it_has_lost_nothing_and_repeated_nothing(
    here: Bench, eventually: Callable
) -> None:
    await here.push(*numbered(*range(10 * BATCH)))
    mover = here.mover()
    await mover.begin()
    for _ in range(3):
        await mover.move()
    await mover.end()

    async def settled() -> bool:
        # What was under way has been done, or never will be.
        before = await here.payloads()
        await asyncio.sleep(0)
        clients = await here.journal.quick.client_list()
        return before == await here.payloads() and len(clients) <= 2

    await eventually(settled)
    moved, left = await here.payloads(), await here.list()
    assert moved + left == numbered(*range(10 * BATCH))
    assert len(moved) >= 3 * BATCH


async def test_what_fails_ahead_is_told_and_tried_again(here: Bench) -> None:
    complaints = []
    asyncio.get_running_loop().set_exception_handler(lambda _, what: complaints.append(what))
    await here.push(*numbered(*range(6 * BATCH)))
    mover = here.mover()
    await mover.begin()
    assert (await mover.move()).moved == BATCH  # and now it is known that much is left
    await here.journal.quick.rename(here.keys.journal, "aside")
    await here.journal.quick.set(here.keys.journal, "not a stream")
    with pytest.raises(ResponseError, match="WRONGTYPE"):
        await drain(mover)
    await mover.end()
    await here.journal.quick.rename("aside", here.keys.journal)
    again = here.mover()
    await drain(again)
    assert await here.payloads() == numbered(*range(6 * BATCH))
    assert await here.list(INBOUND) == []
    await again.end()
    assert complaints == []
