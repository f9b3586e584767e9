"""What every benchmark shares: alternating runs, their medians, and a result."""

import gc
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured."""

    runs: int
    """Times that subject and peer take turns."""
    repetitions: int
    """Repetitions of something short within one run."""
    share: float
    """How much of its time something long is watched."""


FULL = Effort(runs=5, repetitions=9, share=1.0)
QUICK = Effort(runs=2, repetitions=4, share=0.25)


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the table."""

    name: str
    value: float
    unit: str
    against: str = ""
    """The peer and its value; empty where there is none."""
    ratio: float | None = None
    """How many times better than the peer: above 1 is better, whatever the unit."""
    target: float | None = None
    """The least ratio that is promised."""

    @property
    def met(self) -> bool | None:
        """Whether the promise is kept; `None` where there is none."""
        if self.target is None:
            return None
        return self.ratio is not None and self.ratio >= self.target


def alternate(*contenders: Callable[[], T], runs: int) -> list[list[T]]:
    """Let the contenders take turns `runs` times; return what each measured.

    Taking turns makes a noisy machine slow them alike, and every other round goes the other way
    round. Garbage is collected before each turn, so that nobody pays for another's.
    """
    measured: list[list[T]] = [[] for _ in contenders]
    for run in range(runs):
        order = range(len(contenders))
        for place in order if run % 2 == 0 else reversed(order):
            gc.collect()
            measured[place].append(contenders[place]())
    return measured


def rate(
    name: str, unit: str, ours: list[float], peer: str, theirs: list[float], target: float | None
) -> Result:
    """Compare medians of rates: more is better."""
    value, other = median(ours), median(theirs)
    return Result(name, value, unit, f"{peer}: {other:,.0f}", value / other, target)


def duration(
    name: str,
    ours: list[float],
    peer: str,
    theirs: list[float],
    target: float | None = None,
) -> Result:
    """Compare medians of seconds, told in milliseconds: less is better."""
    value, other = median(ours), median(theirs)
    return Result(name, value * 1e3, "ms", f"{peer}: {other * 1e3:,.1f}", other / value, target)


def at_most(name: str, value: float, unit: str, most: float) -> Result:
    """Hold a value against a limit; the ratio is how many times it would fit."""
    ratio = most / value if value else float("inf")
    return Result(name, value, unit, f"at most {most:,g}", ratio, 1)
