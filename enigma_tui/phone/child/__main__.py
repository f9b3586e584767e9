"""`python -m enigma_tui.phone.child`: the media process."""

import asyncio
import os
import signal
import sys
import threading
import time
from typing import BinaryIO

from ..media_messages import Configure, said

LEAVE_SECONDS = 2.0
"""How long what is open may take to close, once the phone is gone."""


def main() -> None:
    """Serve the phone at the standard input, and end with it."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    # Libraries that write to the standard output would write between the lines.
    output = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    asyncio.run(_serve(output))


async def _serve(output: BinaryIO) -> None:
    lines: asyncio.Queue[bytes] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    threading.Thread(target=_read, args=(loop, lines), daemon=True).start()

    from .server import Server  # after the reading has begun: it takes half a second

    server: Server | None = None
    while one := await lines.get():
        message = said(one)
        if isinstance(message, Configure):
            server = server or await Server.open(output, message.config)
        elif message and server:
            server.take(message)
    if server:
        await server.close()


def _read(loop: asyncio.AbstractEventLoop, lines: asyncio.Queue[bytes]) -> None:
    """Pass on each line; then see to it that the process ends, whatever a library waits for."""
    for one in sys.stdin.buffer:
        loop.call_soon_threadsafe(lines.put_nowait, one)
    loop.call_soon_threadsafe(lines.put_nowait, b"")
    time.sleep(LEAVE_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    main()
