"""Promises of `model.notification`: what each payload becomes, and that none is ever lost."""

import json
from typing import Any

import pytest

from enigma_tui.model.notification import (
    MAX_BYTES,
    MAX_DEPTH,
    CallConnected,
    CallEnded,
    Direction,
    Rejected,
    unpack,
)


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


@pytest.mark.parametrize(
    ("part", "raw"), [("_depth", b"[" * 100), ("read_text", b'{"type":"call","payload":{}}')]
)
def test_whatever_a_parser_raises_is_a_rejection(
    part: str, raw: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr(f"enigma_tui.model.notification.{part}", broken)
    assert unpack(raw) == Rejected("cannot be read: RecursionError", raw)
