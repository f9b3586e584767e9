"""A real HTTP server that behaves as badly as it is told to, and notes what it accepted."""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Request:
    """What arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def key(self) -> str:
        return self.headers.get("idempotency-key", "")

    @property
    def payload(self) -> dict[str, Any]:
        return json.loads(self.body)["payload"]


Behaviour = Callable[["Receiver", Request, asyncio.StreamWriter], Awaitable[None]]


def status(code: int, body: str = "", *, accepts: bool = False, **headers: str) -> Behaviour:
    """Answer properly; what is answered with 200 counts as accepted."""

    async def behave(receiver: "Receiver", request: Request, writer: asyncio.StreamWriter) -> None:
        if code == 200 or accepts:
            receiver.accept(request)
        lines = [f"HTTP/1.1 {code} Said", f"Content-Length: {len(body.encode())}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join([*lines, "", body]).encode())

    return behave


def cut(answer: bytes, *, accepts: bool = True) -> Behaviour:
    """Take it, say `answer`, which is no whole one, and close."""

    async def behave(receiver: "Receiver", request: Request, writer: asyncio.StreamWriter) -> None:
        if accepts:
            receiver.accept(request)
        writer.write(answer)
        await writer.drain()
        writer.close()

    return behave


async def hang(receiver: "Receiver", request: Request, writer: asyncio.StreamWriter) -> None:
    """Take it, and never answer."""
    receiver.accept(request)
    await receiver.over.wait()
    writer.close()


async def dribble(receiver: "Receiver", request: Request, writer: asyncio.StreamWriter) -> None:
    """Take it, and answer a byte at a time for ever."""
    receiver.accept(request)
    writer.write(b"HTTP/1.1 200 Said\r\nX-Long: ")
    while not receiver.over.is_set():
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.01)


OK = status(200, "thank you")
HALF = cut(b"HTTP/1.1 200 Sa")
HALF_BODY = cut(b"HTTP/1.1 200 Said\r\nContent-Length: 1000\r\n\r\nthank")
GARBAGE = cut(b"\x00\x01\x02 what?\r\n\r\n", accepts=False)


@dataclass(slots=True)
class Receiver:
    """`async with Receiver() as receiver`: its `url`, what it was sent, what it accepted."""

    plan: list[Behaviour] = field(default_factory=list)
    """How it behaves to the next requests, one each; then `OK`."""
    usual: Behaviour = OK
    requests: list[Request] = field(default_factory=list)
    accepted: Counter[str] = field(default_factory=Counter)
    """How often each idempotency key was accepted by one who does not drop repeats."""
    most_at_once: int = 0
    most_of_a_call: int = 0
    """How many of one call were with it at once."""
    over: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0
    _at_once: Counter[str] = field(default_factory=Counter)
    _server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/outcomes"

    def accept(self, request: Request) -> None:
        self.accepted[request.key] += 1

    async def __aenter__(self) -> Self:
        await self.up()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.over.set()
        await self.down()

    async def up(self) -> None:
        """Listen, on the same port as before."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def down(self) -> None:
        """Take no connections any more."""
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while not writer.is_closing():
                request = await _read(reader)
                self.requests.append(request)
                call = request.payload["call_ref"] if request.key else request.path
                self._at_once[call] += 1
                self.most_of_a_call = max(self.most_of_a_call, self._at_once[call])
                self.most_at_once = max(self.most_at_once, self._at_once.total())
                try:
                    behave = self.plan.pop(0) if self.plan else self.usual
                    await behave(self, request, writer)
                finally:
                    self._at_once[call] -= 1
                await writer.drain()
        writer.close()


async def _read(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, path, _ = head[0].split(" ")
    headers = {
        name.lower(): value.strip()
        for name, _, value in (line.partition(":") for line in head[1:] if line)
    }
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(method, path, headers, body)
