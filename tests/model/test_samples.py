"""Promises of `model.notification`: what becomes of every sample in `tests/data`."""

from typing import Any

import pytest

from enigma_tui.model.notification import (
    AgentStatus,
    CallConnected,
    CallEnded,
    Direction,
    Rejected,
    unpack,
)
from enigma_tui.model.text import MARK

from .samples import DATA, lines


def connected(**changed: Any) -> CallConnected:
    """Return the call of inbound-v3's first line, with what is different."""
    fields = {
        "call_ref": "4711",
        "extension": "2001",
        "caller": "0820001234",
        "dialled": "0115550100",
        "hold": 41.0,
        "contact_ref": "ACC-1023",
        "direction": Direction.INBOUND,
    }
    return CallConnected(**{**fields, **changed})


def ended(**changed: Any) -> CallEnded:
    """Return the end of cdr's first line, with what is different."""
    fields = {
        "call_ref": "4711",
        "extension": "2001",
        "caller": "0820001234",
        "dialled": "0115550100",
        "hold": 41.0,
        "contact_ref": "ACC-1023",
        "direction": Direction.INBOUND,
        "dialed_at": 1763800000.0,
        "reason": "hungup",
        "code": "16",
        "talk": 73.0,
        "recording": "rec/4711",
    }
    return CallEnded(**{**fields, **changed})


def hostile(ref: int, contact: str, *, both: bool = False) -> CallConnected:
    return connected(
        call_ref=str(ref), contact_ref=contact, caller=contact if both else "0820001234"
    )


def numbers(ref: int, contact: str, caller: str = "082") -> CallConnected:
    return connected(
        call_ref=str(ref), contact_ref=contact, caller=caller, dialled="011", hold=None
    )


M = MARK
SAMPLES: dict[str, list[object]] = {
    "inbound-v3": [
        connected(),
        connected(
            call_ref="4712", caller="27831112222", hold=9.0, contact_ref="", extension="2004"
        ),
        connected(call_ref="4713", caller="0027115550123", hold=192.0, extension="204"),
        connected(call_ref="4714", caller="anonymous", hold=0.0, contact_ref=""),
        connected(call_ref="4715", caller="+447700900123", hold=None),
    ],
    "inbound-v2": [
        connected(call_ref="3001"),
        connected(call_ref="3002", caller="0115550177", contact_ref=""),
        connected(call_ref="3003", hold=None),
    ],
    "dialler-call": [
        CallConnected("9001", "2010", "0825550111", "", None, "M-55", Direction.DIALLER),
        CallConnected("9002", "2011", "0825550112", "", None, "M-56", Direction.DIALLER),
    ],
    "agent-status": [
        AgentStatus("2010", status, "winback")
        for status in ("logging_in", "available", "busy", "wrapup", "logging_out", "offline")
    ],
    "cdr": [
        ended(),
        ended(call_ref="4712", dialed_at=1795338900.0, reason="timeout", code="18", talk=0.0),
        ended(call_ref="4799", extension="", contact_ref="", hold=88.0, talk=0.0),
        ended(call_ref="3001", reason="ANSWER"),
    ],
    "unreadable": [
        "not JSON: expecting property name enclosed in double quotes at column 2",
        "not JSON: expecting value at column 1",
        "not a JSON object but a list",
        "not a JSON object but a text",
        "payload is missing",
        "payload must be an object, not a list",
        "payload.call_ref is missing",
        'type is "mystery"; known are call, cdr and status',
        "payload.call_ref is empty",
        CallConnected("5", "2001", "", "", None, "", Direction.INBOUND),
        "payload.call_ref must be a text or a number, not an object",
        "the payload is nested more than 64 levels deep",
        "the payload is empty",
    ],
    "hostile": [
        hostile(6600, "[/]"),
        hostile(6601, "[/", both=True),
        hostile(6602, "[red]x"),
        hostile(6603, "[@click=app.quit]x[/]", both=True),
        hostile(6604, "trailing\\"),
        hostile(6605, f"{M}[2J{M}]0;owned{M}", both=True),
        hostile(6606, f"{M}31mred"),
        hostile(6607, f"{M}gnp.exe", both=True),
        hostile(6608, f"a{M}b{M}c"),
        hostile(6609, f"two{M}lines", both=True),
        hostile(6610, f"tab{M}bed"),
        hostile(6611, f"{M}nul", both=True),
        hostile(6612, "日本語の参照"),
        hostile(6613, "עברית", both=True),
        hostile(6614, f"👩{M}👩{M}👧{M}👦"),
        hostile(6615, "é" * 40, both=True),
        hostile(6616, "A" * 255 + "…"),
        hostile(6617, '=HYPERLINK("x")', both=True),
        hostile(6618, "$(reboot)"),
        hostile(6619, "%s%n", both=True),
        hostile(6620, "$v"),
        numbers(6690, "huge"),
        numbers(6691, "nan"),
        numbers(6692, "surrogate", M),
        numbers(6693, f"{M}{M} latin"),
    ],
}


def test_every_sample_file_has_its_expectations() -> None:
    assert {file.stem for file in DATA.glob("*.jsonl")} == set(SAMPLES)
    assert {name: len(lines(name)) for name in SAMPLES} == {
        name: len(expected) for name, expected in SAMPLES.items()
    }


@pytest.mark.parametrize(
    ("name", "place"), [(name, place) for name in SAMPLES for place in range(len(SAMPLES[name]))]
)
def test_a_sample_line_is_unpacked_as_its_readme_says(name: str, place: int) -> None:
    raw = lines(name)[place]
    expected = SAMPLES[name][place]
    if isinstance(expected, str):
        expected = Rejected(expected, raw)
    assert unpack(raw) == expected
