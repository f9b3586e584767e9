"""What was recorded is replayed, in real terminals: from the journal, and from exported files."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import redis

from enigma_tui.demo.embedded import EmbeddedServer
from tests.e2e.terminal import Terminal
from tests.e2e.test_supervisors import CDR, INBOUND, call, record

NOWHERE = "redis://127.0.0.1:1/0"


def everything(client: redis.Redis) -> dict[bytes, object]:
    return {key: client.dump(key) for key in client.keys("*")}


@pytest.fixture
def recorded(server: EmbeddedServer, client: redis.Redis, with_cdr: None, home: Path) -> str:
    """A journal that a board has collected: eight calls, of which two are over, one disposed of."""
    with Terminal("--redis-url", server.url, "--as", "thandi", home=home) as board:
        board.wait_for("● live")
        client.rpush(INBOUND, *(call(4700 + n, 2000 + n) for n in range(8)))
        board.wait_for("[1 Live 8]")
        client.rpush(CDR, record(4701, 2001), record(4702, 2002))
        board.wait_for("[1 Live 6]")
        board.send("5/call:4701\r")
        board.wait_for("1 of 8 calls")
        board.send("ds")
        board.wait_for("spam")
        board.send("q")
        board.wait_until_ended()
    return server.url


def export(url: str, home: Path, file: Path, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "enigma_tui", "export", "--out", str(file), *arguments],
        env={"PATH": os.environ["PATH"], "HOME": str(home), "ENIGMA_TUI_REDIS_URL": url},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def walk(board: Terminal) -> None:
    """Go through a replay of that journal by its keys."""
    board.wait_for("replay")
    board.send("p")
    board.wait_for(lambda text: "paused" in text or "replay, end" in text)
    board.send("}")
    board.wait_for("● replay, end  100%")
    board.wait_for("END  ← [ goes back")
    board.wait_for("[1 Live 6]")
    board.send("5")
    board.wait_for(lambda text: "[5 All 8]" in text and "spam" in text)
    board.send("0")
    board.wait_for(" 0% ")
    board.wait_for(lambda text: "spam" not in text)
    board.send("d")
    board.wait_for("This is a replay")
    board.send("]")
    board.wait_for(lambda text: "replay, end" in text and "[5 All 8]" in text)
    board.send("/call:4701\r")
    board.wait_for(lambda text: "1 of 8 calls" in text and "spam" in text)
    board.send("q")
    assert board.wait_until_ended() == 0


def test_the_journal_is_replayed_and_nothing_is_written(
    recorded: str, client: redis.Redis, home: Path
) -> None:
    before = everything(client)
    [first, *_], *_ = client.xrange("{enigma-tui}:journal", count=1)
    client.rpush(INBOUND, call(9999))
    with_more = everything(client)
    arguments = ("--redis-url", recorded, "replay", "--speed", "20")
    with Terminal(*arguments, home=home / "b", columns=120) as board:
        walk(board)
    assert everything(client) == with_more
    client.delete(INBOUND)
    assert everything(client) == before
    assert first


@pytest.mark.parametrize(("name", "arguments"), [
    ("calls.csv", ()),
    ("calls.jsonl", ("--format", "jsonl")),
])  # fmt: skip
def test_an_exported_file_is_replayed_without_a_server(
    recorded: str, home: Path, name: str, arguments: tuple[str, ...]
) -> None:
    file = home / name
    export(recorded, home, file, *arguments)
    with Terminal("--redis-url", NOWHERE, "replay", str(file), home=home / "b") as board:
        board.wait_for(f"A replay of {name}: 8 calls")
        walk(board)


def test_a_line_that_cannot_be_read_is_named_and_the_others_are_played(
    recorded: str, home: Path
) -> None:
    file = home / "calls.jsonl"
    export(recorded, home, file, "--format", "jsonl")
    lines = file.read_text("utf-8").splitlines()
    broken = json.loads(lines[2]) | {"began": "then"}
    file.write_text("\n".join([*lines[:2], json.dumps(broken), "{", *lines[4:]]) + "\n", "utf-8")
    with Terminal("replay", str(file), home=home / "b") as board:
        board.wait_for("calls.jsonl, line 3: began is 'then', not a date and time")
        board.wait_for("2 lines not read")
        board.send("}5")
        board.wait_for("[5 All 6]")
        board.send("q")
        assert board.wait_until_ended() == 0
        assert f"enigma-tui: {file}, line 4: not JSON".encode() in board.output


def test_a_progress_bar_is_drawn_on_a_terminal(recorded: str, home: Path) -> None:
    file = home / "calls.csv"
    arguments = ("--redis-url", recorded, "export", "--out", str(file))
    with Terminal(*arguments, home=home / "b", columns=200) as terminal:
        assert terminal.wait_until_ended() == 0
        assert b"reading the journal" in terminal.output
        assert b"writing" in terminal.output
        # It is taken away when it is over: what stays is what was done.
        assert "reading" not in terminal.text()
        assert f"8 calls written to {file}" in terminal.text()
    assert len(file.read_text("utf-8").splitlines()) == 9


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--speed", "0"), 2, "0.0 is not in the range 1<=x<=100"),
        (("--speed", "101"), 2, "is not in the range"),
        (("--since", "soon"), 2, "--since: 'soon' is not a time"),
        (("--since", "1h", "--until", "2h"), 2, "--until must be later than --since"),
        (("--since", "2001-01-01", "--until", "2001-01-02"), 1, "has nothing of that time: it beg"),
        (("--since", "2999-01-01"), 1, "the journal has nothing of that time"),
        (("--filter", "hold>soon"), 2, "^^^^"),
        (("nowhere.csv",), 2, "nowhere.csv cannot be read: No such file or directory"),
        (("/",), 2, "/ cannot be read: Is a directory"),
        (("page.html",), 2, "page.html is no export: it begins neither with a header"),
        (("header.csv",), 1, "header.csv has no call that can be replayed"),
        (("bad.csv",), 1, "bad.csv, line 2: began is 'x', not a date and time"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_replayed_is_said_before_a_screen_opens(
    recorded: str,
    home: Path,
    arguments: tuple[str, ...],
    code: int,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(home)
    Path("page.html").write_text("<html>\n")
    Path("header.csv").write_text("began,call_ref\n")
    Path("bad.csv").write_text("began,call_ref\nx,1\n")
    with Terminal("--redis-url", recorded, "replay", *arguments, home=home, columns=200) as one:
        assert one.wait_until_ended() == code
        assert words in one.text()
        assert b"\x1b[?1049h" not in one.output


def test_a_journal_that_is_empty_or_out_of_reach_is_named(
    server: EmbeddedServer, home: Path
) -> None:
    for url, words in (
        (server.url, "is empty: nothing has been collected there yet"),
        (NOWHERE, "refuses connections"),
    ):
        with Terminal("--redis-url", url, "replay", home=home, columns=200) as one:
            assert one.wait_until_ended() == 1
            assert words in one.text()


def test_two_commands_of_a_replay_with_one_key_are_named_there_alone(
    recorded: str, home: Path
) -> None:
    settings = home / "config" / "enigma-tui" / "config.toml"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text('[keys]\nstatistics = "left"\n')
    with Terminal("--redis-url", recorded, "replay", home=home, columns=200) as one:
        assert one.wait_until_ended() == 2
        assert "keys.statistics: left is the key of back_1" in one.text()
    with Terminal("--redis-url", recorded, home=home) as board:
        board.wait_for("● live")
        board.send("\x1b[D")
        board.wait_for("Statistics")
