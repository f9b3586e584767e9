"""The way back from an export: the events that may have made its calls.

An exported call says when it began, how long it was held and talked, and what was recorded of it
last; so a board that takes in these events shows it as the file has it. What the file does not
tell is not made up: an extension that took a call over has it from the beginning, of several
outcomes only the last is there, and an end that was assumed is left to the board to assume.

A line that cannot be read is named, and the others are played.
"""

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from .call import CallKey, CallState, Disposition, EntryId, Feed
from .entry import DEFAULT_SOURCE, LAST_MS, MAX_NOTE, Disposed, Event, Notified
from .export import restored
from .notification import CallConnected, CallEnded, Direction
from .scalars import Unreadable, read_reference, read_seconds, read_text
from .text import safe

NEEDED = ("began", "call_ref")
"""The columns without which there is nothing to play."""

LINE_MOST = 100_000
"""Characters of a line; no export has one as long."""

LEGS_MOST = 1_000
"""Extensions of one call; no export has as many."""

LABEL_MOST = 200
"""Characters of a label, and of a number that has one; no site has one as long."""

_SOURCE = re.compile(r"[A-Za-z0-9_.-]{1,32}")  # what a site may call a PBX

_ASSUMED = f"{CallState.ENDED}?"

_OVER = frozenset({CallState.ENDED, CallState.ABANDONED})


class NoExportError(ValueError):
    """What was given is no export; the text says what was expected."""


class BadLine(Struct, frozen=True):
    """A line that could not be read."""

    number: int
    """The first is 1."""
    why: str


class Recorded(Struct, frozen=True):
    """What a file tells."""

    events: Sequence[Event]
    """In order, each with an id of its own."""
    calls: int
    end_ms: int
    """When what the file tells was over: a live call was exported after it had lasted so long."""
    sources: Sequence[str]
    with_ends: frozenset[str]
    """The sources of which the file tells when calls ended."""
    ends_since_ms: Mapping[str, int]
    """Since when, where ends of earlier calls had to be assumed: after the last such call began."""
    labels: Mapping[str, str]
    """The labels of dialled numbers."""
    bad: Sequence[BadLine]


def read(lines: Iterable[str]) -> Recorded:
    """Read an export, whichever of the two forms it has, line by line.

    Raises `NoExportError` where the beginning is of neither form.
    """
    told: list[_Told] = []
    bad: list[BadLine] = []
    for number, found in _rows(lines):
        try:
            told.append(_told(found()))
        except (ValueError, csv.Error) as why:
            bad.append(BadLine(number, safe(str(why))))
    steps = [step for place, one in enumerate(told) for step in _steps(one, place)]
    steps.sort(key=lambda step: step.ms)  # which leaves those of one call in their order
    since: dict[int, EntryId] = {}
    events: list[Event] = []
    before = EntryId(-1, 0)
    for step in steps:
        seq = before.seq + 1 if step.ms == before.ms else 0
        before = EntryId(step.ms, seq)
        events.append(step.made(before, since.setdefault(step.place, before)))
    return Recorded(
        events=events,
        calls=len(told),
        end_ms=max((one.end_ms for one in told), default=0),
        sources=tuple(dict.fromkeys(one.source for one in told)),
        with_ends=frozenset(one.source for one in told if one.is_over),
        ends_since_ms=_ends_since(told),
        labels={one.dialled: one.label for one in told if one.dialled and one.label},
        bad=bad,
    )


def _ends_since(told: Iterable["_Told"]) -> Mapping[str, int]:
    since: dict[str, int] = {}
    for one in told:
        if one.is_assumed:
            since[one.source] = max(since.get(one.source, 0), one.began_ms + 1)
    return since


# ── the two forms ───────────────────────────────────────────────────────────────────────────

_Row = Mapping[str, object]


