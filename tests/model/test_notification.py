"""Promises of `model.notification`: what each payload becomes, and that none is ever lost."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enigma_tui.model.notification import (
    MAX_BYTES,
    MAX_DEPTH,
    AgentStatus,
    CallConnected,
    CallEnded,
    Direction,
    Rejected,
    unpack,
)
from enigma_tui.model.text import MARK, safe

DATA = Path(__file__).parent.parent / "data"


def lines(name: str) -> list[bytes]:
    """Return the payloads of a sample; the file's last line break ends the last of them."""
    return (DATA / f"{name}.jsonl").read_bytes().removesuffix(b"\n").split(b"\n")


REAL = [line for file in sorted(DATA.glob("*.jsonl")) for line in lines(file.stem)]


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


def call(**payload: Any) -> bytes:
    return json.dumps({"type": "call", "payload": {"call_ref": "1", **payload}}).encode()


def cdr(**payload: Any) -> bytes:
    return json.dumps({"type": "cdr", "payload": {"call_ref": "1", **payload}}).encode()


def read_call(raw: bytes) -> CallConnected:
    told = unpack(raw)
    assert isinstance(told, CallConnected)
    return told


def read_cdr(raw: bytes) -> CallEnded:
    told = unpack(raw)
    assert isinstance(told, CallEnded)
    return told


@pytest.mark.parametrize(
    ("written", "hold"),
    [
        ("41", 41.0),
        ('"41"', 41.0),
        ('" 41 "', 41.0),
        ("41.0", 41.0),
        ("0.5", 0.5),
        ("0", 0.0),
        ("604800", 604800.0),
        ("604801", None),
        ('""', None),
        ("null", None),
        ("true", None),
        ("[41]", None),
        ('{"s":41}', None),
        ("NaN", None),
        ('"nan"', None),
        ("Infinity", None),
        ('"inf"', None),
        ("1e999", None),
        ("-1", None),
        ("-1e999", None),
        ('"soon"', None),
        ("9" * 5000, None),
        ("-" + "9" * 5000, None),
    ],
)
def test_a_hold_time_is_read_leniently_and_never_costs_the_call(
    written: str, hold: float | None
) -> None:
    raw = b'{"type":"call","payload":{"call_ref":"1","hold_time":%s}}' % written.encode()
    assert read_call(raw).hold == hold


def test_a_hold_time_of_minus_nothing_is_nothing() -> None:
    assert str(read_call(b'{"type":"call","payload":{"call_ref":1,"hold_time":"-0"}}').hold) == (
        "0.0"
    )


@pytest.mark.parametrize("written", ["4711", '"4711"', "4711.0", '" 4711\\n"'])
def test_a_reference_is_the_same_as_text_and_as_number(written: str) -> None:
    raw = b'{"type":"call","payload":{"call_ref":%s,"ref":%s}}' % ((written.encode(),) * 2)
    told = read_call(raw)
    assert (told.call_ref, told.extension) == ("4711", "4711")


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ('"  "', "is empty"),
        ("null", "must be a text or a number, not null"),
        ("false", "must be a text or a number, not true or false"),
        ("[]", "must be a text or a number, not a list"),
        ("NaN", "must be a text or a number, not an infinite or undefined number"),
        ("9" * 500, "must be a text or a number, not an infinite or undefined number"),
    ],
)
def test_a_call_without_a_usable_reference_is_rejected(written: str, reason: str) -> None:
    raw = b'{"type":"call","payload":{"call_ref":%s}}' % written.encode()
    assert unpack(raw) == Rejected(f"payload.call_ref {reason}", raw)


