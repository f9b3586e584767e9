"""Every key, made from the list of commands; and the filter language."""

from collections.abc import Mapping, Sequence

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from ...model.query import FIELDS
from ..commands import COMMANDS, Command, shown_keys
from .dialog import Dialog


class HelpDialog(Dialog[None]):
    """Lists what every key does."""

    AUTO_FOCUS = "VerticalScroll"
    BINDINGS = [  # noqa: RUF012
        ("q,question_mark", "leave", "Close"),
        ("j", "scroll(1)", ""),
        ("k", "scroll(-1)", ""),
    ]

    def __init__(
        self,
        keymap: Mapping[str, str],
        read_only: bool,
        commands: Sequence[Command] = COMMANDS,
    ) -> None:
        super().__init__()
        self._keymap = keymap
        self._read_only = read_only
        self._commands = commands

    def compose(self) -> ComposeResult:
        """Lay out one scrolling text."""
        with VerticalScroll(classes="box wide"):
            yield Static(help_text(self._keymap, self._read_only, self._commands), markup=False)

    def on_mount(self) -> None:
        """Name the dialog."""
        box = self.query_one(".box")
        box.border_title = "Help"
        box.border_subtitle = "j k scrolls   esc closes"


def help_text(
    keymap: Mapping[str, str],
    read_only: bool = False,
    commands: Sequence[Command] = COMMANDS,
) -> Text:
    """Return the help as it is shown."""
    text = Text()
    for group in dict.fromkeys(command.group for command in commands):
        text.append(f"{group.value}\n", "bold")
        for command in commands:
            if command.group is group:
                text.append(f"  {shown_keys(command, keymap):<10}", "bold")
                off = " (off: this board is read-only)" if read_only and command.writes else ""
                text.append(f"  {command.help}{off}\n")
        text.append("\n")
    text.append("Filters\n", "bold")
    text.append("  Words match the caller, the dialled number, references and the extension.\n")
    text.append('  ext:2001,2004   ext:2000-2099   hold>60s   !state:live   contact:""\n')
    text.append('  a or b   (a b)   "as it stands"   0820*   : begins with, = is, != is not\n\n')
    for name, about in FIELDS.items():
        text.append(f"  {name:<10}", "bold")
        text.append(f"  {about}\n")
    return text
