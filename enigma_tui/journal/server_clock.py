"""The server's clock, and how long what is told under it counts as news."""

from collections.abc import Sequence
from typing import Any


def ms_of(clock: Sequence[Any]) -> int:
    """Return an answer to `TIME` in milliseconds since the epoch."""
    seconds, micros = clock
    return int(seconds) * 1000 + int(micros) // 1000


def fresh(told: bytes, now_ms: int, lasts_ms: int) -> bytes | None:
    """Return what was told behind the time (ms) at which it was; `None` where that is too long ago.

    So it is where there is no such time: another version may have another form.
    """
    at, _, rest = told.partition(b" ")
    # No longer than this program itself writes it.
    if not (at.isdigit() and len(at) <= 16) or now_ms - int(at) > lasts_ms:
        return None
    return rest
