"""What is read of many calls at once, in place of an attribute or a method of each.

A method called for each of 100,000 calls takes longer than all that it does, and a keystroke in
the filter waits for it. What a reading does not see at once it leaves to the method.
"""

from array import array
from collections.abc import Sequence
from itertools import compress
from math import nan
from operator import not_
from typing import Any

from .call import CallState, Policy
from .subject import Lens, Subject, Subjects

Seconds = Sequence[float]
"""Seconds of each call; those that are unknown are no number, which compares with nothing."""


def texts(rows: Sequence[Subject]) -> list[str]:
    """Return the text of each."""
    return [row.text for row in rows]


def extensions(rows: Sequence[Subject]) -> list[str]:
    """Return the extension of each."""
    calls = [row.call for row in rows]
    return [legs[-1].extension if (legs := call.legs) else call.extension for call in calls]


def callers(rows: Sequence[Subject]) -> list[str]:
    """Return the caller's number of each."""
    return [row.call.caller for row in rows]


def dialled(rows: Sequence[Subject]) -> list[str]:
    """Return the dialled number of each."""
    return [row.call.dialled for row in rows]


def contact_refs(rows: Sequence[Subject]) -> list[str]:
    """Return the contact reference of each."""
    return [row.call.contact_ref for row in rows]


def call_refs(rows: Sequence[Subject]) -> list[str]:
    """Return the call reference of each."""
    return [row.call.key.call_ref for row in rows]


def sources(rows: Sequence[Subject]) -> list[str]:
    """Return the source of each."""
    return [row.call.key.source for row in rows]


def codes(rows: Sequence[Subject]) -> list[str]:
    """Return the disposition code of each."""
    return [acted.code if (acted := row.call.disposition) else "" for row in rows]


def persons(rows: Sequence[Subject]) -> list[str]:
    """Return who recorded the disposition of each."""
    return [acted.by if (acted := row.call.disposition) else "" for row in rows]


def holds(rows: Sequence[Subject]) -> Seconds:
    """Return the time that each was in the queue."""
    return array("d", [nan if (hold := row.call.hold) is None else hold for row in rows])


def began_ms(rows: Sequence[Subject]) -> Sequence[int]:
    """Return when each began, in milliseconds since the epoch."""
    calls = [row.call for row in rows]
    return array(
        "q", [(legs[0].entry if (legs := call.legs) else call.key.since)[0] for call in calls]
    )


# ── what can change by the mere passing of time ─────────────────────────────────────────────


def talks(subjects: Subjects[Any], lens: Lens) -> Seconds:
    """Return the `talk_seconds` of each."""
    found = subjects.column(told_talks)
    left = [talk != talk for talk in found]
    if True not in left:
        return found
    rest = iter(_other_talks(list(compress(subjects.rows, left)), lens.now_ms))
    return [next(rest) if talk != talk else talk for talk in found]


def told_talks(rows: Sequence[Subject]) -> Seconds:
    """Return the seconds in conversation where there is no more to it than that they were told."""
    found = array("d")
    for row in rows:
        call = row.call
        legs, end = call.legs, call.end
        if end is None or (talk := end.talk) is None or len(legs) > 1 or (legs and legs[0].talk):
            talk = nan
        found.append(talk)
    return found


def _other_talks(rows: Sequence[Subject], now_ms: int) -> list[float]:
    found: list[float] = []
    for row in rows:
        call = row.call
        if call.end is None and (legs := call.legs):
            found.append(max(0.0, (now_ms - legs[0].entry[0]) / 1000))
        else:
            talk = call.talk_seconds(now_ms)
            found.append(nan if talk is None else talk)
    return found


STATES: tuple[CallState | None, ...] = (None, *CallState)
"""What the bytes of `states` stand for."""

_NUMBER = {state: number for number, state in enumerate(STATES)}
_LIVE, _ENDED = _NUMBER[CallState.LIVE], _NUMBER[CallState.ENDED]


def states(subjects: Subjects[Any], lens: Lens) -> bytes:
    """Return the `state` of each, a byte: its place in `STATES`."""
    found = bytes(subjects.column(_last_states))
    if 0 not in found:
        return found
    rest = iter(_present_states(list(compress(subjects.rows, map(not_, found))), lens))
    return bytes([state or next(rest) for state in found])


def _last_states(rows: Sequence[Subject]) -> bytes:
    """Return the state of each call that is over, 0 for the others."""
    found: list[int] = []
    for row in rows:
        call = row.call
        if (end := call.end) is None:
            found.append(0)
        elif end.abandoned or call.superseded:
            found.append(_NUMBER[call.state(0, _NO_POLICY)])
        else:
            found.append(_ENDED)
    return bytes(found)


AHEAD = (texts, extensions, holds, told_talks, _last_states)
"""What most filters read: some 33 bytes for each call."""

_NO_POLICY = Policy()
"""What is over is over under any."""


def _present_states(rows: Sequence[Subject], lens: Lens) -> list[int]:
    """Return the state of each call of which no end is known."""
    now_ms, policy = lens.now_ms, lens.policy
    assumed_ms = now_ms - policy.assume_ended_after_ms
    live_ms = max(assumed_ms, now_ms - policy.ghost_after_ms)
    found: list[int] = []
    for row in rows:
        call = row.call
        last_ms = legs[-1].entry[0] if (legs := call.legs) else now_ms
        if last_ms >= live_ms:
            found.append(_LIVE)
        elif last_ms < assumed_ms and call.key.source not in policy.cdr_sources:
            found.append(_ENDED)
        else:
            found.append(_NUMBER[call.state(now_ms, policy)])
    return found
