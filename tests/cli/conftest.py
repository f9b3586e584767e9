"""What tests of the commands share: processes in a home directory with nothing in it."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from enigma_tui.demo.embedded import EmbeddedServer

Run = Callable[..., subprocess.CompletedProcess[str]]
Begin = Callable[..., subprocess.Popen[str]]

QUICK_LOOK = "from enigma_tui.journal import readers; readers.LOOK_SECONDS = 0.4"
"""For `before`: how long it is looked for other programs is not what most tests are about."""


@pytest.fixture
def begin(tmp_path: Path, shared_server: EmbeddedServer) -> Iterator[Begin]:
    """Start a command beside the test; it is killed at the end if it still runs.

    `before` is a line of Python that the process carries out first.
    """
    with redis.Redis.from_url(shared_server.url) as client:
        client.flushall()
    processes: list[subprocess.Popen[str]] = []

    def start(
        *arguments: str,
        url: str | None = shared_server.url,
        before: str = "",
        out: Any = subprocess.PIPE,
        err: Any = subprocess.PIPE,
        **environment: str,
    ) -> subprocess.Popen[str]:
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "XDG_CONFIG_HOME": str(tmp_path),
            "LANG": "C.UTF-8",
            **environment,
        }
        if url is not None:
            env["ENIGMA_TUI_REDIS_URL"] = url
        if {"doctor", "collect", "site"} & set(arguments):
            before = f"{QUICK_LOOK}\n{before}"  # five seconds of each is what takes the time
        main = f"{before}\nfrom enigma_tui.cli import main\nmain(prog_name='enigma-tui')"
        process = subprocess.Popen(
            [sys.executable, "-c", main, *arguments],
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            text=True,
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


@pytest.fixture
def run(begin: Begin) -> Run:
    """Run a command to its end."""

    def to_its_end(*arguments: str, **how: Any) -> subprocess.CompletedProcess[str]:
        process = begin(*arguments, **how)
        out, err = process.communicate(timeout=60)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    return to_its_end


@pytest.fixture
def client(shared_server: EmbeddedServer) -> redis.Redis:
    return redis.Redis.from_url(shared_server.url)
