"""The two lines at the top: the state of the feed, and the figures."""

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text
from textual.widgets import Static

from ...journal.collector import CollectorStatus
from ...model.text import safe
from ..columns import clock, duration
from ..floor import Floor

STALE_SECONDS = 7.0
"""No answer for this long, and what is on screen is called stale."""

_SPARK = "▁▂▃▄▅▆▇█"

Part = tuple[str, str]
"""A text and the name of its style."""


def age(seconds: float) -> str:
    """Write how long ago something was, in one unit or two."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m {whole % 60:02}s"
    return f"{whole // 3600}h {whole % 3600 // 60:02}m"


class StatusLine(Static):
    """Tells the truth about the feed, always with a word beside the colour."""

    COMPONENT_CLASSES = {  # noqa: RUF012
        "status--good", "status--wait", "status--bad", "status--quiet", "status--title",
    }  # fmt: skip

    def __init__(self, floor: Floor, collector: CollectorStatus, *, watching: str) -> None:
        super().__init__(markup=False)
        self.floor = floor
        self.own_collector = collector
        self.watching = watching
        """Why this board does not collect; empty when it does."""
        self._last: tuple[Part, ...] = ()

    def feed(self) -> Part:
        """Return the state of the feed as a word and the name of its style."""
        follower = self.floor.follower
        if follower is None:
            return "connecting", "wait"
        link = follower.link
        now = follower.clock()
        since = None if link.answered_at is None else now - link.answered_at
        if link.fault is not None:
            retry = max(0, round(link.retry_at - now)) if link.retry_at else 0
            old = f", data {age(since)} old" if since is not None else ""
            again = f", retry in {retry}s" if retry else ", retrying"
            word = link.fault.name if not link.fault.passing else "disconnected"
            return f"{word}{old}{again}", "bad"
        if not link.connected:
            return "connecting", "wait"
        if since is not None and since > STALE_SECONDS:
            return f"stale, no answer for {age(since)}", "bad"
        if self.floor.paused:
            return f"paused, {len(self.floor.held):,} waiting", "wait"
        if not link.caught_up:
            return "reading the journal", "wait"
        return "live", "good"

    def collector(self) -> Part | None:
        """Return who collects, where that is worth a word."""
        follower = self.floor.follower
        pulse = follower.pulse if follower else None
        if follower is None or pulse is None or follower.link.fault:
            return None
        fault, holding = self.own_collector.fault, self.own_collector.holding
        # Collecting again, it has not yet been proved that what passes has passed.
        if fault is not None and not (holding and fault.passing):
            return f"cannot collect: {fault.name}", "bad"
        if holding:
            return None
        if not self.floor.has_site:
            return "not collecting", "wait"
        if not pulse.collected:
            return "nobody collects", "bad"
        return None

    def parts(self) -> Sequence[tuple[int, Part]]:
        """Return what the line says, each with how dispensable it is where room is short."""
        floor = self.floor
        word, style = self.feed()
        said: list[tuple[int, Part]] = [
            (0, (" Enigma", "title")),
            (6, (safe(floor.site.title, 40), "quiet")),
            (0, (f"● {word}", style)),
        ]
        if self.watching:
            said.append((1, (self.watching, "wait")))
        if collector := self.collector():
            said.append((1, collector))
        follower = floor.follower
        pulse = follower.pulse if follower else None
        if pulse is not None and follower is not None and follower.link.fault is None:
            waiting = pulse.backlog
            said.append(
                (4 - 3 * bool(waiting), (f"backlog {waiting:,}", "wait" if waiting else "quiet"))
            )
        if floor.board.rejected_total:
            said.append((5, (f"rejected {floor.board.rejected_total:,}", "wait")))
        if floor.newest_ms is not None:
            ago = age((floor.now_ms() - floor.newest_ms) / 1000)
            said.append((3, (f"last event {ago} ago", "quiet")))
        return [(rank, part) for rank, part in said if part[0]]

    def tell(self) -> None:
        """Say it, if it is not what is said already."""
        if not self.size:
            return
        width = self.size.width
        now = clock(self.floor.now_ms())
        said = list(self.parts())
        while len(said) > 1 and _length(said) + len(now) + 3 > width:
            said.remove(max(said, key=lambda item: item[0]))
            if max(said, key=lambda item: item[0])[0] == 0:
                break
        room = width - _length(said) - len(now) - 1
        line = (*(part for _, part in said), (" " * max(1, room) + now, "quiet"))
        if line == self._last:
            return
        self._last = line
        text = Text(no_wrap=True, overflow="ellipsis", end="")
        for place, (words, style) in enumerate(line):
            if 0 < place < len(line) - 1:
                text.append("  ")
            text.append(words, self.get_component_rich_style(f"status--{style}", partial=True))
        self.update(text)

    def on_resize(self) -> None:
        """Use the room there is now."""
        self._last = ()
        self.tell()

    def notify_style_update(self) -> None:
        """Say it again in the new colours."""
        super().notify_style_update()
        self._last = ()


def _length(said: Sequence[tuple[int, Part]]) -> int:
    return sum(cell_len(part[0]) for _, part in said) + 2 * max(0, len(said) - 1)


class FiguresLine(Static):
    """The figures of the calls answered in the last half hour."""

    COMPONENT_CLASSES = {  # noqa: RUF012
        "figures--name", "figures--value", "figures--spark",
    }  # fmt: skip

    def __init__(self, floor: Floor) -> None:
        super().__init__(markup=False)
        self.floor = floor
        self._last: tuple[tuple[str, str], ...] = ()

    def figures(self) -> Sequence[tuple[int, str, str]]:
        """Return rank, name and value of each figure."""
        floor = self.floor
        figures = floor.figures()

        def seconds(value: float | None) -> str:
            return "—" if value is None else duration(value)

        level = figures.service_level
        limit = f"{floor.site.service_level_seconds:g}"
        most = max(figures.per_minute) or 1
        spark = "".join(
            _SPARK[min(len(_SPARK) - 1, count * (len(_SPARK) - 1) // most)]
            for count in figures.per_minute
        )
        last_full = figures.per_minute[-2]
        return (
            (0, "LIVE", f"{floor.tally.live:,}"),
            (0, "TO DISPOSE", f"{floor.tally.to_dispose:,}"),
            (1, "LONGEST HOLD", seconds(figures.longest_hold)),
            (2, "ASA", seconds(figures.asa)),
            (4, "P90", seconds(figures.p90)),
            (3, f"SL≤{limit}s", "—" if level is None else f"{level:.0%}"),
            (5, spark, f"{last_full}/min"),
            (6, "", "answered, last 30 min"),
        )

    def tell(self) -> None:
        """Say it, if it is not what is said already."""
        if not self.size:
            return
        said = list(self.figures())
        while len(said) > 2 and _figures_length(said) > self.size.width:
            said.remove(max(said, key=lambda item: item[0]))
        line = tuple((name, value) for _, name, value in said)
        if line == self._last:
            return
        self._last = line
        text = Text(" ", no_wrap=True, overflow="ellipsis", end="")
        for place, (name, value) in enumerate(line):
            if place:
                text.append("   ")
            spark = name[:1] in _SPARK and bool(name)
            style = "spark" if spark else "name"
            if name:
                text.append(
                    name + " ", self.get_component_rich_style(f"figures--{style}", partial=True)
                )
            kind = "value" if name else "name"
            text.append(value, self.get_component_rich_style(f"figures--{kind}", partial=True))
        self.update(text)

    def on_resize(self) -> None:
        """Use the room there is now."""
        self._last = ()
        self.tell()

    def notify_style_update(self) -> None:
        """Say it again in the new colours."""
        super().notify_style_update()
        self._last = ()


def _figures_length(said: Sequence[tuple[int, str, str]]) -> int:
    return (
        2
        + sum(cell_len(name) + 1 + cell_len(value) for _, name, value in said)
        + 3 * (len(said) - 1)
    )
