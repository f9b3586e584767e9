"""The demo's Click2Dial takes what a PBX would, and its record reaches the list."""

import json
import queue

import httpx
import pytest

from enigma_tui.demo.click2dial import SimulatedClick2Dial
from enigma_tui.model.click2dial import Request
from enigma_tui.model.notification import CallEnded, Direction, unpack


@pytest.fixture
def records() -> "queue.Queue[bytes]":
    return queue.Queue()


def test_a_request_is_taken_and_its_record_comes(records: "queue.Queue[bytes]") -> None:
    asked = Request("2001", "0820001234", "0115550100", "ACC-1").body("contact_ref")
    with SimulatedClick2Dial(records.put, seconds=0.01) as there:
        answer = httpx.post(there.address + "/click2dial/calls", content=asked, trust_env=False)
        assert answer.status_code == 201
        told = unpack(records.get(timeout=20))
    assert isinstance(told, CallEnded)
    assert (told.extension, told.caller, told.contact_ref) == ("2001", "0820001234", "ACC-1")
    assert told.direction is Direction.OUTBOUND


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/click2dial/calls", b"not json"),
        ("/click2dial/calls", json.dumps({"agent": "20", "callee": "082"}).encode()),
        ("/click2dial/calls", b"[]"),
        ("/elsewhere", Request("2001", "0820001234").body("contact_ref")),
    ],
)
def test_what_is_no_request_is_refused(
    records: "queue.Queue[bytes]", path: str, body: bytes
) -> None:
    with SimulatedClick2Dial(records.put, seconds=0.0) as there:
        answer = httpx.post(there.address + path, content=body, trust_env=False)
        assert answer.status_code == 400
        assert answer.json()["errors"]
    assert records.empty()


def test_closing_leaves_nothing_behind(records: "queue.Queue[bytes]") -> None:
    asked = Request("2001", "0820001234").body("contact_ref")
    with SimulatedClick2Dial(records.put, seconds=600) as there:
        httpx.post(there.address + "/click2dial/calls", content=asked, trust_env=False)
    assert all(not timer.is_alive() or timer.finished.is_set() for timer in there._timers)
    assert records.empty()
