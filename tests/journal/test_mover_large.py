"""Large payloads end a batch early, so that it arrives in time over a slow line."""

from collections.abc import Callable
from typing import Any

import pytest
from redis.commands.core import AsyncScript

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.journal.keys import Keys
from enigma_tui.journal.mover_batch import BatchMover
from tests.journal.bench import Bench, drain

MOST = 256 * 1024
ID = b"pbx:call:inbound:0123456789abcdef01234567"


@pytest.fixture
def apart(
    server: EmbeddedServer, second_server: EmbeddedServer, open_connection: Callable, keys: Keys
) -> Bench:
    return Bench(server, second_server, keys, open_connection)


def mover_of(bench: Bench, **settings: object) -> BatchMover:
    mover = bench.mover(**settings)
    assert isinstance(mover, BatchMover)
    return mover


def sizes_of(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that will hold the bytes of each answer of a script."""
    sizes: list[int] = []
    run = AsyncScript.__call__

    async def measured(self: AsyncScript, *args: Any, **kwargs: Any) -> Any:
        answer = await run(self, *args, **kwargs)
        if isinstance(answer, list):
            sizes.append(sum(len(part) for part in answer if isinstance(part, bytes)))
        return answer

    monkeypatch.setattr(AsyncScript, "__call__", measured)
    return sizes


@pytest.mark.parametrize("pop", ["left", "right"])
async def test_a_batch_is_no_larger_than_what_travels_in_time(
    apart: Bench, monkeypatch: pytest.MonkeyPatch, pop: str
) -> None:
    sizes = sizes_of(monkeypatch)
    small = [b"%03d" % n + b"x" * 4_000 for n in range(200)]
    large = [b"%03d" % n + b"x" * 100_000 for n in range(20)]
    sent = [*small, *large, b"1", b"2"]
    await apart.push(*sent, pop=pop)
    batches = await drain(mover_of(apart, pop=pop, relay_to=("crm",)))
    assert max(sizes) <= MOST + len(ID)
    assert batches[0] == MOST // 4_003
    assert await apart.payloads() == sent
    assert await apart.list("crm") == (sent if pop == "left" else sent[::-1])


async def test_a_larger_payload_travels_alone(
    apart: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = sizes_of(monkeypatch)
    huge = 1024 * 1024
    sent = [b"1", b"2" * huge, b"3" * huge, b"4"]
    await apart.push(*sent)
    assert await drain(mover_of(apart)) == [1, 1, 1, 1]
    assert max(sizes) == huge + len(ID)
    assert await apart.payloads() == sent
