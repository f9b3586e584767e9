"""Unpacks what a PBX sends: bytes in, one of four frozen values out.

One function reads the v3 and the earlier inbound notification, the Dialler's call, the CDR and
the agent status, as the reference document asks ("only one unpacking function is required").
The structure is taken strictly, the scalars leniently (PROTOCOL.md §1–3), and fields that nobody
documented are passed over: the journal keeps what arrived. Nothing that arrives can raise: what
cannot be read comes back as `Rejected`, with the reason and the bytes.
"""

import json
import math
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct

from .scalars import (
    MAX_DIGITS,
    Unreadable,
    kind,
    read_reference,
    read_seconds,
    read_text,
    read_time,
)
from .text import safe

MAX_BYTES = 64 * 1024
"""A longer payload is kept in the journal, but not parsed."""

MAX_DEPTH = 64
"""Objects and lists nested deeper than this are refused (some parsers recurse, some do not)."""


class Direction(StrEnum):
    """Which way a call went, as far as the notification tells."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    DIALLER = "dialler"


class CallConnected(Struct, frozen=True, gc=False):
    """An agent has been connected to a call: the caller's wait is over."""

    call_ref: str
    extension: str
    caller: str
    dialled: str
    hold: float | None
    """Seconds in the queue; `None` when the PBX did not say."""
    contact_ref: str
    direction: Direction


class CallEnded(Struct, frozen=True, gc=False):
    """A call is over: the PBX's call detail record."""

    call_ref: str
    extension: str
    """Empty when no agent took the call."""
    caller: str
    dialled: str
    hold: float | None
    contact_ref: str
    direction: Direction
    dialed_at: float | None
    """Unix seconds."""
    reason: str
    code: str
    talk: float | None
    """Seconds in conversation; 0 when no agent joined."""
    recording: str


class AgentStatus(Struct, frozen=True, gc=False):
    """An agent of the Dialler has changed state."""

    extension: str
    status: str
    campaign: str


class Rejected(Struct, frozen=True, gc=False):
    """Something arrived that cannot be read. It is shown, and its bytes are kept."""

    reason: str
    raw: bytes


Notification = CallConnected | CallEnded | AgentStatus | Rejected


def unpack(raw: bytes) -> Notification:
    """Read one payload, of any of the shapes in PROTOCOL.md §1–3.

    Never raises: an empty, overlong, too deeply nested or otherwise unreadable payload is
    returned as `Rejected`.
    """
    try:
        value = _parsed(raw)
        if not isinstance(value, dict):
            raise Unreadable(f"not a JSON object but {kind(value)}")
        return _read(value)
    except Unreadable as why:
        return Rejected(safe(str(why)), raw)
    except Exception as problem:
        # The feed must outlive whatever a parser can think of.
        return Rejected(f"cannot be read: {type(problem).__name__}", raw)


# ── JSON ────────────────────────────────────────────────────────────────────────────────────


def _parsed(raw: bytes) -> Any:
    if len(raw) > MAX_BYTES and raw.strip():
        raise Unreadable(f"the payload has {len(raw):,} bytes; up to {MAX_BYTES:,} are read")
    if raw.count(b"{") + raw.count(b"[") > MAX_DEPTH:
        return _parsed_leniently(raw)
    try:
        return _FAST.decode(raw)
    except (msgspec.DecodeError, ValueError):
        # It takes nothing that the other does not, and what both take it reads as the other does.
        return _parsed_leniently(raw)


def _parsed_leniently(raw: bytes) -> Any:
    """Read what is not quite JSON: numbers without end, lone surrogates, bytes that are no UTF-8.

    Bytes that are not UTF-8 become lone surrogates, too, which `safe` shows as marks: a call with
    an odd name is still a call. Raises `Unreadable`, naming the place.
    """
    if not raw.strip():
        raise Unreadable("the payload is empty")
    text = raw.decode("utf-8", "surrogateescape")
    if text.count("{") + text.count("[") > MAX_DEPTH and _depth(text) > MAX_DEPTH:
        raise Unreadable(f"the payload is nested more than {MAX_DEPTH} levels deep")
    try:
        return _LENIENT.decode(text)
    except json.JSONDecodeError as error:
        place = (
            f"line {error.lineno}, column {error.colno}"
            if error.lineno > 1
            else f"column {error.colno}"
        )
        what = error.msg.lower().removesuffix(" at")
        raise Unreadable(f"not JSON: {what} at {place}") from None


