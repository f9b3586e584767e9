"""A program that delivers and kills itself at a chosen step: `python -m tests.delivery.program`.

Arguments: the server's address, the keys' prefix, and at which step to die (0: never). Steps are
everything between it and the world: each command to the server, each byte sent to a receiver,
each answer read, before and after.
"""

import asyncio
import logging
import os
import random
import signal
import sys
from collections.abc import Callable
from typing import Any

from enigma_tui.backoff import Backoff
from enigma_tui.journal.connection import Address, connect
from enigma_tui.journal.delivery import Deliverers
from enigma_tui.journal.delivery.ledger import Ledger
from enigma_tui.journal.delivery.way import Way
from enigma_tui.journal.keys import Keys
from enigma_tui.journal.stream import Journal

_taken = 0


def _step(last: int) -> None:
    global _taken
    _taken += 1
    if _taken == last:
        os.kill(os.getpid(), signal.SIGKILL)


def _deadly(owner: Any, name: str, last: int) -> None:
    """Make a method die just before or just after it has done its work."""
    whole: Callable[..., Any] = getattr(owner, name)

    async def stepping(*args: Any, **kwargs: Any) -> Any:
        _step(last)
        answer = await whole(*args, **kwargs)
        _step(last)
        return answer

    setattr(owner, name, stepping)


def _deadly_stream(last: int) -> None:
    """The steps inside a request: when it has been sent, and when its answer has begun."""
    from httpcore._async.http11 import AsyncHTTP11Connection as Connection

    for name in ("_send_request_body", "_receive_response_headers"):
        _deadly(Connection, name, last)


def main() -> None:
    """Deliver until killed."""
    logging.disable()
    url, prefix, last = sys.argv[1], sys.argv[2], int(sys.argv[3])
    _deadly(Ledger, "_write", last)
    _deadly(Ledger, "open", last)
    _deadly(Way, "exchange", last)
    _deadly(Journal, "fields", last)
    _deadly_stream(last)
    deliverers = Deliverers(
        connect(Address(url), "delivery"),
        Keys(prefix),
        "robot",
        new_backoff=lambda: Backoff(random.Random(), most=0.5, first=0.02),
        look_seconds=0.5,
    )
    asyncio.run(deliverers.run())


if __name__ == "__main__":
    main()
