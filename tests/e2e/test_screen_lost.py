"""The terminal is written to sparingly, but where it may have lost its screen.

In each second the rows of live calls are painted. What the terminal shows decides how much of them
is written.
"""

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from enigma_tui.demo.embedded import EmbeddedServer
from tests.e2e.terminal import Terminal
from tests.e2e.test_supervisors import INBOUND, call

CALLS = 12


@pytest.fixture
def board(
    server: EmbeddedServer, client: redis.Redis, with_cdr: None, home: Path
) -> Iterator[Terminal]:
    """A board that has shown its calls for a while."""
    client.rpush(INBOUND, *(call(710_000 + place, 2001 + place) for place in range(CALLS)))
    with Terminal("--redis-url", server.url, home=home) as terminal:
        terminal.wait_for(_shows_all)
        yield terminal


def _shows_all(text: str) -> bool:
    return all(str(710_000 + place) in text for place in range(CALLS))


def test_after_a_change_of_size_rows_are_written_whole(board: Terminal) -> None:
    board.screen.reset()
    os.kill(board.pid, signal.SIGWINCH)  # to another size and back, too fast to be seen
    board.wait_for(_shows_all)


def test_after_coming_back_rows_are_written_whole(board: Terminal) -> None:
    os.kill(board.pid, signal.SIGTSTP)
    status = Path(f"/proc/{board.pid}/status")
    board.wait_for(lambda _: "State:\tT" in status.read_text() and b"\x1b[?1049l" in board.output)
    board.screen.reset()
    os.kill(board.pid, signal.SIGCONT)
    board.wait_for(_shows_all)


def test_a_second_that_passes_is_a_few_cells(board: Terminal) -> None:
    def talk(text: str) -> str:
        found = re.search(r"0:09 +≥?(\d:\d\d) +2001", text)
        return found[1] if found else ""

    before = len(board.output)
    first = talk(board.text())
    board.wait_for(lambda text: talk(text) not in ("", first))
    second = talk(board.text())
    board.wait_for(lambda text: talk(text) not in ("", second))
    # Three seconds at most: each row's, the time of day, and what follows the last event.
    assert len(board.output) - before < 3 * 60 * CALLS
