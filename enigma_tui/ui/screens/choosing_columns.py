"""Chooses the table's columns: which, in what order, how wide."""

from collections.abc import Callable, Collection, Mapping

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from ..columns import EVERY, LEAST_WIDTH, titled
from ..pressing import hint
from ..widgets.marking_list import MarkingList
from .dialog import Dialog

MARK_CELLS = 5
"""The cells in front of a column that a click shows or hides it in."""

WIDEST = 60
"""Cells that a column can be given here."""


class ColumnsDialog(Dialog[Mapping[str, int]]):
    """Lists every column, those that are shown first and in their order.

    The table behind it shows each change at once. Its result are the chosen columns, by name, each
    with a width or 0; nothing, for the usual ones; `None`, to leave them as they were.
    """

    TOPIC = "columns"
    ABOUT = (
        "Chooses the table's columns, their order and their width; the table behind shows each "
        "change at once. What there is no room for comes back in a wider terminal. Kept in the "
        "settings file (columns). A click in front of one shows it, or hides it."
    )
    AUTO_FOCUS = "OptionList"
    BINDINGS = [  # noqa: RUF012
        ("space", "choose", "Show it, or not"),
        ("J,shift+down", "carry(1)", "To the right"),
        ("K,shift+up", "carry(-1)", "To the left"),
        ("plus,right", "widen(1)", "Wider"),
        ("minus,left", "widen(-1)", "Narrower"),
        ("0", "own_width", "As wide as it needs"),
        ("R", "usual", "The usual columns"),
        ("j", "move(1)", "Down"),
        ("k", "move(-1)", "Up"),
    ]

    def __init__(
        self,
        chosen: Mapping[str, int],
        preview: Callable[[Mapping[str, int]], Collection[str]],
        *,
        several_sources: bool,
    ) -> None:
        """Prepare the dialog; `preview` shows columns, and returns which there is room for."""
        super().__init__()
        self._preview = preview
        self._several_sources = several_sources
        self._order: list[str] = []
        self._widths: dict[str, int] = {}
        """Of the columns that are shown."""
        self._start(chosen)

    def _start(self, chosen: Mapping[str, int]) -> None:
        self._widths = dict(chosen) or dict.fromkeys(EVERY, 0)
        self._order = [*self._widths, *(name for name in EVERY if name not in self._widths)]

    def compose(self) -> ComposeResult:
        """Lay out the list and what can be done with it."""
        with Vertical(classes="box"):
            yield Static("     Column               width", classes="titles", markup=False)
            yield MarkingList(mark_cells=MARK_CELLS, click_chooses=False)
            lines = (
                "space shows or hides   J K moves it   + - width   0 auto\n"
                "R the usual ones   enter keeps   esc leaves all as it was"
            )
            yield Static(hint(lines), id="hint", markup=False)

    def on_mount(self) -> None:
        """Name the dialog and fill the list."""
        self.query_one(".box").border_title = "Columns"
        self._show(0)

    def _result(self) -> Mapping[str, int]:
        chosen = {name: self._widths[name] for name in self._order if name in self._widths}
        return {} if list(chosen.items()) == [(name, 0) for name in EVERY] else chosen

    def _show(self, place: int) -> None:
        """Show the columns as they are now, here and in the table."""
        shown = self._preview(self._result())
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options(Option(self._line(name, shown)) for name in self._order)
        options.highlighted = place

    def _line(self, name: str, shown: Collection[str]) -> Text:
        mark, width, words = " ", "", ""
        if name in self._widths:
            mark = "✓"
            width = str(self._widths[name] or "auto")
            if name == "source" and not self._several_sources:
                words = "once there are several"
            elif name not in shown:
                words = "no room for it here"
        return Text(f" [{mark}] {titled(EVERY[name]):<20} {width:>5}  {words}")

    @property
    def _place(self) -> int:
        return self.query_one(OptionList).highlighted or 0

    def action_choose(self) -> None:
        """Show a column, or hide it; one stays in any case."""
        name = self._order[self._place]
        if name not in self._widths:
            self._widths[name] = 0
        elif len(self._widths) > 1:
            del self._widths[name]
        self._show(self._place)

    def action_carry(self, step: int) -> None:
        """Carry a column to another place."""
        place = self._place
        to = place + step
        if 0 <= to < len(self._order):
            self._order[place], self._order[to] = self._order[to], self._order[place]
            self._show(to)

    def action_widen(self, cells: int) -> None:
        """Give a column a width; the first is the one that it needs."""
        name = self._order[self._place]
        if name in self._widths:
            width = self._widths[name] or EVERY[name].wanted
            self._widths[name] = min(max(LEAST_WIDTH, width + cells), WIDEST)
            self._show(self._place)

    def action_own_width(self) -> None:
        """Have a column as wide as it needs."""
        name = self._order[self._place]
        if name in self._widths:
            self._widths[name] = 0
            self._show(self._place)

    def action_usual(self) -> None:
        """Have the usual columns."""
        self._start({})
        self._show(0)

    @on(MarkingList.MarkClicked)
    def _mark_clicked(self) -> None:
        self.action_choose()

    def on_option_list_option_selected(self) -> None:
        """Keep what is there now."""
        self.dismiss(self._result())
