"""The board without a terminal: whoever reads what it draws may stop, or go away."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.site import Site
from tests.e2e.test_supervisors import INBOUND, call
from tests.web.drawn import Drawn

FRAMES = 120
"""More than the pipe and all queues hold."""

PATIENCE = 20.0


class Board(subprocess.Popen[bytes]):
    """A board between two pipes."""

    def __init__(self, url: str, home: Path) -> None:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "ENIGMA_TUI_REDIS_URL": url,
            "TEXTUAL_DRIVER": "enigma_tui.ui.served:ServedDriver",
            "TEXTUAL_COLOR_SYSTEM": "truecolor",
            "COLUMNS": "120",
            "ROWS": "50",
        }
        super().__init__(
            [sys.executable, "-m", "enigma_tui"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        self.screen = Drawn(lines=50)

    def wait_for(self, *words: str) -> str:
        """Return what it has drawn once all the words are among it."""
        assert self.stdout is not None
        deadline = time.monotonic() + PATIENCE
        while not all(word in self.screen.text() for word in words):
            left = max(0, deadline - time.monotonic())
            ready, _, _ = select.select([self.stdout], [], [], left)
            assert ready, f"it does not draw {words!r}:\n{self.screen.text()}"
            data = self.stdout.read(65_536)
            assert data, f"it has ended without {words!r}"
            self.screen.unpack(data)
        return self.screen.text()


def wait_until(what: str, condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


def another(ref: int) -> str:
    """Return a call of which hardly a cell is what another has in the same place."""
    return call(ref * 7_919 % 1_000_003, ref * 31 % 9_000 + 1_000, f"082{ref * 65_537 % 10**7:07}")


@pytest.fixture
def client(server: EmbeddedServer) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(server.url) as plain:
        plain.set("{enigma-tui}:site", Site().to_json())
        yield plain


@pytest.fixture
def board(server: EmbeddedServer, client: redis.Redis, tmp_path: Path) -> Iterator[Board]:
    """A board between two pipes, which has drawn a call."""
    with Board(server.url, tmp_path) as process:
        client.rpush(INBOUND, call(720_000, 2001))
        process.wait_for("720000")
        yield process
        process.kill()


@pytest.fixture
def stalled(board: Board, client: redis.Redis) -> Board:
    """One of which nobody reads what it draws, until everything on its way is full."""
    for number in range(1, FRAMES):
        client.rpush(INBOUND, *(another(720_000 + number * 40 + n) for n in range(40)))
        wait_until("the board does not collect any more", lambda: not client.llen(INBOUND))
    return board


def test_collecting_goes_on_and_what_is_then_to_be_seen_is_drawn(
    stalled: Board, client: redis.Redis
) -> None:
    client.rpush(INBOUND, call(730_000, 2002))
    wait_until("the board does not collect any more", lambda: not client.llen(INBOUND))
    first = 720_000 + (FRAMES - 1) * 40
    newest = [json.loads(another(first + n))["payload"]["call_ref"] for n in range(10, 40)]
    stalled.wait_for("730000", *map(str, newest))
    assert stalled.screen.drawn < 150_000, "no frame has been left out"
    client.rpush(INBOUND, call(730_001, 2003))
    stalled.wait_for("730001")


def test_it_ends_when_it_is_told_to_though_nobody_reads(stalled: Board) -> None:
    stalled.send_signal(signal.SIGTERM)
    assert stalled.wait(PATIENCE) == 0


def test_it_ends_with_whoever_types(board: Board, client: redis.Redis) -> None:
    assert board.stdin is not None
    board.stdin.close()
    assert board.wait(PATIENCE) == 0
    assert not client.exists("{enigma-tui}:collector:pbx"), "the lease has not been given up"


def test_it_outlives_no_reader_and_no_typist(board: Board, client: redis.Redis) -> None:
    assert board.stdin is not None
    assert board.stdout is not None
    board.stdout.close()
    client.rpush(INBOUND, call(720_001, 2002))
    wait_until("the board does not collect any more", lambda: not client.llen(INBOUND))
    board.stdin.close()
    assert board.wait(PATIENCE) == 0


def test_when_a_size_was_told_again_nothing_is_taken_to_be_on_the_screen_still(
    board: Board,
) -> None:
    assert board.stdin is not None
    board.screen = Drawn(lines=50)
    told = b'{"type": "resize", "width": 120, "height": 50}'
    board.stdin.write(b"M" + len(told).to_bytes(4, "big") + told)
    board.wait_for(" 720000 ", "+27 82 000 1234")  # the row, of which only the seconds go on
