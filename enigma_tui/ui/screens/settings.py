"""The settings in force, and where each came from."""

from collections.abc import Sequence

from rich.text import Text

from ...model.text import safe
from ...settings_shown import DEFAULT, Shown, in_words
from ..columns import fill
from .finding import FindingDialog

NAME_LEAST, NAME_MOST, ORIGIN_MOST = 24, 38, 12
"""Cells of the first and the last column."""

VALUE_MOST = 20_000
"""Characters of a value that are shown."""


class SettingsDialog(FindingDialog[None, Shown]):
    """Lists settings, one's own and the site's; what is cut in the list stands below in full."""

    TOPIC = "settings"
    ABOUT = (
        "What is in force on this board. Your own settings: defaults, then the settings file, then "
        "the environment, then the command line, of which the last counts. The site's are the same "
        "on every board that shows the same version; enigma-tui site edit changes them. Secrets "
        "are not shown."
    )
    TITLE_WORDS = "Settings in force"
    PLACEHOLDER = "a name, a value, or where it came from"
    HINT = "↑ ↓ moves   esc closes"

    def __init__(self, settings: Sequence[Shown]) -> None:
        super().__init__()
        self._settings = settings

    def find(self, typed: str) -> Sequence[Shown]:
        """Return the settings that have all these words in them."""
        wanted = typed.casefold().split()
        return [
            each
            for each in self._settings
            if all(word in f"{each.name} {each.value} {each.origin}".casefold() for word in wanted)
        ]

    def line(self, item: Shown, width: int) -> Text:
        """Return the name, the value and the origin, in short."""
        text = Text(no_wrap=True)
        changed = item.origin != DEFAULT
        names = max(NAME_LEAST, min(NAME_MOST, width // 3))
        room = max(8, width - names - ORIGIN_MOST - 4)
        text.append(f" {fill(safe(item.name), names)} ", "bold" if changed else "")
        text.append(fill(safe(item.value), room))
        text.append(f" {fill(in_words(item.origin)[0], ORIGIN_MOST)}", "dim")
        return text

    def about(self, item: Shown) -> Text:
        """Return the whole of it."""
        text = Text().append(f"{safe(item.name)} = ", "bold")
        text.append(safe(item.value, VALUE_MOST))
        return text.append(f"\n{safe(in_words(item.origin)[1])}", "dim")
