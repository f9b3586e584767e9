"""What the dialogs have in common."""

from typing import TypeVar

from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import OptionList

from ..told import ToldLines

Result = TypeVar("Result")


class Dialog(ModalScreen[Result]):
    """A box over the board. Escape leaves it without a trace."""

    AUTO_FOCUS = ""
    BINDINGS = [("escape", "leave", "Leave")]  # noqa: RUF012

    def on_mount(self) -> None:
        """Have what is said in sight; a dialog's own `on_mount` comes before this one by itself."""
        self.mount(ToldLines())

    def action_move(self, rows: int) -> None:
        """Move through the list as everywhere, where there is one."""
        options = self.query_one(OptionList)
        (options.action_cursor_down if rows > 0 else options.action_cursor_up)()

    def action_scroll(self, steps: int) -> None:
        """Scroll the text, where there is one."""
        self.query_one(VerticalScroll).scroll_relative(y=steps * 3, animate=False)

    def action_leave(self) -> None:
        """Close it with no result."""
        self.dismiss(None)
