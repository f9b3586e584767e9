"""The two apps that are compared: the board, and a `DataTable` of the same texts."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from itertools import count
from pathlib import Path

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.widgets import DataTable

from enigma_tui.journal.connection import Address, connect
from enigma_tui.journal.desk import Who
from enigma_tui.model.call import CallKey, Disposition, EntryId
from enigma_tui.model.entry import Disposed, Event
from enigma_tui.model.tabs import Tab
from enigma_tui.settings import Settings
from enigma_tui.ui.app import EnigmaApp
from enigma_tui.ui.columns import COLUMNS, GAP
from enigma_tui.ui.following import Startup
from enigma_tui.ui.memory import leave_alone_what_is_there

from . import payloads
from .frames import Watched

CALLS = 100_000
PEER_CALLS = 10_000
"""What a `DataTable` can be asked for."""

NAME = "benchmark"
SCREEN_ROW = 12
"""The row that changes: in sight, and not under the cursor."""

_COLUMN = "disposition"


class BoardApp(Watched, EnigmaApp):
    """The program itself with many calls, most of them over, but without a server.

    The clock stands still, so that what changes is what the benchmark changes: otherwise the
    seconds of calls in sight would be painted along.
    """

    def __init__(self, calls: int = CALLS, batches: Iterable[Sequence[Event]] = ()) -> None:
        """Take in the batches of entries, or those of so many calls."""
        link = connect(Address("unix:///never/connected"), NAME)
        settings = Settings(collect="no", name=NAME, keep_calls=2 * calls)
        self._end_ms = payloads.BASE_MS
        super().__init__(
            settings,
            lambda: Startup(link, Who(NAME), Path("/never")),
            clock=lambda: self._end_ms / 1000,
        )
        self.floor.on_site(payloads.SITE)
        self.floor.opening = False  # what comes now is all there is
        for batch in batches or payloads.batches(payloads.events(calls)):
            self._end_ms = batch[-1].id.ms
            self.floor.on_events(batch)
        self.floor.look(tab=Tab.ALL)
        # As the program has within a minute, by and by.
        self.floor.view.read_ahead(calls)
        leave_alone_what_is_there()  # as the program does once it has read the journal
        self._versions = count(1)
        self._changing: CallKey | None = None

    def keep_running(self, what: str, run: Callable[[], Awaitable[None]]) -> None:
        """Follow nothing: the benchmark hands the entries over, and it has handed over all."""
        self.follower.link.caught_up = True

    @property
    def lines(self) -> int:
        """How many rows are in sight."""
        return self.board.table.size.height - 1

    def rows(self, count: int = PEER_CALLS) -> list[list[str]]:
        """Return the texts of the first rows, in the order of the screen."""
        look = self.board.look()
        calls = self.floor.view.window(0, count)
        return [[column.cell(call, look).text for column in COLUMNS] for call in calls]

    def widths(self) -> dict[str, int]:
        """Return the width of each column on screen, by name, without the gaps between."""
        return {placed.column.sort: placed.width for placed in self.board.table._columns}

    def change(self, text: str) -> None:
        """Take in a journal entry that changes one cell: somebody records an outcome."""
        version = next(self._versions)
        key = self._changing = self._changing or self.floor.view.key_at(SCREEN_ROW)
        assert key is not None
        at = self._end_ms + version
        disposition = Disposition(text, NAME, at_ms=at, version=version)
        self.floor.on_events([Disposed(EntryId(at, 0), key, disposition)])

    def repaint(self) -> None:
        """Paint the whole table."""
        self.board.table.notify_style_update()
        self.board.table.refresh()

    def press(self, key: str, character: str | None) -> None:
        """Press a key, as the terminal would report it."""
        self.post_message(events.Key(key, character))


class DataTableApp(Watched):
    """Textual's `DataTable` with the same texts, as wide and high as the board's table.

    It is given what makes it fast: widths that are known, `Text` that needs no parsing, rows of
    one line, no zebra stripes. And it has the screen for itself, where the board has a status
    line, figures, a frame with a title, a filter and a footer.
    """

    def __init__(
        self, rows: Sequence[Sequence[str]], widths: dict[str, int], size: tuple[int, int]
    ) -> None:
        super().__init__()
        self._rows = rows
        self._widths = widths
        self._table_size = size
        self.table: DataTable[Text] = DataTable(
            cell_padding=0, cursor_type="row", zebra_stripes=False
        )

    def compose(self) -> ComposeResult:
        """Lay out the table."""
        styles = self.table.styles
        styles.width, styles.height = self._table_size
        styles.scrollbar_size_vertical = 1
        styles.overflow_x = "hidden"
        yield self.table

    def on_mount(self) -> None:
        """Fill the table."""
        for column in COLUMNS:
            width = self._widths[column.sort] + GAP
            self.table.add_column(Text(column.title), width=width, key=column.sort)
        self._fill()

    def _fill(self) -> None:
        for place, row in enumerate(self._rows):
            self.table.add_row(*map(Text, row), key=str(place))

    def refill(self, rows: Sequence[Sequence[str]]) -> None:
        """Show other rows, as an app does whose filter has changed."""
        self._rows = rows
        self.table.clear()
        self._fill()

    @property
    def lines(self) -> int:
        """How many rows are in sight."""
        return self._table_size[1] - 1

    def rows(self, count: int = PEER_CALLS) -> Sequence[Sequence[str]]:
        """Return the texts of the first rows."""
        return self._rows[:count]

    def change(self, text: str) -> None:
        """Change one cell."""
        self.table.update_cell(str(SCREEN_ROW), _COLUMN, Text(text))

    def repaint(self) -> None:
        """Paint the whole table."""
        self.table.notify_style_update()
        self.table.refresh()
