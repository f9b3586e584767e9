"""Writes to the terminal only what is not there yet: on a bad line each byte is paid for.

Textual writes each changed line as a whole, with all colours, though most of its cells hold what
they held. `Sparing` remembers what the terminal shows, cell by cell, and makes of what Textual
writes what has to be written. What a sequence does to the screen is either known exactly, or
everything that was known is forgotten: then all is written again when Textual writes it next.

Each write begins and ends in the look and at the place that what Textual wrote would have left,
so that nothing else needs to know of this.
"""

import re
import unicodedata
from typing import NamedTuple

from rich.cells import cell_len, get_character_cell_size

from .looks import PLAIN, Looks, NotUnderstood

_UNKNOWN = "\x00"
"""A cell of which nothing is known; no text that is written has this character."""

_MOVE = re.compile(r"\x1b\[(\d+);(\d+)H")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# Few cells that have not changed are written along: to skip them takes as many bytes.
_CHANGED = re.compile(r"x+(?:\.{1,4}x+)*")
_FEW = 5

_BEGIN, _END = "\x1b[?2026h", "\x1b[?2026l"
"""Between these the terminal paints nothing (synchronized output)."""

# The bell, the pointer and the cursor's visibility, reports of mouse, focus, paste and size, the
# keyboard's protocol, questions, the title, the clipboard: nothing that shows in a cell.
_ASIDE = (
    r"\x07|\x1b\[\?(?:25|100[0-6]|101[56]|2004|2026|2048)[hl]|\x1b\[[<>=][\d;]*u|\x1b\[[?\d;]*\$p"
    r"|\x1b\](?:0|2|22|52);[^\x00-\x1f\x7f-\x9f]*(?:\x07|\x1b\\)"
)
_IS_ASIDE = re.compile(f"(?:{_ASIDE})+")
# Beside these: text, moves, erasing, the other screen, wrapping; the look in force stays.
_KEEPS_LOOK = re.compile(
    rf"(?:[^\x0e\x0f\x1b\x80-\x9f]|{_ASIDE}|\x1b\[[\d;]*[A-HJKSTX]|\x1b\[\?(?:7[hl]|1049h))*"
)
# Insert mode, a region that scrolls, margins: after these cells are not where they are written.
_ELSEWHERE = re.compile(r"\x1b\[(?:[\d;]*4[\d;]*h|\?[\d;]*(?:6|69)[;\d]*h|[\d;]*[rs])")
_ALL_ANEW = "\x1bc"


def is_frame(data: str) -> bool:
    """Whether all that this does is to write cells: the next such may take its place."""
    return _MOVE.match(data) is not None


class _Row(NamedTuple):
    """What one piece of a line shows: a text, the look of each cell, and where looks change.

    Without any looks, if not each letter is sure to fill one cell.
    """

    text: str
    looks: str
    stretches: list[tuple[int, int, str]]


_KEPT_ROWS = 512
"""Lines move up and down more often than they change."""


