"""The line at the top of a replay: where it is, and how fast it goes."""

from collections.abc import Iterator
from datetime import datetime

from ...model.text import safe
from ..widgets.line import Clickable, Part
from ..widgets.status import BAD, QUIET, TITLE, WAIT, StatusLine
from .floor import ReplayFloor


class ReplayStatus(StatusLine):
    """Never says `live`, and shows the date and time of what is on screen, not today's."""

    floor: ReplayFloor

    def __init__(self, floor: ReplayFloor) -> None:
        super().__init__(floor, watching="")

    def at_the_right(self) -> str:
        """Return the date and the time of the replay."""
        now = datetime.fromtimestamp(self.floor.now_ms() / 1000).astimezone()
        return f"{now.day} {now:%b %Y %H:%M:%S}"

    def feed(self) -> Part:
        """Return what the replay does, and the name of its style."""
        player, replaying = self.floor.player, self.floor.replaying
        if replaying is not None and replaying.fault is not None:
            left = round((replaying.retry_at or 0.0) - replaying.clock())
            again = f", retry in {left}s" if left > 0 else ", retrying"
            return f"replay, {replaying.fault.name}{again}", BAD
        if player.reading:
            return "replay, reading", WAIT
        if player.at_end:
            return "replay, end", WAIT
        return f"replay {player.speed:g}×" + (", paused" if player.paused else ""), WAIT

    def _parts(self) -> Iterator[tuple[int, Part]]:
        floor = self.floor
        word, style = self.feed()
        yield 0, (Clickable("Enigma", "palette"), TITLE)
        yield 7, (safe(floor.site.title, 40), QUIET)
        yield 0, (Clickable(f"● {word}", "pause"), style)
        yield 1, (f"{floor.player.share:.0%}", QUIET)
        if floor.unread:
            yield 2, (f"{floor.unread:,} line{'s' if floor.unread > 1 else ''} not read", BAD)
        yield from self.taken_in()
