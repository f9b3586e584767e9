"""What a command is asked for is what it does, whatever the site or the settings are like."""

import json
from pathlib import Path
from typing import Any

import pytest
import redis
from click.testing import CliRunner

from enigma_tui.addresses import address
from enigma_tui.cli import demo, main, tailing
from enigma_tui.journal.address import Login
from enigma_tui.journal.keys import DEFAULT_PREFIX
from enigma_tui.model.call import EntryId
from enigma_tui.model.entry import Event, decode
from enigma_tui.model.phone import Dialplan
from enigma_tui.model.query import parse
from enigma_tui.settings import COMMAND_LINE, DEMO, Loaded
from enigma_tui.site import CodeSetting, Site

from .conftest import Run
from .payloads import JOURNAL, journalled, payload, record

SITE = "{enigma-tui}:site"


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


# ── filters ─────────────────────────────────────────────────────────────────────────────────


def test_a_filter_may_name_a_code_of_the_site(run: Run, client: redis.Redis) -> None:
    journalled(client, payload(1), payload(2, "2002"))
    with client:
        client.set(SITE, Site(codes=(CodeSetting(code="upsell", key="u"),)).to_json())
    assert run("disposition", "2", "upsell").returncode == 0
    done = run("tail", "--no-follow", "--json", "--filter", "disp:upsell")
    assert done.returncode == 0, done.stderr
    assert [line["event"] for line in lines(done.stdout)] == ["disposition"]


# ── tail ────────────────────────────────────────────────────────────────────────────────────


def test_tail_without_a_time_prints_everything_there_is(run: Run, client: redis.Redis) -> None:
    with client:
        for ms in (5, 6):
            fields = {
                "kind": "call",
                "raw": payload(ms, str(ms)),
                "source": "pbx",
                "feed": "inbound",
            }
            client.xadd(JOURNAL, fields, id=f"{ms}-0")
    done = run("tail", "--no-follow", "--json")
    assert [line["call_ref"] for line in lines(done.stdout)] == ["5", "6"]
    # By the server's clock, as entries are dated; these are of 1970.
    assert run("tail", "--no-follow", "--since", "1h").stdout == ""


def event(ms: int, seq: int) -> Event:
    raw = payload(f"{ms}-{seq}", str(seq)).encode()
    return decode(EntryId(ms, seq), {b"kind": b"call", b"raw": raw, b"source": b"pbx"})


@pytest.mark.parametrize("begin", [EntryId(0, 0), None])
def test_a_restart_prints_nothing_twice_and_leaves_nothing_out(
    capsys: pytest.CaptureFixture[str], begin: EntryId | None
) -> None:
    """Entries of one batch are of one millisecond."""
    printer = tailing.Printer(parse(""), Dialplan(), 100, begin, as_json=True, ends=False)
    printer.on_events([event(5, 0), event(5, 1)])
    printer.on_restart(missing=False)
    printer.on_events([event(5, seq) for seq in range(4)])
    printed = [line["entry"] for line in lines(capsys.readouterr().out)]
    assert printed == ([] if begin is None else ["5-0", "5-1", "5-2", "5-3"])


# ── only watching ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "command",
    [("collect", "--yes"), ("site", "set", "-"), ("site", "edit"), ("disposition", "1", "spam")],
)
def test_who_only_watches_changes_nothing(
    run: Run, client: redis.Redis, command: tuple[str, ...]
) -> None:
    done = run("--read-only", *command, EDITOR="false")
    assert done.returncode == 2, done.stderr
    assert "enigma-tui: the command line: read_only is set: " in done.stderr
    with client:
        assert client.keys("*") == []


