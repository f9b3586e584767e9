"""A line that stands still: nothing can be written to the terminal, and all else goes on."""

import os
import signal
import time
from pathlib import Path

import pytest
import redis

from enigma_tui.demo.embedded import EmbeddedServer
from tests.e2e.terminal import PATIENCE, Terminal
from tests.e2e.test_supervisors import INBOUND, call

FRAMES = 120
"""More than the terminal's buffers and all queues hold."""


@pytest.fixture
def stalled(server: EmbeddedServer, client: redis.Redis, with_cdr: None, home: Path) -> Terminal:
    """A board of which nobody reads what it writes, until everything on its way is full."""
    client.rpush(INBOUND, call(720_000, 2001))
    terminal = Terminal("--redis-url", server.url, home=home, lines=50)
    terminal.wait_for("720000")
    for number in range(1, FRAMES):
        client.rpush(INBOUND, *(call(720_000 + number * 40 + n, 3000 + n) for n in range(40)))
        expect_collected(client)
    return terminal


def expect_collected(client: redis.Redis) -> None:
    deadline = time.monotonic() + PATIENCE
    while client.llen(INBOUND):
        assert time.monotonic() < deadline, "the board does not collect any more"
        time.sleep(0.01)


def test_collecting_goes_on_and_what_is_then_to_be_seen_is_shown(
    stalled: Terminal, client: redis.Redis
) -> None:
    with stalled as terminal:
        client.rpush(INBOUND, call(730_000, 2002))
        expect_collected(client)
        text = terminal.wait_for("730000")
        newest = [str(720_000 + (FRAMES - 1) * 40 + n) for n in range(30)]
        assert all(ref in text for ref in newest[10:])
        client.rpush(INBOUND, call(730_001, 2003))
        terminal.wait_for("730001")


def test_it_ends_when_it_is_told_to(stalled: Terminal) -> None:
    with stalled as terminal:
        os.kill(terminal.pid, signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE
        while terminal.is_alive():
            assert time.monotonic() < deadline, "the board waits for the terminal"
            time.sleep(0.01)
