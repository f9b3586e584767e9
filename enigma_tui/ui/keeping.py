"""Keeps what nobody waits for running: what follows, collects, hands in and delivers."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from ..journal.faults import first_of, trail
from .told import Told

log = logging.getLogger(__name__)


async def keep(what: str, run: Callable[[], Awaitable[None]], told: Told) -> None:
    """Run something until cancelled; when it fails, that is said, and it is started again."""
    while True:
        try:
            await run()
        except Exception as failure:
            error = first_of(failure)
            log.error("%s failed: %s at %s", what, type(error).__name__, trail(error))
            told.say(
                f"{what} failed ({type(error).__name__}) and is started again; "
                "the log file says where",
                "error",
            )
            await asyncio.sleep(1)
