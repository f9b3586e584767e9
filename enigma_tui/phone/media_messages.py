"""What a phone and the process of its media say to each other: JSON, a line each.

The phone asks, each time with another number, and gets an answer to that number. What happens to
a call comes without being asked for. A line that is neither is left out by both.
"""

import re
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

import msgspec

_ICE_URL = re.compile(r"(stun:[^\s?]+|turns?:[^\s?]+(\?transport=(udp|tcp))?)")


@dataclass(frozen=True, slots=True)
class IceServer:
    """A STUN (RFC 8489) or a TURN server (RFC 8656); the first of each kind is asked."""

    url: str
    """`stun:host:port`, `turn:host:port?transport=udp` (or `tcp`), `turns:host:port`."""
    username: str = ""
    credential: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        """Raise `ValueError` for what is not the address of such a server."""
        if not _ICE_URL.fullmatch(self.url):
            raise ValueError(
                f"{self.url!r} is not the address of a STUN or a TURN server; write stun:host:port,"
                " turn:host:port?transport=udp (or tcp), or turns:host:port"
            )


@dataclass(frozen=True, slots=True)
class MediaConfig:
    """What a phone's calls are made of; the same for all that it serves."""

    ice_servers: tuple[IceServer, ...] = ()
    """None are asked but these."""
    microphone: str = ""
    """A device's name or part of it, "" for the system's default; or `silence`, `tone:440`,
    `file:/path.wav` (its first ten minutes, in a loop), `echo` (what is heard is sent back)."""
    speaker: str = ""
    """A device's name or part of it, "" for the system's default; or `none`, `file:/path.wav`
    (16 bits, mono, 48 kHz; valid whenever it is read)."""


# ── what happens to a call ──────────────────────────────────────────────────────────────


class Connected(msgspec.Struct, frozen=True, tag="connected"):
    """Media flows."""

    codec: str
    """What is sent, as RFC 3551 and RFC 7587 call it: `opus`, `PCMU`, `PCMA`, `G722`."""


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """There is no media, and will be none in this call."""

    why: str


class Ended(msgspec.Struct, frozen=True, tag="ended"):
    """The far end has closed its media (close_notify of DTLS); its BYE comes, or was lost."""


class Lost(msgspec.Struct, frozen=True, tag="lost"):
    """Nothing has been received for so many seconds; it may come again."""

    seconds: float


class Resumed(msgspec.Struct, frozen=True, tag="resumed"):
    """Something is received again, after `Lost`."""


class Levels(msgspec.Struct, frozen=True, tag="levels"):
    """The peaks since the last, in dBFS: 0 is the loudest, `SILENT` nothing at all.

    The microphone's is what is sent: nothing, when muted.
    """

    microphone: float
    speaker: float


SILENT = -96.0
"""dBFS; below what 16 bits can hold."""


class Devices(msgspec.Struct, frozen=True, tag="devices"):
    """What a call is heard and said with; told again when that changes."""

    microphone: str
    speaker: str
    missing: str
    """Why there is silence instead, and what to do; "" when nothing is missing."""


class Died(msgspec.Struct, frozen=True, tag="died"):
    """The process has ended unasked: the call's media with it, and no method works any more."""

    code: int
    """The exit status; negative, the number of the signal."""


CallEvent: TypeAlias = Connected | Failed | Ended | Lost | Resumed | Levels | Devices
MediaEvent: TypeAlias = CallEvent | Died


class AudioDevices(msgspec.Struct, frozen=True):
    """What sound can come from and go to, by the names that PortAudio knows."""

    microphones: tuple[str, ...] = ()
    speakers: tuple[str, ...] = ()
    microphone: str = ""
    """The system's default; "" where there is none."""
    speaker: str = ""
    missing: str = ""
    """Why there are none, and what to do; "" when there are."""


# ── what is asked, and answered ─────────────────────────────────────────────────────────


class Configure(msgspec.Struct, frozen=True, tag="configure"):
    """The first thing that is said; nothing answers it."""

    config: MediaConfig


class Offered(msgspec.Struct, frozen=True, tag="offered"):
    number: int
    sdp: str


class Answer(msgspec.Struct, frozen=True, tag="answer"):
    number: int


class Mute(msgspec.Struct, frozen=True, tag="mute"):
    number: int
    on: bool


class Hold(msgspec.Struct, frozen=True, tag="hold"):
    number: int
    on: bool


class HangUp(msgspec.Struct, frozen=True, tag="hang-up"):
    number: int


class Done(msgspec.Struct, frozen=True, tag="done"):
    number: int
    sdp: str = ""


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """What was asked for could not be done."""

    number: int
    why: str
    unsuitable: bool = False
    """Whether it is the offer that nothing can be done with (SIP 488)."""


Request: TypeAlias = Offered | Answer | Mute | Hold | HangUp
Said: TypeAlias = Configure | Request
Told: TypeAlias = Done | Refused | CallEvent

_encoder = msgspec.json.Encoder()
_said: msgspec.json.Decoder[Said] = msgspec.json.Decoder(Said)
_told: msgspec.json.Decoder[Told] = msgspec.json.Decoder(Told)


def line(message: Said | Told) -> bytes:
    """Return a message as a line."""
    return _encoder.encode(message) + b"\n"


def said(one: bytes) -> Said | None:
    """Return what the phone says in a line; `None` if that is nothing."""
    return _read(_said, one)


def told(one: bytes) -> Told | None:
    """Return what the media process says in a line; `None` if that is nothing."""
    return _read(_told, one)


T = TypeVar("T")


def _read(decoder: "msgspec.json.Decoder[T]", one: bytes) -> T | None:
    try:
        return decoder.decode(one)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
