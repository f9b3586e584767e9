"""Chooses the colours, and shows them meanwhile."""

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from ..pressing import hint
from ..themes import ABOUT, NAMES
from .dialog import Dialog


class ThemeDialog(Dialog[str]):
    """Lists themes, and shows each as the cursor comes to it; leaving goes back to what was."""

    TOPIC = "themes"
    ABOUT = (
        "The board beside this list shows the theme under the cursor. Choosing one keeps it in the "
        "settings file (theme). The first four are made for this board; what is read in them has "
        "a contrast of 4.5:1, and of 7:1 in the one of high contrast."
    )
    AUTO_FOCUS = "OptionList"
    BINDINGS = [("j", "move(1)", "Down"), ("k", "move(-1)", "Up")]  # noqa: RUF012

    def __init__(self, now: str) -> None:
        """Prepare the list; `now` is the theme in force."""
        super().__init__()
        self._before = now

    def compose(self) -> ComposeResult:
        """Lay out the list, and below it what is to be said of the highlighted one."""
        with Vertical(classes="box"):
            yield OptionList(*(Option(Text(f" {name}")) for name in NAMES), markup=False)
            yield Static(id="about", markup=False)
            yield Static(hint("enter keeps it   esc goes back"), id="hint", markup=False)

    def on_mount(self) -> None:
        """Name the dialog, and start at the theme in force."""
        self.query_one(".box").border_title = "Theme"
        self.query_one(OptionList).highlighted = NAMES.index(self._before)

    @on(OptionList.OptionHighlighted)
    def _show(self, event: OptionList.OptionHighlighted) -> None:
        name = NAMES[event.option_index]
        self.query_one("#about", Static).update(ABOUT.get(name, "One of Textual's"))
        self.app.theme = name

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(NAMES[event.option_index])

    def action_leave(self) -> None:
        """Go back to the theme that was in force."""
        self.app.theme = self._before
        self.dismiss(None)
