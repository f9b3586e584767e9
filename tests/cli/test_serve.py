"""`enigma-tui serve` says why it does not serve, before anybody can open anything."""

import socket
from pathlib import Path

import pytest

from tests.served import Served, children_of
from tests.servers import free_port

from .conftest import Run


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "0"])
def test_an_address_that_others_can_reach_is_refused(run: Run, host: str) -> None:
    done = run("serve", "--host", host)
    assert done.returncode == 2
    for word in (host, "no login", "callers' numbers", "acts under your name", "--allow-remote"):
        assert word in done.stderr
    for way in ("--public-url", "ssh -L"):
        assert way in done.stderr


def test_so_is_a_name_that_stands_for_one(run: Run) -> None:
    one_of_two = (
        "import socket\n"
        "known = [(socket.AF_INET, socket.SOCK_STREAM, 6, '', (each, 0))"
        " for each in ('127.0.0.1', '192.0.2.7')]\n"
        "socket.getaddrinfo = lambda *a, **k: known"
    )
    done = run("serve", "--host", "board.lan", before=one_of_two)
    assert done.returncode == 2
    assert "board.lan (192.0.2.7) can be reached from other machines" in done.stderr


def test_a_name_that_stands_for_nothing_is_told(run: Run) -> None:
    done = run("serve", "--host", "nowhere.invalid")
    assert done.returncode == 2
    assert "--host: 'nowhere.invalid'" in done.stderr


def test_with_allow_remote_it_serves(tmp_path: Path) -> None:
    with Served(home=tmp_path, options=("--host", "0.0.0.0", "--allow-remote")) as served:
        port = int(served.address.rstrip("/").rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=20):
            pass


def test_a_port_that_is_taken_is_told(run: Run) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        done = run("serve", "--port", str(port))
    assert done.returncode == 1
    assert f"127.0.0.1:{port} is taken" in done.stderr
    assert "--port" in done.stderr


@pytest.mark.parametrize("url", ["board.example", "ftp://board.example", "https://", "https://a b"])
def test_a_public_url_that_is_none_is_told(run: Run, url: str) -> None:
    done = run("serve", "--public-url", url)
    assert done.returncode == 2
    assert "--public-url" in done.stderr
    assert "https://board.example" in done.stderr


def test_a_wrong_setting_is_told_before_it_serves(run: Run, tmp_path: Path) -> None:
    for arguments, environment, words in (
        (("--filter", "hold>soon"), {}, ("the command line: filter", "^^^^")),
        ((), {"ENIGMA_TUI_THEME": "enigma-drak"}, ("ENIGMA_TUI_THEME", "enigma-dark?")),
        ((), {"ENIGMA_TUI_KEYS": '{"dispositoin": "f2"}'}, ("did you mean disposition?",)),
        (("--config", str(tmp_path / "none.toml")), {}, ("none.toml cannot be read",)),
        (("--redis-url", "redis://:hunter2@h"), {}, ("password_file",)),
    ):
        done = run(*arguments, "serve", "--port", "0", url=None, **environment)
        assert done.returncode == 2, done.stderr
        assert "the board is at" not in done.stderr
        for word in words:
            assert word in done.stderr


@pytest.mark.parametrize("missing", ["aiohttp", "textual_serve"])
def test_without_the_extra_it_says_how_to_get_it(run: Run, missing: str) -> None:
    done = run("serve", before=f"import sys; sys.modules[{missing!r}] = None")
    assert done.returncode == 1
    assert "pip install 'enigma-tui[serve]'" in done.stderr


def test_nobody_is_served_by_a_process_that_waits(tmp_path: Path) -> None:
    with Served(home=tmp_path) as served:
        assert children_of(served.pid) == []
