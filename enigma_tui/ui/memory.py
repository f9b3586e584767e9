"""Keeps the garbage collector from stopping the screen.

A full collection walks every object of the board: at 100,000 calls it stands still for a third
of a second. Calls are plain values without cycles, so walking them frees nothing.
"""

import gc

_YOUNG, _MIDDLE, _OLD = 50_000, 20, 100

_STARTING = 500_000
"""Objects, in place of `_YOUNG`: more than a start makes."""


def collect_nothing_while_starting() -> None:
    """Raise the first threshold beyond what a start makes: modules and styles are no garbage.

    `collect_less_often` ends it. A program that never gets there still collects in the end.
    """
    gc.set_threshold(_STARTING, _MIDDLE, _OLD)


def collect_less_often() -> None:
    """Raise the thresholds, so that full collections become rare."""
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)


def leave_alone_what_is_there() -> None:
    """Take everything that is alive now out of all later collections."""
    gc.collect()
    gc.freeze()