def _rows(lines: Iterable[str]) -> Iterator[tuple[int, Callable[[], _Row]]]:
    """Yield the number of each line that has a call, and what reads it."""
    header: Sequence[str] | None = None
    for number, line in enumerate(lines, 1):
        text = line.rstrip("\r\n")
        if number == 1:
            text = text.removeprefix("\ufeff")
        if not text.strip():
            continue
        if header is None:
            header = () if text.startswith("{") else _header(text)
            if header:
                continue
        yield number, lambda text=text, names=header: _row(text, names)  # type: ignore[misc]


def _header(text: str) -> Sequence[str]:
    try:
        names = next(csv.reader([text]), []) if len(text) <= LINE_MOST else []
    except csv.Error:
        names = []
    if not all(name in names for name in NEEDED):
        raise NoExportError(
            f"it begins neither with a header that has {' and '.join(NEEDED)} nor with a JSON "
            "object; `enigma-tui export` writes such files"
        )
    return names


def _row(text: str, names: Sequence[str]) -> _Row:
    """Read a line; `names` is the header of a table, empty for JSON. Raises `ValueError`."""
    if len(text) > LINE_MOST:
        raise ValueError(f"it has {len(text):,} characters; up to {LINE_MOST:,} are read")
    if not names:
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            raise ValueError("not JSON") from None
        if not isinstance(found, dict):
            raise ValueError("not a JSON object")
        return found
    cells = next(csv.reader([text], strict=True), [])
    if len(cells) != len(names):
        raise ValueError(f"it has {len(cells):,} cells, and the header {len(names):,}")
    return {name: restored(cell) for name, cell in zip(names, cells, strict=True)}


# ── a call ──────────────────────────────────────────────────────────────────────────────────


class _Told(Struct, frozen=True):
    """A call, as a line tells it."""

    began_ms: int
    caller: str
    dialled: str
    label: str
    hold: float | None
    talk: float | None
    """Seconds; of a live call until it was exported."""
    extension: str
    extensions: Sequence[str]
    contact_ref: str
    call_ref: str
    source: str
    feed: Feed
    reason: str
    code: str
    recording: str
    disposition: Disposition | None
    late: bool
    is_over: bool
    """Whether its end was told, and not assumed."""
    is_assumed: bool
    abandoned: bool

    @property
    def end_ms(self) -> int:
        """When the file tells of it last."""
        over = self.began_ms + round((self.talk or 0.0) * 1000)
        return max(over, self.disposition.at_ms if self.disposition else 0)


def _told(row: _Row) -> _Told:
    """Read a call; raises `Unreadable` with the column that is wrong."""
    began = _time(row, "began")
    if began is None:
        raise Unreadable("began is missing")
    try:
        reference = read_reference(row.get("call_ref", ""))
    except Unreadable as why:
        raise Unreadable(f"call_ref {why}") from None
    feed = _text(row, "feed") or Feed.INBOUND
    if feed not in set(Feed):
        raise Unreadable(f"feed is {feed!r}; there are {', '.join(Feed)}")
    source = _text(row, "source") or DEFAULT_SOURCE
    if not _SOURCE.fullmatch(source):
        raise Unreadable(f"source is {safe(source, 40)!r}, not the name of a PBX")
    dialled, label = _text(row, "dialled"), _text(row, "dialled_label")
    if label and max(len(dialled), len(label)) > LABEL_MOST:
        raise Unreadable(f"dialled or dialled_label has more than {LABEL_MOST} characters")
    state, talk = _text(row, "state"), _seconds(row, "talk_s")
    reason = _text(row, "end_reason")
    replaced = state == CallState.SUPERSEDED and (talk is not None or reason != "")
    return _Told(
        began_ms=began,
        caller=_text(row, "caller"),
        dialled=dialled,
        label=label,
        hold=_seconds(row, "hold_s"),
        talk=talk,
        extension=_text(row, "extension"),
        extensions=_extensions(row.get("extensions")),
        contact_ref=_text(row, "contact_ref"),
        call_ref=reference,
        source=source,
        feed=Feed(feed),
        reason=reason,
        code=_text(row, "end_code"),
        recording=_text(row, "recording"),
        disposition=_disposition(row, began),
        late=row.get("late") in (True, "yes"),
        is_over=state in _OVER or replaced,
        is_assumed=state == _ASSUMED,
        abandoned=state == CallState.ABANDONED,
    )


