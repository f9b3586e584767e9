"""The commands, run as processes on a real server."""

import json
import re
from pathlib import Path

import pytest
import redis

from enigma_tui.cli.config import template
from enigma_tui.settings import NAMES

from .conftest import Run
from .payloads import journalled, payload

INBOUND = "enigma:notifications:inbound"


def test_a_wrong_setting_names_file_key_and_the_nearest(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    for text, words in (
        ("redis_ur = 'x'", (str(file), "'redis_ur'", "did you mean 'redis_url'?")),
        ("keep_calls = 'many'", (str(file), "keep_calls")),
        ("region = 'ZZ'", (str(file), "region")),
        ("not toml", (str(file), "TOML")),
    ):
        file.write_text(text)
        done = run("--config", str(file), "config", "show")
        assert done.returncode == 2, text
        for word in words:
            assert word in done.stderr, done.stderr


def test_a_wrong_variable_or_address_is_named(run: Run) -> None:
    done = run("config", "show", ENIGMA_TUI_REGOIN="ZA")
    assert done.returncode == 2
    assert "ENIGMA_TUI_REGOIN" in done.stderr
    assert "ENIGMA_TUI_REGION" in done.stderr
    done = run("config", "show", ENIGMA_TUI_KEYS="disposition = 'f2'")
    assert done.returncode == 2
    assert "ENIGMA_TUI_KEYS is not JSON" in done.stderr
    done = run("doctor", url="http://pbx")
    assert done.returncode == 2
    assert "ENIGMA_TUI_REDIS_URL: redis_url" in done.stderr
    assert "redis://pbx.example" in done.stderr


def test_the_board_needs_a_terminal_and_says_what_does_not(run: Run) -> None:
    done = run()
    assert done.returncode == 2
    assert "enigma-tui tail" in done.stderr


def test_without_a_terminal_nobody_is_asked_where_the_server_is(run: Run, tmp_path: Path) -> None:
    done = run(url=None)
    assert done.returncode == 2
    assert "the board needs a terminal" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_no_password_is_ever_printed(run: Run) -> None:
    secret = "s3cr3t-w0rd"
    url = f"redis://:{secret}@127.0.0.1:1/0"
    for arguments in (("config", "show"), ("doctor",), ("doctor", "--json"), ("site", "show")):
        done = run(*arguments, url=url)
        assert secret not in done.stdout + done.stderr


def test_settings_are_taken_in_order_and_say_where_from(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("prefix = 'file'\nname = 'file'\nregion = 'GB'\n")
    done = run("--config", str(file), "--as", "flag", "config", "show", ENIGMA_TUI_PREFIX="env")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert 'name = "flag"  # the command line' in lines
    assert 'prefix = "env"  # ENIGMA_TUI_PREFIX' in lines
    assert f'region = "GB"  # {file}' in lines


def test_config_init_writes_every_setting_and_overwrites_nothing(run: Run, tmp_path: Path) -> None:
    done = run("config", "init")
    file = tmp_path / "enigma-tui" / "config.toml"
    assert done.returncode == 0, done.stderr
    assert file.stat().st_mode & 0o777 == 0o600
    text = file.read_text()
    for name in NAMES:
        assert re.search(rf"^#(\[*{name}\]|{name} = )", text, re.MULTILINE), name
    assert run("config", "show").returncode == 0
    assert run("config", "init").returncode == 2
    assert file.read_text() == text == template()


def test_doctor_finds_what_is_wrong_and_says_what_to_do(run: Run, client: redis.Redis) -> None:
    done = run("doctor", "--json")
    assert done.returncode == 0, done.stdout
    assert {finding["state"] for finding in json.loads(done.stdout)} <= {"ok", "look"}
    with client:
        client.set(INBOUND, "not a list")
    done = run("doctor", "--json")
    assert done.returncode == 1
    bad = [finding for finding in json.loads(done.stdout) if finding["state"] == "bad"]
    assert INBOUND in bad[0]["found"]
    assert bad[0]["remedy"]
    done = run("doctor", url="redis://127.0.0.1:1/0")
    assert done.returncode == 1
    assert "refused" in done.stdout


def test_doctor_leaves_nothing_behind(run: Run, client: redis.Redis) -> None:
    assert run("doctor").returncode == 0
    with client:
        assert client.keys("*") == []


def test_tail_prints_each_event_and_ends_when_asked(run: Run, client: redis.Redis) -> None:
    journalled(client, payload(1), payload(2, "2002"), "not json", payload(1, "2003"))
    done = run("tail", "--since", "1h", "--json", "--no-follow")
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [event["event"] for event in events] == [
        "connected",
        "connected",
        "rejected",
        "transferred",
    ]
    assert events[0]["caller"] == "+27 82 000 1234"
    done = run("tail", "--since", "1h", "--no-follow", "--filter", "ext:2002")
    assert len(done.stdout.splitlines()) == 1
    assert "Call 2 connected to extension 2002" in done.stdout
    assert run("tail", "--since", "soon").returncode == 2
    done = run("tail", "--filter", "ext:2001 hold>soon")
    assert done.returncode == 2
    assert "^^^^" in done.stderr


def test_a_disposition_from_a_script_is_recorded_once(run: Run, client: redis.Redis) -> None:
    journalled(client, payload(4711))
    done = run("disposition", "4711", "billing", "--note", "double charge", "--as", "thandi")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["code"] == "escalated.billing"
    done = run("disposition", "4711", "spam", "--as", "sipho")
    assert done.returncode == 1
    assert "thandi was first" in done.stderr
    assert json.loads(done.stdout)["code"] == "escalated.billing"
    for arguments, words in (
        (("4711", "spma"), "there is no code"),
        (("4711", "complaint"), "--note"),
        (("4711", "callback"), "--when"),
        (("9999", "spam"), "no call 9999"),
    ):
        done = run("disposition", *arguments)
        assert done.returncode in (1, 2)
        assert words in done.stderr


def test_the_site_is_shown_set_and_guarded(run: Run, tmp_path: Path) -> None:
    done = run("site", "show")
    assert done.returncode == 0
    site = json.loads(done.stdout)
    site["title"] = "Night shift"
    file = tmp_path / "site.json"
    file.write_text(json.dumps(site))
    assert run("site", "set", str(file)).returncode == 0
    assert json.loads(run("site", "show").stdout)["title"] == "Night shift"
    site["sources"][0]["pop"] = "up"
    file.write_text(json.dumps(site))
    done = run("site", "set", str(file))
    assert done.returncode == 2
    assert "sources.0.pop" in done.stderr
    assert str(file) in done.stderr


def test_collect_asks_before_it_is_the_first(run: Run, client: redis.Redis) -> None:
    done = run("collect")
    assert done.returncode == 1
    assert INBOUND in done.stderr
    assert "--yes" in done.stderr
    with client:
        assert client.keys("*") == []


def test_every_command_explains_itself(run: Run) -> None:
    done = run("--help")
    assert done.returncode == 0
    for name in ("collect", "demo", "disposition", "doctor", "export", "keys", "tail"):
        assert name in done.stdout
        one = run(name, "--help")
        assert one.returncode == 0
        assert "Usage" in one.stdout
    assert run("--version").stdout.startswith("enigma-tui ")


@pytest.mark.parametrize("command", ["doctor", "keys", "config show"])
def test_what_the_board_would_refuse_is_refused_everywhere(
    run: Run, tmp_path: Path, command: str
) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("theme = 'enigma-lihgt'")
    done = run("--config", str(file), *command.split())
    assert done.returncode == 2
    assert f"{file}: theme: there is no 'enigma-lihgt'; did you mean enigma-light?" in done.stderr


def test_the_demo_needs_a_terminal_and_leaves_nothing(run: Run) -> None:
    done = run("demo")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "needs a terminal" in done.stderr
