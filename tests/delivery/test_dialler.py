"""The Dialler is told of its own calls only, and never before they are over."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from enigma_tui.journal.delivery.endings import Endings, Over
from enigma_tui.journal.stream import Journal
from enigma_tui.model.call import CallKey, EntryId, Feed
from enigma_tui.model.entry import DeliveryOutcome, decode
from enigma_tui.site import Calls, Source

from .conftest import Stage
from .receiver import Receiver, status

CDRS = {"sources": (Source(collect_cdr=True),)}


@pytest.fixture
def dialler(receiver: Receiver) -> dict[str, Any]:
    base = receiver.url.removesuffix("/outcomes")
    return {"kind": "dialler", "name": "dialler", "base_url": f"{base}/api/"}


async def test_a_live_call_is_not_told_of_before_its_end(
    stage: Stage, receiver: Receiver, dialler: dict, eventually: Callable
) -> None:
    await stage.write_site(dialler, **CDRS)
    live, over = [await stage.call(name, call_dir=None, ref=name) for name in ("9001", "9002")]
    await stage.dispose(live)
    await stage.ended(over, "9002")
    await stage.dispose(over, "spam")
    deliverers = stage.deliver()
    await eventually(stage.results)
    assert [request.path for request in receiver.requests] == ["/api/calls/9002"]
    await eventually(lambda: deliverers.statuses["dialler"].waiting == 1)
    await stage.ended(live, "9001")
    await eventually(lambda: len(receiver.requests) == 2)
    (_, request) = receiver.requests
    assert (request.method, request.path) == ("PUT", "/api/calls/9001")
    assert json.loads(request.body) == {"call": {"disposition": "C"}}
    assert json.loads(receiver.requests[0].body) == {"call": {"disposition": "H"}}


async def test_a_call_that_was_live_when_the_deliverer_began_is_waited_for(
    stage: Stage, receiver: Receiver, dialler: dict, eventually: Callable
) -> None:
    """Its opening is long before what was left to do, and its outcome comes after."""
    await stage.write_site(dialler, **CDRS)
    live = await stage.call("9001", call_dir=None, ref="1")
    over = await stage.call("9002", call_dir=None, ref="2")
    await stage.ended(over, "2")
    await stage.dispose(over)
    stage.deliver()
    await eventually(stage.results)
    await stage.stop()
    await stage.dispose(live)
    deliverers = stage.deliver()
    await eventually(lambda: deliverers.statuses and deliverers.statuses["dialler"].waiting == 1)
    assert len(receiver.requests) == 1
    await stage.ended(live, "1")
    await eventually(lambda: len(receiver.requests) == 2)


async def test_a_call_older_than_what_is_held_is_looked_up_in_the_journal(
    stage: Stage,
    receiver: Receiver,
    dialler: dict,
    eventually: Callable,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("enigma_tui.journal.delivery.endings.KEEP", 2)
    await stage.write_site(dialler, **CDRS)
    old = await stage.call("9001", call_dir=None, ref="1")
    await stage.ended(old, "1")
    for n in range(10):
        await stage.call(str(n), ref=str(n + 10))
    await stage.dispose(old)
    stage.deliver()
    await eventually(lambda: [r.path for r in receiver.requests] == ["/api/calls/9001"])


async def test_an_end_that_was_never_heard_is_listed_and_not_sent(
    stage: Stage, receiver: Receiver, dialler: dict, eventually: Callable
) -> None:
    await stage.write_site({**dialler, "max_age_minutes": 600}, **CDRS)
    await stage.dispose(await stage.call("9001", call_dir=None))
    stage.ahead_ms = 5 * 3_600_000
    stage.deliver()
    await eventually(stage.results)
    (failed,) = (await stage.deliveries()).failed()
    assert failed.outcome is DeliveryOutcome.TOO_OLD
    assert "must not be hung up" in failed.answer
    assert not receiver.requests


async def test_how_old_an_outcome_is_counts_from_the_end_of_the_call(
    stage: Stage, receiver: Receiver, dialler: dict, eventually: Callable
) -> None:
    """Disposed of ninety minutes ago, and ended two minutes ago."""
    await stage.write_site(dialler, **CDRS)
    stage.ahead_ms = 90 * 60_000
    key = await stage.call("9001", call_dir=None)
    await stage.dispose(key)
    deliverers = stage.deliver()
    await eventually(lambda: deliverers.statuses and deliverers.statuses["dialler"].waiting)
    seconds, micros = await stage.connection.quick.time()
    told = {"call_ref": "9001", "extension": "2001", "call_time": 9, "number": "082"}
    raw = json.dumps({"type": "cdr", "payload": {**told, "call_dir": "outbound", "ref": "win"}})
    fields = {"kind": "cdr", "raw": raw, "source": "pbx", "feed": "inbound"}
    later = (seconds + 88 * 60) * 1000 + micros // 1000
    await stage.connection.quick.xadd(stage.keys.journal, fields, id=f"{later}-0")
    await eventually(lambda: receiver.requests)


async def test_that_time_has_passed_ends_no_call_and_it_is_listed(
    stage: Stage, receiver: Receiver, dialler: dict, eventually: Callable
) -> None:
    """Without records a long call looks like one that is over: to tell of it would hang it up."""
    await stage.write_site({**dialler, "max_age_minutes": 180})
    await stage.dispose(await stage.call("9001", call_dir=None))
    stage.ahead_ms = 150 * 60_000  # it is shown as ended, with a question mark, after 120
    deliverers = stage.deliver()
    await eventually(lambda: deliverers.statuses and deliverers.statuses["dialler"].waiting == 1)
    assert await stage.results() == []
    stage.ahead_ms = 181 * 60_000
    await eventually(stage.results)
    (failed,) = (await stage.deliveries()).failed()
    assert failed.outcome is DeliveryOutcome.TOO_OLD
    assert "must not be hung up" in failed.answer
    assert not receiver.requests


async def test_a_reference_that_another_call_has_now_tells_of_no_end(
    stage: Stage, receiver: Receiver, dialler: dict, eventually: Callable
) -> None:
    """What is told of the earlier call would hang up the later one."""
    calls = Calls(assume_ended_after_minutes=1)
    site = await stage.write_site(dialler, calls=calls)
    began = EntryId(1_700_000_000_000, 0)
    board = Endings(Journal(stage.connection, stage.keys), site.policy(), lambda: 0.0)
    for minutes, extension in ((0, "1"), (200, "2")):
        told = {"call_ref": "9001", "agent": extension, "ref": extension, "number": "082"}
        raw = json.dumps({"type": "call", "payload": told}).encode()
        entry = EntryId(began.ms + minutes * 60_000, 0)
        fields = {b"kind": b"call", b"raw": raw, b"source": b"pbx", b"feed": b"agents"}
        board.apply(decode(entry, fields))
    earlier = CallKey("pbx", Feed.DIALLER, "9001", began)
    assert await board.over_ms(earlier, began.ms + 200 * 60_000) is Over.IN_USE_AGAIN


@pytest.mark.parametrize("tried", [False, True])
async def test_an_ended_call_whose_reference_is_in_use_again_is_listed_and_never_sent(
    stage: Stage, receiver: Receiver, dialler: dict, eventually: Callable, tried: bool
) -> None:
    """Neither at once nor when it is tried again: it would hang up the newer call."""
    receiver.usual = status(503)
    await stage.write_site(dialler, **CDRS)
    earlier = await stage.call("9001", call_dir=None, ref="1")
    await stage.ended(earlier, "1")
    await stage.dispose(earlier)
    if tried:
        stage.deliver()
        await eventually(lambda: len(receiver.requests) > 1)
        await stage.stop()
    # The record of the earlier call is a while ago, so this is no part of it.
    seconds, _ = await stage.connection.quick.time()
    told = {"call_ref": "9001", "agent": "2", "ref": "2", "number": "083"}
    raw = json.dumps({"type": "call", "payload": told})
    fields = {"kind": "call", "raw": raw, "source": "pbx", "feed": "agents"}
    later = f"{(seconds + 120) * 1000}-0"
    await stage.connection.quick.xadd(stage.keys.journal, fields, id=later)
    stage.ahead_ms = 121_000
    sent = len(receiver.requests)
    stage.deliver()
    await eventually(stage.results)
    (failed,) = (await stage.deliveries()).failed()
    assert failed.outcome is DeliveryOutcome.TOO_OLD
    assert failed.answer.startswith("a newer call has this reference")
    assert len(receiver.requests) == sent


async def test_only_its_own_calls_and_codes_that_it_knows_are_sent(
    stage: Stage, receiver: Receiver, dialler: dict, eventually: Callable
) -> None:
    await stage.write_site(dialler)
    inbound = await stage.call("1", ref="1")
    amended = await stage.call("2", call_dir=None, ref="2")
    wanted = await stage.call("3", call_dir=None, ref="3")
    for ref in ("1", "2", "3"):
        await stage.call(f"next{ref}", ref=ref)
    await stage.dispose(inbound)
    await stage.dispose(amended)
    await stage.dispose(amended, "later", 1)
    await stage.dispose(wanted)
    deliverers = stage.deliver()
    await eventually(stage.results)
    await eventually(lambda: deliverers.statuses["dialler"].waiting == 0)
    assert [request.path for request in receiver.requests] == ["/api/calls/3"]


@pytest.mark.parametrize(
    ("reference", "path"),
    [("a/b c?#%", "/api/calls/a%2Fb%20c%3F%23%25"), ("..", ""), ("Zoë", "/api/calls/Zo%C3%AB")],
)
async def test_a_reference_may_be_anything(
    stage: Stage, receiver: Receiver, dialler: dict, eventually: Callable, reference: str, path: str
) -> None:
    await stage.write_site(dialler)
    key = await stage.call(reference, call_dir=None)
    await stage.call("next")
    await stage.dispose(key)
    stage.deliver()
    await eventually(stage.results)
    assert [request.path for request in receiver.requests] == ([path] if path else [])
    (result,) = await stage.results()
    assert (result.outcome is DeliveryOutcome.DELIVERED) == bool(path)


async def test_a_call_it_does_not_know_is_final(
    stage: Stage, receiver: Receiver, dialler: dict, eventually: Callable
) -> None:
    receiver.plan = [status(404, '{"errors": ["no such call"]}')]
    await stage.write_site(dialler)
    key = await stage.call("9001", call_dir=None)
    await stage.call("next")
    await stage.dispose(key)
    stage.deliver()
    await eventually(stage.results)
    (result,) = await stage.results()
    assert result.outcome is DeliveryOutcome.REFUSED
    assert "no such call" in result.answer