@pytest.mark.parametrize("flags", [(), ("--read-only", "--filter", "ext:2001", "--no-collect")])
def test_the_demo_takes_only_what_is_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...]
) -> None:
    opened: list[Loaded] = []
    monkeypatch.setattr(demo, "open_board", lambda ctx, *, loaded, **_: opened.append(loaded))
    monkeypatch.setenv("ENIGMA_TUI_READ_ONLY", "true")
    monkeypatch.setenv("ENIGMA_TUI_PREFIX", "real")
    monkeypatch.setenv("ENIGMA_TUI_REDIS_URL", "redis://real.example/0")
    file = tmp_path / "mine.toml"
    file.write_text(
        "filter = 'ext:9'\ncollect = 'no'\nname = 'thandi'\nusername = 'thandi'\n"
        "password_file = '/none'\ntls_ca = '/none'\n"
    )
    done = CliRunner().invoke(main, ["--config", str(file), *flags, "demo"])
    assert done.exit_code == 0, done.output
    [loaded] = opened
    made = loaded.settings
    assert (made.prefix, made.name) == (DEFAULT_PREFIX, "thandi")
    assert made.redis_url.get_secret_value().startswith("unix://")
    assert address(made).full_login == Login()
    typed = (True, "ext:2001", "no") if flags else (False, "", "yes")
    assert (made.read_only, made.filter, made.collect) == typed
    assert loaded.origins["redis_url"] == DEMO
    assert loaded.origins["filter"] == (COMMAND_LINE if flags else DEMO)
    assert loaded.origins["name"] == str(file)


# ── dispositions ────────────────────────────────────────────────────────────────────────────


def test_which_of_two_calls_is_meant_is_asked_and_not_guessed(
    run: Run, client: redis.Redis
) -> None:
    journalled(client, payload(7), record(7, "2002", "outbound"))
    done = run("disposition", "7", "spam")
    assert done.returncode == 2
    assert "inbound of pbx, outbound of pbx" in done.stderr
    assert "--feed" in done.stderr
    for feed in ("outbound", "inbound"):
        done = run("disposition", "7", "spam", "--feed", feed)
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        assert (told["outcome"], told["feed"], told["version"]) == ("done", feed, 1)
    assert "no call 7" in run("disposition", "7", "spam", "--feed", "dialler").stderr


def test_a_note_that_is_no_text_is_recorded_as_it_can_be_shown(
    run: Run, client: redis.Redis
) -> None:
    journalled(client, payload(1))
    done = run("disposition", "1", "spam", "--note", b"caf\xff")
    assert done.returncode == 0, done.stderr
    done = run("tail", "--no-follow", "--json", "--filter", "disp:spam")
    assert [line["note"] for line in lines(done.stdout)] == ["caf\ufffd"]


def test_a_call_back_keeps_the_time_of_day_across_a_change_of_the_clocks(
    run: Run, client: redis.Redis
) -> None:
    """A month and more ahead there is summer time, or there is not any longer."""
    for month in ("01", "07"):
        journalled(client, payload(month, month))
        when = f"2031-{month}-15 09:00"
        done = run("disposition", month, "callback", "--when", when, TZ="Europe/London")
        assert done.returncode == 0, done.stderr
    done = run("tail", "--no-follow", "--json", "--filter", "disp:callback")
    # 09:00 GMT, and 09:00 BST.
    assert [line["callback"] for line in lines(done.stdout)] == [1926234000.0, 1941868800.0]


def test_an_outcome_is_amended_with_a_reason_and_a_claim_is_respected(
    run: Run, client: redis.Redis
) -> None:
    journalled(client, payload(5))
    assert run("disposition", "5", "spam", "--as", "ann").returncode == 0
    refused = run("disposition", "5", "resolved", "--as", "bob")
    assert refused.returncode == 1
    assert "ann was first, with spam" in refused.stderr
    assert "--amend REASON" in refused.stderr
    amended = run("disposition", "5", "resolved", "--as", "bob", "--amend", "a customer")
    assert json.loads(amended.stdout)["version"] == 2
    hash_key = next(client.scan_iter("*:call:*"))
    client.hset(hash_key, mapping={"claim_id": "c", "claim_by": "cleo", "claim_until": 2**52})
    claimed = run("disposition", "5", "spam", "--amend", "no", "--as", "ann")
    assert claimed.returncode == 1
    assert "claimed by cleo" in claimed.stderr
    over = run("disposition", "5", "spam", "--amend", "no", "--as", "ann", "--over-claim")
    assert over.returncode == 0
    told = [json.loads(line) for line in run("tail", "--json", "--no-follow").stdout.splitlines()]
    assert [line["event"] for line in told][-3:] == ["disposition", "amended", "amended"]
    assert told[-1]["reason"] == "no"
