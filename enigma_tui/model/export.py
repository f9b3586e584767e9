"""Calls as rows for other programs: a table (CSV), or one JSON object a line.

A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula, also behind a tab
or a carriage return that it strips, and a caller may key in whatever they like. So in CSV every
such cell gets an apostrophe in front: it stays a text, and can neither compute nor call out. That
goes for `+27 82 000 1234` too, which a spreadsheet would make a sum of. For the way back to be
exact a cell that begins with an apostrophe of its own gets another one: whoever reads the file
takes one apostrophe from the front of every cell that has one (`restored`). JSON has no formulas,
and its values are as they are.

Everything here has been made safe when it was unpacked (`model.text`), so no value has a line
break or a control character in it, and a call is one line in either form.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from enum import StrEnum

from .board import JOIN_MS, Board
from .call import Call, CallKey, CallState
from .entry import LAST_MS
from .query import Lens, Query

Value = str | int | float | bool | Sequence[str] | None
"""What stands in a field; `None` where nothing is known."""

Row = Mapping[str, Value]
"""One call: the names in `COLUMNS` and their values."""

COLUMNS = (
    "began",
    "state",
    "caller",
    "dialled",
    "dialled_label",
    "hold_s",
    "talk_s",
    "extension",
    "extensions",
    "contact_ref",
    "call_ref",
    "source",
    "feed",
    "direction",
    "end_reason",
    "end_code",
    "recording",
    "disposition",
    "by",
    "disposed_at",
    "note",
    "callback_at",
    "version",
    "late",
)

_FORMULA = frozenset("=+-@\t\r＝＋－＠")
"""What a spreadsheet begins a formula with; some take the wide forms for the narrow ones."""

_QUOTE = "'"


class Format(StrEnum):
    """What an export can be written as."""

    CSV = "csv"
    JSONL = "jsonl"


def neutral(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula; see the head of this module."""
    first = cell.lstrip(" ")[:1]
    return f"{_QUOTE}{cell}" if first in _FORMULA or cell.startswith(_QUOTE) else cell


def restored(cell: str) -> str:
    """Return the text that `neutral` made a cell of."""
    return cell.removeprefix(_QUOTE)


def chosen(
    board: Board, query: Query, lens: Lens, since_ms: int | None, until_ms: int | None
) -> list[Call]:
    """Return the calls that match and began in `[since_ms, until_ms)`, the earliest first."""
    found = [
        call
        for call in board.calls.values()
        if _within(call.began.ms, since_ms, until_ms) and query.matches(call, lens)
    ]
    return sorted(found, key=lambda call: (call.began, call.key))


def may_be_wanted(key: CallKey, since_ms: int | None, until_ms: int | None) -> bool:
    """Whether a call that a board has let go of may have begun in the range."""
    # A call that its record told of first begins with the connection that joined it.
    early = None if since_ms is None else since_ms - JOIN_MS
    return _within(key.since.ms, early, until_ms)


def _within(ms: int, since_ms: int | None, until_ms: int | None) -> bool:
    return (since_ms is None or since_ms <= ms) and (until_ms is None or ms < until_ms)


def row(call: Call, lens: Lens, zone: tzinfo | None = None) -> Row:
    """Return a call as values: times as ISO 8601 in `zone` (`None`: this machine's), seconds.

    Numbers are international where they are valid, so that a caller is the same in every row,
    however the PBX wrote it. `state` ends with a question mark where an end is assumed, and
    `talk_s` of a live call is how long it has lasted until now. Of a `late` call the beginning
    and the durations counted from it are bounds.
    """
    end, done = call.end, call.disposition
    values = (
        _iso(call.began.ms, zone),
        _state(call, lens),
        lens.dialplan.international(call.caller),
        lens.dialplan.international(call.dialled),
        lens.label(call.dialled),
        _number(call.hold),
        _number(_talk(call, lens)),
        call.extension,
        tuple(leg.extension for leg in call.legs),
        call.contact_ref,
        call.key.call_ref,
        call.key.source,
        call.key.feed.value,
        call.direction.value,
        end.reason if end else "",
        end.code if end else "",
        end.recording if end else "",
        done.code if done else "",
        done.by if done else "",
        _iso(done.at_ms, zone) if done else None,
        done.note if done else "",
        _iso(done.callback_ms, zone) if done and done.callback_ms is not None else None,
        done.version if done else None,
        call.late,
    )
    return dict(zip(COLUMNS, values, strict=True))


def lines(form: Format, rows: Iterable[Row]) -> Iterator[str]:
    """Yield an export line by line, without the line breaks; CSV begins with a header."""
    if form is Format.JSONL:
        yield from (json.dumps(each, ensure_ascii=False, allow_nan=False) for each in rows)
        return
    yield ",".join(COLUMNS)
    for each in rows:
        written = io.StringIO()
        csv.writer(written, lineterminator="").writerow(
            neutral(_cell(each[name])) for name in COLUMNS
        )
        yield written.getvalue()


def _cell(value: Value) -> str:
    match value:
        case None | False:
            return ""
        case True:
            return "yes"
        case str() | int() | float():
            return str(value)
        case _:
            return " > ".join(each or "?" for each in value)


def _state(call: Call, lens: Lens) -> str:
    state = call.state(lens.now_ms, lens.policy)
    assumed = call.end is None or call.end.assumed
    return f"{state.value}?" if state is CallState.ENDED and assumed else state.value


def _talk(call: Call, lens: Lens) -> float | None:
    if call.end is not None:
        return None if call.end.abandoned else call.talk_seconds(lens.now_ms)
    # Over, as far as anyone can tell, but nobody knows since when.
    over = call.state(lens.now_ms, lens.policy) is CallState.ENDED
    return None if over else call.talk_seconds(lens.now_ms)


def _number(seconds: float | None) -> int | float | None:
    if seconds is None:
        return None
    rounded = round(seconds, 3)
    return int(rounded) if rounded.is_integer() else rounded


def _iso(ms: int, zone: tzinfo | None) -> str:
    if ms > LAST_MS:
        return ""  # no calendar reaches as far as the ids of entries do
    moment = datetime.fromtimestamp(ms / 1000, UTC).astimezone(zone)
    return moment.isoformat(timespec="milliseconds")
