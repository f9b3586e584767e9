"""The table that is printed, and the file that is kept."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from .measure import Result

RESULTS = Path(__file__).with_name("results.json")

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


def _cells(result: Result) -> tuple[str, ...]:
    return (
        result.name,
        f"{result.value:,.1f}" if result.value < 100 else f"{result.value:,.0f}",
        result.unit,
        result.against,
        "" if result.ratio is None else f"{result.ratio:.2f}×",
        "" if result.target is None else f"≥ {result.target:g}×",
        "" if result.met is None else "yes" if result.met else "NO",
    )
