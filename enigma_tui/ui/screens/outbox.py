"""What has been done here and has not been recorded: it waits, or it was refused."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from ..columns import moment
from .dialog import Dialog


@dataclass(frozen=True, slots=True)
class Waiting:
    """One line of the list."""

    id: str
    at_ms: int
    state: str
    """`waits`, `sent?`: it may have been recorded; `refused`."""
    what: str
    why: str = ""

    @property
    def removable(self) -> bool:
        """Whether it may be taken out: it cannot have been recorded."""
        return self.state != "sent?"


class OutboxDialog(Dialog[None]):
    """Lists acts that wait for the server, and those that it refused, until they are seen."""

    AUTO_FOCUS = "OptionList"
    BINDINGS = [  # noqa: RUF012
        ("q,o", "leave", "Close"),
        ("j", "move(1)", ""),
        ("k", "move(-1)", ""),
        ("x,delete", "remove", "Take out"),
    ]

    def __init__(
        self,
        rows: Callable[[], Sequence[Waiting]],
        remove: Callable[[str], None],
        now_ms: Callable[[], int],
    ) -> None:
        """Prepare; `rows` returns what there is now, `remove` takes one out for good."""
        super().__init__()
        self._rows = rows
        self._remove = remove
        self._now_ms = now_ms
        self._shown: tuple[Waiting, ...] = ()

    def compose(self) -> ComposeResult:
        """Lay out the list and a hint."""
        with Vertical(classes="box wide"):
            yield OptionList(markup=False)
            yield Static(id="nothing", markup=False)
            yield Static(
                "x takes a waiting act back, or a refused one off the list   esc closes",
                id="hint",
                markup=False,
            )

    def on_mount(self) -> None:
        """Show what there is, and look again every second."""
        self._look()
        self.set_interval(1.0, self._look)

    def _look(self) -> None:
        rows = tuple(self._rows())
        if rows == self._shown and rows:
            return
        options = self.query_one(OptionList)
        place = options.highlighted or 0
        self._shown = rows
        waiting = sum(row.state != "refused" for row in rows)
        box = self.query_one(".box")
        box.border_title = f"Outbox: {waiting:,} waiting, {len(rows) - waiting:,} refused"
        options.clear_options()
        options.add_options([Option(self._line(row), id=row.id) for row in rows])
        options.display = bool(rows)
        nothing = self.query_one("#nothing", Static)
        nothing.display = not rows
        nothing.update(Text("Everything that was done here has been recorded."))
        if rows:
            options.highlighted = min(place, len(rows) - 1)

    def _line(self, row: Waiting) -> Text:
        text = Text(no_wrap=True)
        text.append(f" {moment(row.at_ms, self._now_ms())}  ", "dim")
        text.append(f"{row.state:<8} ", "bold")
        text.append(row.what)
        if row.why:
            text.append(f": {row.why}")
        return text

    def action_remove(self) -> None:
        """Take the highlighted act out."""
        options = self.query_one(OptionList)
        if options.highlighted is None or not self._shown:
            return
        row = self._shown[options.highlighted]
        if row.removable:
            self._remove(row.id)
            self._look()
        else:
            self.notify(
                "It was sent, and may have been recorded: it is handed in again under the same "
                "id, and then it is known.",
                markup=False,
            )