def _text(row: _Row, name: str) -> str:
    return read_text(row.get(name))


def _seconds(row: _Row, name: str) -> float | None:
    value = row.get(name)
    seconds = read_seconds(value)
    if seconds is None and value not in (None, ""):
        raise Unreadable(f"{name} is {safe(str(value), 40)!r}, not a number of seconds")
    return seconds


def _time(row: _Row, name: str) -> int | None:
    """Read a point in time as milliseconds since the epoch, `None` where there is none."""
    value = row.get(name)
    if value in (None, ""):
        return None
    try:
        ms = round(datetime.fromisoformat(str(value)).timestamp() * 1000)
    except (ValueError, OverflowError):
        ms = -1
    if not 0 <= ms <= LAST_MS:
        raise Unreadable(f"{name} is {safe(str(value), 40)!r}, not a date and time")
    return ms


def _extensions(value: object) -> Sequence[str]:
    if isinstance(value, str):
        value = ["" if each == "?" else each for each in value.split(" > ")] if value else []
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > LEGS_MOST:
        raise Unreadable("extensions is not a list of extensions")
    return [read_text(each) for each in value]


def _disposition(row: _Row, began_ms: int) -> Disposition | None:
    code = _text(row, "disposition")
    if not code:
        return None
    version = read_seconds(row.get("version"))
    note = row.get("note")
    return Disposition(
        code=code,
        by=_text(row, "by"),
        at_ms=max(began_ms, _time(row, "disposed_at") or 0),
        version=max(1, int(version or 1)),
        note=safe(note, MAX_NOTE) if isinstance(note, str) else "",
        callback_ms=_time(row, "callback_at"),
    )


# ── its events ──────────────────────────────────────────────────────────────────────────────


class _Step(Struct, frozen=True):
    """One event, before its place among the others is known."""

    ms: int
    place: int
    """Which call's it is."""
    made: Callable[[EntryId, EntryId], Event]
    """Makes it, of its own id and that of the call's first event."""


def _steps(told: _Told, place: int) -> Iterator[_Step]:
    """Yield what happened to a call, in order."""
    direction = Direction(told.feed)
    connections = [
        _Step(told.began_ms, place, _maker(told, "inbound", _connected(told, extension)))
        for extension in told.extensions
    ]
    # Only of a record that overtook its connection is it unknown how long they talked.
    overtook = told.talk is None and not told.abandoned and told.extensions == [told.extension]
    if not overtook:
        yield from connections
    if told.is_over:
        ended = CallEnded(
            call_ref=told.call_ref,
            extension=told.extension,
            caller=told.caller,
            dialled=told.dialled,
            hold=told.hold,
            contact_ref=told.contact_ref,
            direction=direction,
            dialed_at=None,
            reason=told.reason,
            code=told.code,
            talk=0.0 if told.abandoned else told.talk,
            recording=told.recording,
        )
        # A call without a connection began with its record.
        after = round((told.talk or 0.0) * 1000) if told.extensions else 0
        yield _Step(told.began_ms + after, place, _maker(told, "cdr", ended))
    if overtook:
        yield from connections
    done = told.disposition
    if done is not None and (told.extensions or told.is_over):
        yield _Step(
            done.at_ms,
            place,
            lambda id, since: Disposed(
                id, CallKey(told.source, told.feed, told.call_ref, since), done
            ),
        )


def _connected(told: _Told, extension: str) -> CallConnected:
    return CallConnected(
        call_ref=told.call_ref,
        extension=extension,
        caller=told.caller,
        dialled=told.dialled,
        hold=told.hold,
        contact_ref=told.contact_ref,
        direction=Direction(told.feed),
    )


def _maker(
    told: _Told, feed: str, what: CallConnected | CallEnded
) -> Callable[[EntryId, EntryId], Event]:
    return lambda id, _since: Notified(id, told.source, feed, told.late, what)
