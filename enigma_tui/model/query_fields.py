"""The fields of the filter language: what each is called, takes, and how it tells calls apart.

`query` reads a filter's text; this module turns one term of it into a test.
"""

import re
from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

from msgspec import Struct

from . import readings
from .call import Call, CallState
from .phone import Dialplan, Match
from .query_test import Test, any_of, by_call, by_value, by_values, complement, sought
from .readings import Seconds
from .subject import Frame, Lens, Read, Subjects
from .text import safe


class QueryError(ValueError):
    """A mistake in a filter: what was expected, and where, as `[start, end)` of the text."""

    def __init__(self, message: str, start: int, end: int) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = end


class Value(Struct, frozen=True):
    """A word or phrase of a filter, and where in the text it stands."""

    text: str
    start: int
    end: int
    quoted: bool = False
    """Whether it is to be taken literally: no wildcard, range or keyword."""

    @property
    def pieces(self) -> list[str] | None:
        """The literal parts between wildcards, or `None` if there is no wildcard."""
        return self.text.split("*") if "*" in self.text and not self.quoted else None

    def error(self, message: str) -> QueryError:
        """Return the mistake that this value is."""
        return QueryError(message, self.start, self.end)


Compiler = Callable[[str, tuple[Value, ...], Collection[str]], Test]
"""Makes the test of a term from its operator, its values and the known disposition codes; raises
`QueryError`."""


class Field(Struct, frozen=True):
    """A field by which calls can be filtered."""

    help: str
    compile: Compiler
    compares: bool = False
    """Whether it has an order, and so takes `>`, `>=`, `<` and `<=`."""
    phone: bool = False
    """Whether its values are telephone numbers, and so words of digits join."""
    timed: bool = False
    """Whether it changes by the mere passing of time."""


def _unless(op: str, test: Test) -> Test:
    return complement(test) if op == "!=" else test


