"""Unpacks what a PBX sends: bytes in, one of four frozen values out.

One function reads the v3 and the earlier inbound notification, the Dialler's call, the CDR and
the agent status, as the reference document asks ("only one unpacking function is required").
The structure is taken strictly, the scalars leniently (PROTOCOL.md §1–3). Nothing that arrives
can raise: what cannot be read comes back as `Rejected`, with the reason and the bytes.
"""

import json
import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from .scalars import kind, read_reference, read_seconds, read_text, read_time
from .text import safe

MAX_BYTES = 64 * 1024
"""A longer payload is kept in the journal, but not parsed."""

MAX_DEPTH = 64
"""Objects and lists nested deeper than this are refused (some parsers recurse, some do not)."""

MAX_DIGITS = 400
"""An integer with more digits than this, beyond any float, is taken as infinite."""


class Direction(StrEnum):
    """Which way a call went, as far as the notification tells."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    DIALLER = "dialler"


@dataclass(frozen=True, slots=True)
class CallConnected:
    """An agent has been connected to a call: the caller's wait is over."""

    call_ref: str
    extension: str
    caller: str
    dialled: str
    hold: float | None
    """Seconds in the queue; `None` when the PBX did not say."""
    contact_ref: str
    direction: Direction


@dataclass(frozen=True, slots=True)
class CallEnded:
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


@dataclass(frozen=True, slots=True)
class AgentStatus:
    """An agent of the Dialler has changed state."""

    extension: str
    status: str
    campaign: str


@dataclass(frozen=True, slots=True)
class Rejected:
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
        return _unpack(raw)
    except Exception as problem:
        # The feed must outlive whatever a parser can think of.
        return Rejected(_why(problem), raw)


class _Unreadable(Exception):
    """Why a payload cannot be read, as a sentence for a supervisor."""


def _unpack(raw: bytes) -> Notification:
    if not raw.strip():
        raise _Unreadable("the payload is empty")
    if len(raw) > MAX_BYTES:
        raise _Unreadable(f"the payload has {len(raw):,} bytes; up to {MAX_BYTES:,} are read")
    # Bytes that are not UTF-8 become lone surrogates, which `safe` shows as marks: a call with
    # an odd name is still a call.
    text = raw.decode("utf-8", "surrogateescape")
    if text.count("{") + text.count("[") > MAX_DEPTH and _depth(text) > MAX_DEPTH:
        raise _Unreadable(f"the payload is nested more than {MAX_DEPTH} levels deep")
    try:
        value = _JSON.decode(text)
    except json.JSONDecodeError as error:
        place = (
            f"line {error.lineno}, column {error.colno}"
            if error.lineno > 1
            else f"column {error.colno}"
        )
        what = error.msg.lower().removesuffix(" at")
        raise _Unreadable(f"not JSON: {what} at {place}") from None
    if not isinstance(value, dict):
        raise _Unreadable(f"not a JSON object but {kind(value)}")
    if isinstance(payload := value.get("payload"), dict):
        value["payload"] = _encodable(payload)
    return _ENVELOPE.validate_python(_encodable(value)).unpacked()


def _integer(digits: str) -> int | float:
    """Read a JSON integer; one that nothing counts in is as infinite as `1e999`.

    Python refuses integers beyond a length that its environment sets: one program would show a
    call that another rejects.
    """
    return int(digits) if len(digits) <= MAX_DIGITS else math.inf


_JSON = json.JSONDecoder(parse_int=_integer)


def _encodable(value: dict[str, Any]) -> dict[str, Any]:
    """Return `value` with names that pydantic can take: it refuses lone surrogates."""
    if all(map(str.isascii, value)):
        return value
    return {name if name.isascii() else safe(name): inner for name, inner in value.items()}


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


# ── scalars, leniently ──────────────────────────────────────────────────────────────────────

_Text = Annotated[str, BeforeValidator(read_text)]
_Reference = Annotated[str, BeforeValidator(read_reference)]
_Seconds = Annotated[float | None, BeforeValidator(read_seconds)]
_Time = Annotated[float | None, BeforeValidator(read_time)]


# ── structure, strictly ─────────────────────────────────────────────────────────────────────


class _Payload(BaseModel):
    # Fields that nobody documented are not lost: the journal keeps what arrived.
    model_config = ConfigDict(extra="ignore", frozen=True)


