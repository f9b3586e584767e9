"""Lists what has been done and has gone nowhere yet, until somebody has seen it."""

from collections.abc import Sequence

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from ..columns import moment
from ..commands import READ_ONLY
from ..outbox import WAITS, Outbox, Row
from ..pressing import hint
from .dialog import Dialog

_Shown = tuple[str, int, str, str, str]


def _shown(row: Row) -> _Shown:
    return row.id, row.at_ms, row.state, row.what, row.why


class OutboxDialog(Dialog[None]):
    """Acts that wait for the server or were refused, and outcomes that were not delivered."""

    TOPIC = "outbox"
    ABOUT = (
        "What was done while the server was away waits here and is handed in by itself; what the "
        "server refused stays until you have seen it; what could not be delivered to another "
        "system can be sent again."
    )
    AUTO_FOCUS = "OptionList"
    BINDINGS = [  # noqa: RUF012
        ("q,o", "leave", "Close"),
        ("j", "move(1)", "Down"),
        ("k", "move(-1)", "Up"),
        ("x,delete", "take_out", "Take back what waits, or off the list what was refused"),
        ("r", "again", "Send again what was not delivered"),
    ]

    def __init__(self, outbox: Outbox, read_only: bool = False) -> None:
        """Prepare; `read_only` shows the list, and changes nothing on it."""
        super().__init__()
        self._outbox = outbox
        self._read_only = read_only
        self._rows: list[Row] = []

    def compose(self) -> ComposeResult:
        """Lay out the list, what waits for each target, or is not known, and a hint."""
        with Vertical(classes="box wide"):
            yield OptionList(markup=False)
            yield Static(id="summary", markup=False)
            yield Static(id="hint", markup=False)

    def on_mount(self) -> None:
        """Show what there is, and look again every second."""
        self.query_one(".box").border_title = "Outbox"
        self._look()
        self.set_interval(1.0, self._look)

    def _look(self) -> None:
        rows = list(self._outbox.rows())
        lines = self._outbox.summary()
        if not rows and not lines:
            # What waits on this machine is not looked at by a board that hands nothing in.
            delivered = "What has been recorded has been delivered."
            everything = "Everything has been recorded, and delivered."
            lines = [delivered if self._read_only else everything]
        summary = self.query_one("#summary", Static)
        summary.update(Text("\n".join(lines)))
        summary.display = bool(lines)
        self.query_one("#hint", Static).update(hint(self._hint(rows)))
        if rows and [_shown(row) for row in rows] == [_shown(row) for row in self._rows]:
            return
        options = self.query_one(OptionList)
        place = options.highlighted or 0
        self._rows = rows
        options.display = bool(rows)
        options.clear_options()
        options.add_options([Option(self._line(row), id=row.id) for row in rows])
        if rows:
            options.highlighted = min(place, len(rows) - 1)

    def _hint(self, rows: Sequence[Row]) -> str:
        """Name the keys that some line has a use for."""
        x = []
        if any(row.state == WAITS for row in rows):
            x.append("takes back what waits here")
        if any(row.take_out is not None and row.state != WAITS for row in rows):
            x.append("takes off the list what was refused")
        lines = [f"x {', or '.join(x)}"] if x else []
        if any(row.again is not None for row in rows):
            lines.append("r sends again what was not delivered")
        if self._read_only:
            lines = []
        return "\n".join([*lines[:-1], "   ".join([*lines[-1:], "esc closes"])])

    def _line(self, row: Row) -> Text:
        text = Text(no_wrap=True)
        text.append(f" {moment(row.at_ms, self._outbox.now_ms())}  ", "dim")
        text.append(f"{row.state:<10} ", "bold")
        text.append(row.what)
        if row.why:
            text.append(f": {row.why}")
        return text

    def _highlighted(self) -> Row | None:
        place = self.query_one(OptionList).highlighted
        return self._rows[place] if place is not None and place < len(self._rows) else None

    def action_take_out(self) -> None:
        """Take the highlighted act out."""
        row = self._highlighted()
        if self._read_only:
            self._tell(READ_ONLY)
        elif row is None:
            self._tell("There is nothing here to take back, or off the list.")
        elif row.take_out is not None:
            row.take_out()
            self._look()
        elif row.again is not None:
            self._tell("It stays listed until it is delivered, or older than the journal is kept.")
        else:
            self._tell(
                "It was sent, and may have been recorded: it is handed in again under the same "
                "id, and then it is known."
            )

    def action_again(self) -> None:
        """Send the highlighted outcome again."""
        row = self._highlighted()
        if self._read_only:
            self._tell(READ_ONLY)
        elif row is None:
            self._tell("There is nothing here that was not delivered.")
        elif row.again is not None:
            self._send(row)
        elif row.state == "refused":
            self._tell("The server has refused it: it is not handed in again.")
        else:
            self._tell("It is handed in by itself, as soon as the server is back.")

    @work(group="again")
    async def _send(self, row: Row) -> None:
        if row.again is not None:
            self._tell(await row.again())

    def _tell(self, words: str) -> None:
        self.notify(words, markup=False)
