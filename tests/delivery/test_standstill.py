"""Why delivery stands still is known to everybody, not only to the program that delivers."""

import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from enigma_tui.journal.delivery.secrets import SecretMissing, Secrets
from enigma_tui.journal.delivery.status import failing, lacking, why_still
from enigma_tui.journal.follower import Follower
from enigma_tui.journal.standstill import NEWS_MS, NOBODY, Standstill, look, read
from enigma_tui.targets import WebhookTarget
from tests.journal.test_topologies import Listener

from .conftest import Stage
from .receiver import Receiver, status

LIST = {"kind": "list", "name": "crm", "key": "outcomes", "cap": 2}


async def why(stage: Stage) -> str:
    """What everybody is told of the first target."""
    (target,) = stage.site.delivery
    found = (await look(stage.connection, stage.keys, [target.name])).get(target.name)
    return found.why if found else ""


async def until(stage: Stage, eventually: Callable, words: str) -> None:
    async def told() -> bool:
        return await why(stage) == words

    await eventually(told)


async def test_a_full_list_is_told_to_every_board_until_it_is_read(
    stage: Stage, eventually: Callable
) -> None:
    await stage.write_site(LIST)
    await stage.connection.quick.rpush("outcomes", "theirs", "theirs")
    await stage.dispose(await stage.call())
    board = Follower(stage.connection, stage.keys, Listener())
    stage.tasks.append(asyncio.create_task(board.run()))
    stage.deliver()
    await until(stage, eventually, "list is full (2)")
    (told,) = (await look(stage.connection, stage.keys, ["crm"])).values()
    assert (told.by, str(told)) == ("robot", "list is full (2) (robot)")
    assert "should read that list" in told.remedy

    def seen() -> Mapping[str, Standstill]:
        return board.pulse.standstills if board.pulse else {}

    await eventually(lambda: "crm" in seen() and seen()["crm"].why == "list is full (2)")
    await stage.connection.quick.delete("outcomes")
    await until(stage, eventually, "")
    await eventually(lambda: board.pulse and not seen())


async def test_that_nobody_delivers_is_seen_by_all(stage: Stage) -> None:
    await stage.write_site(LIST)
    assert await why(stage) == NOBODY


async def test_a_secret_that_is_missing_is_told_unless_somebody_else_delivers(
    stage: Stage, receiver: Receiver, webhook: dict, eventually: Callable
) -> None:
    await stage.write_site({**webhook, "secret": "secret:crm-key"})
    stage.deliver()
    await until(stage, eventually, "secret crm-key is missing")
    stage.deliver({"crm-key": "k"})
    await until(stage, eventually, "")
    await stage.stop()
    await stage.connection.quick.delete(stage.keys.standstill)
    stage.deliver({"crm-key": "k"}, host="http://elsewhere.example")
    await until(stage, eventually, "secret crm-key may not be sent there")
    told = b"".join((await stage.connection.quick.hgetall(stage.keys.standstill)).values())
    assert b"elsewhere" not in told  # what this machine's settings say is nobody else's business


async def test_nothing_that_a_receiver_says_is_told(
    stage: Stage, receiver: Receiver, webhook: dict, eventually: Callable
) -> None:
    receiver.plan = [status(503, "cannot store: double charge")] * 1_000
    await stage.write_site(webhook)
    await stage.dispose(await stage.call(), note="double charge")
    stage.deliver()
    await until(stage, eventually, "it answers 503")
    told = b"".join((await stage.connection.quick.hgetall(stage.keys.standstill)).values())
    assert b"charge" not in told
    receiver.plan = []
    await until(stage, eventually, "")


async def test_what_the_journals_server_refuses_is_told(stage: Stage, eventually: Callable) -> None:
    await stage.write_site(LIST)
    await stage.connection.quick.set("outcomes", "no list")
    await stage.dispose(await stage.call())
    stage.deliver()
    await until(stage, eventually, "wrong key type")


def test_every_lack_has_few_words_without_a_file_or_a_host(tmp_path: Path) -> None:
    file = tmp_path / "hidden-place"
    file.write_text("k")
    file.chmod(0o644)
    target = WebhookTarget(
        kind="webhook", name="crm", url="https://crm.example/", secret="secret:key"
    )
    hosts = {"key": "https://crm.example"}
    for secrets, words in (
        (Secrets(), "secret key is missing"),
        (Secrets({"key": "env:KEY"}), "secret key may not be sent there"),
        (Secrets({"key": "env:KEY"}, hosts, environ={}), "secret key is missing"),
        (Secrets({"key": f"file:{file}"}, hosts), "secret key cannot be used"),
    ):
        with pytest.raises(SecretMissing) as caught:
            secrets.value(target.secret, target.url)
        fault = lacking("crm", caught.value)
        assert why_still(fault) == words
        assert "hidden-place" not in fault.remedy


def test_an_answer_counts_by_its_number_only() -> None:
    assert why_still(failing("crm", "503 Busy: 0820001234")) == "it answers 503"
    assert why_still(failing("crm", "no answer in time")) == "no answer in time"


@pytest.mark.parametrize(
    "told",
    [
        b"",
        b"text",
        b"1000 ",
        b"1000 {}",
        b'1000 {"why": "", "remedy": "", "by": ""}',
        b"1000 " + b"[" * 100_000,
        b'1000 {"why": "old", "remedy": "", "by": ""}',
    ],
)
def test_what_is_old_or_cannot_be_read_is_no_news(told: bytes) -> None:
    assert read(["crm"], [{b"crm": told}, 1], 1_001 + NEWS_MS if b"old" in told else 1_001) == {}


def test_what_may_not_be_read_is_not_known_and_not_told() -> None:
    denied: Any = PermissionError()
    assert read(["crm"], [denied, denied], 0) == {}
    text = json.dumps({"why": "list is full\x1b[2J", "remedy": "", "by": ""}).encode()
    (found,) = read(["crm"], [{b"crm": b"5 " + text}, 1], 10).values()
    assert "\x1b" not in found.why


def says(waiting: int, now_ms: int = 60_000, **standstills: str) -> list[str]:
    """What the top line says, at a time when outcomes of the first second wait for `crm`."""
    from enigma_tui.site import Site
    from enigma_tui.ui.floor import Floor
    from enigma_tui.ui.widgets.status import StatusLine

    told = {name: Standstill(words, "") for name, words in standstills.items()}
    floor: Any = SimpleNamespace(
        follower=SimpleNamespace(pulse=SimpleNamespace(standstills=told)),
        now_ms=lambda: now_ms,
        site=Site(),
        deliveries=SimpleNamespace(
            waiting=lambda: [
                SimpleNamespace(target=name, oldest_ms=1_000 if waiting else None)
                for name in ("crm", "dialler")
            ]
        ),
    )
    floor.standstills = lambda: Floor.standstills(floor)
    line: Any = SimpleNamespace(floor=floor)
    return [part[0] for _, part in StatusLine.delivery(line)]


def test_the_top_line_names_target_and_reason_where_something_waits() -> None:
    full = "list is full (10,000)"
    assert says(1, crm=full) == ["delivery stands still", f"crm: {full}"]
    assert says(1, crm=full, dialler=NOBODY)[1] == f"crm: {full}, 1 more"
    assert says(0, crm=full) == []
    assert says(1) == []
    assert says(1, now_ms=5_000, crm=NOBODY) == []  # it may still be undone