def _integer(digits: str) -> int | float:
    """Read a JSON integer; one that nothing counts in is as infinite as `1e999`.

    Python refuses integers beyond a length that its environment sets: one program would show a
    call that another rejects.
    """
    return int(digits) if len(digits.lstrip("-")) <= MAX_DIGITS else math.inf


_FAST = msgspec.json.Decoder()
_LENIENT = json.JSONDecoder(parse_int=_integer)


def _depth(text: str) -> int:
    """Return how deep the brackets of `text` nest, leaving strings aside."""
    deepest = depth = 0
    in_string = escaped = False
    for char in text:
        if in_string:
            if escaped:
                escaped = False
            elif char == "\\":
                escaped = True
            elif char == '"':
                in_string = False
        elif char == '"':
            in_string = True
        elif char in "{[":
            depth += 1
            deepest = max(deepest, depth)
        elif char in "}]":
            depth -= 1
    return deepest


# ── structure, strictly ─────────────────────────────────────────────────────────────────────

_Payload = Mapping[str, Any]


def _read(value: _Payload) -> Notification:
    type_ = value.get("type")
    if type_ is None and "type" not in value:
        raise Unreadable("type is missing")
    read = _SHAPES.get(type_) if isinstance(type_, str) else None
    if read is None:
        raise Unreadable(f"type is {json.dumps(type_)}; known are call, cdr and status")
    payload = value.get("payload")
    if isinstance(payload, dict):
        return read(payload)
    if "payload" not in value:
        raise Unreadable("payload is missing")
    raise Unreadable(f"payload must be an object, not {kind(payload)}")


def _reference(payload: _Payload, name: str) -> str:
    """Return the reference that a payload must have."""
    if name not in payload:
        raise Unreadable(f"payload.{name} is missing")
    try:
        return read_reference(payload[name])
    except Unreadable as why:
        raise Unreadable(f"payload.{name} {why}") from None


@lru_cache(4096)
def _shared(text: str) -> str:
    """Return one string for all that are equal: extensions and dialled numbers are few."""
    return text


def _call(payload: _Payload) -> CallConnected:
    get = payload.get
    agent, campaign, way = (
        read_text(get("agent")),
        read_text(get("campaign_ref")),
        read_text(get("call_dir")),
    )
    # Three shapes are told apart: the Dialler's names an agent or a campaign.
    direction = Direction.INBOUND
    if "inbound" not in (way, campaign):
        if way == "outbound":
            direction = Direction.OUTBOUND
        elif agent or campaign:
            direction = Direction.DIALLER
    return CallConnected(
        call_ref=_reference(payload, "call_ref"),
        extension=_shared(read_text(get("ref")) or agent),
        caller=read_text(get("number")),
        dialled=_shared(read_text(get("dial_number"))),
        hold=read_seconds(get("hold_time")),
        contact_ref=read_text(get("contact_ref")),
        direction=direction,
    )


def _cdr(payload: _Payload) -> CallEnded:
    get = payload.get
    number, ref = read_text(get("number")), read_text(get("ref"))
    # Before v3.0.0 there is no `number`: the outside party stands in `ref`, where later versions
    # have "click-dial" or the campaign (PROTOCOL.md §2).
    early = "number" not in payload
    direction = Direction.INBOUND
    if read_text(get("call_dir")) == "outbound":
        dialler = not early and ref not in ("", "click-dial")
        direction = Direction.DIALLER if dialler else Direction.OUTBOUND
    return CallEnded(
        call_ref=_reference(payload, "call_ref"),
        extension=_shared(read_text(get("extension"))),
        caller=number or (ref if early and ref != "click-dial" else ""),
        dialled=_shared(read_text(get("dial_number"))),
        hold=read_seconds(get("hold_time")),
        contact_ref=read_text(get("contact_ref")),
        direction=direction,
        dialed_at=read_time(get("dialed_at")),
        reason=read_text(get("end_reason")),
        code=read_text(get("end_code")),
        talk=read_seconds(get("call_time")),
        recording=read_text(get("recording_url")),
    )


def _status(payload: _Payload) -> AgentStatus:
    if "status" not in payload:
        raise Unreadable("payload.status is missing")
    return AgentStatus(
        _reference(payload, "ref"),
        read_text(payload["status"]),
        read_text(payload.get("campaign_ref")),
    )


_SHAPES: Mapping[str, Callable[[_Payload], Notification]] = {
    "call": _call,
    "cdr": _cdr,
    "status": _status,
}
