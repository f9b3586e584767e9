"""The notifications that could not be read: none of them is dropped."""

from collections.abc import Sequence

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from ...model.board import RejectedNotification
from ..columns import clock
from ..pressing import hint
from .details import pretty
from .dialog import Dialog


class RejectedDialog(Dialog[None]):
    """Lists rejected notifications, the newest first, each with its reason and what arrived."""

    TOPIC = "rejected notifications"
    ABOUT = (
        "Notifications that could not be read, the newest first, each with the reason and what "
        "arrived. None is dropped: each is kept in the journal."
    )
    AUTO_FOCUS = "OptionList"
    BINDINGS = [  # noqa: RUF012
        ("q,x", "leave", "Close"),
        ("j", "move(1)", "Down"),
        ("k", "move(-1)", "Up"),
    ]

    def __init__(
        self, rejected: Sequence[RejectedNotification], total: int, *, masked: bool
    ) -> None:
        super().__init__()
        self._rejected = rejected
        self._total = total
        self._masked = masked

    def compose(self) -> ComposeResult:
        """Lay out the list, and below it what the highlighted one held."""
        with Vertical(classes="box wide"):
            yield OptionList(
                *(
                    Option(Text(f" {clock(one.id.ms)}  {one.feed:<8} {one.reason}", no_wrap=True))
                    for one in self._rejected
                ),
                markup=False,
            )
            with VerticalScroll(id="held"):
                yield Static(id="raw", markup=False)
            line = "j k moves   esc closes   each is kept in the journal"
            yield Static(hint(line), id="hint", markup=False)

    def on_mount(self) -> None:
        """Name the dialog, and say so when there is nothing to list."""
        shown = len(self._rejected)
        more = f", the newest {shown:,} shown" if shown < self._total else ""
        self.query_one(".box").border_title = f"Rejected notifications: {self._total:,}{more}"
        if not self._rejected:
            self.query_one("#raw", Static).update(Text("Every notification could be read."))

    @on(OptionList.OptionHighlighted)
    def _show(self, event: OptionList.OptionHighlighted) -> None:
        one = self._rejected[event.option_index]
        text = Text()
        text.append(f"{one.reason}\n", "bold")
        text.append(f"entry {one.id}, source {one.source}, {one.length:,} bytes\n\n", "dim")
        if self._masked:
            text.append("    not shown: this board masks callers' numbers")
        else:
            text.append(pretty(one.raw) if one.raw else "    (nothing: the payload was empty)")
        self.query_one("#raw", Static).update(text)
        self.query_one("#held", VerticalScroll).scroll_home(animate=False)
