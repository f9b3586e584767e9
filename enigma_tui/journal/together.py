"""Runs several things side by side, of which none may end alone."""

import asyncio
from collections.abc import Coroutine
from typing import Any


async def together(*work: Coroutine[Any, Any, object]) -> None:
    """Run `work` side by side; when one fails, end the others.

    Raises a `BaseExceptionGroup` of what failed, the first first; but `CancelledError` wherever
    the caller has been cancelled, also if something failed at the same time. `asyncio.TaskGroup`
    raises the failure alone then, and whoever cancelled would wait for ever. It cannot be asked
    afterwards either: on Python 3.11 it leaves `Task.cancelling` counting a request of its own.
    """
    tasks = [asyncio.create_task(each) for each in work]
    ended: set[asyncio.Task[object]] = set()
    try:
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    failures = [
        error
        for task in sorted(tasks, key=lambda task: task not in ended)
        if not task.cancelled() and (error := task.exception()) is not None
    ]
    if failures:
        raise BaseExceptionGroup("side by side", failures)