@pytest.mark.parametrize(
    ("payload", "extension", "direction"),
    [
        ({"ref": "2001", "call_dir": "inbound"}, "2001", Direction.INBOUND),
        ({"ref": "2001", "campaign_ref": "inbound"}, "2001", Direction.INBOUND),
        ({"ref": "2001"}, "2001", Direction.INBOUND),
        ({"ref": "2001", "call_dir": "outbound"}, "2001", Direction.OUTBOUND),
        ({"ref": "2010", "agent": "2010"}, "2010", Direction.DIALLER),
        ({"agent": 2010}, "2010", Direction.DIALLER),
        ({"ref": "2010", "campaign_ref": "winback"}, "2010", Direction.DIALLER),
        ({"ref": None}, "", Direction.INBOUND),
    ],
)
def test_one_function_reads_all_three_shapes_of_a_call(
    payload: dict[str, Any], extension: str, direction: Direction
) -> None:
    told = read_call(call(**payload))
    assert (told.extension, told.direction) == (extension, direction)


@pytest.mark.parametrize(
    ("payload", "caller", "direction"),
    [
        ({"number": "082", "ref": "click-dial"}, "082", Direction.INBOUND),
        ({"number": "082", "call_dir": "inbound", "ref": "x"}, "082", Direction.INBOUND),
        (
            {"number": "082", "call_dir": "outbound", "ref": "click-dial"},
            "082",
            Direction.OUTBOUND,
        ),
        (
            {"number": "082", "call_dir": "outbound", "ref": "winback"},
            "082",
            Direction.DIALLER,
        ),
        ({"call_dir": "outbound", "ref": "082"}, "082", Direction.OUTBOUND),
        ({"call_dir": "inbound", "ref": "082"}, "082", Direction.INBOUND),
        ({"ref": "click-dial"}, "", Direction.INBOUND),
    ],
)
def test_a_record_names_the_outside_party_and_the_direction_in_both_generations(
    payload: dict[str, Any], caller: str, direction: Direction
) -> None:
    told = read_cdr(cdr(**payload))
    assert (told.caller, told.direction) == (caller, direction)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        (1763800000, 1763800000.0),
        ("1763800000", 1763800000.0),
        ("2026-11-22T09:15:00Z", 1795338900.0),
        ("2026-11-22T11:15:00+02:00", 1795338900.0),
        ("2026-11-22 09:15:00", 1795338900.0),
        ("yesterday", None),
        ("", None),
        (None, None),
        (-1, None),
        (1e12, None),
        ("nan", None),
        ("0001-01-01T00:00:00+14:00", None),
    ],
)
def test_the_time_of_dialling_is_read_as_unix_seconds_and_as_iso(
    written: object, seconds: float | None
) -> None:
    assert read_cdr(cdr(dialed_at=written)).dialed_at == seconds


def test_fields_that_nobody_documented_stop_nothing() -> None:
    more = call(queue="sup\x1bport", n=[1, None], **{"\ud800": 1, "ключ": "é"})
    assert read_call(more) == read_call(call())
    told = unpack(b'{"\xff":1,"type":"call","payload":{"call_ref":"1"}}')
    assert isinstance(told, CallConnected)


@pytest.mark.parametrize(
    "payload", [b"", b" ", b"\n\t", pytest.param(b" " * (MAX_BYTES + 1), id="long")]
)
def test_an_empty_payload_counts_as_rejected(payload: bytes) -> None:
    assert unpack(payload) == Rejected("the payload is empty", payload)


def test_up_to_64_kb_are_parsed_and_not_a_byte_more() -> None:
    bare = len(call(x=""))
    assert isinstance(unpack(call(x="a" * (MAX_BYTES - bare))), CallConnected)
    told = unpack(call(x="a" * (MAX_BYTES - bare + 1)))
    assert isinstance(told, Rejected)
    assert told.reason == "the payload has 65,537 bytes; up to 65,536 are read"


@pytest.mark.parametrize(("opens", "closes"), [("[", "]"), ('{"a":', "}")])
def test_the_limit_of_depth_is_ours_and_not_the_parsers(opens: str, closes: str) -> None:
    def nested(depth: int) -> bytes:
        inner = opens * depth + "1" + closes * depth
        return b'{"type":"call","payload":{"call_ref":"1","x":%s}}' % inner.encode()

    assert isinstance(unpack(nested(MAX_DEPTH - 2)), CallConnected)
    told = unpack(nested(MAX_DEPTH - 1))
    assert isinstance(told, Rejected)
    assert told.reason == "the payload is nested more than 64 levels deep"
    assert isinstance(unpack(b"[" * 60_000), Rejected)


