"""What the dialogs have in common."""

from typing import TypeVar

from textual.screen import ModalScreen

Result = TypeVar("Result")


class Dialog(ModalScreen[Result]):
    """A box over the board. Escape leaves it without a trace."""

    AUTO_FOCUS = ""
    BINDINGS = [("escape", "leave", "Leave")]  # noqa: RUF012

    def action_leave(self) -> None:
        """Close it with no result."""
        self.dismiss(None)
