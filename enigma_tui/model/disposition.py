"""The tree of disposition codes, and what each of them requires."""

import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

from msgspec import Struct

from .entry import LAST_MS


class Code(Struct, frozen=True):
    """One outcome, or a group of outcomes, that a supervisor can choose."""

    code: str
    """What is recorded; a code in a group carries the group's before a dot."""
    label: str
    key: str
    """The one key that chooses it."""
    note_required: bool = False
    callback: bool = False
    """Whether it asks when the caller is to be called back."""
    dialler: str = ""
    """What it is to the Dialler, E, H, C or R (PROTOCOL.md §4); empty where it is nothing."""
    codes: tuple["Code", ...] = ()
    """The second level; a code that has one is a group and is not recorded itself."""

    @property
    def asks(self) -> bool:
        """Whether something has to be typed before it can be recorded."""
        return self.note_required or self.callback


class CodeTree(Struct, frozen=True):
    """All codes of a site."""

    codes: tuple[Code, ...]

    def leaves(self) -> Iterator[Code]:
        """Yield every code that can be recorded, in the order of the tree."""
        for code in self.codes:
            if code.codes:
                yield from code.codes
            else:
                yield code

    def find(self, name: str) -> Code | None:
        """Return the code recorded as `name`; a second-level code is found without its group."""
        for leaf in self.leaves():
            if name == leaf.code:
                return leaf
        matching = [leaf for leaf in self.leaves() if leaf.code.rpartition(".")[2] == name]
        return matching[0] if len(matching) == 1 else None

    def search(self, text: str) -> list[Code]:
        """Return the codes whose label or name has every word of `text`."""
        words = text.casefold().split()
        return [
            leaf
            for leaf in self.leaves()
            if all(word in f"{leaf.label} {leaf.code}".casefold() for word in words)
        ]


def parse_when(text: str, now: datetime) -> datetime:
    """Read when to call back: `30m`, `2h`, `14:30`, `tomorrow 9:00` or `2026-11-30 14:30`.

    `now` carries the zone that is meant; where that is this machine's, as `astimezone()` gives
    it, its clocks may change until then. Minutes and hours are counted through a change of the
    clocks, days keep the time of day. A bare time that is past today means tomorrow. Raises
    `ValueError` with a sentence for the person who typed it.
    """
    typed = text.strip().casefold()
    if match := re.fullmatch(r"(?:in\s+)?\+?(\d{1,4})\s*(m|min|h|d)", typed):
        amount = int(match[1])
        if not amount:
            raise ValueError("that time is past")
        if match[2] == "d":
            return _shown(now.replace(tzinfo=None) + timedelta(days=amount), now)
        span = timedelta(hours=amount) if match[2] == "h" else timedelta(minutes=amount)
        moment = now.astimezone(UTC) + span
        return moment.astimezone() if _is_local(now) else moment.astimezone(now.tzinfo)
    if match := re.fullmatch(r"(tomorrow\s+|today\s+)?(\d{1,2})[:h](\d{2})", typed):
        hour, minute = int(match[2]), int(match[3])
        if hour < 24 and minute < 60:
            day = now.replace(tzinfo=None, hour=hour, minute=minute, second=0, microsecond=0)
            tomorrow = day + timedelta(days=1)
            if (match[1] or "").startswith("tomorrow"):
                return _shown(tomorrow, now)
            when = _shown(day, now)
            if when.timestamp() > now.timestamp():
                return when
            if not match[1]:
                return _shown(tomorrow, now)
            raise ValueError("that time is past")
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}[ t]\d{1,2}:\d{2}", typed):
        try:
            # Without a zone on purpose: `_shown` gives it the one it has on that day.
            naive = datetime.strptime(typed.replace("t", " "), "%Y-%m-%d %H:%M")  # noqa: DTZ007
            when = _shown(naive, now)
            seconds = when.timestamp()
        except (ValueError, OverflowError):
            seconds = math.inf  # no such day, or one at an end of the calendar
        if seconds <= now.timestamp():
            raise ValueError("that time is past")
        if seconds * 1000 <= LAST_MS:
            return when
    raise ValueError("when? for example 30m, 2h, 14:30, tomorrow 9:00 or 2026-11-30 14:30")


def _shown(wall: datetime, now: datetime) -> datetime:
    """Return when the clocks of the zone that `now` is in show `wall`.

    Where they show it twice, the second time if the first is past.
    """
    for fold in (0, 1):
        folded = wall.replace(fold=fold)
        moment = folded.astimezone() if _is_local(now) else folded.replace(tzinfo=now.tzinfo)
        if moment.timestamp() > now.timestamp():
            break
    return moment


def _is_local(now: datetime) -> bool:
    """Whether `now` is in this machine's zone; it is then written as the offset of the moment."""
    return isinstance(now.tzinfo, timezone) and now.astimezone().utcoffset() == now.utcoffset()
