"""What the command palette offers, and in which order: every command, saved view and theme."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from ..model.text import safe
from .commands import Command, shown_keys
from .saved_views import keyed
from .themes import ABOUT, NAMES


class Entry(Struct, frozen=True):
    """One thing that can be chosen by its name."""

    label: str
    keys: str
    help: str
    command: str = ""
    """The command's id; nothing where it is a theme."""
    theme: str = ""


def entries(
    commands: Sequence[Command], keymap: Mapping[str, str], views: Mapping[str, str]
) -> Sequence[Entry]:
    """Return all there is; a saved view stands under its own name."""
    named = {f"view_{key}": view for key, view in keyed(views).items()}
    found = []
    for command in commands:
        label, words = command.label, command.help
        if (view := named.get(command.id)) is not None:
            label, words = safe(view[0]), f"Saved view: {safe(view[1])}"
        found.append(Entry(label, shown_keys(command, keymap), words, command=command.id))
    found += [
        Entry(f"Theme {name}", "", ABOUT.get(name, "One of Textual's"), theme=name)
        for name in NAMES
    ]
    return found


def matching(offered: Sequence[Entry], typed: str) -> Sequence[Entry]:
    """Return what is meant by some letters, the likeliest first; without any, everything.

    What begins with them always comes before what has them elsewhere: enter, typed right behind
    them, must not do something else.
    """
    wanted = typed.casefold().split()
    if not wanted:
        return offered
    ranked = [(rank, each) for each in offered if (rank := _rank(each, wanted)) is not None]
    return [each for _, each in sorted(ranked, key=lambda pair: pair[0])]


def _rank(entry: Entry, wanted: Sequence[str]) -> int | None:
    """Return how near a name is to what was typed, the nearer the less; `None` if it is not."""
    label, whole = entry.label.casefold(), " ".join(wanted)
    tests = (
        label == whole,
        label.startswith(whole),
        _begin(wanted, label.split()),
        _begin(wanted, label.replace("-", " ").split()),
        whole in label,
        _begin(wanted, f"{label} {entry.help.casefold()}".split()),
        _in_order("".join(wanted), label),
    )
    return tests.index(True) if True in tests else None


def _begin(wanted: Sequence[str], words: Sequence[str]) -> bool:
    """Whether each of those that are wanted begins one of the words."""
    return all(any(word.startswith(each) for word in words) for each in wanted)


def _in_order(letters: str, label: str) -> bool:
    """Whether a name has these letters in their order, and begins with the first."""
    left: Iterator[str] = iter(label)
    return label[:1] == letters[:1] and all(letter in left for letter in letters)
