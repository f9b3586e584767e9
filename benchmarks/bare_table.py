"""The peer of `starting`: the least that paints a table with Textual, an empty one.

It imports nothing of ours, and nothing that it does not need.
"""

from textual.app import App, ComposeResult
from textual.widgets import DataTable

TITLES = (
    "At",
    "State",
    "Caller",
    "Dialled",
    "Hold",
    "Since",
    "Ext",
    "Contact",
    "Call ref",
    "Disposition",
    "By",
)
"""Those of our own table."""


class BareTable(App[None]):
    """A table with titles and without rows."""

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield DataTable()

    def on_mount(self) -> None:
        """Name the columns."""
        self.query_one(DataTable).add_columns(*TITLES)


if __name__ == "__main__":
    BareTable().run()