class Sparing:
    """Knows what a terminal of so many columns and lines shows."""

    def __init__(self, columns: int, lines: int) -> None:
        self._columns, self._lines = columns, lines
        self._looks = Looks()
        self._rows: dict[str, _Row] = {}
        self._usual = True
        self._settled = True
        self._held = False
        self.forget()

    def resize(self, columns: int, lines: int) -> None:
        """Forget everything if the terminal has another size now."""
        if (columns, lines) != (self._columns, self._lines):
            self._columns, self._lines = columns, lines
            self.forget()

    def forget(self) -> None:
        """Take all cells for unknown, as after anything else may have written to the terminal."""
        self._texts = [_UNKNOWN * self._columns] * self._lines
        self._shown = [PLAIN * self._columns] * self._lines
        self._parked: tuple[int, int] | None = None
        self._now: str | None = None
        self._place: tuple[int, int] | None = None

    def write(self, data: str) -> str:
        """Return what has to be written instead of `data`, which may be nothing."""
        if data == _BEGIN:  # not before there is something to paint
            self._held = True
            return ""
        if data == _END and self._held:
            self._held = False
            return ""
        written = self._spare(data)
        if written and self._held:
            self._held = False
            return _BEGIN + written
        return written

    def _spare(self, data: str) -> str:
        head, *pieces = _MOVE.split(data)
        if head or not pieces or not (self._settled and self._usual):
            return self._pass_on(data)
        if self._looks.too_many:
            self._looks = Looks()
            self._rows.clear()
            self.forget()
        out: list[str] = []
        self._place = None
        last = len(pieces) - 3
        parked = None
        for number in range(0, len(pieces), 3):
            y, x, body = int(pieces[number]) - 1, int(pieces[number + 1]) - 1, pieces[number + 2]
            try:
                if body[-1:] == "\n" and number < last and y < self._lines - 1:
                    body = body[:-1]  # the next move makes it needless
                if body:
                    self._put(out, y, x, body, whole=number == last)
                elif number == last:
                    parked = y, x
            except NotUnderstood:
                if out and self._now != PLAIN:
                    out.append(self._looks.way(self._now, PLAIN))
                rest = pieces[number:]
                moves = zip(rest[::3], rest[1::3], rest[2::3], strict=True)
                passed = self._pass_on("".join(f"\x1b[{y};{x}H{body}" for y, x, body in moves))
                return "".join(out) + passed
        if out and self._now != PLAIN:
            out.append(self._looks.way(self._now, PLAIN))
            self._now = PLAIN
        if parked and parked != (self._place if out else self._parked):
            out.append(f"\x1b[{parked[0] + 1};{parked[1] + 1}H")
        if out or parked:
            self._parked = parked
        return "".join(out)

    def _pass_on(self, data: str) -> str:
        """Return what is not to be touched, having forgotten what it may have changed."""
        if not data or _IS_ASIDE.fullmatch(data):
            return data
        self.forget()
        if _ALL_ANEW in data:
            self._usual = True
        if _ELSEWHERE.search(data):
            self._usual = False
        reset = max(data.rfind("\x1b[0m"), data.rfind("\x1b[m"))
        known = self._settled if reset < 0 else True
        self._settled = known and bool(_KEEPS_LOOK.fullmatch(_after_reset(data, reset)))
        return data

    def _put(self, out: list[str], y: int, x: int, body: str, whole: bool) -> None:
        """Write what a piece of a line changes, or all of it; raises `NotUnderstood`."""
        try:
            row = self._rows[body]
        except KeyError:
            if len(self._rows) >= _KEPT_ROWS:
                self._rows.clear()
            row = self._rows[body] = self._read(body)
        if not (0 <= y < self._lines and 0 <= x < self._columns):
            raise NotUnderstood(body)
        texts, shown = self._texts[y], self._shown[y]
        # What is not sure to end before the last column may wrap.
        end = x + (len(row.text) if row.looks else cell_len(row.text) + 1)
        if end > self._columns:
            raise NotUnderstood(body)
        if not row.looks:
            self._write_whole(out, y, x, body)
            self._forget_around(y, x)
            return
        text_before, looks_before = texts[x:end], shown[x:end]
        if text_before == row.text and looks_before == row.looks and not whole:
            return
        self._texts[y] = texts[:x] + row.text + texts[end:]
        self._shown[y] = shown[:x] + row.looks + shown[end:]
        if whole:
            self._write_whole(out, y, x, body)
        else:
            self._write_changes(out, y, x, row, text_before, looks_before)

    def _forget_around(self, y: int, x: int) -> None:
        """Forget a line from before a column on.

        Where a wide letter ends, and to which cell a mark is added, is the terminal's to say.
        """
        if x == 0 and y > 0:
            self._texts[y - 1] = self._texts[y - 1][:-1] + _UNKNOWN
        left = max(0, x - 1)
        self._texts[y] = self._texts[y][:left] + _UNKNOWN * (self._columns - left)

    def _read(self, body: str) -> _Row:
        """Return what text and SGR make of cells; raises `NotUnderstood`."""
        first, *pieces = body.split("\x1b[")
        texts, looks, look = [first], [PLAIN * len(first)], PLAIN
        stretches = [(0, len(first), PLAIN)] if first else []
        end = len(first)
        after = self._looks.after
        for piece in pieces:
            parameters, _, text = piece.partition("m")
            look = after(look, parameters)
            if text:
                start, end = end, end + len(text)
                stretches.append((start, end, look))
                texts.append(text)
                looks.append(look * len(text))
        if look != PLAIN:
            raise NotUnderstood(body)
        text = "".join(texts)
        if not (text.isascii() and text.isprintable()):
            if _CONTROL.search(text):
                raise NotUnderstood(body)
            if not _NARROW.issuperset(text) and not all(map(_is_narrow, text)):
                return _Row(text, "", [])
        return _Row(text, "".join(looks), stretches)

    def _write_whole(self, out: list[str], y: int, x: int, body: str) -> None:
        if self._now != PLAIN:
            out.append(self._looks.way(self._now, PLAIN))
            self._now = PLAIN
        out.append(f"\x1b[{y + 1};{x + 1}H{body}")
        self._place = None

    def _write_changes(
        self, out: list[str], y: int, x: int, row: _Row, text_before: str, looks_before: str
    ) -> None:
        blank = self._looks.blank
        for start, end, look in row.stretches:
            text, before, had = row.text[start:end], text_before[start:end], looks_before[start:end]
            if had == look * (end - start):
                if text == before:
                    continue
                mask = "".join(
                    ["." if old == new else "x" for old, new in zip(before, text, strict=True)]
                )
            else:
                mask = "".join(
                    [
                        "."
                        if old == new
                        and (was == look or (new == " " and blank(was) == blank(look)))
                        else "x"
                        for old, new, was in zip(before, text, had, strict=True)
                    ]
                )
            for run in _CHANGED.finditer(mask):
                first, stop = run.span()
                self._write_run(out, y, x + start + first, text[first:stop], look)

    def _write_run(self, out: list[str], y: int, x: int, text: str, look: str) -> None:
        now, looks = self._now, self._looks
        if (
            look != now
            and now is not None
            and text.isspace()
            and looks.blank(now) == looks.blank(look)
        ):
            look = now
        turn = looks.way(now, look)
        place = self._place
        if place is None or place[0] != y or place[1] > x:
            out.append(f"\x1b[{y + 1};{x + 1}H{turn}{text}")
        elif place[1] == x:
            out.append(turn + text)
        else:
            out.append(self._skip(y, place[1], x, look, turn) + text)
        self._now = look
        x += len(text)
        # In the last column terminals differ on where the cursor is.
        self._place = (y, x) if x < self._columns else None

    def _skip(self, y: int, start: int, stop: int, look: str, turn: str) -> str:
        """Return the way to a cell farther right, with the turn to its look."""
        cells = stop - start
        forward = "\x1b[C" if cells == 1 else f"\x1b[{cells}C"
        if cells <= _FEW:
            text = self._texts[y][start:stop]
            if _UNKNOWN not in text and len(text.encode()) <= len(forward):
                if self._now is not None and self._shows(y, start, stop, self._now):
                    return text + turn
                if self._shows(y, start, stop, look):
                    return turn + text
        return forward + turn

    def _shows(self, y: int, start: int, stop: int, look: str) -> bool:
        """Whether the cells would look as they do if they were written in this look."""
        blank = self._looks.blank
        return all(
            was == look or (letter == " " and blank(was) == blank(look))
            for letter, was in zip(
                self._texts[y][start:stop], self._shown[y][start:stop], strict=True
            )
        )


def _after_reset(data: str, reset: int) -> str:
    return data if reset < 0 else data[data.index("m", reset) + 1 :]


# Of the trade's own signs all are narrow; others are added as they are met.
_NARROW = set("│─╭╮╰╯—…·•▲▼▔▁▂▃▄▅▆▇█▏▎▍▌▋▊▉")


def _is_narrow(letter: str) -> bool:
    """Whether a letter fills one cell in every terminal, whatever stands beside it."""
    if letter in _NARROW:
        return True
    narrow = (
        letter.isprintable()
        and get_character_cell_size(letter) == 1
        and unicodedata.category(letter)[0] in "LNPSZ"
        and unicodedata.bidirectional(letter) not in {"R", "AL"}
        and not 0x1100 <= ord(letter) <= 0x11FF  # Hangul in parts
        and ord(letter) < 0x1F000  # pictures, flags
    )
    if narrow:
        _NARROW.add(letter)
    return narrow
