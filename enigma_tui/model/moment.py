"""Points in time as they are typed on a command line: so long ago, or a date and a time."""

import re
from datetime import datetime, tzinfo

from msgspec import Struct

_AGO = re.compile(r"([0-9]{1,6})\s*([smhd]?)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}


class Moment(Struct, frozen=True):
    """A point in time: by the calendar, or by how long before now it was."""

    ms: int
    """Milliseconds since the epoch; or before now."""
    ago: bool

    def at(self, now_ms: int) -> int:
        """Return it in milliseconds since the epoch; `now_ms` is the server's time."""
        return now_ms - self.ms if self.ago else self.ms


def parse_moment(text: str, zone: tzinfo | None = None) -> Moment:
    """Read `90s`, `30m`, `8h`, `7d` ago, or `2026-11-22`, `2026-11-22 14:30` and longer.

    A date alone is its midnight. Where no offset is named, `zone` is meant, `None` for this
    machine's. Raises `ValueError` with a sentence for the person who typed it.
    """
    typed = text.strip()
    if ago := _AGO.fullmatch(typed):
        return Moment(int(ago[1]) * _SECONDS[ago[2]] * 1000, ago=True)
    try:
        moment = datetime.fromisoformat(typed)
        if moment.tzinfo is None:
            moment = moment.astimezone() if zone is None else moment.replace(tzinfo=zone)
        return Moment(round(moment.timestamp() * 1000), ago=False)
    except (ValueError, OverflowError):
        raise ValueError(
            f"{text!r} is not a time; for example 90s, 30m, 8h, 7d, 2026-11-22 or 2026-11-22T14:30"
        ) from None
