"""Kills this process at a chosen step of its talk with the server.

A step lies before a command is sent, after it has been handed to the system, and after its
answer has been read. Whatever the program does lies between two of them, so stepping through the
numbers kills it between every two of its steps, without a word of this in the program.
"""

import os
import signal
from collections.abc import Callable, Iterable, Mapping
from importlib.resources import files
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection

from enigma_tui.journal import scripts


def install(at: int, tell: Callable[[str], None]) -> None:
    """Have this process kill itself at its step number `at`, telling which it was."""
    count = 0
    send, read = AbstractConnection.send_packed_command, AbstractConnection.read_response
    sent: dict[int, str] = {}
    names = _scripts()

    def step(what: str) -> None:
        nonlocal count
        count += 1
        if count == at:
            tell(what)
            os.kill(os.getpid(), signal.SIGKILL)

    async def sending(
        self: AbstractConnection, command: bytes | str | Iterable[bytes], *args: Any, **more: Any
    ) -> None:
        packed = command if isinstance(command, bytes | str) else list(command)
        name = sent[id(self)] = _name(packed, names)
        step(f"before {name}")
        await send(self, packed, *args, **more)
        step(f"sent {name}")

    async def reading(self: AbstractConnection, *args: Any, **more: Any) -> Any:
        answer = await read(self, *args, **more)
        step(f"answered {sent.get(id(self), '?')}")
        return answer

    AbstractConnection.send_packed_command = sending  # type: ignore[method-assign]
    AbstractConnection.read_response = reading  # type: ignore[method-assign]


def _scripts() -> Mapping[str, str]:
    """Return the names of the program's scripts by what the server calls them."""
    client = Redis()
    found = [file.name for file in files(scripts).iterdir() if file.name.endswith(".lua")]
    names = [name.removesuffix(".lua") for name in found]
    return {str(scripts.script(client, name).sha): name for name in names}


def _name(packed: bytes | str | list[bytes], names: Mapping[str, str]) -> str:
    """Return the first word of a packed command, `*2\\r\\n$4\\r\\nLLEN\\r\\n…`, or its script."""
    raw = packed.encode() if isinstance(packed, str) else packed
    first = raw if isinstance(raw, bytes) else b"".join(raw)
    words = [*first.split(b"\r\n", 5), b"", b"", b"", b"", b""]
    name = words[2].decode("ascii", "replace")
    return names.get(words[4].decode("ascii", "replace"), name) if name == "EVALSHA" else name
