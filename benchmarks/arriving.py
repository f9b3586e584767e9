"""Notifications that come now and then: from the push until they are in the journal.

The collector is the program `enigma-tui collect`, unchanged. The peer is the loop of the protocol's
document, `BLPOP` and `json.loads`, in a process of its own, with a client that `connect` made.
Both wait at one server, each at its own list; one notification is pushed to the one and then one
to the other, at random moments, so that whatever troubles the machine troubles both.

Times are of `CLOCK_MONOTONIC`, which is the same in all processes. The loop notes when it has
parsed a notification. Of the collector no word is taken: a third process reads the journal with
`XREAD`, and notes when it has an entry. So ours is measured later than it happens, by the way
from the server to that reader; and when it happens, a notification is safe, where the loop has
it in its hands alone.

The commands are the waits and the scripts that the collector has sent, over the notifications
moved meanwhile: `BLMOVE` and the move that stands behind it, one round trip; and besides, every
1.7 seconds, two leases that are renewed. Not in the number, since scripts use them too, are a `GET`
(of the shared settings) and an `LLEN` (of how much waits) every two seconds.
"""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

import redis

from enigma_tui.journal.keys import Keys

from .measure import Effort, Result, duration
from .numbered import FIRST, LIST, Pbx, Pushed, at_share
from .programs import EXTENSIONS, agreed_server
from .terminal import PATIENCE_SECONDS, background

PLAIN = "benchmark:plain"
"""The list of the plain loop."""

RATES = {1: 20.0, 10: 10.0, 200: 4.0}
"""For how many seconds each rate is measured, in each run."""

TIMES_LOOP = 2
"""How many times the loop's time collecting may take."""

_SETTLE_SECONDS = 1.0
_COLLECTORS = ("blmove", "evalsha")


@dataclass(frozen=True, slots=True)
class _Run:
    """Seconds from push to journal, and from push to parsed; commands for each notification."""

    ours: Sequence[float]
    loop: Sequence[float]
    commands: float


def arriving(effort: Effort) -> Sequence[Result]:
    """Measure milliseconds from the push to the journal."""
    results: list[Result] = []
    with _waiting() as (pbx, readers):
        for rate, seconds in RATES.items():
            runs = [
                _run(pbx, readers, rate, seconds * effort.share, seed)
                for seed in range(effort.runs)
            ]
            results += _results(rate, runs)
    return results


def _results(rate: int, runs: Sequence[_Run]) -> Sequence[Result]:
    name, peer = f"collect at {rate}/s: push → journal", "the BLPOP loop"
    p99s = [[at_share(times, 0.99) for times in (run.ours, run.loop)] for run in runs]
    return [
        duration(
            f"{name}, median",
            [median(run.ours) for run in runs],
            peer,
            [median(run.loop) for run in runs],
        ),
        duration(
            f"{name}, p99",
            [ours for ours, _ in p99s],
            peer,
            [loop for _, loop in p99s],
            1 / TIMES_LOOP,
        ),
        Result(
            f"collect at {rate}/s: commands for a notification",
            median(run.commands for run in runs),
            "commands",
            f"{peer}: 1",
        ),
    ]


# ── the three processes ─────────────────────────────────────────────────────────────────────


@contextmanager
def _waiting() -> Iterator[tuple[Pbx, Sequence[Any]]]:
    """Start a server, the collector, the loop, and the reader of the journal."""
    with ExitStack() as stack:
        server = stack.enter_context(agreed_server())
        url = server.url
        stack.enter_context(background("enigma_tui", "--redis-url", url, "collect"))
        outputs = []
        for what in ("journal", "loop"):
            process = stack.enter_context(background(__name__, url, what))
            outputs.append(process.stdout)
        pbx = Pbx(url, extensions=EXTENSIONS)
        stack.callback(pbx.close)
        deadline = time.monotonic() + PATIENCE_SECONDS
        # The collector waits at its list, the loop at another, the reader at the journal.
        while pbx.client.info("clients")["blocked_clients"] < 3:
            if time.monotonic() > deadline:
                raise AssertionError("the collector and its peer do not wait for anything")
            time.sleep(0.05)
        yield pbx, outputs


def _run(pbx: Pbx, outputs: Sequence[Any], rate: int, seconds: float, seed: int) -> _Run:
    """Push to both lists, and read when each notification came."""
    time.sleep(_SETTLE_SECONDS)
    before = _sent(pbx.client)
    pushed = pbx.push_in_turn((LIST, PLAIN), rate, seconds, seed)
    delays = [_delays(output, at) for output, at in zip(outputs, pushed, strict=True)]
    return _Run(delays[0], delays[1], (_sent(pbx.client) - before) / len(pushed[0]))


def _sent(client: Any) -> int:
    """Return how many waits and scripts have been sent; nobody but the collector sends any."""
    stats = client.info("commandstats")
    return sum(int(stats.get(f"cmdstat_{name}", {"calls": 0})["calls"]) for name in _COLLECTORS)


def _delays(output: Any, pushed: Sequence[Pushed]) -> list[float]:
    """Read as many lines `number moment` as were pushed; return the seconds from push to moment."""
    delays = []
    for push in pushed:
        number, at = output.readline().split()
        if int(number) != push.number:
            raise AssertionError(f"{int(number)} came, not {push.number}")
        delays.append(float(at) - push.at)
    return delays


# ── what runs in them ───────────────────────────────────────────────────────────────────────


async def _loop(url: str) -> None:
    """Pop one, parse it, and so on: what the protocol's document suggests."""
    from enigma_tui.journal.connection import Address, connect

    connection = connect(Address(url), "benchmark")
    while True:
        popped = await connection.waiting.blpop([PLAIN], timeout=5)
        if popped:
            call = json.loads(popped[1])
            _tell(call, time.monotonic())


def _journal(url: str) -> None:
    """Note when an entry can be read from the journal."""
    client, key, last = redis.Redis.from_url(url), Keys().journal, b"$"
    while True:
        answer: Any = client.xread({key: last}, block=0)
        now = time.monotonic()
        entries = answer[0][1]
        last = entries[-1][0]
        for _, fields in entries:
            if b"raw" in fields:
                _tell(json.loads(fields[b"raw"]), now)


def _tell(call: Any, now: float) -> None:
    print(int(call["payload"]["call_ref"]) - FIRST, now, flush=True)


if __name__ == "__main__":
    import asyncio

    if sys.argv[2] == "loop":
        asyncio.run(_loop(sys.argv[1]))
    else:
        _journal(sys.argv[1])
