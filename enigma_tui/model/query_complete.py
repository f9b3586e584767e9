"""What a filter that is being typed may go on with: the name of a field, or a value it can have."""

import re
from collections.abc import Callable, Sequence

from .query_fields import TABLE

Known = Callable[[str], Sequence[str]]
"""Returns the values that are known for a field, the likeliest first."""

_FIELD = re.compile(r"(?:^|[\s(!])(?P<word>[a-z]+)$")
_VALUE = re.compile(
    r"(?:^|[\s(!])(?P<field>[a-z]+)(?::|=|!=)(?:[^\s,\"()]+,|\"[^\"]*\",)*"
    r"(?P<quote>\"?)(?P<word>(?<=\")[^\"]*|[^\s,\"()]*)$"
)
_PLAIN = re.compile(r"[\w.+@-]+")


def complete(text: str, known: Known) -> str | None:
    """Return the whole text as it may go on, or `None` where nobody can tell.

    It always begins with `text`. A value that needs quotes is offered once they are opened.
    """
    if found := _VALUE.search(text):
        word, quote = found["word"], found["quote"]
        for value in known(found["field"]):
            if value.startswith(word) and value != word and (quote or _PLAIN.fullmatch(value)):
                return text + value[len(word) :] + quote
        return None
    if found := _FIELD.search(text):
        word = found["word"]
        for name, field in TABLE.items():
            if name.startswith(word):
                return text + name[len(word) :] + (">" if field.compares else ":")
    return None
