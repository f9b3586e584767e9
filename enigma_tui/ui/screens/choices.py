"""Dialogs that choose from a list: extensions, and the column to sort by."""

from collections.abc import Callable, Sequence

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from ...model.sorting import Sort
from ..columns import Column, titled
from ..pressing import hint
from ..widgets.marking_list import MarkingList
from .dialog import Dialog

Count = tuple[str, int, int]
"""An extension, its calls now live, its calls in all."""


MARK_CELLS = 5
"""The cells in front of an extension that a click marks it in."""


class ExtensionsDialog(Dialog[tuple[str, ...]]):
    """Chooses extensions; none chosen means all of them."""

    TOPIC = "extensions"
    ABOUT = (
        "Shows the calls of some extensions, by writing a filter. Digits find one. Marked ones are "
        "shown together; a click in front of one marks it."
    )
    AUTO_FOCUS = "OptionList"
    BINDINGS = [  # noqa: RUF012
        ("space", "mark", "Mark, or take the mark away"),
        ("j", "move(1)", "Down"),
        ("k", "move(-1)", "Up"),
    ]

    def __init__(
        self, counts: Sequence[Count], chosen: Sequence[str], agent_on: Callable[[str], str]
    ) -> None:
        """Prepare; `agent_on` says what is known of who is on an extension."""
        super().__init__()
        self._agents = {extension: agent_on(extension) for extension, _, _ in counts}
        self._counts = counts
        self._marked = set(chosen)
        self._has_marked = False
        self._typed = ""

    def compose(self) -> ComposeResult:
        """Lay out the list and a hint."""
        with Vertical(classes="box"):
            agent = "   agent" if any(self._agents.values()) else ""
            titles = f"     Ext        live   calls{agent}"
            yield Static(titles, classes="titles", markup=False)
            yield MarkingList(self._options(), mark_cells=MARK_CELLS)
            line = "enter shows it   space marks   0–9 finds   esc leaves"
            yield Static(hint(line), id="hint", markup=False)

    def on_mount(self) -> None:
        """Name the dialog."""
        self.query_one(".box").border_title = "Extensions"
        options = self.query_one(OptionList)
        marked = [place for place, count in enumerate(self._counts) if count[0] in self._marked]
        options.highlighted = marked[0] + 1 if marked else (1 if self._counts else 0)

    def _options(self) -> list[Option]:
        every = Option(Text("     All extensions"), id="all")
        return [every, *(self._option(count) for count in self._counts)]

    def _option(self, count: Count) -> Option:
        extension, live, total = count
        mark = "✓" if extension in self._marked else " "
        line = f" [{mark}] {extension:<9} {live:>5}  {total:>6}   {self._agents[extension]}"
        return Option(Text(line.rstrip()), id=f"x{extension}")

    def _highlighted(self) -> str | None:
        """Return the extension that is highlighted; `None` for the first line."""
        options = self.query_one(OptionList)
        place = options.highlighted
        return self._counts[place - 1][0] if place else None

    def action_mark(self) -> None:
        """Mark an extension, or take the mark away."""
        extension = self._highlighted()
        if extension is None:
            return
        self._marked ^= {extension}
        self._has_marked = True
        options = self.query_one(OptionList)
        place = options.highlighted or 0
        options.replace_option_prompt_at_index(place, self._option(self._counts[place - 1]).prompt)

    def on_key(self, event: events.Key) -> None:
        """Find an extension by typing it."""
        if event.character is None or not event.character.isdigit():
            return
        event.stop()
        wanted = self._typed + event.character
        for typed in (wanted, event.character):
            for place, count in enumerate(self._counts):
                if count[0].startswith(typed):
                    self._typed = typed
                    self.query_one(OptionList).highlighted = place + 1
                    return
        self._typed = ""

    @on(MarkingList.MarkClicked)
    def _mark_clicked(self) -> None:
        self.action_mark()

    @on(OptionList.OptionSelected)
    def _selected(self) -> None:
        extension = self._highlighted()
        if extension is None:
            self.dismiss(())
        elif self._has_marked and self._marked:
            self.dismiss(tuple(sorted(self._marked)))
        else:
            self.dismiss((extension,))


class SortDialog(Dialog[Sort]):
    """Chooses the column to sort by; the one in force again turns the order round."""

    TOPIC = "sorting"
    ABOUT = "Chooses the column to sort by. The one in force, chosen again, turns the order round."
    AUTO_FOCUS = "OptionList"
    BINDINGS = [("j", "move(1)", "Down"), ("k", "move(-1)", "Up")]  # noqa: RUF012

    def __init__(self, sort: Sort, columns: Sequence[Column]) -> None:
        super().__init__()
        self._sort = sort
        self._columns = columns

    def compose(self) -> ComposeResult:
        """Lay out the list of columns."""
        with Vertical(classes="box"):
            yield OptionList(
                *(
                    Option(Text(f" {self._arrow(column.sort)} {titled(column)}"))
                    for column in self._columns
                ),
                markup=False,
            )
            line = "enter sorts; again turns it round   esc leaves"
            yield Static(hint(line), id="hint", markup=False)

    def on_mount(self) -> None:
        """Name the dialog and start at the column in force."""
        self.query_one(".box").border_title = "Sort by"
        names = [column.sort for column in self._columns]
        self.query_one(OptionList).highlighted = (
            names.index(self._sort.by) if self._sort.by in names else 0
        )

    def _arrow(self, by: str) -> str:
        if by != self._sort.by:
            return " "
        return "▼" if self._sort.reverse else "▲"

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(sorted_by(self._sort, self._columns[event.option_index].sort))


def sorted_by(sort: Sort, by: str) -> Sort:
    """Sort by a column: times longest first, the rest in order; the same again turns round."""
    if by == sort.by:
        return Sort(by, not sort.reverse)
    return Sort(by, reverse=by in ("began", "hold"))
