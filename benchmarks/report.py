"""The table that is printed, and the file that is kept."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from .measure import Result

RESULTS = Path(__file__).with_name("results.json")
PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
GROWTH = Path(__file__).parent.parent / "docs" / "growth.svg"

_BEGIN = "<!-- figures: written by `make bench` -->"
_END = "<!-- end of figures -->"
_HEADS = ("name", "value", "unit", "against", "ratio", "target", "met")
_RIGHT = {"value", "ratio", "target"}


def table(results: Sequence[Result]) -> str:
    """Return the results as aligned columns."""
    rows = [_HEADS, *(_cells(result) for result in results)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(_HEADS))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if head in _RIGHT else cell.ljust(width)
            for head, cell, width in zip(_HEADS, row, widths, strict=True)
        ).rstrip()
        for row in rows
    )


def summary(results: Sequence[Result]) -> str:
    """Return one line that says whether every target was met."""
    missed = [result.name for result in results if result.met is False]
    if missed:
        return f"TARGETS MISSED: {len(missed)} ({'; '.join(missed)})"
    promised = sum(result.met is not None for result in results)
    return f"All targets met ({promised})." if promised else "Nothing measured has a target."


def store(results: Sequence[Result]) -> None:
    """Write the results to `results.json`, next to this module."""
    kept = [
        {
            **asdict(result),
            "value": round(result.value, 3),
            "ratio": None if result.ratio is None else round(result.ratio, 3),
            "met": result.met,
        }
        for result in results
    ]
    RESULTS.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def publish(results: Sequence[Result]) -> None:
    """Write the table into `docs/performance.md`."""
    rows = [_HEADS, tuple("---:" if head in _RIGHT else "---" for head in _HEADS)]
    rows += [_cells(result) for result in results]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    before, begin, rest = PAGE.read_text(encoding="utf-8").partition(_BEGIN)
    _, end, after = rest.partition(_END)
    PAGE.write_text(f"{before}{begin}\n\n{table}\n\n{end}{after}", encoding="utf-8")


def plot(units: Mapping[str, str], curves: Mapping[int, Mapping[str, float]]) -> None:
    """Draw how each figure grows with the number of calls, into `docs/growth.svg`."""
    import matplotlib as mpl  # which takes a second to load

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "enigma-tui"  # the same figures, the same file
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(2, 3, figsize=(11, 6), layout="constrained")
    for (name, unit), axis in zip(units.items(), axes.flat, strict=True):
        sizes = sorted(curves)
        values = [curves[size][name] for size in sizes]
        axis.loglog(sizes, values, marker="o")
        for size, value in zip(sizes, values, strict=True):
            axis.annotate(f"{value:,.3g}", (size, value), (0, 6), textcoords="offset points",
                          ha="center", fontsize=8)  # fmt: skip
        axis.set_title(f"{name} ({unit})", fontsize=10)
        axis.set_ylim(min(values) / 3, max(values) * 3)
        axis.grid(visible=True, which="major", alpha=0.3)
        axis.set_xlabel("calls on the board", fontsize=8)
    figure.savefig(GROWTH, metadata={"Date": None})
    pyplot.close(figure)


def _cells(result: Result) -> tuple[str, ...]:
    return (
        result.name,
        f"{result.value:,.1f}" if result.value < 100 else f"{result.value:,.0f}",
        result.unit,
        result.against,
        "" if result.ratio is None else f"{result.ratio:.2f}×",
        "" if result.target is None else f"≥ {result.target:.3g}×",
        "" if result.met is None else "yes" if result.met else "NO",
    )
