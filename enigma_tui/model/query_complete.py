"""What a filter that is being typed may go on with: the name of a field, or a value it can have."""

import re
from collections.abc import Callable, Iterator, Sequence

from .query_fields import TABLE

Known = Callable[[str], Sequence[str]]
"""Returns the values that are known for a field, the likeliest first."""

_FIELD = re.compile(r"(?:^|[\s(!])(?P<word>[a-z]*)$")
_VALUE = re.compile(
    r"(?:^|[\s(!])(?P<field>[a-z]+)(?::|=|!=)(?:[^\s,\"()]+,|\"[^\"]*\",)*"
    r"(?P<quote>\"?)(?P<word>(?<=\")[^\"]*|[^\s,\"()]*)$"
)
_PLAIN = re.compile(r"[\w.+@-]+")


def complete(text: str, known: Known) -> str | None:
    """Return the whole text as it may go on, or `None` where nobody can tell.

    It always begins with `text`. Nothing is offered where no word has been begun.
    """
    found = _FIELD.search(text)
    if found and not found["word"] and not _VALUE.search(text):
        return None
    return next(ways_on(text, known), None)


def ways_on(text: str, known: Known) -> Iterator[str]:
    """Yield every whole text that it may go on as, the likeliest first.

    A value that needs quotes is among them once they are opened.
    """
    if found := _VALUE.search(text):
        word, quote = found["word"], found["quote"]
        for value in known(found["field"]):
            if value.startswith(word) and value != word and (quote or _PLAIN.fullmatch(value)):
                yield text + value[len(word) :] + quote
    elif found := _FIELD.search(text):
        word = found["word"]
        for name, field in TABLE.items():
            if name.startswith(word):
                yield text + name[len(word) :] + (">" if field.compares else ":")
