"""Doctor says whose server it is that fails, and which acts wait on this machine."""

import json
from pathlib import Path

import pytest
import redis
from redis.exceptions import AuthenticationError

from enigma_tui.journal.desk import Act, Undo
from enigma_tui.journal.faults import explain, of_source
from enigma_tui.journal.left_behind import LeftBehind
from enigma_tui.journal.pending import Kept, Pending, PendingActs, kept_in
from enigma_tui.journal.reaching import subject
from enigma_tui.model.call import CallKey, EntryId, Feed
from enigma_tui.site import Site, Source
from tests.topology import free_port

from .conftest import Run

CALL = CallKey("pbx", Feed.INBOUND, "4711", EntryId(1, 0))
WHERE = "redis://pbx:6379/0, prefix enigma-tui, as thandi"


def test_a_fault_at_a_sources_own_server_names_the_source_and_its_setting(
    run: Run, client: redis.Redis
) -> None:
    south = Source(name="south", server=f"redis://127.0.0.1:{free_port()}/0")
    client.set("{enigma-tui}:site", Site(sources=(Source(), south)).to_json())
    client.close()
    bad = [one for one in json.loads(run("doctor", "--json").stdout) if one["state"] == "bad"]
    assert bad
    for finding in bad:
        assert "source south: " in finding["found"]
        assert "`server` of the source south" in finding["remedy"]
        assert "redis_url" not in finding["remedy"]


def test_what_keeps_collectors_from_a_source_is_told_and_not_to_start_another(
    run: Run, client: redis.Redis
) -> None:
    site = Site(sources=(Source(), Source(name="south", inbound="south", cdr="over")))
    client.set("{enigma-tui}:site", site.to_json())
    seconds, micros = client.time()
    now_ms = seconds * 1000 + micros // 1000
    client.set("{enigma-tui}:collector:pbx", "somebody")
    for told, state, words in (
        (b"", "look", "nobody collects from south at the moment"),
        (f"{now_ms} 0 no permission".encode(), "bad", "met south: no permission"),
    ):
        client.hset("{enigma-tui}:collecting", mapping={b"south": told})
        found = json.loads(run("doctor", "--json").stdout)
        (finding,) = [one for one in found if one["check"] == "collector"]
        assert finding["state"] == state
        assert words in finding["found"]
        assert ("enigma-tui collect" in finding["remedy"]) == (state == "look")
    client.close()


def test_calls_left_at_a_server_that_is_not_collected_any_more_are_a_finding(
    run: Run, client: redis.Redis
) -> None:
    left = LeftBehind(
        "north", "calls", "redis://pbx:6379/0", "unreachable", "pbx does not answer", "Start it."
    )
    seconds, micros = client.time()
    now_ms = seconds * 1000 + micros // 1000
    client.hset("{enigma-tui}:collecting", mapping={b"left:1": left.written(now_ms)})
    client.close()
    found = json.loads(run("doctor", "--json").stdout)
    (finding,) = [one for one in found if one["check"] == "left behind"]
    assert finding["state"] == "bad"
    assert finding["found"] == left.sentence
    assert finding["remedy"] == "Start it."


def test_a_password_of_a_source_is_another_setting_than_the_journals() -> None:
    fault = of_source(explain(AuthenticationError("no"), "redis://pbx:6379/0"), "south")
    assert "source_password_files" in fault.remedy
    assert "source_servers" in fault.remedy
    assert "redis_url" not in fault.remedy


def test_a_source_whose_password_may_not_be_sent_is_a_finding_and_not_the_end(
    run: Run, client: redis.Redis, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    file.write_text("p")
    file.chmod(0o600)
    south = Source(name="south", server="redis://127.0.0.1:1/0")
    client.set("{enigma-tui}:site", Site(sources=(Source(), south)).to_json())
    client.close()
    done = run(
        "doctor",
        ENIGMA_TUI_SOURCE_PASSWORD_FILES=json.dumps({"south": str(file)}),
        ENIGMA_TUI_SOURCE_SERVERS='{"south": "redis://elsewhere:6379/0"}',
    )
    assert done.returncode == 1
    assert "the password of source south is for redis://elsewhere:6379/0" in done.stdout
    assert "writing" in done.stdout, "what comes after it is looked at, too"


def test_acts_that_wait_here_are_listed_also_while_the_server_is_away(
    run: Run, tmp_path: Path
) -> None:
    acts = PendingActs(tmp_path / ".local" / "state" / "enigma-tui", WHERE)
    made = [Act(CALL, "spam", 0), Act(CALL, "resolved", 0), Undo(CALL, "x")]
    for number, act in enumerate(made):
        acts.keep(Pending(act, 1_763_800_000_000 + number))
    acts.refuse(made[1].id, "somebody was first")
    away = f"redis://127.0.0.1:{free_port()}/0"
    found = {one["check"]: one for one in json.loads(run("doctor", "--json", url=away).stdout)}
    assert found["acts"]["state"] == "look"
    assert "2 acts to hand in and 1 act that the server refused" in found["acts"]["found"]
    assert found["acts"]["found"].endswith(f"for {WHERE}")
    assert "since 2025-11-22" in found["acts"]["found"]
    assert "hands them in" in found["acts"]["remedy"]
    (file,) = (tmp_path / ".local" / "state" / "enigma-tui").glob("acts-*.jsonl")
    assert found["acts"]["remedy"].endswith(f"by removing {file}")
    # They are still those of the board that has the file open.
    acts.settle(made[1].id)
    assert kept_in(tmp_path / ".local" / "state" / "enigma-tui") == [
        Kept(WHERE, 2, 0, 1_763_800_000_000, (file,))
    ]
    acts.close()


def test_nothing_is_said_of_acts_where_none_wait(tmp_path: Path) -> None:
    acts = PendingActs(tmp_path, WHERE)
    act = Act(CALL, "spam", 0)
    acts.keep(Pending(act, 1))
    acts.settle(act.id)
    assert kept_in(tmp_path) == []
    assert kept_in(tmp_path / "absent") == []
    acts.close()


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("redis://a:1/0", "redis://a:1/0"),
        ("redis+cluster://a:1,b:1", "the cluster at redis+cluster://a:1,b:1"),
        ("rediss+sentinel://a:1,b:1/s/0", "the server behind rediss+sentinel://a:1,b:1/s/0"),
        ("a:1,b:1", "a sentinel of a:1,b:1"),
    ],
)
def test_several_hosts_are_spoken_of_as_one_thing(where: str, words: str) -> None:
    assert subject(where) == words
    refused = explain(ConnectionRefusedError(111, "refused"), where)
    assert refused.sentence == f"{words} refuses connections: nothing listens there"
