"""What was not delivered is listed, found by `doctor`, and sent again when asked."""

import json
from collections.abc import Callable
from pathlib import Path

import redis

from .conftest import Begin, Run
from .payloads import journalled, payload

HOOK = {"kind": "webhook", "name": "crm", "url": "http://127.0.0.1:1/", "secret": "secret:crm-key"}
QUEUE = {"kind": "list", "name": "queue", "key": "outcomes", "cap": 20}


def write_site(run: Run, file: Path, *targets: dict) -> None:
    file.write_text(json.dumps({"delivery": targets, "undo_seconds": 0}))
    assert run("site", "set", str(file)).returncode == 0


def failed(client: redis.Redis, act: str) -> None:
    """Put a failed delivery of the newest disposition into the journal, as a deliverer does."""
    (entry,) = [f for _, f in client.xrange("{enigma-tui}:journal") if f[b"kind"] == b"disposition"]
    names = (b"source", b"call_feed", b"call_ref", b"since", b"act", b"version", b"code")
    told = {name: entry[name] for name in names}
    told |= {b"kind": b"delivery", b"target": b"crm", b"outcome": b"refused", b"answer": b"404 No"}
    client.xadd("{enigma-tui}:journal", told)
    assert entry[b"act"].decode() == act


def test_what_failed_is_listed_with_its_answer_and_sent_again_when_asked(
    run: Run, client: redis.Redis, tmp_path: Path
) -> None:
    write_site(run, tmp_path / "site.json", HOOK, QUEUE)
    journalled(client, payload(4711))
    assert run("disposition", "4711", "spam").returncode == 0
    listed = json.loads(run("deliveries", "--json").stdout)
    assert [(each["target"], each["count"]) for each in listed["waiting"]] == [
        ("crm", 1),
        ("queue", 1),
    ]
    assert (listed["failed"], listed["nearing_trim"]) == ([], [])
    (act,) = {
        fields[b"act"].decode()
        for _, fields in client.xrange("{enigma-tui}:journal")
        if b"act" in fields
    }
    failed(client, act)
    done = run("deliveries")
    assert done.returncode == 1
    assert "crm: 0 waiting" in done.stdout
    assert f"{act}  " in done.stdout
    assert "crm  call 4711  spam  refused: 404 No" in done.stdout
    (each,) = json.loads(run("deliveries", "--json").stdout)["failed"]
    assert (each["id"], each["answer"], each["call_ref"]) == (act, "404 No", "4711")

    assert run("deliveries", "again").returncode == 2
    assert run("deliveries", "again", "nothing").returncode == 1
    assert run("deliveries", "again", act, "--target", "crn").returncode == 2
    done = run("deliveries", "again", act)
    assert (done.returncode, done.stdout) == (0, "1 to be sent again\n"), done.stderr
    listed = json.loads(run("deliveries", "--json").stdout)
    assert listed["failed"] == []
    assert listed["waiting"][0]["count"] == 1
    assert run("deliveries").returncode == 0
    assert run("deliveries", "again", "--all").stdout == "0 to be sent again\n"


def test_why_delivery_stands_still_is_told_with_what_waits_and_by_doctor(
    run: Run, client: redis.Redis, tmp_path: Path
) -> None:
    write_site(run, tmp_path / "site.json", QUEUE)
    journalled(client, payload(4711))
    assert run("disposition", "4711", "spam").returncode == 0
    assert "queue: delivery stands still: nobody delivers\n" in run("deliveries").stdout
    seconds, _ = client.time()
    told = {"why": "list is full (20)", "remedy": "Look at its reader.", "by": "robot"}
    client.hset("{enigma-tui}:standstill", "queue", f"{seconds}000 {json.dumps(told)}")
    client.set("{enigma-tui}:delivery:queue", "somebody")
    said = run("deliveries").stdout
    assert "queue: delivery stands still: list is full (20) (robot)\n  Look at its" in said
    (each,) = json.loads(run("deliveries", "--json").stdout)["waiting"]
    assert each["standstill"] == told
    done = run("doctor")
    assert done.returncode == 1
    assert "bad   delivery queue list: delivery stands still: list is full (20)" in done.stdout
    assert "Look at its reader." in done.stdout


def test_doctor_finds_what_delivery_lacks(run: Run, client: redis.Redis, tmp_path: Path) -> None:
    write_site(run, tmp_path / "site.json", HOOK, QUEUE)

    def found(**own: str) -> dict[str, list[str]]:
        answer: dict[str, list[str]] = {}
        for each in json.loads(run("doctor", "--json", **own).stdout):
            words = f"{each['state']}: {each['found']}"
            answer.setdefault(each["check"], []).append(words)
        return answer

    now = found()
    assert (
        "look: webhook: from here it cannot be delivered: delivery_secrets has no crm-key here"
        in (now["delivery crm"])
    )
    own = {
        "ENIGMA_TUI_DELIVERY_SECRETS": '{"crm-key": "env:CRM_KEY"}',
        "ENIGMA_TUI_DELIVERY_HOSTS": '{"crm-key": "http://127.0.0.1:2"}',
    }
    lacks = found(**own)["delivery crm"][0]
    assert "delivery_hosts lets crm-key be sent to http://127.0.0.1:2 only" in lacks
    own["ENIGMA_TUI_DELIVERY_HOSTS"] = '{"crm-key": "http://127.0.0.1:1"}'
    assert "the variable CRM_KEY is not set" in found(**own)["delivery crm"][0]
    lacking = [line for line in found(**own, CRM_KEY="k")["delivery crm"] if "cannot" in line]
    assert not lacking
    own["ENIGMA_TUI_DELIVERY_HOSTS"] = '{"crm-key": "http://127.0.0.1:1/path"}'
    done = run("doctor", **own)
    assert (done.returncode, "delivery_hosts.crm-key: " in done.stderr) == (2, True), done.stderr
    assert "look: webhook: nobody delivers at the moment" in now["delivery crm"]
    assert "ok: outcomes: 0 not yet read" in now["delivery queue"]
    client.rpush("outcomes", *range(3))
    assert any(line.startswith("look: outcomes holds 3") for line in found()["delivery queue"])
    client.rpush("outcomes", *range(17))
    assert any(
        line.startswith("bad: delivery to queue waits") for line in found()["delivery queue"]
    )
    client.set("{enigma-tui}:delivery:crm", "somebody")
    assert "ok: webhook: somebody delivers" in found()["delivery crm"]


async def test_collect_delivers_and_says_what_it_cannot(
    run: Run, begin: Begin, client: redis.Redis, tmp_path: Path, eventually: Callable
) -> None:
    write_site(run, tmp_path / "site.json", HOOK, QUEUE)
    journalled(client, payload(4711))
    assert run("disposition", "4711", "spam").returncode == 0
    with (tmp_path / "err").open("w") as err:
        process = begin("collect", err=err)
        await eventually(lambda: client.llen("outcomes") == 1)
        told = tmp_path / "err"
        await eventually(lambda: "delivery_secrets has no crm-key" in told.read_text())
        await eventually(lambda: "delivering to queue" in told.read_text())
        process.terminate()
        assert process.wait(15) == 0
    assert "Traceback" not in told.read_text()
    assert json.loads(client.lpop("outcomes"))["payload"]["call_ref"] == "4711"
    assert not client.exists("{enigma-tui}:delivery:queue")
