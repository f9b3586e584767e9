"""A webhook has each outcome once by key, however badly it behaves."""

import hashlib
import hmac
import json
import logging
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from enigma_tui.journal.delivery import way
from enigma_tui.model.entry import DeliveryOutcome

from .conftest import Stage
from .receiver import GARBAGE, HALF, HALF_BODY, Receiver, dribble, hang, status


async def test_an_outcome_arrives_as_it_was_recorded(
    stage: Stage, receiver: Receiver, webhook: dict, eventually: Callable
) -> None:
    await stage.write_site({**webhook, "headers": {"X-Floor": "night"}})
    key = await stage.call("47/11")
    act = await stage.dispose(key, "spam", note="Zoë again", callback_ms=1_763_900_000_500)
    stage.deliver()
    await eventually(lambda: receiver.accepted)
    (request,) = receiver.requests
    assert (request.method, request.path, request.key) == ("POST", "/outcomes", act.id)
    assert request.headers["content-type"] == "application/json"
    assert request.headers["x-floor"] == "night"
    assert "x-enigma-signature" not in request.headers
    told = dict(request.payload)
    assert json.loads(request.body)["type"] == "disposition"
    assert abs(told.pop("at") - time.time()) < 60
    assert told == {
        "call_ref": "47/11",
        "contact_ref": "ACC-1",
        "ref": "2001",
        "number": "0820001234",
        "dial_number": "0115",
        "call_dir": "inbound",
        "disposition": "spam",
        "label": "Spam call",
        "note": "Zoë again",
        "callback": 1_763_900_000.5,
        "by": "ann",
        "verified": False,
        "source": "pbx",
        "version": 1,
        "act": act.id,
    }
    await eventually(stage.results)
    (result,) = await stage.results()
    assert (result.key, result.target, result.act) == (key, "crm", act.id)
    assert (result.outcome, result.answer) == (DeliveryOutcome.DELIVERED, "200 Said: thank you")
    assert (result.attempts, result.by, result.code) == (1, "robot", "spam")


async def test_it_is_signed_so_that_the_receiver_can_check_it(
    stage: Stage, receiver: Receiver, webhook: dict, eventually: Callable
) -> None:
    """As docs/delivery.md says how."""
    await stage.write_site({**webhook, "secret": "secret:KEY"})
    await stage.dispose(await stage.call())
    stage.deliver({"KEY": "s3cret"})
    await eventually(lambda: receiver.accepted)
    (request,) = receiver.requests
    text = (Path(__file__).parents[2] / "docs" / "delivery.md").read_text(encoding="utf-8")
    space = {"hmac": hmac, "hashlib": hashlib, "time": time}
    exec(text.split("```python\n")[1].split("```")[0], space)
    is_ours = space["is_ours"]
    names = ("X-Enigma-Timestamp", "X-Enigma-Signature")
    headers = {name: request.headers[name.lower()] for name in names}
    assert is_ours(headers, request.body, b"s3cret")
    assert not is_ours(headers, request.body + b" ", b"s3cret")
    assert not is_ours(headers, request.body, b"other")
    assert not is_ours({**headers, names[0]: "1763800000"}, request.body, b"s3cret")


@pytest.mark.parametrize(
    ("plan", "attempts"),
    [
        ([status(500), status(503), status(502)], 4),
        ([status(408), status(425)], 3),
        ([status(429, "slow down", Retry_After="0")], 2),
        ([HALF, HALF], 3),
        ([HALF_BODY], 1),
        ([GARBAGE], 2),
        ([hang], 2),
        ([dribble], 2),
    ],
    ids=["5xx", "4xx-spared", "429", "half", "half-body", "garbage", "hangs", "dribbles"],
)
async def test_what_may_be_better_later_is_tried_again_under_the_same_key(
    stage: Stage,
    receiver: Receiver,
    webhook: dict,
    eventually: Callable,
    monkeypatch: pytest.MonkeyPatch,
    plan: list,
    attempts: int,
) -> None:
    for name in ("CONNECT_SECONDS", "ANSWER_SECONDS", "BODY_SECONDS"):
        monkeypatch.setattr(way, name, 0.3)
    receiver.plan = list(plan)
    await stage.write_site(webhook)
    act = await stage.dispose(await stage.call())
    stage.deliver()
    await eventually(stage.results)
    (result,) = await stage.results()
    assert (result.outcome, result.attempts) == (DeliveryOutcome.DELIVERED, attempts)
    assert {request.key for request in receiver.requests} == {act.id}
    assert len({request.body for request in receiver.requests}) == 1
    assert set(receiver.accepted) == {act.id}


@pytest.mark.parametrize("code", [301, 400, 404, 410, 422])
async def test_what_will_not_be_better_is_final_and_its_answer_kept_safe_to_show(
    stage: Stage, receiver: Receiver, webhook: dict, eventually: Callable, code: int
) -> None:
    receiver.plan = [status(code, "no \x1b[31m" + "x" * 5_000, Location="/elsewhere")]
    await stage.write_site(webhook)
    await stage.dispose(await stage.call("1"))
    await stage.dispose(await stage.call("2"))
    stage.deliver()
    await eventually(lambda: len(receiver.requests) == 2)

    async def settled() -> bool:
        return len(await stage.results()) == 2

    await eventually(settled)
    refused = [r for r in await stage.results() if r.outcome is DeliveryOutcome.REFUSED]
    (result,) = refused
    assert result.answer.startswith(f"{code} Said: no \ufffd[31mxxx")
    assert len(result.answer) <= 256
    (failed,) = (await stage.deliveries()).failed()
    assert failed == result


