"""Waits for a condition, with a limit and a reason."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable

STEP = 0.02
"""Seconds between two looks."""


class Impatient(AssertionError):
    """Something did not happen in time."""


async def until(
    condition: Callable[[], object | Awaitable[object]],
    what: str | Callable[[], str],
    seconds: float = 60.0,
) -> float:
    """Wait until a condition, plain or async, is true; return the seconds it took.

    Raises `Impatient`, saying `what` did not happen.
    """
    began = time.monotonic()
    while True:
        found = condition()
        if inspect.isawaitable(found):
            found = await found
        if found:
            return time.monotonic() - began
        if time.monotonic() - began > seconds:
            said = what if isinstance(what, str) else what()
            raise Impatient(f"not within {seconds:g} seconds: {said}")
        await asyncio.sleep(STEP)
