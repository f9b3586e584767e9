"""The first start asks where the server is, the second does not; nor does one that was told."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import redis

from enigma_tui.demo.embedded import EmbeddedServer
from tests.e2e.terminal import Terminal
from tests.e2e.test_supervisors import INBOUND, call

QUESTION = "Where is the Redis server that your PBX notifies?"
FILE = Path("config/enigma-tui/config.toml")


def test_what_is_typed_in_one_go_is_kept_and_the_board_opens_with_it(
    server: EmbeddedServer, client: redis.Redis, with_cdr: None, home: Path
) -> None:
    client.rpush(INBOUND, call(740_000))
    with Terminal(home=home, columns=80, lines=24) as first:
        first.wait_for(QUESTION)
        first.wait_for("enigma-tui demo")
        # A password is begun and taken back; the check is begun by the last enter.
        first.send(f"{server.url}\r\tpass\x7f\x7f\x7f\x7f\tnaledi\r")
        first.wait_for("1 waiting")
        first.wait_for("Nothing is wrong")
        assert client.llen(INBOUND) == 1
        assert not (home / FILE).exists()
        first.send("\r")
        text = first.wait_for("+27 82 000 1234")
        assert QUESTION not in text
        # Never back to the shell's own screen between the two.
        assert first.output.count(b"\x1b[?1049h") == 1
        assert b"\x1b[?1049l" not in first.output
        first.send("q")
        assert first.wait_until_ended() == 0
    written = (home / FILE).read_text()
    assert f'\nredis_url = "{server.url}"\n' in written
    assert '\nname = "naledi"\n' in written
    assert "\n#password_file = " in written
    client.rpush(INBOUND, call(740_001, 2002, "0830001111"))
    with Terminal(home=home, columns=80, lines=24) as second:
        second.wait_for("+27 83 000 1111")
        assert QUESTION.encode() not in second.output
        second.send("q")
        second.wait_until_ended()
    assert (home / FILE).read_text() == written


def test_leaving_leaves_nothing(home: Path) -> None:
    with Terminal(home=home) as first:
        first.wait_for(QUESTION)
        first.send("pbx.example\x1b")
        assert first.wait_until_ended() == 0
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("told", ["flag", "environment", "file"])
def test_who_has_said_where_it_is_is_not_asked(
    server: EmbeddedServer, with_cdr: None, home: Path, told: str
) -> None:
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = {}
    if told == "flag":
        arguments = ("--redis-url", server.url)
    elif told == "environment":
        environment = {"ENIGMA_TUI_REDIS_URL": server.url}
    else:
        (home / FILE).parent.mkdir(parents=True)
        # Whoever has one has had the choice. A server may be at the default address, or none.
        (home / FILE).write_text("read_only = true\n")
    with Terminal(*arguments, home=home, environment=dict(environment)) as board:
        board.wait_for("TO DISPOSE")
        assert QUESTION.encode() not in board.output
