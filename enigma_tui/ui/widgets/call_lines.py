"""The lines of the table of calls, as the terminal gets them.

Each is made once and kept with what it shows, so that a frame in which one row is different makes
one line.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from ...model.call import Call
from ...model.sorting import Sort
from ..columns import GAP, Cell, Placed, fill

GUTTER = 1
"""The cell at the left, for the cursor and the mark."""


class Flags(NamedTuple):
    """What the table knows of a row, beside its call."""

    cursor: bool
    marked: bool
    left: bool
    """Whether it no longer belongs here, and is held by the cursor."""
    waits: str | None
    """The outcome that waits to be recorded."""


@dataclass(slots=True)
class Shown:
    """What a line of the screen shows: it is drawn from this, and from nothing newer.

    So what is on screen is one moment of the board, and a click means the call that was seen.
    """

    call: Call
    flags: Flags
    second: int
    """The server's second that the cells tell of."""
    cells: tuple[Cell, ...]
    strip: Strip | None = None
    """The line, once it has been drawn."""


class CallLines:
    """Draws lines in the styles that a widget has for them."""

    def __init__(self, style_of: Callable[[str], Style]) -> None:
        """Start without knowing a style; `style_of` is asked once for each name, `base` first."""
        self._style_of = style_of
        self._kinds: dict[tuple[bool, bool], _Styles] = {}
        self._header: tuple[object, Strip] | None = None

    def forget(self) -> None:
        """Ask for every style again: the colours, or the columns, are others."""
        self._kinds.clear()
        self._header = None

    def _styles(self, cursor: bool = False, left: bool = False) -> "_Styles":
        if (cursor, left) not in self._kinds:
            self._kinds[cursor, left] = _Styles(self._style_of, cursor, left)
        return self._kinds[cursor, left]

    def row(self, shown: Shown, placed: Sequence[Placed], width: int) -> Strip:
        """Return the line of a call."""
        cells, flags = shown.cells, shown.flags
        styles = self._styles(flags.cursor, flags.left)
        style = base = styles["base"]
        segments: list[Segment] = []
        text = "▌" if flags.cursor else " "
        if flags.marked:
            # Turned round under the cursor, which is seen without colours, too.
            style = base + Style(reverse=True) if flags.cursor else styles["marked"]
            text = "✓"
        gap = ""
        for each, cell in zip(placed, cells, strict=True):
            piece = gap + cell.fitted(each.width, each.column.right)
            own = styles[cell.style] if cell.style else base
            # Neighbours of one style go to the terminal as one.
            if own is style:
                text += piece
            else:
                segments.append(Segment(text, style))
                text, style = piece, own
            gap = " " * GAP
        segments.append(Segment(text, style))
        return _filled(segments, placed, width, base)

    def header(
        self, titles: Sequence[str], sort: Sort, placed: Sequence[Placed], width: int
    ) -> Strip:
        """Return the line of titles; the one that is sorted by has an arrow."""
        asked = titles, sort, width
        if self._header is None or self._header[0] != asked:
            self._header = asked, self._titles(titles, sort, placed, width)
        return self._header[1]

    def _titles(
        self, titles: Sequence[str], sort: Sort, placed: Sequence[Placed], width: int
    ) -> Strip:
        base = self._styles()["base"]
        style = base + self._style_of("header")
        segments = [Segment(" " * GUTTER, style)]
        for place, (each, title) in enumerate(zip(placed, titles, strict=True)):
            is_sorted = each.column.sort == sort.by
            arrow = ("▼" if sort.reverse else "▲") if is_sorted else ""
            text = " " * GAP * bool(place) + fill(arrow + title, each.width, each.column.right)
            segments.append(Segment(text, style + self._style_of("sorted") if is_sorted else style))
        return _filled(segments, placed, width, style)

    def words(self, text: str, width: int) -> Strip:
        """Return a line that says something in place of calls."""
        base = self._styles()["base"]
        return Strip([Segment(fill(f"  {text}", width), base + self._style_of("quiet"))], width)


class _Styles(dict[str, Style]):
    """The styles of the cells of one kind of row, by their names."""

    def __init__(self, style_of: Callable[[str], Style], cursor: bool, left: bool) -> None:
        super().__init__()
        self._style_of, self._cursor, self._left = style_of, cursor, left
        base = style_of("base")
        if cursor:
            base += style_of("cursor")
        if left:
            own = style_of("left")
            # On the cursor's bar the words take the bar's colours: dimmed, none could be read.
            base += Style(italic=own.italic, bold=False) if cursor else own
        self["base"] = base

    def __missing__(self, name: str) -> Style:
        base, own = self["base"], self._style_of(name)
        if self._left and name != "marked":
            own = Style()
        elif self._cursor:
            # On the cursor's bar the words keep their weight but take the bar's colours.
            own = Style(bold=own.bold)
        self[name] = base + own
        return self[name]


def _filled(segments: list[Segment], placed: Sequence[Placed], width: int, style: Style) -> Strip:
    """Return a line of exactly `width` cells."""
    used = GUTTER + sum(each.width for each in placed) + GAP * max(0, len(placed) - 1)
    if used < width:
        segments.append(Segment(" " * (width - used), style))
    strip = Strip(segments, max(used, width))
    return strip if used <= width else strip.crop(0, width)
