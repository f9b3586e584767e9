"""Notifications whose references count, pushed one by one at a rate, each with its moment.

The reference of a call is shown by whoever shows the call, so it is what is looked for in the
bytes on a terminal; and as it counts, it tells which of two calls is the newer.
"""

import json
import math
import random
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import redis

from enigma_tui.site import Source

from .screen import Screen
from .terminal import Terminal

LIST = Source().inbound
FIRST = 7_000_000
"""The first reference; all have seven digits, and nothing else that is shown has."""

_REFERENCE = re.compile(r"(?<!\d)7\d{6}(?!\d)")
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Pushed:
    """When a notification was pushed, by `time.monotonic`."""

    number: int
    at: float


def payload(number: int, extensions: int) -> bytes:
    """Return the notification of the call with that number, on one of so many extensions.

    A newer connection on an extension ends the call before it: so many calls are live at most.
    """
    return json.dumps(
        {
            "type": "call",
            "payload": {
                "number": f"082{number % 10_000_000:07}",
                "dial_number": "0215550100",
                "hold_time": number % 90,
                "call_ref": reference(number),
                "contact_ref": f"A{number:06}",
                "call_dir": "inbound",
                "ref": str(2_001 + number % extensions),
            },
        }
    ).encode()


def reference(number: int) -> str:
    """Return the reference of the call with that number."""
    return str(FIRST + number)


class Pbx:
    """Pushes notifications, and counts them on."""

    def __init__(self, url: str, *, extensions: int) -> None:
        self.client: Any = redis.Redis.from_url(url)
        self._extensions = extensions
        self.count = 0

    def close(self) -> None:
        """Close the connection."""
        self.client.close()

    def push_at_once(self, number: int) -> None:
        """Push so many in a few commands."""
        payloads = (self._next() for _ in range(number))
        while batch := list(islice(payloads, _BATCH)):
            self.client.rpush(LIST, *batch)

    def push_at(self, rate: float, seconds: float, seed: int) -> list[Pushed]:
        """Push one by one, at so many a second on average: by chance, as calls come."""
        return self.push_in_turn((LIST,), rate, seconds, seed)[0]

    def push_in_turn(
        self, lists: Sequence[str], rate: float, seconds: float, seed: int
    ) -> list[list[Pushed]]:
        """Push to several lists in turn, to each at so many a second; return what each got.

        A notification for one list and the next for another are half a gap apart, or a third, so
        that whoever reads the one list is done when the other is pushed to.
        """
        pushed: list[list[Pushed]] = [[] for _ in lists]
        chance = random.Random(seed)
        began, after = time.monotonic(), 0.0
        while (gap := chance.expovariate(rate)) + after < seconds:
            for name, got in zip(lists, pushed, strict=True):
                after += gap / len(lists)
                while (early := began + after - time.monotonic()) > 0:
                    time.sleep(early)
                number, notification = self.count, self._next()
                got.append(Pushed(number, time.monotonic()))
                self.client.rpush(name, notification)
        return pushed

    def _next(self) -> bytes:
        self.count += 1
        return payload(self.count - 1, self._extensions)


def shown_after(pushed: Sequence[Pushed], terminal: Terminal) -> list[float]:
    """Return after how many seconds each call, or a newer one, was on the terminal.

    At a high rate one frame follows many calls, and the older of them may never be in sight: a
    supervisor who sees a newer one has missed nothing that is still news. Raises `AssertionError`
    if the last is never shown.
    """
    delays: list[float] = []
    while len(delays) < len(pushed):
        newer = _Newer(pushed[len(delays)].number)
        at = terminal.until(newer)
        while len(delays) < len(pushed) and pushed[len(delays)].number <= newer.found:
            delays.append(at - pushed[len(delays)].at)
    return delays


@dataclass(slots=True)
class _Newer:
    """Looks for a call of that number or a newer one."""

    number: int
    found: int = field(default=-1)

    def __call__(self, screen: Screen) -> bool:
        """Whether one was written to the screen last."""
        numbers = (int(ref) - FIRST for ref in _REFERENCE.findall("\n".join(screen.changed)))
        self.found = max(numbers, default=-1)
        return self.found >= self.number


def at_share(values: Sequence[float], share: float) -> float:
    """Return the value that such a share of all do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[math.ceil(share * len(ordered)) - 1]