async def test_a_system_that_asks_to_be_left_alone_is(
    stage: Stage, receiver: Receiver, webhook: dict, eventually: Callable
) -> None:
    receiver.plan = [status(429, Retry_After="1")]
    await stage.write_site(webhook)
    await stage.dispose(await stage.call("1"))
    deliverers = stage.deliver()
    await eventually(lambda: deliverers.statuses and deliverers.statuses["crm"].fault)
    began = time.monotonic()
    await stage.dispose(await stage.call("2"))
    await eventually(lambda: receiver.accepted.total() == 2)
    assert time.monotonic() - began > 0.5
    assert len(receiver.requests) == 3


async def test_nothing_listens_and_then_somebody_does(
    stage: Stage, receiver: Receiver, webhook: dict, eventually: Callable
) -> None:
    await receiver.down()
    await stage.write_site(webhook)
    acts = [await stage.dispose(await stage.call(str(n))) for n in range(5)]
    deliverers = stage.deliver()
    await eventually(lambda: deliverers.statuses and deliverers.statuses["crm"].fault)
    fault = deliverers.statuses["crm"].fault
    assert fault.name == "delivery fails"
    assert "no connection" in fault.sentence
    await receiver.up()
    await eventually(lambda: len(receiver.accepted) == 5)
    assert receiver.accepted == {act.id: 1 for act in acts}
    await eventually(lambda: deliverers.statuses["crm"].fault is None)


async def test_several_are_under_way_to_a_slow_receiver_and_one_of_a_call(
    stage: Stage, receiver: Receiver, webhook: dict, eventually: Callable
) -> None:
    receiver.usual = hang
    await stage.write_site(webhook)
    keys = [await stage.call(str(n)) for n in range(12)]
    for key in keys:
        await stage.dispose(key)
    stage.deliver()
    await eventually(lambda: receiver.most_at_once == 8)
    for key in keys:
        await stage.dispose(key, "spam", 1)
    receiver.usual = status(200)
    receiver.over.set()
    await eventually(lambda: sum(r.payload["version"] == 2 for r in receiver.requests) == 12)
    assert receiver.most_of_a_call == 1


async def test_no_number_note_or_secret_is_logged_or_shown(
    stage: Stage,
    receiver: Receiver,
    webhook: dict,
    eventually: Callable,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "enigma_tui")
    receiver.plan = [status(500, "0820001234"), status(400, "0820001234")]
    headers = {"Authorization": "secret:TOKEN"}
    await stage.write_site({**webhook, "headers": headers, "secret": "secret:KEY"})
    await stage.dispose(await stage.call(), note="a note")
    deliverers = stage.deliver({"TOKEN": "Bearer t0ken", "KEY": "k3y"})
    await eventually(lambda: len(receiver.requests) == 2)
    await eventually(stage.results)
    assert receiver.requests[0].headers["authorization"] == "Bearer t0ken"
    assert "crm" in caplog.text
    for hidden in ("t0ken", "k3y", "0820001234", "a note", receiver.url):
        assert hidden not in caplog.text
    everything = repr(deliverers.statuses) + repr(await stage.events())
    assert "t0ken" not in everything
    assert "k3y" not in everything


async def test_a_secret_goes_nowhere_but_to_its_own_host(
    stage: Stage, receiver: Receiver, webhook: dict, eventually: Callable
) -> None:
    """Whoever writes the site's settings may name any receiver, and any secret."""
    await stage.write_site(
        {**webhook, "headers": {"X-A": "secret:TOKEN"}},
        {**webhook, "name": "signed", "secret": "secret:TOKEN"},
        {
            "kind": "dialler",
            "name": "d",
            "base_url": receiver.url,
            "headers": {"X": "secret:TOKEN"},
        },
    )
    deliverers = stage.deliver({"TOKEN": "t0ken"}, host="https://crm.example")

    def faults() -> list[str]:
        return [each.fault.sentence for each in deliverers.statuses.values() if each.fault]

    await eventually(lambda: len(faults()) == 3)
    for name, sentence in zip(("crm", "signed", "d"), faults(), strict=True):
        assert f"deliver to {name}: delivery_hosts lets TOKEN be sent to https://crm" in sentence
    await stage.dispose(await stage.call())
    assert not receiver.requests


@pytest.mark.parametrize("code", [200, 400])
async def test_what_a_receiver_repeats_of_a_secret_is_not_journalled(
    stage: Stage, receiver: Receiver, webhook: dict, eventually: Callable, code: int
) -> None:
    said = "bad token t0ken-1 (Bearer t0ken-1) at /hooks/p4th?key=qu3ry, key k3y-of-it"
    cut = said.ljust(way.BODY_BYTES - 5) + "t0ken-1"
    receiver.plan = [status(code, cut)]
    url = webhook["url"].removesuffix("/outcomes")
    secrets = {"TOKEN": "Bearer t0ken-1", "KEY": "k3y-of-it", "URL": f"{url}/hooks/p4th?key=qu3ry"}
    headers = {"Authorization": "secret:TOKEN"}
    await stage.write_site(
        {**webhook, "url": "secret:URL", "headers": headers, "secret": "secret:KEY"}
    )
    await stage.dispose(await stage.call())
    stage.deliver(secrets, host=url)
    await eventually(stage.results)
    (result,) = await stage.results()
    assert result.answer.startswith(f"{code} Said: bad token *** (***) at ***, key ***")
    for telling in ("t0ken", "k3y", "p4th", "qu3ry"):
        assert telling not in repr(await stage.events())
