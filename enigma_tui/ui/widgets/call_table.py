"""The live table of calls.

It paints by the line, and only the lines that look different from what is on screen: an insert
above, a second gone by or a disposition costs what it changes and no more. The cursor is a call,
not a row number: rows move under a supervisor's hands, and the wrong call must never be
dispositioned.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence

from textual import events
from textual.message import Message
from textual.strip import Strip

from ...model.call import Call, CallKey
from ..columns import GAP, Column, Look, Marks, Placed, columns, fit
from ..floor import Floor
from ..sources import Sources
from .call_lines import GUTTER, CallLines, Flags, Shown
from .nothing import nothing_to_show
from .scrolled import Scrolled

_STYLES = (
    "live", "over", "abandoned", "ghost", "absent", "warning", "critical", "disposed",
    "header", "sorted", "cursor", "left", "quiet", "marked", "claimed", "pending",
)  # fmt: skip


WATCHING_SECONDS = 30.0
"""After so long without a key, the newest call comes before the cursor."""


class CallTable(Scrolled, can_focus=True, inherit_bindings=False):
    """Shows the rows of a floor's view."""

    STYLES = "call-table--"
    COMPONENT_CLASSES = {f"call-table--{name}" for name in _STYLES}  # noqa: RUF012

    class Opened(Message):
        """A call was clicked twice."""

    class GutterClicked(Message):
        """The cell for the mark was clicked, of this call."""

        def __init__(self, key: CallKey) -> None:
            self.key = key
            super().__init__()

    class ScrolledAway(Message):
        """Other rows are in sight, by the wheel or the scroll bar."""

        def can_replace(self, message: Message) -> bool:
            """Only the last counts."""
            return isinstance(message, CallTable.ScrolledAway)

    class HeaderClicked(Message):
        """A column's title was clicked."""

        def __init__(self, sort: str) -> None:
            self.sort = sort
            super().__init__()

    def __init__(
        self,
        floor: Floor,
        marks: Marks,
        chosen: Mapping[str, int] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self.floor = floor
        self.marks = marks
        self.cursor: CallKey | None = None
        self.marked: set[CallKey] = set()
        self.following = True
        self._clock = clock
        self._touched = -math.inf
        """When somebody was last seen at the keyboard."""
        self._cursor_line: int | None = None
        self._settling = False
        self.chosen: Mapping[str, int] = chosen or {}
        """The columns that were chosen, by name, each with a width or 0; none, for the usual."""
        self._several = False
        self.columns: Sequence[Column] = columns(self._several, chosen)
        """The columns there are; which of them fit is another question."""
        self._columns: Sequence[Placed] = ()
        self._sources = Sources()
        self._empty_shown = ""
        """What stands there where there are no rows; empty where there are some."""
        self._shown: Sequence[Shown | None] = ()
        """What the lines show, from the first row on."""
        self._lines = CallLines(self.style_of)

    @property
    def several_sources(self) -> bool:
        """Whether there are calls of more than one PBX."""
        return self._sources.several(self.floor.board)

    @property
    def shown_columns(self) -> Sequence[str]:
        """The names of the columns that there is room for."""
        return [placed.column.sort for placed in self._columns]

    # ── painting ────────────────────────────────────────────────────────────────────────

    def paint(self) -> float:
        """Refresh the lines that look different from what they show; return their share."""
        if not self.size:
            return 0.0
        if self.several_sources != self._several:
            self.repaint()
            return 1.0
        self._settle()
        if (words := self._words()) != self._empty_shown:
            self._empty_shown = words
            self.refresh()
        return self._draw()

    def _draw(self) -> float:
        before, self._shown = self._shown, self._laid_out()
        different = [
            line
            for line, shown in enumerate(self._shown)
            if line >= len(before) or shown is not before[line]
        ]
        self.redraw([line + 1 for line in different])
        return len(different) / len(self._shown) if self._shown else 0.0

    def repaint(self) -> None:
        """Paint everything: the layout, the order or the colours have changed."""
        self._lines.forget()
        self._several = self.several_sources
        self.columns = columns(self._several, self.chosen)
        width = max(0, self._width() - GUTTER)
        self._columns = fit(width, self.columns) if self.size else ()
        self._settle()
        self._empty_shown = self._words()
        self._shown = ()
        self._shown = self._laid_out()
        self.refresh()

    def _laid_out(self) -> Sequence[Shown | None]:
        """Return what each line of the screen should show now.

        What has not changed is the same object as before, wherever on the screen it was.
        """
        by_shown = any(placed.column.sort == "by" for placed in self._columns)
        look = Look(self.floor, self.marks, self.floor.lens(), by_shown)
        lines = self._line_count()
        before = {shown.call.key: shown for shown in self._shown if shown}
        found: list[Shown | None] = [
            self._showing(call, before.get(call.key), look)
            for call in self.floor.view.window(self.scroll_offset.y, lines)
        ]
        return found + [None] * (lines - len(found))

    def _width(self) -> int:
        return self.scrollable_content_region.width

    def _line_count(self) -> int:
        return max(0, self.size.height - 1)

    def _showing(self, call: Call, before: Shown | None, look: Look) -> Shown:
        key, second = call.key, look.now_ms // 1000
        flags = Flags(
            key == self.cursor,
            key in self.marked,
            self.floor.view.has_left(key),
            self.floor.waits(key),
        )
        if before is not None and before.flags == flags and before.call is call:
            # What is counted by the clock is counted in seconds.
            if before.second == second:
                return before
            cells = tuple([placed.column.cell(call, look) for placed in self._columns])
            if before.cells == cells:
                before.second = second
                return before
        else:
            cells = tuple([placed.column.cell(call, look) for placed in self._columns])
        return Shown(call, flags, second, cells)

    def _settle(self) -> None:
        """Bring scrolling and cursor in line with the rows as they are now."""
        view = self.floor.view
        if self.floor.caught_up:
            # While the journal is being read a call may not have come yet, or may end a moment
            # later; the cursor waits until it is known what there is.
            if self.cursor is not None and view.index(self.cursor) is None:
                self.cursor = None
            if self.cursor is None and len(view):
                self._set_cursor(view.key_at(min(self.scroll_offset.y, len(view) - 1)))
        self.hold(len(view) + 1)
        top = self._top_wanted()
        if top != self.scroll_offset.y:
            self._settling = True
            self.scroll_to(y=top, animate=False, immediate=True)
            self._settling = False
        self._cursor_line = self._line_of_cursor()

    def _top_wanted(self) -> int:
        """Return which row should be the first on screen.

        Following, it is the newest, as far as the cursor stays in sight: nobody should act on a
        call they cannot see. When nobody has touched a key for a while they are only watching,
        and the newest comes first. Not following, the call under the cursor stays on its line of
        the screen while rows come and go above it.
        """
        view = self.floor.view
        lines = self._line_count()
        top = self.scroll_offset.y
        most = max(0, len(view) - lines)
        index = view.index(self.cursor) if self.cursor else None
        if self.following:
            oldest_first = view.sort.by == "began" and not view.sort.reverse
            top = most if oldest_first else 0
            if index is not None and self._clock() - self._touched < WATCHING_SECONDS:
                top = min(max(top, index - lines + 1), index)
        elif index is not None and self._cursor_line is not None:
            # What is said takes lines from the table for a while; the cursor is on those left.
            top = index - min(self._cursor_line, max(0, lines - 1))
        return min(max(0, top), most)

    def touched(self) -> None:
        """Note that somebody is at the keyboard."""
        self._touched = self._clock()

    @property
    def cursor_in_sight(self) -> bool:
        """Whether the call under the cursor was on screen when it was painted last.

        Not where it would be now: calls may have come since, and what counts is what was seen.
        """
        return self._cursor_line is not None

    def _line_of_cursor(self) -> int | None:
        index = self.floor.view.index(self.cursor) if self.cursor else None
        if index is None:
            return None
        line = index - self.scroll_offset.y
        return line if 0 <= line < self._line_count() else None

    def render_line(self, y: int) -> Strip:
        """Render a line: the titles first, then the rows that are in sight."""
        if not self._columns:  # the first frame is painted before the event that tells its size
            self._columns = fit(max(0, self._width() - GUTTER), self.columns)
        if not self._shown:
            self._shown = self._laid_out()
        shown = self._shown[y - 1] if 0 < y <= len(self._shown) else None
        if shown is not None and shown.strip is not None:
            return shown.strip
        width = self.room
        if shown is not None:
            shown.strip = self._lines.row(shown, self._columns, width)
            return shown.strip
        if y == 0:
            titles = tuple([self._title(placed) for placed in self._columns])
            return self._lines.header(titles, self.floor.view.sort, self._columns, width)
        words = self._words().split("\n")
        return self._lines.words(words[y - 2] if 0 <= y - 2 < len(words) else "", width)

    def _words(self) -> str:
        """Return what stands where there are no rows."""
        return "" if len(self.floor.view) else nothing_to_show(self.floor)

    def _title(self, placed: Placed) -> str:
        # Without CDRs nothing tells when a conversation ends, so it is only time since it began.
        if placed.column.sort == "talk" and not self.floor.board.policy.cdr_sources:
            return "Since"
        # The marks behind a hold time have two cells of their own.
        return "Hold  " if placed.column.sort == "hold" else placed.column.title

    def forget(self) -> None:
        """Draw every line anew from now on."""
        self._lines.forget()
        self._shown = ()

    def on_resize(self) -> None:
        """Lay the columns out anew."""
        self.repaint()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Paint the rows that have come into sight."""
        super().watch_scroll_y(old_value, new_value)
        if not self._settling:  # otherwise whoever settles paints
            self._cursor_line = self._line_of_cursor()
            self._draw()
            self.post_message(self.ScrolledAway())

    # ── the cursor ──────────────────────────────────────────────────────────────────────

    def _set_cursor(self, key: CallKey | None) -> None:
        if key == self.cursor:
            return
        self.cursor = key
        self.floor.view.pin(key, self.floor.lens())

    def move_to(self, index: int) -> None:
        """Put the cursor on a row and bring the row into sight."""
        view = self.floor.view
        if not len(view):
            return
        key = view.key_at(min(max(0, index), len(view) - 1))
        self._set_cursor(key)
        # Letting go of the call that was held may have moved the row.
        row = (view.index(key) if key else None) or 0
        lines = self._line_count()
        top = self.scroll_offset.y
        if row < top:
            top = row
        elif row >= top + lines:
            top = row - lines + 1
        self.following = self.following and top == 0 and row == 0
        self._cursor_line = row - top
        self.paint()

    def move_by(self, rows: int) -> None:
        """Move the cursor up or down; from what is on screen where it was out of sight."""
        if not self.cursor_in_sight:
            self.move_to(self.scroll_offset.y)
            return
        self._settle()  # calls may have come since the last paint
        index = self.floor.view.index(self.cursor) if self.cursor else None
        self.move_to(0 if index is None else index + rows)

    def move_page(self, pages: int) -> None:
        """Move the cursor by what the screen shows."""
        self.move_by(pages * max(1, self._line_count() - 1))

    def mark(self) -> None:
        """Mark the call under the cursor, or take its mark away, and go on to the next."""
        if self.cursor is not None:
            self.marked ^= {self.cursor}
            self.move_by(1)

    def mark_all(self) -> None:
        """Mark every call in the view; if all are, take the marks away."""
        shown = set(self.floor.view.order())
        if shown <= self.marked:
            self.marked -= shown
        else:
            self.marked |= shown
        self.paint()

    def current(self) -> Call | None:
        """Return the call under the cursor, if it is among the rows."""
        if self.cursor is None or self.floor.view.index(self.cursor) is None:
            return None
        return self.floor.board.calls.get(self.cursor)

    @property
    def follows(self) -> bool:
        """Whether the newest call is in sight, and the one after it will be."""
        sort = self.floor.view.sort
        if not self.following or sort.by != "began":
            return False
        most = max(0, len(self.floor.view) - self._line_count())
        return self.scroll_offset.y == (0 if sort.reverse else most)

    @property
    def above(self) -> int:
        """How many rows are above what is on screen."""
        return self.scroll_offset.y

    # ── the mouse ───────────────────────────────────────────────────────────────────────

    def on_click(self, event: events.Click) -> None:
        """Choose the row that was clicked, mark it, or sort by the title that was."""
        if event.y == 0:
            x = GUTTER
            for placed in self._columns:
                if event.x < x + placed.width + GAP:
                    self.post_message(self.HeaderClicked(placed.column.sort))
                    break
                x += placed.width + GAP
            return
        # The call that was seen there, which may have moved since it was painted.
        shown = self._shown[event.y - 1] if event.y <= len(self._shown) else None
        row = self.floor.view.index(shown.call.key) if shown else None
        if shown is None or row is None:
            return
        if event.x < GUTTER:
            self.post_message(self.GutterClicked(shown.call.key))
            return
        # Of two quick clicks the second may meet another call, which has moved there meanwhile.
        again = event.chain == 2 and shown.call.key == self.cursor
        self.move_to(row)
        if again:
            self.post_message(self.Opened())

    def on_mouse_scroll_down(self) -> None:
        """The wheel is a wish to look elsewhere than at the newest."""
        self.following = False

    on_mouse_scroll_up = on_mouse_scroll_down
