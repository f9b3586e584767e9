"""The one help screen: of the board, of a dialog, of the filter language."""

from collections.abc import Sequence
from typing import Any

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.style import Style
from rich.table import Table
from rich.text import Text
from textual import events
from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from ..helping import Row, Section
from ..pressing import press, pressed, pressing
from .dialog import Dialog

BOLD = Style(bold=True)

KEYS_LEAST, KEYS_MOST = 10, 30
"""Cells of the first column; what is longer wraps within it."""


class HelpDialog(Dialog[str]):
    """Says what a place is for, and what its keys do; a click on a key's line presses it there."""

    EDGE = "j k scrolls   esc closes"
    AUTO_FOCUS = "VerticalScroll"
    BINDINGS = [  # noqa: RUF012
        ("q,question_mark,f1", "leave", "Close"),
        ("j", "scroll(1)", "Down"),
        ("k", "scroll(-1)", "Up"),
    ]

    def __init__(self, topic: str, about: str, sections: Sequence[Section]) -> None:
        super().__init__()
        self._topic = topic
        self._about = about
        self._sections = sections

    @classmethod
    def ask(cls, app: App[Any], topic: str, about: str, sections: Sequence[Section]) -> None:
        """Open it over the place that it is about, and press there what is clicked."""

        def clicked(key: str | None) -> None:
            if key:
                press(app, key)

        app.push_screen(cls(topic, about, sections), clicked)

    def compose(self) -> ComposeResult:
        """Lay out one scrolling text."""
        with VerticalScroll(classes="box wide"):
            yield Static(help_text(self._about, self._sections), id="text", markup=False)

    def on_mount(self) -> None:
        """Name the dialog."""
        title = f"Help: {self._topic}" if self._topic else "Help"
        self.query_one(".box").border_title = title

    def on_click(self, event: events.Click) -> None:
        """Close, and have the key of the line that was clicked pressed in the place itself."""
        if key := pressed(event, beneath=True):
            self.dismiss(key)


def help_text(about: str, sections: Sequence[Section]) -> Group:
    """Return the help as it is shown."""
    parts: list[RenderableType] = [Text(f"{about}\n")] if about else []
    for section in sections:
        parts.append(Text(section.title, "bold"))
        widest = max((cell_len(row.keys) for row in section.rows), default=0)
        parts.append(_table(section.rows, min(max(KEYS_LEAST, widest), KEYS_MOST)))
        parts.append(Text(""))
    return Group(*parts[:-1])


def _table(rows: Sequence[Row], width: int) -> Table:
    """Return two columns, of which each wraps within itself."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(width=2 + width, overflow="fold")
    table.add_column(ratio=1, overflow="fold")
    for row in rows:
        style = pressing(row.press, beneath=True)
        keys = Padding(Text(row.keys, style + BOLD), (0, 0, 0, 2))
        table.add_row(keys, Text(row.words, style))
    return table
