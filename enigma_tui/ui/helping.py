"""What help says of a place: its keys, taken from the bindings that are in force there."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct
from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input, OptionList

from ..model.query_help import EXAMPLES, FIELDS, MEANINGS
from .commands import Command, keys_of, shown_keys
from .pressing import character_of, written


class Row(Struct, frozen=True):
    """One line of a help screen."""

    keys: str
    """The keys as people write them, or what else is explained."""
    words: str
    press: str = ""
    """The key, by its Textual name, that a click on the line is."""


class Section(Struct, frozen=True):
    """Some lines of a help screen that belong together."""

    title: str
    rows: Sequence[Row]


_LAST = ("app.focus_next", "app.focus_previous", "leave", "help")
"""What every dialog has stands below what only this one has."""

_TEXTUALS = {
    "app.focus_next": "To the next field",
    "app.focus_previous": "To the field before",
    "screen.copy_text": "",
}
"""Other words for what Textual has in every place; none, and it is left out."""

_SIDEWAYS = ("scroll_left", "scroll_right", "page_left", "page_right")
_SCROLLS = (
    *_SIDEWAYS,
    "scroll_up",
    "scroll_down",
    "scroll_home",
    "scroll_end",
    "page_up",
    "page_down",
)
"""What Textual's texts, lists and lines inherit: nothing is wider than its place, and in a line
there is nothing to scroll."""


def of_board(
    commands: Sequence[Command], keymap: Mapping[str, str], read_only: bool = False
) -> Sequence[Section]:
    """Return every command of a board, with the settings' own keys."""
    sections = []
    for group in dict.fromkeys(command.group for command in commands):
        rows = []
        for command in commands:
            if command.group is group:
                off = " (off: this board is read-only)" if read_only and command.writes else ""
                first = keys_of(command, keymap)[0]
                rows.append(Row(shown_keys(command, keymap), command.help + off, first))
        sections.append(Section(group.value, rows))
    return sections


def of_place(screen: Screen[Any], place: DOMNode | None = None) -> Sequence[Section]:
    """Return the keys that do something in a place now: its own, and those of what has the focus.

    The place is the screen, or what the focus is in. Where one types, keys that are typed do
    nothing else.
    """
    focused = screen.focused
    own: dict[str, list[str]] = {}
    inner: dict[str, list[str]] = {}
    words: dict[str, str] = {}
    for node, key, binding in _bindings(screen, place or screen):
        group = inner if node is focused else own
        group.setdefault(binding.action, []).append(key)
        words[binding.action] = _TEXTUALS.get(binding.action, binding.description)
    if len(screen.focus_chain) < 2:
        words |= dict.fromkeys(_TEXTUALS, "")
    shown = [action for action in own if words[action]]
    shown.sort(key=lambda action: _LAST.index(action) if action in _LAST else -1)
    sections = [Section("Keys", [_row(own[action], words[action]) for action in shown])]
    if inner:
        rows = [_row(keys, words[action]) for action, keys in inner.items()]
        sections.append(Section(_title(focused), rows))
    return sections


def _bindings(screen: Screen[Any], place: DOMNode) -> Iterator[tuple[DOMNode, str, Binding]]:
    """Yield each key's binding that is in force, from what has the focus out to the place."""
    taken: set[str] = set()
    typing = screen.focused if isinstance(screen.focused, Input) else None
    for node, bindings in screen._modal_binding_chain:
        useless = _SCROLLS if isinstance(node, Input) else _SIDEWAYS
        for key, binding in bindings:
            if not binding.description or binding.action in useless or key in taken:
                continue
            if typing and node is not typing and typing.check_consume_key(key, character_of(key)):
                continue
            if screen.app._check_action_state(binding.action, node) is not False:
                taken.add(key)
                yield node, key, binding
        if node is place:
            return


def _row(keys: Sequence[str], words: str) -> Row:
    return Row(" ".join(map(written, keys)), words, keys[0])


def _title(focused: Widget | None) -> str:
    if isinstance(focused, Input):
        return "In the line"
    return "In the list" if isinstance(focused, OptionList) else "In the text"


def of_filters() -> Iterator[Section]:
    """Return the filter language: its fields, what their signs mean, examples."""
    for title, table in (
        ("Examples", EXAMPLES),
        ("Fields", FIELDS),
        ("How they are written", MEANINGS),
    ):
        yield Section(title, [Row(what, words) for what, words in table.items()])
