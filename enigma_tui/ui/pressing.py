"""Words that name a key, and are clicked as that key is pressed.

So that whoever has a mouse in the hand need not let go of it, every hint is a button.
"""

from collections.abc import Iterator
from itertools import takewhile
from typing import Any

from rich.style import Style
from rich.text import Text
from textual import events
from textual.app import App
from textual.keys import REPLACED_KEYS, key_to_character

_WRITTEN = {
    "escape": "esc",
    "pagedown": "PgDn",
    "pageup": "PgUp",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "delete": "del",
    **{f"f{number}": f"F{number}" for number in range(1, 13)},
}
_NAMED = {word: key for key, word in _WRITTEN.items()}
_NAMED |= {"enter": "enter", "space": "space", "tab": "tab", "?": "question_mark", "/": "slash"}
_NAMED |= {
    "+": "plus",
    "-": "minus",
    "*": "asterisk",
    "<": "less_than_sign",
    ">": "greater_than_sign",
}

KEY = Style(bold=True, reverse=True)
"""How a key looks that stands in a list of them."""

_PRESS, _BENEATH = "press", "beneath"


def character_of(key: str) -> str | None:
    """Return what a key types, by its Textual name; nothing where it does not."""
    return key_to_character(REPLACED_KEYS.get(key, key))


def written(key: str) -> str:
    """Return a key, by its Textual name, as people write it."""
    if (word := _WRITTEN.get(key)) is not None:
        return word
    character = character_of(key)
    return character if character and character.isprintable() and character != " " else key


def pressing(key: str, *, beneath: bool = False) -> Style:
    """Return the style of words that are clicked as a key, by its Textual name.

    Some of the help mean a key of the place `beneath`.
    """
    return Style(meta={_BENEATH if beneath else _PRESS: key}) if key else Style()


def hint(line: str) -> Text:
    """Return a line of hints of which each can be clicked as the key that it begins with.

    Hints stand three spaces apart, as in `enter keeps it   j k moves   esc leaves`.
    """
    text = Text()
    for row, words in enumerate(line.split("\n")):
        text.append("\n" if row else "")
        for place, part in enumerate(words.split("   ")):
            text.append("   " if place else "")
            for piece, key in _pieces(part):
                text.append(piece, pressing(key))
    return text


def _pieces(part: str) -> Iterator[tuple[str, str]]:
    """Yield the pieces of one hint, each with its key; the last goes on with the words."""
    words = part.split(" ")
    *before, last = [*takewhile(bool, map(_key, words))] or [""]
    for word, key in zip(words, before, strict=False):
        yield word, key
        yield " ", ""
    yield " ".join(words[len(before) :]), last


def _key(word: str) -> str:
    return _NAMED.get(word) or (word if len(word) == 1 and word.isalnum() else "")


def pressed(event: events.Click, *, beneath: bool = False) -> str:
    """Return the key that was clicked, or nothing."""
    key = event.style.meta.get(_BENEATH if beneath else _PRESS, "")
    return key if isinstance(key, str) else ""


def press(app: App[Any], key: str) -> None:
    """Have a key, by its Textual name, taken as if it had been typed."""
    event = events.Key(key, character_of(key))
    event.set_sender(app)  # a screen that sent it would not let it out to the app's bindings
    app.post_message(event)