class _CallPayload(_Payload):
    call_ref: _Reference
    ref: _Text = ""
    agent: _Text = ""
    number: _Text = ""
    dial_number: _Text = ""
    hold_time: _Seconds = None
    contact_ref: _Text = ""
    call_dir: _Text = ""
    campaign_ref: _Text = ""

    def direction(self) -> Direction:
        """Tell the three shapes apart: the Dialler's names an agent or a campaign."""
        if "inbound" in (self.call_dir, self.campaign_ref):
            return Direction.INBOUND
        if self.call_dir == "outbound":
            return Direction.OUTBOUND
        return Direction.DIALLER if self.agent or self.campaign_ref else Direction.INBOUND


class _CdrPayload(_Payload):
    call_ref: _Reference
    extension: _Text = ""
    number: _Text = ""
    dial_number: _Text = ""
    hold_time: _Seconds = None
    contact_ref: _Text = ""
    call_dir: _Text = ""
    dialed_at: _Time = None
    end_reason: _Text = ""
    end_code: _Text = ""
    call_time: _Seconds = None
    recording_url: _Text = ""
    ref: _Text = ""


class _StatusPayload(_Payload):
    status: _Text
    ref: _Reference
    campaign_ref: _Text = ""


class _CallEnvelope(BaseModel):
    type: Literal["call"]
    payload: _CallPayload

    def unpacked(self) -> Notification:
        told = self.payload
        return CallConnected(
            call_ref=told.call_ref,
            extension=told.ref or told.agent,
            caller=told.number,
            dialled=told.dial_number,
            hold=told.hold_time,
            contact_ref=told.contact_ref,
            direction=told.direction(),
        )


class _CdrEnvelope(BaseModel):
    type: Literal["cdr"]
    payload: _CdrPayload

    def unpacked(self) -> Notification:
        told = self.payload
        inbound = told.call_dir != "outbound"
        # Before v3.0.0 there is no `number`: the outside party stands in `ref`, where later
        # versions have "click-dial" or the campaign (PROTOCOL.md §2).
        early = "number" not in told.model_fields_set
        dialler = not (early or inbound or told.ref in ("", "click-dial"))
        return CallEnded(
            call_ref=told.call_ref,
            extension=told.extension,
            caller=told.number or (told.ref if early and told.ref != "click-dial" else ""),
            dialled=told.dial_number,
            hold=told.hold_time,
            contact_ref=told.contact_ref,
            direction=Direction.INBOUND
            if inbound
            else (Direction.DIALLER if dialler else Direction.OUTBOUND),
            dialed_at=told.dialed_at,
            reason=told.end_reason,
            code=told.end_code,
            talk=told.call_time,
            recording=told.recording_url,
        )


class _StatusEnvelope(BaseModel):
    type: Literal["status"]
    payload: _StatusPayload

    def unpacked(self) -> Notification:
        return AgentStatus(self.payload.ref, self.payload.status, self.payload.campaign_ref)


_ENVELOPE: TypeAdapter[_CallEnvelope | _CdrEnvelope | _StatusEnvelope] = TypeAdapter(
    Annotated[_CallEnvelope | _CdrEnvelope | _StatusEnvelope, Field(discriminator="type")]
)


def _why(problem: Exception) -> str:
    """Tell a supervisor, in safe text, why a payload could not be read."""
    try:
        match problem:
            case _Unreadable():
                return safe(str(problem))
            case ValidationError():
                return _reason(problem)
    except Exception as another:
        problem = another
    return f"cannot be read: {type(problem).__name__}"


def _reason(invalid: ValidationError) -> str:
    """Turn pydantic's findings into one sentence that names the field."""
    first = invalid.errors(include_url=False, include_context=True)[0]
    # The path begins with the type that the payload was read as.
    field = ".".join(str(part) for part in first["loc"][1:]) or "type"
    match first["type"]:
        case "missing":
            return f"{field} is missing"
        case "union_tag_not_found":
            return "type is missing"
        case "union_tag_invalid":
            tag = first["input"].get("type") if isinstance(first["input"], dict) else first["input"]
            return safe(f"type is {json.dumps(tag)}; known are call, cdr and status")
        case "model_type" | "model_attributes_type" | "dict_type":
            return f"{field} must be an object, not {kind(first['input'])}"
        case "reference":
            return f"{field} {first['msg']}"
        case _:
            return safe(f"{field}: {first['msg'].lower()}")
