"""Asks before anything is taken from a list for the first time."""

from collections.abc import Sequence

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from .dialog import Dialog


class ConsentDialog(Dialog[bool | None]):
    """Says what collecting takes, from where, and what that means for others."""

    BINDINGS = [  # noqa: RUF012
        ("y", "answer(True)", "Collect"),
        ("n", "answer(False)", "Watch only"),
    ]

    def __init__(self, address: str, lists: Sequence[tuple[str, int]], journal: str) -> None:
        """Prepare the question; `lists` are names and how much waits in each."""
        super().__init__()
        self._address = address
        self._lists = lists
        self._journal = journal

    def compose(self) -> ComposeResult:
        """Lay out the question."""
        text = Text("Nobody has collected for this board yet.\n\n", "bold")
        text.append("Collecting takes every notification from\n")
        for name, length in self._lists:
            text.append(f"  {name}", "bold")
            text.append(f"  ({length:,} waiting)\n")
        text.append(f"at {self._address}\nand keeps it in {self._journal}.\n\n")
        text.append("Another program that reads the list would no longer see them.\n")
        text.append("If a screen-pop or a CRM reads it today, answer n.\n\n")
        text.append(" y ", "bold reverse")
        text.append("  Collect, for every board of this site\n")
        text.append(" n ", "bold reverse")
        text.append("  Watch only; nothing is taken")
        with Vertical(classes="box"):
            yield Static(text, markup=False)

    def on_mount(self) -> None:
        """Name the dialog."""
        self.query_one(".box").border_title = "Collect notifications?"

    def action_answer(self, yes: bool) -> None:
        """Close with the answer."""
        self.dismiss(yes)

    def action_leave(self) -> None:
        """Leaving without an answer takes nothing."""
        self.dismiss(False)
