"""Reads the scalars of a notification, leniently: the same value comes as `41`, `"41"`, `41.0`,
`""` or `null` (PROTOCOL.md §1).
"""

import math
from datetime import UTC, datetime

from .text import MAX_LENGTH, safe, safe_reference

MAX_SECONDS = 7 * 24 * 3600
"""A duration above this, in seconds, is taken as unknown."""

MAX_DIGITS = 400
"""An integer with more digits than this, beyond any float, is taken as infinite."""

_INFINITE: int = 10**MAX_DIGITS


class Unreadable(ValueError):
    """Why something cannot be read, as a sentence for a supervisor."""


def kind(value: object) -> str:
    """Name what a JSON value is, in words for a supervisor."""
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case str():
            return "a text"
        case int() | float() if not _is_finite(value):
            return "an infinite or undefined number"
        case int() | float():
            return "a number"
        case list():
            return "a list"
        case _:
            return "an object"


def _is_finite(number: float) -> bool:
    if isinstance(number, int):
        return -_INFINITE < number < _INFINITE
    return math.isfinite(number)


def _scalar(value: object) -> str | None:
    """Return a text for a text or a number, `None` for anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or not _is_finite(value):
        return None
    if isinstance(value, int):
        return str(value)
    return str(int(value)) if value.is_integer() else repr(value)


def read_text(value: object) -> str:
    """Return a text or a number as safe text; anything else is empty."""
    if isinstance(value, str):
        # Nearly everything is clean; this is done nine times for each notification.
        if value.isascii() and value.isprintable() and len(value) <= MAX_LENGTH:
            return value.strip()
        return safe(value.strip())
    return "" if value is None else safe(_scalar(value) or "")


def read_reference(value: object) -> str:
    """Return a reference, which must be there; raises `Unreadable`."""
    if isinstance(value, str) and value.isalnum() and value.isascii() and len(value) <= 64:
        return value  # as nearly all are; what follows would return the same
    text = _scalar(value)
    if text is None:
        raise Unreadable(f"must be a text or a number, not {kind(value)}")
    if not text.strip():
        raise Unreadable("is empty")
    return safe_reference(text.strip())


def read_seconds(value: object) -> float | None:
    """Return a duration in seconds; what cannot be one is unknown."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return abs(float(value)) if 0 <= value <= MAX_SECONDS else None
    text = _scalar(value)
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        return None
    return abs(seconds) if 0 <= seconds <= MAX_SECONDS else None  # there is a zero below zero


def read_time(value: object) -> float | None:
    """Return a point in time as Unix seconds, or `None`.

    It comes as Unix seconds or as ISO 8601, which is taken as UTC where it names no zone.
    """
    text = (_scalar(value) or "").strip()
    try:
        seconds = float(text)
    except ValueError:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return None
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return seconds if 0 < seconds < 1e11 else None
