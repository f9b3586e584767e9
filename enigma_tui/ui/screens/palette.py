"""Finds a command, a saved view or a theme by its name."""

from collections.abc import Sequence

from rich.text import Text

from ..columns import fill
from ..palette import Entry, matching
from .finding import FindingDialog

NAME_MOST, KEYS_MOST = 27, 9
"""Cells of the first two columns."""


class PaletteDialog(FindingDialog[Entry, Entry]):
    """Lists what can be done; what begins with what is typed is first, and enter does it."""

    TOPIC = "commands"
    ABOUT = (
        "Everything the board can do, by name: commands, saved views, themes. What begins with "
        "what you type comes first."
    )
    TITLE_WORDS = "Commands"
    PLACEHOLDER = "a command, a view, a theme"
    HINT = "enter does it   ↑ ↓ chooses   esc leaves"

    def __init__(self, offered: Sequence[Entry]) -> None:
        super().__init__()
        self._offered = offered

    def find(self, typed: str) -> Sequence[Entry]:
        """Return what is meant by what was typed, the likeliest first."""
        return matching(self._offered, typed)

    def line(self, item: Entry, width: int) -> Text:
        """Return the name, the keys and as much of what it does as there is room for."""
        text = Text(no_wrap=True)
        text.append(f" {fill(item.label, NAME_MOST)} ", "bold")
        text.append(f"{fill(item.keys, KEYS_MOST)} ")
        text.append(fill(item.help, max(0, width - NAME_MOST - KEYS_MOST - 4)), "dim")
        return text

    def about(self, item: Entry) -> Text:
        """Return all of what it does."""
        return Text(item.help)

    def chosen(self, item: Entry) -> None:
        """Close with it."""
        self.dismiss(item)
