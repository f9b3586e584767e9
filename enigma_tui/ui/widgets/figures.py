"""The second line: the figures of the calls of some time."""

from collections.abc import Sequence

from ...model.tabs import Tab
from ...model.windows import Window
from ..columns import duration
from ..floor import Floor
from .line import Clickable, Item, Line, Part

NAME, VALUE, SPARK = (f"figures--{name}" for name in ("name", "value", "spark"))

_BARS = "▁▂▃▄▅▆▇█"


class FiguresLine(Line):
    """Says what is known of how long callers waited, and how many came."""

    COMPONENT_CLASSES = {NAME, VALUE, SPARK}  # noqa: RUF012

    def __init__(self, floor: Floor) -> None:
        super().__init__()
        self.floor = floor

    def items(self) -> Sequence[Item]:
        """Return each figure with its name."""
        floor = self.floor
        figures, service = floor.figures(), floor.metrics.service_level
        level, lost = figures.service_level, figures.abandoned_share
        live, to_dispose = f"{floor.tally[Tab.LIVE]:,}", f"{floor.tally[Tab.TO_DISPOSE]:,}"
        told = figures.abandoned is not None
        if not floor.board.calls and not floor.caught_up:
            live = to_dispose = "—"  # nothing is known yet, which is not the same as none
        return [
            _figure(0, "LIVE", live, "tab_1"),
            _figure(0, "TO DISPOSE", to_dispose, "tab_2"),
            _figure(1, "LONGEST HOLD (answered)", seconds(figures.longest_hold)),
            _figure(2, "ASA", seconds(figures.asa)),
            _figure(4, "P90", seconds(figures.p90)),
            _figure(
                3,
                f"SL≤{service.seconds:g}s",
                _share(level),
            ),
            # Where no records are collected nobody knows of these.
            *([_figure(4, "ABANDONED", _share(lost), "tab_3")] if told else []),
            *([] if figures.talk is None else [_figure(7, "TALK", seconds(figures.talk))]),
            *([(7, _agents(floor.agents.counts()))] if floor.agents else []),
            (
                5,
                (
                    (Clickable(sparkline(figures.per_minute) + " ", "statistics"), SPARK),
                    (Clickable(f"{figures.last_minute:,}/min", "statistics"), VALUE),
                ),
            ),
            # What is not as usual is said before anything else is.
            (
                6 if floor.window is Window.HALF_AN_HOUR else 1,
                ((Clickable(WINDOW_NAMES[floor.window], "window"), NAME),),
            ),
            (
                8,
                (
                    (
                        f"abandoned ≤{service.short_seconds:g}s {service.short_abandons}"
                        if told
                        else "SL of answered calls",
                        NAME,
                    ),
                ),
            ),
            # Said before anything else is: a hold in the table may be longer than the longest.
            *([(1, ((f"without {figures.late:,} late", NAME),))] if figures.late else []),
        ]


def _figure(rank: int, name: str, value: str, command: str = "window") -> Item:
    """Return a figure; a click on one of a time shows those of another."""
    return rank, ((Clickable(f"{name} ", command), NAME), (Clickable(value, command), VALUE))


def _agents(counts: Sequence[tuple[str, int]]) -> tuple[Part, ...]:
    told = ", ".join(f"{count:,} {word}" for word, count in counts) or "none at work"
    return (("AGENTS ", NAME), (told, VALUE))


WINDOW_NAMES = {
    Window.MINUTE: "last minute",
    Window.FIVE_MINUTES: "last 5 min",
    Window.HALF_AN_HOUR: "last 30 min",
    Window.HOUR: "last hour",
    Window.TODAY: "today",
}


def _share(value: float | None) -> str:
    return "—" if value is None else f"{value:.0%}"


def seconds(value: float | None) -> str:
    """Write seconds, or a dash where nobody knows them."""
    return "—" if value is None else duration(value)


def sparkline(counts: Sequence[int]) -> str:
    """Draw counts as bars, the highest as high as can be."""
    most = max(counts) or 1
    return "".join(_BARS[count * (len(_BARS) - 1) // most] for count in counts)
