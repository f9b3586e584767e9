"""A board in a process of its own, and the tab that shows it.

Between them pass packets, a letter and four bytes of length before each, as Textual's `WebDriver`
defines them: `D` is what a terminal would get or send, `M` is JSON about it. The tab's end speaks
as the script of textual-serve does.
"""

import asyncio
import contextlib
import json
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from aiohttp import web

LEAVE_SECONDS = 10.0
"""How long a board may take to end by itself, which it does as with `q`."""

FORCED_SECONDS = 2.0
"""How long the system may take to end it after that."""

_BEGINS = b"__GANGLION__\n"

_COLUMNS_MOST, _LINES_MOST = 1_000, 500


@dataclass(frozen=True, slots=True)
class Program:
    """What is run for each tab."""

    arguments: Sequence[str]
    environment: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Size:
    """The size of a tab, in cells."""

    columns: int
    lines: int

    @classmethod
    def bounded(cls, columns: int, lines: int) -> Self:
        """Return a size, brought within what a board can be painted at."""
        return cls(min(max(columns, 1), _COLUMNS_MOST), min(max(lines, 1), _LINES_MOST))


async def attend(
    tab: web.WebSocketResponse, program: Program, size: Size, stop: asyncio.Event
) -> None:
    """Run a board until it ends, its tab is closed, or `stop` is set; then it has ended.

    Raises `OSError` if it cannot be started.
    """
    process = await asyncio.create_subprocess_exec(
        *program.arguments,
        stdin=PIPE,
        stdout=PIPE,
        env={**program.environment, "COLUMNS": str(size.columns), "ROWS": str(size.lines)},
        # ctrl+c at the terminal of the server is for the server, which ends its boards in order.
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    until: list[asyncio.Task[object]] = [
        asyncio.create_task(_show(process.stdout, tab)),
        asyncio.create_task(_type(tab, process.stdin)),
        asyncio.create_task(stop.wait()),
    ]
    try:
        done, _ = await asyncio.wait(until, return_when=asyncio.FIRST_COMPLETED)
        for one in done:
            one.result()
    finally:
        for one in until:
            one.cancel()
        await asyncio.wait(until)
        process.stdin.close()
        await _end(process)


async def _show(board: asyncio.StreamReader, tab: web.WebSocketResponse) -> None:
    """Pass on what the board draws, until it ends or the tab is gone."""
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        await board.readuntil(_BEGINS)
        while True:
            kind = await board.readexactly(1)
            payload = await board.readexactly(int.from_bytes(await board.readexactly(4), "big"))
            if kind == b"D":
                await tab.send_bytes(payload)
            elif kind == b"M" and json.loads(payload)["type"] == "exit":
                return


async def _type(tab: web.WebSocketResponse, board: asyncio.StreamWriter) -> None:
    """Pass on what is typed, until the tab is closed or the board has ended."""
    with contextlib.suppress(ConnectionError):
        async for message in tab:
            if message.type is not web.WSMsgType.TEXT:
                continue
            match _read(message.data):
                case ["stdin", str(text)]:
                    board.write(_packet(b"D", text.encode("utf-8", "replace")))
                case ["resize", {"width": int(columns), "height": int(lines)}]:
                    size = Size.bounded(columns, lines)
                    board.write(_about("resize", width=size.columns, height=size.lines))
                case ["focus" | "blur" as what]:
                    board.write(_about(what))
                case ["ping", str(sent)]:
                    await tab.send_json(["pong", sent])
            await board.drain()


def _read(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _about(what: str, **more: int) -> bytes:
    return _packet(b"M", json.dumps({"type": what, **more}).encode())


def _packet(kind: bytes, payload: bytes) -> bytes:
    return b"%s%s%s" % (kind, len(payload).to_bytes(4, "big"), payload)


async def _end(process: Process) -> None:
    """End a board: as `q` does, and by force if that takes too long."""
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    for seconds in (LEAVE_SECONDS, FORCED_SECONDS):
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await process.communicate()  # what it still writes nobody sees
        if process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
