"""Promises of `model.notification` that hold of any bytes."""

import json

from hypothesis import given
from hypothesis import strategies as st

from enigma_tui.model.notification import (
    CallConnected,
    CallEnded,
    Rejected,
    unpack,
)
from enigma_tui.model.text import safe

from .samples import REAL


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