def test_brackets_in_a_text_are_not_depth() -> None:
    assert isinstance(unpack(call(number='\\"' + "[{" * 500)), CallConnected)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b'{"type":"call', "not JSON: unterminated string starting at column 9"),
        (b'{"a":\n"\x01"}', "not JSON: invalid control character at line 2, column 2"),
        (b'{"type":null,"payload":{}}', "type is null; known are call, cdr and status"),
        (b'{"type":[1],"payload":{}}', "type is [1]; known are call, cdr and status"),
        (b'{"payload":{}}', "type is missing"),
        (b"12", "not a JSON object but a number"),
        (b"null", "not a JSON object but null"),
        (b'{"type":"cdr","payload":7}', "payload must be an object, not a number"),
        (b'{"type":"status","payload":{"ref":"1"}}', "payload.status is missing"),
        (b'{"type":"status","payload":{"status":"busy"}}', "payload.ref is missing"),
    ],
)
def test_a_reason_names_the_place_or_the_field(raw: bytes, reason: str) -> None:
    assert unpack(raw) == Rejected(reason, raw)


def holds(raw: bytes) -> None:
    """Check what is promised of every payload there is."""
    told = unpack(raw)
    if isinstance(told, Rejected):
        assert told.raw == raw
        assert told.reason
        assert safe(told.reason) == told.reason
    elif isinstance(told, CallConnected | CallEnded):
        assert told.call_ref
        for text in (told.call_ref, told.extension, told.caller, told.dialled, told.contact_ref):
            assert safe(text) == text
        assert told.hold is None or 0 <= told.hold <= 7 * 86_400


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=())),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=())), inner, max_size=4)
    ),
    max_leaves=12,
)
NAMES = st.sampled_from(
    [
        "call_ref",
        "ref",
        "agent",
        "number",
        "dial_number",
        "hold_time",
        "contact_ref",
        "call_dir",
        "campaign_ref",
        "extension",
        "dialed_at",
        "end_reason",
        "end_code",
        "call_time",
        "recording_url",
        "status",
    ]
)


@given(st.binary(max_size=300))
def test_no_bytes_stop_the_feed(raw: bytes) -> None:
    holds(raw)


@given(JSON)
def test_no_json_stops_the_feed(value: object) -> None:
    holds(json.dumps(value).encode())


@given(
    st.sampled_from(["call", "cdr", "status"]) | JSON,
    st.dictionaries(NAMES | st.text(), JSON, max_size=8) | JSON,
    st.booleans(),
)
def test_no_payload_of_the_right_outline_stops_the_feed(
    kind: object, payload: object, ascii_only: bool
) -> None:
    text = json.dumps({"type": kind, "payload": payload}, ensure_ascii=ascii_only)
    holds(text.encode("utf-8", "surrogatepass"))


@given(st.sampled_from(REAL), st.data())
def test_no_damage_to_a_real_payload_stops_the_feed(raw: bytes, data: st.DataObject) -> None:
    damaged = bytearray(raw)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(damaged)))
        stop = data.draw(st.integers(start, min(len(damaged), start + 8)))
        damaged[start:stop] = data.draw(st.binary(max_size=4))
    holds(bytes(damaged))


@pytest.mark.parametrize("fails", ["decode", "errors"])
def test_whatever_a_parser_raises_is_a_rejection(
    fails: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> Callable[[], None]:
        raise RecursionError

    if fails == "decode":
        monkeypatch.setattr("enigma_tui.model.notification._depth", broken)
        raw = b"[" * 100
    else:
        monkeypatch.setattr("enigma_tui.model.notification._reason", broken)
        raw = b'{"type":"call"}'
    assert unpack(raw) == Rejected("cannot be read: RecursionError", raw)
