"""Offers and answers (SDP, RFC 8866; RFC 3264) as far as aiortc does not see to them.

aiortc answers every part of an offer or fails, always bundles, and knows nothing of parts that
are refused. So it is given the audio alone, and its answer is made into one of the whole offer.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .sdp import DIRECTIONS

# The payload types that need no rtpmap (RFC 3551 §6), among those that are known here.
_STATIC = {"0": "PCMU/8000", "8": "PCMA/8000", "9": "G722/8000"}

_M_LINE = re.compile(r"m=(?P<kind>\S+) (?P<port>\d+)(/\d+)? (?P<profile>\S+) (?P<formats>.+)")

_DESCRIPTION = re.compile(r"a=rtpmap:(\S+) ")

_HIDDEN = re.compile(r"a=candidate:(\S+ ){4}\S+\.local ", re.IGNORECASE)


class UnsuitableError(Exception):
    """An offer that nothing can be done with: 488 (RFC 3261 §21.4.26)."""


@dataclass(frozen=True, slots=True)
class Section:
    """An m-line and what follows it."""

    kind: str
    port: int
    profile: str
    formats: str
    lines: tuple[str, ...]

    def has(self, attribute: str) -> bool:
        """Whether there is an attribute, with a value or without."""
        start = f"a={attribute}"
        return any(line == start or line.startswith(f"{start}:") for line in self.lines)

    def value(self, attribute: str) -> str:
        """Return an attribute's value; "" where there is none."""
        start = f"a={attribute}:"
        return next((line[len(start) :] for line in self.lines if line.startswith(start)), "")


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer of which the audio is taken."""

    session: tuple[str, ...]
    sections: tuple[Section, ...]
    at: int
    """Which section is taken: the first audio that is not refused already."""

    @property
    def audio(self) -> Section:
        """The section that is taken."""
        return self.sections[self.at]

    @property
    def bundled(self) -> bool:
        """Whether the audio may be said to be in a BUNDLE group (RFC 9143 §7.3)."""
        mid = self.audio.value("mid")
        groups = (line.split()[1:] for line in self.session if line.startswith("a=group:BUNDLE"))
        return bool(mid) and any(mid in group for group in groups)

    def to_aiortc(self) -> str:
        """Return an offer of the audio alone."""
        audio = self.audio
        session = [line for line in self.session if not line.startswith("a=group:")]
        # To resolve a name of mDNS takes seconds, and who hides behind one checks the way itself.
        below = [line for line in audio.lines if not _HIDDEN.match(line) and self._is_offered(line)]
        lines = [*session, _m_line(audio, audio.port), *below]
        if not any(audio.has(one) for one in DIRECTIONS):
            everywhere = next((one for one in DIRECTIONS if f"a={one}" in session), "sendrecv")
            lines.append(f"a={everywhere}")
        for format_ in audio.formats.split():
            described = any(line.startswith(f"a=rtpmap:{format_} ") for line in audio.lines)
            if format_ in _STATIC and not described:
                lines.append(f"a=rtpmap:{format_} {_STATIC[format_]}")
        return _text(lines)

    def _is_offered(self, line: str) -> bool:
        """Whether a line is about a format of the m-line: aiortc takes what is only described."""
        about = _DESCRIPTION.match(line)
        return about is None or about[1] in self.audio.formats.split()

    def answered(self, answer: str) -> str:
        """Make aiortc's answer into one of the whole offer: RFC 3264 §6."""
        session, (taken, *_) = _split(answer)
        lines = []
        for line in session:
            if line.startswith("a=group:BUNDLE"):
                if self.bundled:
                    lines.append(f"a=group:BUNDLE {self.audio.value('mid')}")
            else:
                lines.append(line)
        for place, section in enumerate(self.sections):
            if place == self.at:
                lines += [_m_line(taken, taken.port), *taken.lines]
            else:
                lines += [_m_line(section, 0), "c=IN IP4 0.0.0.0"]
                lines += [f"a=mid:{mid}"] if (mid := section.value("mid")) else []
        return _text(lines)

    def check(self) -> None:
        """Raise `UnsuitableError` where WebRTC cannot be spoken (RFC 8834, RFC 8839, RFC 5763)."""
        session = Section("", 0, "", "", self.session)
        audio = self.audio
        if "TLS" not in audio.profile.split("/"):
            raise UnsuitableError("The offer's audio is not encrypted with DTLS-SRTP.")
        for attribute, what in (
            ("ice-ufrag", "ICE"),
            ("ice-pwd", "ICE"),
            ("fingerprint", "the fingerprint of a DTLS certificate"),
            ("setup", "the role in DTLS"),
        ):
            if not (audio.value(attribute) or session.value(attribute)):
                raise UnsuitableError(f"The offer is none of WebRTC: it lacks {what}.")
        if not audio.has("rtcp-mux"):
            raise UnsuitableError("The offer is none of WebRTC: it lacks rtcp-mux.")


def read_offer(sdp: str) -> Offer:
    """Read an offer. Raises `UnsuitableError` where it is none, or has no audio for WebRTC."""
    session, sections = _split(sdp)
    if not session or not session[0].startswith("v="):
        raise UnsuitableError("That is no session description.")
    audio = (n for n, one in enumerate(sections) if one.kind == "audio" and one.port)
    at = next(audio, None)
    if at is None:
        raise UnsuitableError("The offer has no audio.")
    offer = Offer(session, sections, at)
    offer.check()
    return offer


def first_codec(answer: str) -> str:
    """Return what is sent, by an answer: the first of its formats."""
    _, sections = _split(answer)
    for section in sections:
        if section.port:
            first, *_ = section.formats.split()
            for line in section.lines:
                if line.startswith(f"a=rtpmap:{first} "):
                    return line.split(" ", 1)[1].split("/")[0]
    return ""


def _split(sdp: str) -> tuple[tuple[str, ...], tuple[Section, ...]]:
    session: list[str] = []
    sections: list[Section] = []
    below: list[str] = session
    for line in filter(None, sdp.splitlines()):
        if not line.startswith("m="):
            below.append(line)
            continue
        _finish(sections, below)
        match = _M_LINE.fullmatch(line.rstrip())
        if not match:
            raise UnsuitableError("The offer has an m-line that cannot be read.")
        kind, port, profile, formats = match.group("kind", "port", "profile", "formats")
        sections.append(Section(kind, int(port), profile, formats, ()))
        below = []
    _finish(sections, below)
    return tuple(session), tuple(sections)


def _finish(sections: list[Section], lines: Sequence[str]) -> None:
    if sections:
        last = sections[-1]
        sections[-1] = Section(last.kind, last.port, last.profile, last.formats, tuple(lines))


def _m_line(section: Section, port: int) -> str:
    return f"m={section.kind} {port} {section.profile} {section.formats}"


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\r\n" for line in lines)
