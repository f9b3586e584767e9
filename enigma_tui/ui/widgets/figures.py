"""The second line: the figures of the calls answered in the last half hour."""

from collections.abc import Sequence

from ..columns import duration
from ..floor import Floor
from .line import Item, Line

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
        figures = floor.figures()
        level = figures.service_level
        live, to_dispose = f"{floor.tally.live:,}", f"{floor.tally.to_dispose:,}"
        if not floor.board.calls and not floor.caught_up:
            live = to_dispose = "—"  # nothing is known yet, which is not the same as none
        return [
            _figure(0, "LIVE", live),
            _figure(0, "TO DISPOSE", to_dispose),
            _figure(1, "LONGEST HOLD (answered)", _seconds(figures.longest_hold)),
            _figure(2, "ASA", _seconds(figures.asa)),
            _figure(4, "P90", _seconds(figures.p90)),
            _figure(
                3,
                f"SL≤{floor.site.service_level_seconds:g}s",
                "—" if level is None else f"{level:.0%}",
            ),
            (
                5,
                (
                    (sparkline(figures.per_minute) + " ", SPARK),
                    (f"{figures.last_minute:,}/min", VALUE),
                ),
            ),
            (6, (("last 30 min", NAME),)),
            # Said before anything else is: a hold in the table may be longer than the longest.
            *([(1, ((f"without {figures.late:,} late", NAME),))] if figures.late else []),
        ]


def _figure(rank: int, name: str, value: str) -> Item:
    return rank, ((f"{name} ", NAME), (value, VALUE))


def _seconds(value: float | None) -> str:
    return "—" if value is None else duration(value)


def sparkline(counts: Sequence[int]) -> str:
    """Draw counts as bars, the highest as high as can be."""
    most = max(counts) or 1
    return "".join(_BARS[count * (len(_BARS) - 1) // most] for count in counts)
