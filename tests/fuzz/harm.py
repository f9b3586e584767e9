"""What no value may have in it, told without the code that takes it out."""

import unicodedata

_NEVER = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def harm_in(text: str) -> str:
    """Return the first character that could act on a terminal or hide, or nothing."""
    return next((char for char in text if unicodedata.category(char) in _NEVER), "")


def is_shown_safely(text: str, limit: int = 256) -> bool:
    """Whether a text can be shown, written and sent, and is no longer than it may be."""
    text.encode()  # a lone surrogate would raise
    return not harm_in(text) and len(text) <= limit
