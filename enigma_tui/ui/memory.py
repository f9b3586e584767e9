"""Keeps the garbage collector from stopping the screen.

A full collection walks every object of the board: at 100,000 calls it stands still for a third
of a second. Calls are plain values without cycles, so walking them frees nothing.

Frames do leave cycles behind: some 13,000 objects a second while all rows move. Taking them away
50,000 allocations at a time stopped the screen for 30 ms every other second; in smaller portions
nobody notices.
"""

import gc

_YOUNG, _MIDDLE, _OLD = 10_000, 5, 2_000

_STARTING = 500_000
"""Objects, in place of `_YOUNG`: more than a start makes."""


def collect_nothing_while_starting() -> None:
    """Raise the first threshold beyond what a start makes: modules and styles are no garbage.

    `collect_less_often` ends it. A program that never gets there still collects in the end.
    """
    gc.set_threshold(_STARTING, _MIDDLE, _OLD)


def collect_less_often() -> None:
    """Set the thresholds so that full collections are rare, and what is young goes soon."""
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)


def leave_alone_what_is_there() -> None:
    """Take everything that is alive now out of all later collections."""
    gc.collect()
    gc.freeze()
