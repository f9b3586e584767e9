"""Looking at the calls another way: views, filter, order, columns, window."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from textual import events, on
from textual.screen import Screen
from textual.timer import Timer

from ...model.call import CallKey
from ...model.query import QueryError, parse
from ...model.query_edit import field_values, with_field
from ...model.sorting import Sort
from ...model.tabs import Tab
from ...model.windows import Window
from ..columns import columns, duration
from ..floor import Floor
from ..saved_views import FIRST_KEY, keyed
from ..widgets.call_table import CallTable
from ..widgets.figures import FiguresLine
from ..widgets.filter_bar import FilterBar
from ..widgets.frame_lines import ViewsLine
from .choices import ExtensionsDialog, SortDialog, sorted_by
from .rejected import RejectedDialog

WINDOWS = (Window.FIVE_MINUTES, Window.HALF_AN_HOUR, Window.HOUR, Window.TODAY)
"""What time the figures can be of."""


class Keep(Protocol):
    """Keeps one of the personal settings, by its name, for the next time."""

    def __call__(self, name: str, value: str | Mapping[str, str | int], entry: str = "", /) -> bool:
        """Of a table, keep one `entry`, or all; return whether it is in force."""


SETTLED_SECONDS = 1.0
"""An order that has been left for so long is kept; those on the way to it are not."""


class LookingScreen(Screen[None]):
    """What a supervisor can ask of the board without touching a call."""

    floor: Floor
    figures: FiguresLine
    table: CallTable
    filter_bar: FilterBar
    saved: Mapping[str, str]
    """The filters that have a name, and a key in their order."""
    keep: Keep
    _unsettled: Timer | None = None
    """Runs while an order has just been chosen."""

    def tell(self) -> None:
        """Bring the words around the table up to date."""
        raise NotImplementedError

    def title_anew(self) -> None:
        """Bring the lines above and below the table up to date."""
        raise NotImplementedError

    def key_of(self, command: str) -> str:
        """Return the key that a command has in force."""
        from ..actions import CallActions  # which has this screen

        return self.app.key_of(command) if isinstance(self.app, CallActions) else ""

    def repaint(self) -> None:
        """Everything may look different."""
        self.table.repaint()
        self.tell()

    # ── looking another way ─────────────────────────────────────────────────────────────

    def action_tab(self, name: str) -> None:
        """Show one of the views."""
        self.floor.look(tab=Tab(name))
        self.repaint()

    @on(ViewsLine.Chosen)
    def _view_chosen(self, event: ViewsLine.Chosen) -> None:
        self.action_tab(event.tab.value)

    def _saved_view(self) -> str | None:
        """Return the name of the saved view that is shown, if one is."""
        view = self.floor.view
        if view.tab is not Tab.ALL:
            return None
        return next((name for name, text in self.saved.items() if text == view.query.text), None)

    def action_view(self, key: str) -> None:
        """Show the calls that pass a saved filter."""
        found = keyed(self.saved).get(int(key))
        if found is None:
            keeps = self.key_of("keep_view")
            self.notify(
                f"There is no saved view {key} yet: type a filter, and keep it with {keeps}."
            )
            return
        self.floor.look(tab=Tab.ALL)
        self.filter_bar.put(found[1])
        self.repaint()

    @on(ViewsLine.SavedChosen)
    def _saved_chosen(self, event: ViewsLine.SavedChosen) -> None:
        self.action_view(str(FIRST_KEY + event.place))

    def action_keep_view(self) -> None:
        """Keep the filter under a name."""
        from .keeping_view import KeepViewDialog  # once it is asked for

        if not self.floor.view.query.text and not self.saved:
            self.notify(f"There is no filter to keep yet: {self.key_of('filter')} types one.")
            return

        def kept(view: tuple[str, str] | None) -> None:
            if view is None:
                return
            name, text = view
            views = {each: self.saved[each] for each in self.saved if text or each != name}
            if text:
                views[name] = text
            if self.keep("views", views, name):
                self.saved = views
                self.title_anew()

        self.app.push_screen(KeepViewDialog(self.saved, self.floor.view.query.text), kept)

    def action_sort(self) -> None:
        """Choose the column to sort by."""

        def chosen(sort: Sort | None) -> None:
            if sort is not None:
                self._sort(sort)

        every = columns(self.table.several_sources)
        self.app.push_screen(SortDialog(self.floor.view.sort, every), chosen)

    def action_columns(self) -> None:
        """Choose the columns, their order and their width."""
        from .choosing_columns import ColumnsDialog  # once it is asked for

        table, before = self.table, self.table.chosen

        def preview(chosen: Mapping[str, int]) -> Sequence[str]:
            table.chosen = chosen
            self.repaint()
            return table.shown_columns

        def chosen(columns: Mapping[str, int] | None) -> None:
            preview(before if columns is None else columns)
            if columns is not None and list(columns.items()) != list(before.items()):
                self.keep("columns", columns)

        self.app.push_screen(
            ColumnsDialog(before, preview, several_sources=table.several_sources), chosen
        )

    def action_sort_next(self) -> None:
        """Sort by the column to the right."""
        self._sort_by_neighbour(1)

    def action_sort_previous(self) -> None:
        """Sort by the column to the left."""
        self._sort_by_neighbour(-1)

    def action_reverse(self) -> None:
        """Turn the order round."""
        sort = self.floor.view.sort
        self._sort(Sort(sort.by, not sort.reverse))

    def _sort_by_neighbour(self, step: int) -> None:
        names = [column.sort for column in self.table.columns]
        by = self.floor.view.sort.by
        # The source's column is not there where a board begun anew has calls of one source yet.
        place = names.index(by) if by in names else min(0, -step)
        self._sort(sorted_by(self.floor.view.sort, names[(place + step) % len(names)]))

    def _sort(self, sort: Sort) -> None:
        self.floor.look(sort=sort)
        self.repaint()
        if self._unsettled is not None:
            self._unsettled.reset()
        else:
            self._unsettled = self.set_timer(SETTLED_SECONDS, self.settle)

    def settle(self) -> None:
        """Keep the order that has just been chosen."""
        if self._unsettled is not None:
            self._unsettled.stop()
            self._unsettled = None
            self.keep("sort", self.floor.view.sort.text)

    def on_unmount(self) -> None:
        """Keep an order that was chosen just before."""
        self.settle()

    @on(CallTable.HeaderClicked)
    def _header_clicked(self, event: CallTable.HeaderClicked) -> None:
        self._sort(sorted_by(self.floor.view.sort, event.sort))

    def action_window(self) -> None:
        """Show the figures of the next length of time."""
        self.floor.window = WINDOWS[(WINDOWS.index(self.floor.window) + 1) % len(WINDOWS)]
        self.figures.tell()

    def action_statistics(self) -> None:
        """Show plots and numbers of the same time."""
        from .statistics import StatisticsDialog  # once it is asked for

        self.app.push_screen(StatisticsDialog(self.floor, self.action_window))

    def action_pause(self) -> None:
        """Hold the display, or let it go on."""
        self.floor.pause(not self.floor.paused)
        self.repaint()

    def action_follow(self) -> None:
        """Keep the newest call in sight, or stop to."""
        self.table.following = not self.table.following
        self.repaint()

    # ── finding ─────────────────────────────────────────────────────────────────────────

    def action_filter(self) -> None:
        """Type a filter."""
        self.filter_bar.begin()

    def action_clear(self) -> None:
        """Peel off one layer: what is being typed, then the filter."""
        self.filter_bar.peel()

    @on(FilterBar.Changed)
    def _filter_changed(self, event: FilterBar.Changed) -> None:
        if event.query.text != self.floor.view.query.text:
            self.floor.look(query=event.query)
            self.table.repaint()
        self.title_anew()

    @on(FilterBar.Mistaken)
    def _filter_mistaken(self, event: FilterBar.Mistaken) -> None:
        self.title_anew()
        if event.error is None:
            self.tell()

    @on(events.DescendantFocus)
    def _elsewhere(self, event: events.DescendantFocus) -> None:
        """Leave the filter line, where something else has been clicked."""
        if event.widget is self.table:
            self.filter_bar.leave()

    @on(FilterBar.Left)
    def _filter_left(self) -> None:
        self.table.focus()

    def action_extensions(self) -> None:
        """Choose extensions."""
        text = self.floor.view.query.text

        def chosen(extensions: tuple[str, ...] | None) -> None:
            if extensions is None:
                return
            try:
                self.filter_bar.put(with_field(text, "ext", extensions, exactly=True))
            except QueryError as error:
                self.notify(error.message, severity="error")

        self.app.push_screen(
            ExtensionsDialog(self.floor.extensions(), field_values(text, "ext"), self._agent_on),
            chosen,
        )

    def _agent_on(self, extension: str) -> str:
        """Say what is known of who is on an extension."""
        agent = self.floor.agents.on(extension)
        if agent is None:
            return ""
        return f"{agent.word} {duration(agent.seconds(self.floor.now_ms()))}"

    def action_rejected(self) -> None:
        """List what could not be read."""
        board = self.floor.board
        self.app.push_screen(
            RejectedDialog(
                list(reversed(board.rejected)),
                board.rejected_total,
                masked=self.floor.dialplan.masked,
            )
        )

    def go_to(self, key: CallKey | None) -> None:
        """Put the cursor on a call, in a view that has it."""
        self.tell()
        if key is None:
            return
        if key not in self.floor.board.calls:
            self.notify("The board no longer has that call.", timeout=3)
            return
        if self.floor.view.index(key) is None:
            self.filter_bar.put("")
            self.floor.look(tab=Tab.ALL, query=parse(""))
        row = self.floor.view.index(key)
        if row is not None:
            self.table.move_to(row)
        self.repaint()
