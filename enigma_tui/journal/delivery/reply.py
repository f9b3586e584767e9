"""What another system made of an outcome that it was sent."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from ...model.delivery import Outgoing
from ...model.entry import MAX_ANSWER
from ...model.text import safe
from .payload import Facts


class Verdict(Enum):
    """What to do now."""

    DELIVERED = auto()
    REFUSED = auto()
    """Sending the same again would be answered the same."""
    LATER = auto()
    """It was not taken, and may be later."""
    UNSURE = auto()
    """It was sent, and whether it was taken is not known."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, or that there was none."""

    verdict: Verdict
    answer: str = ""
    """The status and the beginning of what followed, safe to show."""
    pause: float | None = None
    """For how many seconds the other system asks to be left alone."""
    status: int | None = None
    """The HTTP status, where one came."""


class Sender(Protocol):
    """The way to one system."""

    async def send(self, owed: Outgoing, facts: Facts, now_ms: int) -> Reply:
        """Send an outcome once, and return what came of it. `now_ms` is the server's clock."""

    async def close(self) -> None:
        """Close its connections."""


AT_ONCE = 8
"""How many outcomes are under way to one system together."""

FINAL_SPARED = frozenset({408, 425, 429})
"""The client errors that are over after a while."""

MOST_PAUSE = 300.0
"""Seconds; no system is left alone for longer, whatever it asks for."""


def judge(status: int, phrase: str, body: str, retry_after: str) -> Reply:
    """Return what an HTTP answer means."""
    said = f"{status} {phrase}".strip()
    if text := " ".join(body.split()):
        said = f"{said}: {safe(text, 200)}"
    said = safe(said, MAX_ANSWER)
    if 200 <= status < 300:
        return Reply(Verdict.DELIVERED, said, status=status)
    if status >= 500 or status in FINAL_SPARED:
        pause = float(retry_after) if retry_after.isascii() and retry_after.isdigit() else None
        pause = None if pause is None else min(pause, MOST_PAUSE)
        return Reply(Verdict.LATER, said, pause, status)
    return Reply(Verdict.REFUSED, said, status=status)
