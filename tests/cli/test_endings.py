"""Commands end when they are told to, never alone, and say why they end."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
import redis

from enigma_tui.demo.embedded import EmbeddedServer

from .conftest import Begin, Run
from .payloads import JOURNAL, journalled, payload

INBOUND = "enigma:notifications:inbound"
BOUND = 15.0
"""Seconds; nothing waits so long unless it is broken."""

BROKEN_MOVER = """
from enigma_tui.journal.mover import SameServerMover
async def move(self): raise ZeroDivisionError("0820001234")
SameServerMover.move = move
"""
BROKEN_BOARD = """
from enigma_tui.model.board import Board
def apply(self, event): raise OSError("0820001234")
Board.apply = apply
"""


def eventually(predicate: Callable[[], object]) -> None:
    deadline = time.monotonic() + BOUND
    while not predicate():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("arguments", [("tail", "--since", "1h"), ("doctor",)])
def test_a_full_disk_is_no_fault_of_the_server(
    run: Run, client: redis.Redis, arguments: tuple[str, ...]
) -> None:
    journalled(client, payload(1))
    with Path("/dev/full").open("w") as full:
        done = run(*arguments, out=full)
    assert done.returncode == 1
    assert done.stderr == (
        "enigma-tui: standard output cannot be written: No space left on device\n"
    )


def test_tail_ends_quietly_when_its_reader_does(begin: Begin, client: redis.Redis) -> None:
    journalled(client, *(payload(n) for n in range(2_000)))
    tail = begin("tail", "--since", "1h")
    assert tail.stdout is not None
    assert tail.stderr is not None
    assert "Call 0 connected" in tail.stdout.readline()
    tail.stdout.close()
    journalled(client, payload("more"))
    assert tail.wait(BOUND) == 0
    assert "enigma-tui:" not in tail.stderr.read(), "where it is connected to is no fault"


@pytest.mark.parametrize(
    ("command", "broken", "kind"),
    [
        (("collect", "--insist"), BROKEN_MOVER, "ZeroDivisionError"),
        (("tail", "--since", "1h"), BROKEN_BOARD, "OSError"),
    ],
)
def test_a_mistake_of_the_program_is_logged_said_and_ends_with_1(
    run: Run,
    client: redis.Redis,
    tmp_path: Path,
    command: tuple[str, ...],
    broken: str,
    kind: str,
) -> None:
    journalled(client, payload(1))
    done = run(*command, before=broken)
    assert done.returncode == 1
    assert f"{command[0]} ended by a mistake in this program, {kind}" in done.stderr
    [log] = tmp_path.rglob("*.log")
    assert str(log) in done.stderr
    assert f"{command[0]} failed: {kind} at " in log.read_text()
    assert "0820001234" not in done.stderr + log.read_text()


def test_collecting_goes_on_when_nobody_reads_what_it_says(
    begin: Begin, client: redis.Redis
) -> None:
    read, write = os.pipe()
    os.close(read)
    collect = begin("collect", "--insist", err=write)
    os.close(write)
    with client:
        eventually(lambda: client.exists("{enigma-tui}:collector:pbx"))
        client.rpush(INBOUND, payload(1))
        eventually(lambda: client.xlen(JOURNAL) == 2)  # the site's settings, and the call
        time.sleep(0.6)  # longer than between two reports
        client.rpush(INBOUND, payload(2))
        eventually(lambda: client.xlen(JOURNAL) == 3)
    collect.terminate()
    collect.wait(BOUND)


@pytest.mark.parametrize("how", ["killed", "frozen", "alive"])
def test_collect_ends_soon_when_told_to_whatever_the_server_does(begin: Begin, how: str) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(EmbeddedServer())
        collect = begin("collect", "--insist", url=server.url)
        client = stack.enter_context(redis.Redis.from_url(server.url))
        eventually(lambda: client.exists("{enigma-tui}:collector:pbx"))
        if how == "killed":
            server.kill()
        elif how == "frozen":
            os.kill(server.pid, signal.SIGSTOP)
            stack.callback(os.kill, server.pid, signal.SIGCONT)
        collect.terminate()
        assert collect.wait(5.0) == 0
        assert collect.stderr is not None
        assert "stopped; 0 notifications moved" in collect.stderr.read()
        if how == "alive":
            assert not client.exists("{enigma-tui}:collector:pbx")
