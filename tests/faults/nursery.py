"""Starts, stops, freezes and kills the processes of a row, and hears what they say."""

import asyncio
import contextlib
import itertools
import json
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[2]


class Child:
    """One process."""

    def __init__(self, number: int, nursery: "Nursery") -> None:
        self.number = number
        self.heard: list[dict[str, Any]] = []
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._news = asyncio.Event()
        self._nursery = nursery

    async def says(self, kind: str, seconds: float = 60.0) -> dict[str, Any]:
        """Wait for the next line of a kind; each is given out once."""
        async with asyncio.timeout(seconds):
            while True:
                for place, line in enumerate(self.heard):
                    if line["kind"] == kind:
                        return self.heard.pop(place)
                if self.ended.done():
                    raise AssertionError(f"ended without {kind!r}:\n{self._nursery.log()}")
                self._news.clear()
                await self._news.wait()

    def take(self, kind: str) -> list[dict[str, Any]]:
        """Return the lines of a kind that have been heard and not given out yet."""
        taken = [line for line in self.heard if line["kind"] == kind]
        self.heard = [line for line in self.heard if line["kind"] != kind]
        return taken

    def latest(self, kind: str) -> dict[str, Any]:
        """Return the last line of a kind that is there, or an empty one."""
        lines = [line for line in self.heard if line["kind"] == kind]
        return lines[-1] if lines else {}

    def kill(self) -> None:
        """SIGKILL."""
        self._nursery.order(id=self.number, signal=signal.SIGKILL)

    def freeze(self) -> None:
        """SIGSTOP."""
        self._nursery.order(id=self.number, signal=signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        self._nursery.order(id=self.number, signal=signal.SIGCONT)

    def hear(self, line: dict[str, Any]) -> None:
        """Take in a line of the cradle's."""
        if line["kind"] == "ended":
            self.ended.set_result(line["status"])
        else:
            self.heard.append(line)
        self._news.set()


class Nursery:
    """The children of one row."""

    def __init__(self, cradle: asyncio.subprocess.Process, log: Path) -> None:
        self._cradle = cradle
        self._log = log
        self._numbers = itertools.count(1)
        self._children: dict[int, Child] = {}

    def start(self, role: str, *, kill_at: int = 0, **args: Any) -> Child:
        """Start a child that plays a role of `roles`; it kills itself at a step, if one is given.

        See `killing`.
        """
        child = Child(next(self._numbers), self)
        self._children[child.number] = child
        self.order(id=child.number, role=role, kill_at=kill_at, args=args)
        return child

    async def killed(self, child: Child) -> None:
        """Kill a child and wait for its end."""
        child.kill()
        await child.ended

    def order(self, **what: Any) -> None:
        """Send a line to the cradle."""
        assert self._cradle.stdin is not None
        self._cradle.stdin.write(json.dumps(what).encode() + b"\n")

    async def listen(self) -> None:
        """Hear the children until the cradle has gone."""
        assert self._cradle.stdout is not None
        async for raw in self._cradle.stdout:
            line = json.loads(raw)
            self._children[line["id"]].hear(line)

    def log(self) -> str:
        """Return the end of what the children complained of."""
        return self._log.read_text("utf-8", "replace")[-4_000:]


@contextlib.asynccontextmanager
async def open_nursery() -> AsyncIterator[Nursery]:
    """A nursery; whoever still lives in it at the end is killed."""
    with tempfile.TemporaryDirectory(prefix="enigma-") as home:
        log = Path(home) / "children.log"
        with log.open("ab") as sink:
            cradle = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.faults.cradle"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=sink,
                cwd=_ROOT,
            )
        nursery = Nursery(cradle, log)
        listening = asyncio.create_task(nursery.listen())
        try:
            yield nursery
        finally:
            assert cradle.stdin is not None
            cradle.stdin.close()
            await cradle.wait()
            await listening
