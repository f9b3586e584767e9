"""What a row of the table says, and how the table is written."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """How much of a row is run."""

    times: int
    """How often the fault happens."""
    notifications: int = 0
    """How many the PBX pushes meanwhile, at least."""
    lanes: int = 1
    """How many sites go through it side by side: most of a fault's time is waiting."""
    seconds: float = 0.0
    """How long each fault lasts, where that may be chosen."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came out."""

    fault: str
    times: int
    notifications: int
    """Those that the source accepted."""
    lost: int
    """Accepted, and shown by no board."""
    destroyed: int
    """Refused by the server, or gone with the fault before the source had them for certain."""
    twice: int
    """Shown as two calls, journalled twice, or an act recorded twice."""
    seconds: float
    note: str = ""
    broken: tuple[str, ...] = ()
    """Promises that are not about numbers and were not kept."""

    @property
    def good(self) -> bool:
        """Whether the promise was kept."""
        return self.lost == 0 and self.twice == 0 and not self.broken


@dataclass(frozen=True, slots=True)
class Row:
    """A fault, and how it is run."""

    name: str
    run: Callable[[Size], Awaitable[Result]]
    quick: Size
    full: Size


_HEAD = ("fault", "times", "notifications", "lost", "destroyed/refused", "twice", "seconds", "")


def table(results: Sequence[Result]) -> str:
    """Write the results as a Markdown table whose columns also line up in a terminal."""
    rows = [
        (
            result.fault,
            f"{result.times:,}",
            f"{result.notifications:,}",
            f"{result.lost:,}",
            f"{result.destroyed:,}",
            f"{result.twice:,}",
            f"{result.seconds:.0f}",
            "; ".join(filter(None, (*result.broken, result.note))),
        )
        for result in results
    ]
    widths = [max(len(row[n]) for row in (_HEAD, *rows)) for n in range(len(_HEAD))]
    right = range(1, 7)

    def line(cells: Sequence[str]) -> str:
        padded = [
            cell.rjust(widths[n]) if n in right else cell.ljust(widths[n])
            for n, cell in enumerate(cells)
        ]
        return "| " + " | ".join(padded) + " |"

    rule = [
        "-" * (widths[n] - 1) + ":" if n in right else "-" * max(3, widths[n])
        for n in range(len(_HEAD))
    ]
    return "\n".join([line(_HEAD), line(rule), *(line(row) for row in rows)])
