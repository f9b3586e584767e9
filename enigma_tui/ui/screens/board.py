"""The live screen: the feed's state, the figures, the calls, a filter line."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence, Set

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.timer import Timer

from ...journal.pace import Pace
from ...model.call import Call, CallKey
from ...model.query import Query, parse
from ...model.sorting import Sort
from ...model.tabs import Tab
from ..columns import Look, Marks
from ..commands import BY_ID, COMMANDS
from ..floor import Floor
from ..straight import Straight
from ..told import ToldLines
from ..widgets.call_table import CallTable
from ..widgets.figures import FiguresLine
from ..widgets.filter_bar import FilterBar
from ..widgets.footing import KeysLine
from ..widgets.frame_lines import CountLine, ViewsLine
from ..widgets.line import Clicked
from ..widgets.status import StatusLine
from .looking import Keep, LookingScreen

TICK_SECONDS = 1.0

FRAME_SECONDS = 1 / 60
"""Changes that follow one another faster than this are painted together."""

BUSY_FRAME_SECONDS = 1 / 30
"""The same while most rows move for longer than a moment: nobody reads faster, and a slow line
carries every byte."""

READING_FRAME_SECONDS = 0.25
"""The same while the journal is read, which should be over soon: frames would hold it up."""

BUSY_FRAMES = 12
"""So many frames in a row of which most rows are others are no more than a moment."""


class BoardScreen(LookingScreen):
    """Shows a floor, and looks at it the way the supervisor asks for."""

    BINDINGS = [command.binding() for command in COMMANDS]  # noqa: RUF012
    AUTO_FOCUS = "CallTable"
    BLANK = True  # widgets cover it: Textual need not look for a border and a background

    def __init__(
        self,
        floor: Floor,
        *,
        marks: Marks,
        filter_text: str,
        watching: str,
        views: Mapping[str, str],
        columns: Mapping[str, int],
        sort: Sort,
        keep: Keep,
    ) -> None:
        super().__init__()
        self.floor = floor
        self.saved = views
        self.keep = keep
        self.surprised: Callable[[], None] = lambda: None
        """Called when a key does something else than was expected."""
        self._frame: Timer | None = None
        self._dirty = False
        self._busy = Pace(1 / BUSY_FRAME_SECONDS, BUSY_FRAMES, 1.0, time.monotonic)
        self.status = self.new_status(watching)
        self.figures = FiguresLine(floor)
        self.views = ViewsLine()
        self.table = CallTable(floor, marks, columns)
        self.count = CountLine()
        self.straight = Straight(
            self, (self.status, self.figures, self.views, self.table, self.count)
        )
        self.filter_bar = FilterBar(self._parse, filter_text, floor.known_values)
        floor.view.sort = sort  # there is nothing to be put in order yet
        if filter_text:
            floor.look(query=self._parse(filter_text))

    def new_status(self, watching: str) -> StatusLine:
        """Return the line at the top."""
        return StatusLine(self.floor, watching=watching)

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield self.status
        yield self.figures
        yield self.views
        with Vertical(id="calls"):
            yield self.table
        yield self.count
        yield ToldLines()
        yield self.filter_bar
        yield KeysLine()

    def on_mount(self) -> None:
        """Start counting seconds."""
        self.set_interval(TICK_SECONDS, self.tick)
        self.tell()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Turn off what is of use only to somebody who may act: marks."""
        command = BY_ID.get(action)
        return not (command and command.writes and self.status.watching)

    def _parse(self, text: str) -> Query:
        if not self.floor.has_site:
            return parse(text)  # the site's codes are not known yet
        return parse(text, [code.code for code in self.floor.site.code_tree().leaves()])

    # ── keeping up ──────────────────────────────────────────────────────────────────────

    def tick(self) -> None:
        """Let a second pass."""
        self.floor.tick()
        self.changed()

    def changed(self) -> None:
        """Paint what is different: at once, or with the next frame if one was just painted."""
        if self._frame is not None:
            self._dirty = True
            return
        with self.straight:
            share = self.table.paint()
            self.tell()
        # A rush is known by what it paints, not by its first frame: a call now and then moves
        # every row, too, and is to be seen at once.
        busy = self._busy.after(1 if share > 0.5 else 0) > 0
        rest = BUSY_FRAME_SECONDS if busy else FRAME_SECONDS
        if not self.floor.caught_up:
            rest = READING_FRAME_SECONDS
        self._frame = self.set_timer(rest, self._frame_over)

    def _frame_over(self) -> None:
        self._frame = None
        if self._dirty:
            self._dirty = False
            self.changed()

    def tell(self) -> None:
        """Bring the words around the table up to date."""
        self.status.tell()
        self.figures.tell()
        self.title_anew()

    def title_anew(self) -> None:
        """Bring the lines above and below the table up to date."""
        view, tally = self.floor.view, self.floor.tally
        calls = len(self.floor.board.calls)
        counts = {tab: calls if tab is Tab.ALL else tally[tab] for tab in Tab}
        self.views.tell(view.tab, counts, list(self.saved), self._saved_view())
        marked = len(self.table.marked)
        shown = "call" if view.matching == 1 else "calls"
        subtitle = f"{view.matching:,} {shown}"
        if view.query.text:
            subtitle = f"{view.matching:,} of {counts[view.tab]:,} calls"
        if marked:
            subtitle += f" · {marked:,} marked"
        command = ""
        if standing := self.standing():
            command = "pause"
            subtitle = f"{standing} · {subtitle}"
        elif self.table.follows:
            subtitle += " · following the newest"
        elif self.table.above:
            command = "cursor_top"
            subtitle += f" · ↑ {self.table.above:,} above"
        if self.floor.board.cut_total:
            subtitle += f" · journal cut by {self.floor.board.cut_total:,}"
        mistake = self.filter_bar.mistake if self.filter_bar.is_mounted else None
        if mistake is not None:
            subtitle = mistake.message
            stays = f"; {self._in_force()} stays"
            if len(subtitle) + len(stays) < self.size.width - 6:
                subtitle += stays
        self.count.tell(subtitle, mistaken=mistake is not None, command=command)

    def standing(self) -> str:
        """Return that nothing moves and what would change that; empty while it does."""
        if not self.floor.paused:
            return ""
        # What would alert is what is held back.
        alerts = "" if self.status.alarms is None else ", alerts wait"
        return f"PAUSED  {len(self.floor.held):,} waiting{alerts}  p goes on"

    def _in_force(self) -> str:
        text = self.floor.view.query.text
        return f"“{text}”" if text else "no filter"

    def look(self) -> Look:
        """Return what cells are made with."""
        return Look(self.floor, self.table.marks, self.floor.lens())

    # ── moving ──────────────────────────────────────────────────────────────────────────

    def action_cursor_down(self) -> None:
        """To the next call."""
        self._moved(lambda: self.table.move_by(1))

    def action_cursor_up(self) -> None:
        """To the previous call."""
        self._moved(lambda: self.table.move_by(-1))

    def action_page_down(self) -> None:
        """A page down."""
        self._moved(lambda: self.table.move_page(1))

    def action_page_up(self) -> None:
        """A page up."""
        self._moved(lambda: self.table.move_page(-1))

    def action_cursor_top(self) -> None:
        """To the first call."""
        self._moved(lambda: self.table.move_to(0))

    def action_cursor_bottom(self) -> None:
        """To the last call."""
        self._moved(lambda: self.table.move_to(len(self.floor.view) - 1))

    def _moved(self, move: Callable[[], object]) -> None:
        move()
        self.title_anew()

    # ── acting on a call ────────────────────────────────────────────────────────────────

    def current(self) -> Call | None:
        """Return the call under the cursor; says so when there is none."""
        call = self.table.current()
        if call is None:
            self.notify("There is no call under the cursor.", timeout=3)
        elif not self.table.cursor_in_sight:
            # Nobody should act on a call they cannot see, nor with what they typed behind.
            self.surprised()
            self.table.touched()
            self.table.paint()
            self.notify("The cursor was out of sight. Here it is.", timeout=3)
            return None
        return call

    def action_mark(self) -> None:
        """Mark the call under the cursor, and go on to the next."""
        if self.current():
            self._moved(self.table.mark)

    def action_mark_all(self) -> None:
        """Mark all that are shown, or none."""
        self._moved(self.table.mark_all)

    def marked(self) -> tuple[Sequence[Call], int]:
        """Return the marked calls that are shown, and how many are marked besides."""
        board, view = self.floor.board, self.floor.view
        self.table.marked &= board.calls.keys()
        shown = [key for key in self.table.marked if view.index(key) is not None]
        shown.sort(key=lambda key: view.index(key) or 0)
        return [board.calls[key] for key in shown], len(self.table.marked) - len(shown)

    def mark(self, keys: Iterable[CallKey]) -> None:
        """Put marks on calls."""
        self.table.marked.update(keys)
        self.repaint()

    def unmark(self, keys: Iterable[CallKey]) -> Set[CallKey]:
        """Take marks off calls; return which had one."""
        had = self.table.marked.intersection(keys)
        self.table.marked -= had
        self.repaint()
        return had

    def action_copy(self) -> None:
        """Send the call reference to the clipboard."""
        if call := self.current():
            self.app.copy_to_clipboard(call.key.call_ref)
            # The terminal gives no answer, so nobody can say that it arrived.
            self.notify(f"{call.key.call_ref} sent to the clipboard", timeout=3)

    # ── the mouse ───────────────────────────────────────────────────────────────────────

    @on(Clicked)
    async def _clicked(self, event: Clicked) -> None:
        await self.run_action(BY_ID[event.command].action)

    @on(CallTable.ScrolledAway)
    def _scrolled_away(self) -> None:
        self.title_anew()

    def toggle_mark(self, key: CallKey) -> None:
        """Mark a call wherever the cursor is, or take its mark away."""
        self.table.marked ^= {key}
        self._moved(self.table.paint)

    @on(CallTable.Opened)
    async def _opened(self) -> None:
        await self.run_action("app.details")
