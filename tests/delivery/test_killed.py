"""A deliverer may be killed at any step: nothing is dropped, and repeats carry the same key."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from .conftest import Stage
from .receiver import Receiver

ROOT = Path(__file__).parents[2]
Start = Callable[..., object]


@pytest_asyncio.fixture
async def program(stage: Stage) -> AsyncIterator[Start]:
    """Start a program that delivers and dies at a step; return its process."""
    running: list[asyncio.subprocess.Process] = []

    async def start(last: int = 0) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.delivery.program"),
            *(stage.connection.address.url, stage.keys.prefix, str(last)),
            cwd=ROOT,
        )
        running.append(process)
        return process

    yield start
    for process in running:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.parametrize("last", [*range(2, 13), 17, 22])
async def test_killed_at_a_step_it_has_dropped_nothing(
    stage: Stage,
    receiver: Receiver,
    webhook: dict,
    eventually: Callable,
    program: Callable,
    last: int,
) -> None:
    await stage.write_site(webhook, {"kind": "list", "name": "queue", "key": "outcomes"})
    acts = [await stage.dispose(await stage.call(str(n))) for n in range(3)]
    assert await (await program(last)).wait() == -9
    # What it held of the lease is not waited out: that is tested where the lease is.
    for name in ("crm", "queue"):
        await stage.connection.quick.delete(stage.keys.delivering(name))
    stage.deliver()

    async def all_told() -> bool:
        return len(await stage.results()) == 6

    await eventually(all_told)
    assert set(receiver.accepted) == {act.id for act in acts}
    assert await stage.connection.quick.llen("outcomes") == 3  # exactly once
    waiting = (await stage.deliveries()).waiting()
    assert [each.count for each in waiting] == [0, 0]
    # More than once the receiver had only what was on its way when the program died.
    assert receiver.accepted.total() <= 6
