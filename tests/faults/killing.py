"""Kills this process at a chosen step of its talk with the server.

A step lies before a command is sent, after it has been handed to the system, and after its
answer has been read. Whatever the program does lies between two of them, so stepping through the
numbers kills it between every two of its steps, without a word of this in the program.
"""

import os
import signal
from collections.abc import Callable, Iterable
from typing import Any

from redis.asyncio.connection import AbstractConnection


def install(at: int, tell: Callable[[str], None]) -> None:
    """Have this process kill itself at its step number `at`, telling which it was."""
    count = 0
    send, read = AbstractConnection.send_packed_command, AbstractConnection.read_response
    sent: dict[int, str] = {}

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
        name = sent[id(self)] = _name(packed)
        step(f"before {name}")
        await send(self, packed, *args, **more)
        step(f"sent {name}")

    async def reading(self: AbstractConnection, *args: Any, **more: Any) -> Any:
        answer = await read(self, *args, **more)
        step(f"answered {sent.get(id(self), '?')}")
        return answer

    AbstractConnection.send_packed_command = sending  # type: ignore[method-assign]
    AbstractConnection.read_response = reading  # type: ignore[method-assign]


def _name(packed: bytes | str | list[bytes]) -> str:
    """Return the first word of a packed command: `*2\\r\\n$4\\r\\nLLEN\\r\\n…`."""
    raw = packed.encode() if isinstance(packed, str) else packed
    first = raw if isinstance(raw, bytes) else b"".join(raw)
    words = first.split(b"\r\n", 3)
    return words[2].decode("ascii", "replace") if len(words) > 2 else "?"