def suggestion(word: str, known: Collection[str]) -> str:
    """Return `; did you mean …?` with the nearest of the known words, or nothing."""
    near = get_close_matches(word[:40].casefold(), list(known), n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else ""


# ── texts ───────────────────────────────────────────────────────────────────────────────────

_RANGE = re.compile(r"([0-9]+)-([0-9]+)")


def pattern(pieces: list[str]) -> Callable[[str], bool]:
    """Return whether a text, in full and case-folded, has `pieces` with anything between them.

    Each piece is sought once, leftmost: the time is linear in the text whatever was typed.
    """
    first, *middle, last = [piece.casefold() for piece in pieces]

    def matches(text: str) -> bool:
        end = len(text) - len(last)
        at = len(first)
        if at > end or not text.startswith(first) or not text.endswith(last):
            return False
        for piece in middle:
            at = text.find(piece, at, end)
            if at < 0:
                return False
            at += len(piece)
        return True

    return matches


def _text_match(op: str, value: Value) -> Callable[[str], bool]:
    """Return what tells whether a text is meant by one value."""
    if value.pieces is not None:
        matches = pattern(value.pieces)
        return lambda text: matches(text.casefold())
    needle = value.text.casefold()
    exact = op != ":" or not needle
    if needle.isascii() and not any(char.isalpha() for char in needle):
        # Letters apart, case does not matter: the folding of every text is spared.
        return needle.__eq__ if exact else lambda text: text.startswith(needle)
    if exact:
        return lambda text: text.casefold() == needle
    return lambda text: text.casefold().startswith(needle)


def _range_match(value: Value) -> Callable[[str], bool] | None:
    found = _RANGE.fullmatch(value.text)
    if found is None or value.quoted:
        return None
    low, high = found.groups()
    if (size := len(low)) != len(high):
        raise value.error("both ends of a range need the same number of digits, as in 2000-2099")
    if low > high:
        raise value.error(f"a range goes from low to high: {safe(f'{high}-{low}', 40)}")
    return lambda text: (
        len(text) == size and low <= text <= high and text.isdecimal() and text.isascii()
    )


FEW = 3
"""Up to so many values are sought in the calls' texts; more are compared with each value."""


def _text(read: Read[str], frame: Frame | None = None) -> Compiler:
    """Return the compiler of a field that is a text, and stands between `frame` if at all."""

    def compile_term(op: str, values: tuple[Value, ...], _codes: Collection[str]) -> Test:
        ranges = [_range_match(value) if frame is Frame.EXTENSION else None for value in values]
        needles = [_needle(op, value, frame) for value in values] if frame else [""]
        if all(needles) and not any(ranges) and len(needles) <= FEW:
            return _unless(op, sought(lambda _: needles))
        tests = [each or _text_match(op, value) for each, value in zip(ranges, values, strict=True)]
        return _unless(op, by_value(read, lambda text: any([test(text) for test in tests])))

    return compile_term


def _needle(op: str, value: Value, frame: Frame) -> str:
    """Return what to seek for one value of a text; nothing where it is a pattern."""
    if value.pieces is not None:
        return ""
    text = value.text.casefold()
    return f"{frame}{text}{frame if op != ':' or not text else ''}"


# ── telephone numbers ───────────────────────────────────────────────────────────────────────


def number_pattern(value: Value, get: Callable[[Call], str]) -> Test | None:
    """Return the test of a pattern of digits, in whatever spelling the number came."""
    parts = value.pieces or []
    digits = [Dialplan.digits(part) if part else "" for part in parts]
    pieces = [piece for piece in digits if piece is not None]
    if len(pieces) < len(digits) or not any(pieces):
        return None
    if value.text.startswith("+"):
        pieces[0] = f"00{pieces[0]}"
    matches = pattern(pieces)
    end = pieces[-1][-6:]

    def passes(call: Call, lens: Lens) -> bool:
        number = get(call)
        # All spellings of a number end alike: few need to be worked out.
        if not number.endswith(end) and number[1:].isdigit():
            return False
        return any(map(matches, lens.dialplan.forms(number)))

    return by_call(passes)


def _phone(
    get: Callable[[Call], str],
    read: Read[str],
    frame: Frame,
    forms: Frame,
    label: Frame | None = None,
) -> Compiler:
    """Return the compiler of a field that is a telephone number, and may have a label."""

    def compile_term(op: str, values: tuple[Value, ...], _codes: Collection[str]) -> Test:
        match: Match = "prefix" if op == ":" else "exact"

        def one(value: Value) -> Test:
            if value.pieces is not None:
                return _phone_pattern(value)
            framed = [_needle(op, value, label)] if label and value.text else []
            if Dialplan.digits(value.text) is None:
                framed.append(_needle(op, value, frame))
            # The digits decide alone: what was typed may be one spelling of several.
            return sought(lambda lens: [*lens.dialplan.needles(value.text, match, forms), *framed])

        return _unless(op, any_of(map(one, values)))

    def _phone_pattern(value: Value) -> Test:
        matches = _text_match(":", value)
        tests = [number_pattern(value, get), by_value(read, matches)]
        if label:
            tests.append(by_call(lambda call, lens: matches(lens.label(get(call)))))
        return any_of(test for test in tests if test is not None)

    return compile_term


# ── states and dispositions ─────────────────────────────────────────────────────────────────

_ASSUMED = "assumed"
_STATES = (*(state.value for state in CallState), _ASSUMED)


def _compile_state(op: str, values: tuple[Value, ...], _codes: Collection[str]) -> Test:
    wanted: set[str] = set()
    for value in values:
        matches = _text_match(op, value)
        found = {state for state in _STATES if matches(state)}
        if not found:
            near = suggestion(value.text, _STATES) or f": one of {', '.join(_STATES)} is expected"
            raise value.error(f"unknown state {safe(value.text, 40)!r}{near}")
        wanted |= found

    passing = bytes([state in wanted for state in readings.STATES]).ljust(256, b"\0")
    test = by_values(readings.states, lambda states: states.translate(passing))
    if _ASSUMED in wanted:
        assumed = by_call(lambda call, _: call.end is not None and call.end.assumed)
        test = any_of([test, assumed])
    return _unless(op, test)


_code = _text(readings.codes)


def _compile_disposition(op: str, values: tuple[Value, ...], codes: Collection[str]) -> Test:
    read: list[Value] = []
    for value in values:
        if value.text.casefold() == "none" and not value.quoted:
            read.append(Value("", value.start, value.end, quoted=True))
            continue
        read.append(value)
        matches = _text_match(":", value)
        if codes and value.text and not any(map(matches, codes)):
            near = suggestion(value.text, codes) or f": one of {', '.join(sorted(codes)[:8])} …"
            raise value.error(f"no code begins with {safe(value.text, 40)!r}{safe(near)}")
    return _code(op, tuple(read), ())


# ── durations ───────────────────────────────────────────────────────────────────────────────

_COMPARE: Mapping[str, Callable[[Seconds, float], list[bool]]] = {
    ">": lambda found, limit: [seconds > limit for seconds in found],
    ">=": lambda found, limit: [seconds >= limit for seconds in found],
    "<": lambda found, limit: [seconds < limit for seconds in found],
    "<=": lambda found, limit: [seconds <= limit for seconds in found],
}
_UNITS = re.compile(r"(?:([0-9]{1,6})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,9})s?)?", re.IGNORECASE)
_CLOCK = re.compile(r"(?:([0-9]{1,6}):(?=[0-9]{2}:))?([0-9]{1,6}):([0-5][0-9])")


def _seconds(value: Value) -> int:
    """Read `90`, `90s`, `2m`, `1h30m`, `1:30` or `1:02:03`."""
    found = _CLOCK.fullmatch(value.text) or _UNITS.fullmatch(value.text)
    if found is None or not value.text:
        raise value.error(
            f"{safe(value.text, 40)!r} is not a duration: write 90, 90s, 2m, 1:30 or 1h"
        )
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds


def _duration(get: Callable[[Subjects[Any], Lens], Seconds]) -> Compiler:
    """Return the compiler of a field that is a number of seconds, and may be unknown.

    What is unknown matches `""` and nothing else. Equality is that of whole seconds, as shown.
    """

    def compile_term(op: str, values: tuple[Value, ...], _codes: Collection[str]) -> Test:
        if op not in _COMPARE:
            wanted = {_seconds(value) if value.text else None for value in values}
            known = op == "!="

            def equals(seconds: float) -> bool:
                if seconds != seconds:
                    return None in wanted and not known
                return (int(seconds) in wanted) is not known

            return by_values(get, lambda found: list(map(equals, found)))
        limit, compare = _seconds(values[0]), _COMPARE[op]
        return by_values(get, lambda found: compare(found, limit))

    return compile_term


TABLE: Mapping[str, Field] = MappingProxyType(
    {
        "ext": Field(
            "extension that has the call, or had it last: ext:2001,2004 ext:2000-2099",
            _text(readings.extensions, Frame.EXTENSION),
        ),
        "caller": Field(
            "caller's number, however it is written: caller:082",
            _phone(lambda call: call.caller, readings.callers, Frame.CALLER, Frame.CALLER_FORMS),
            phone=True,
        ),
        "dialled": Field(
            "number the caller dialled, or its label: dialled:support",
            _phone(
                lambda call: call.dialled,
                readings.dialled,
                Frame.DIALLED,
                Frame.DIALLED_FORMS,
                Frame.LABEL,
            ),
            phone=True,
        ),
        "contact": Field(
            'reference keyed in the IVR: contact:ACC, none at all: contact:""',
            _text(readings.contact_refs, Frame.CONTACT),
        ),
        "call": Field(
            "call reference: call:47",
            _text(readings.call_refs, Frame.REFERENCE),
        ),
        "state": Field(f"one of {', '.join(_STATES)}", _compile_state, timed=True),
        "disp": Field("disposition code, disp:none without one", _compile_disposition),
        "by": Field(
            "who recorded the disposition: by:thandi",
            _text(readings.persons),
        ),
        "hold": Field(
            "time in the queue: hold>30 hold>=2m hold<1:30",
            _duration(lambda calls, _: calls.column(readings.holds)),
            compares=True,
        ),
        "talk": Field(
            "time in conversation, or since the connection: talk>10m",
            _duration(readings.talks),
            compares=True,
            timed=True,
        ),
        "age": Field(
            "time since the call was first heard of: age<1h",
            _duration(
                lambda calls, lens: [
                    max(0.0, (lens.now_ms - ms) / 1000) for ms in calls.column(readings.began_ms)
                ]
            ),
            compares=True,
            timed=True,
        ),
        "source": Field(
            "PBX that the call came from",
            _text(readings.sources),
        ),
    }
)
