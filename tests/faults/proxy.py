"""A network that fails when told to: a proxy between a program and a server.

It forwards every connection made to it, and can cut them, stall, slow down, go half open, or
dribble. What it does at the moment is one mode for all its connections, new ones too.
"""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

_CHUNK = 65_536


class Mode(StrEnum):
    """What the network is like."""

    WELL = "well"
    REFUSE = "refuse"
    """New connections are closed at once."""
    STALL = "stall"
    """Nothing gets through, and nothing is lost: it comes later."""
    MUTE = "mute"
    """What the program asks gets through; the answers come later."""
    SLOW = "slow"
    """Everything takes `latency` seconds longer each way."""
    SWALLOW = "swallow"
    """Half open: sockets stay open and take bytes, and none arrives, ever."""
    DRIBBLE = "dribble"
    """One byte at a time."""


@dataclass(slots=True, eq=False)
class _Line:
    """One connection through the proxy."""

    writers: list[asyncio.StreamWriter]
    dead: bool = False
    """Something of it was swallowed: nothing that follows would make sense."""

    def cut(self) -> None:
        for writer in self.writers:
            with contextlib.suppress(OSError, RuntimeError):
                writer.transport.abort()


@dataclass(slots=True)
class Proxy:
    """A proxy on a Unix socket, or on a TCP port of 127.0.0.1, before a server of either kind."""

    target: str
    """The server's address: `redis://host:port/0` or `unix://path`."""
    latency: float = 0.2
    """Seconds, each way, while slow."""
    url: str = ""
    """Where it listens; known once it does."""
    accepted: int = 0
    """Connections made to it."""
    forwarded: int = 0
    """Bytes that arrived, both ways."""
    pieces: int = 0
    """In how many writes they did."""
    swallowed: int = 0
    """Bytes that did not."""
    mode: Mode = Mode.WELL
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _lines: set[_Line] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def set(self, mode: Mode) -> None:
        """Change the network. What was swallowed does not come back when it is well again."""
        self.mode = mode
        self._changed.set()
        self._changed = asyncio.Event()

    def cut(self) -> int:
        """Cut every connection, with a reset; return how many there were."""
        lines = list(self._lines)
        for line in lines:
            line.cut()
        return len(lines)

    @property
    def open(self) -> int:
        """How many connections there are."""
        return len(self._lines)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection to its end."""
        self.accepted += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        line = _Line([writer])
        self._lines.add(line)
        try:
            if self.mode is Mode.REFUSE:
                return
            far_reader, far_writer = await self._reach()
            line.writers.append(far_writer)
            await self._carry_both(line, reader, writer, far_reader, far_writer)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._lines.discard(line)
            self._tasks.discard(task)
            line.cut()

    async def _carry_both(
        self,
        line: _Line,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        far_reader: asyncio.StreamReader,
        far_writer: asyncio.StreamWriter,
    ) -> None:
        ways = [
            asyncio.create_task(self._carry(line, reader, far_writer, answers=False)),
            asyncio.create_task(self._carry(line, far_reader, writer, answers=True)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        parts = urlsplit(self.target)
        if parts.scheme == "unix":
            return await asyncio.open_unix_connection(unquote(parts.path))
        return await asyncio.open_connection(parts.hostname, parts.port)

    async def _carry(
        self,
        line: _Line,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        answers: bool,
    ) -> None:
        """Carry one way. The latency is on the way, not on the rate: more may be under way."""
        loop = asyncio.get_running_loop()
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(64)

        async def arrive() -> None:
            while True:
                due, data = await under_way.get()
                await asyncio.sleep(due - loop.time())
                while self.mode is Mode.STALL or (answers and self.mode is Mode.MUTE):
                    await self._changed.wait()
                await self._let_through(line, writer, data)
                if not data:
                    return

        arriving = asyncio.create_task(arrive())
        try:
            while not arriving.done():
                data = await reader.read(_CHUNK)
                late = self.latency if self.mode is Mode.SLOW else 0.0
                await under_way.put((loop.time() + late, data))
                if not data:
                    await arriving
        finally:
            arriving.cancel()
            await asyncio.gather(arriving, return_exceptions=True)

    async def _let_through(self, line: _Line, writer: asyncio.StreamWriter, data: bytes) -> None:
        if self.mode is Mode.SWALLOW or line.dead:
            line.dead = True
            self.swallowed += len(data)
            if not data:
                # Not even that the other side has hung up arrives.
                await asyncio.get_running_loop().create_future()
            return
        step = 1 if self.mode is Mode.DRIBBLE else _CHUNK
        for start in range(0, len(data), step):
            writer.write(data[start : start + step])
            await writer.drain()
            self.forwarded += len(data[start : start + step])
            self.pieces += 1
            if self.mode is Mode.DRIBBLE:
                await asyncio.sleep(0)  # a packet of its own

    async def close(self) -> None:
        """Cut everything and wait until it has gone."""
        self.cut()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.asynccontextmanager
async def open_proxy(target: str, *, tcp: bool = False) -> AsyncIterator[Proxy]:
    """A proxy before the server at `target`; everything through it ends with it."""
    proxy = Proxy(target)
    with tempfile.TemporaryDirectory(prefix="enigma-", dir="/tmp") as home:
        if tcp:
            server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
            proxy.url = f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"
        else:
            path = Path(home) / "proxy.sock"
            server = await asyncio.start_unix_server(proxy.serve, str(path))
            proxy.url = f"unix://{quote(str(path))}"
        try:
            yield proxy
        finally:
            server.close()
            await proxy.close()
            await server.wait_closed()
