"""What a board costs over time: on a quiet floor, in a storm that lasts, and beside others.

**Quiet.** 50 live calls whose timers run, nothing comes; the board collects. Processor time of the
program over 60 seconds.

**A storm.** 1,000 notifications a second for five minutes, pushed one by one; one board collects,
follows and paints, on 120 columns by 40 lines. It keeps up if the list is empty a moment after the
last push, the journal has every notification, and the terminal shows the last call soon (entries
are taken in in order). It holds 20,000 calls (`keep_calls`), which is full after 20 seconds: what
its memory grows by between the first minute and the last is not calls. This takes its five minutes
once; medians of repetitions would say nothing more of whether it lasts.

**Ten boards** on one server at 200 a second, one of which collects, against that one alone:
processor time of the server (`INFO cpu`). Linear would be ten times that of one. None falls behind
if each shows soon after the last push how many calls there are by then.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import redis

from enigma_tui.journal.keys import Keys

from .measure import Effort, Result, alternate, at_most
from .numbered import LIST, Pbx, reference
from .programs import EXTENSIONS, agreed_server, board, opened_on
from .terminal import Terminal, cpu_seconds, resident_bytes

QUIET_CALLS, QUIET_SECONDS, QUIET_PERCENT = 50, 60.0, 2

STORM_RATE, STORM_SECONDS, STORM_KEPT = 1_000, 300.0, 20_000
STORM_PERCENT = 45
"""Of a core."""
STORM_KB = 150
"""Kilobytes a second that are written to the terminal."""
STORM_GROWTH = 1.05
"""How many times the memory of the first minute the board may use at the end."""

BOARDS, BOARDS_RATE, BOARDS_SECONDS = 10, 200, 6.0

SOON_SECONDS = 1.0
"""How long after the last push a board that keeps up shows the last call."""

_SETTLE_SECONDS = 3.0


def quiet(effort: Effort) -> Sequence[Result]:
    """Measure the processor time of a board on which only time passes."""
    with opened_on(board, QUIET_CALLS) as (terminal, _):
        time.sleep(_SETTLE_SECONDS)
        percent = _percent(terminal.pid, QUIET_SECONDS * effort.share)
    name = f"quiet board with {QUIET_CALLS} live calls: processor"
    return [at_most(name, percent, "% of a core", QUIET_PERCENT)]


def _percent(pid: int, seconds: float) -> float:
    began, used = time.monotonic(), cpu_seconds(pid)
    time.sleep(seconds)
    return 100 * (cpu_seconds(pid) - used) / (time.monotonic() - began)


# ── a storm ─────────────────────────────────────────────────────────────────────────────────


def storm(effort: Effort) -> Sequence[Result]:
    """Measure a board at 1,000 notifications a second for five minutes."""
    seconds = STORM_SECONDS * effort.share
    kept = str(round(STORM_KEPT * effort.share))  # full early in a short run, too

    def opened(url: str, home: Path) -> Terminal:
        return board(url, home, settings={"ENIGMA_TUI_KEEP_CALLS": kept})

    with opened_on(opened, EXTENSIONS) as (terminal, pbx):
        began, cpu, written = time.monotonic(), cpu_seconds(terminal.pid), terminal.bytes
        pbx.push_at(STORM_RATE, seconds / 5, seed=1)
        first = resident_bytes(terminal.pid)
        last = pbx.push_at(STORM_RATE, seconds * 4 / 5, seed=2)[-1]
        over = time.monotonic()
        cpu, written = cpu_seconds(terminal.pid) - cpu, terminal.bytes - written
        end = resident_bytes(terminal.pid)
        behind = terminal.wait_for(reference(last.number)) - last.at
        _expect_all(pbx)
    lasted = over - began
    storm = f"{pbx.count / lasted:,.0f}/s for {seconds:,.0f} s"
    return [
        at_most(f"{storm}: last call shown after", behind * 1e3, "ms", SOON_SECONDS * 1e3),
        at_most(f"{storm}: processor", 100 * cpu / lasted, "% of a core", STORM_PERCENT),
        at_most(f"{storm}: to the terminal", written / lasted / 1e3, "kB/s", STORM_KB),
        at_most(
            f"{storm}: memory at the end ({first / 1e6:,.0f} MB after a fifth)",
            end / 1e6,
            "MB",
            round(first / 1e6 * STORM_GROWTH, 1),
        ),
    ]


def _expect_all(pbx: Pbx) -> None:
    waiting = pbx.client.llen(LIST)
    if waiting:
        raise AssertionError(f"{waiting} notifications wait in the list at the end")
    # Beside the notifications the journal has the entry of the site's settings.
    journalled = pbx.client.xlen(Keys().journal) - 1
    if journalled != pbx.count:
        raise AssertionError(f"of {pbx.count} notifications the journal has {journalled}")


# ── ten boards ──────────────────────────────────────────────────────────────────────────────


def boards(effort: Effort) -> Sequence[Result]:
    """Measure what ten boards cost a server, against one."""
    seconds = BOARDS_SECONDS * effort.share
    one, ten = alternate(
        lambda: _server_percent(1, seconds),
        lambda: _server_percent(BOARDS, seconds),
        runs=effort.runs,
    )
    alone, together = median(one), median(ten)
    return [
        Result(
            f"{BOARDS} boards at {BOARDS_RATE}/s: the server's processor",
            together,
            "% of a core",
            f"{BOARDS} times that of one board: {BOARDS * alone:,.1f}",
            BOARDS * alone / together,
            1,
        )
    ]


def _server_percent(number: int, seconds: float) -> float:
    """Return the server's processor time, in percent of a core, with so many boards on it.

    Raises `AssertionError` if one of them falls behind.
    """
    with _boards(number) as (terminals, pbx):
        client: Any = pbx.client
        began, used = time.monotonic(), _used(client)
        last = pbx.push_at(BOARDS_RATE, seconds, seed=number)[-1]
        percent = 100 * (_used(client) - used) / (time.monotonic() - began)
        for terminal in terminals:
            terminal.wait_for(_all(pbx.count), last.at + SOON_SECONDS - time.monotonic())
    return percent


@contextmanager
def _boards(number: int) -> Iterator[tuple[Sequence[Terminal], Pbx]]:
    with ExitStack() as stack:
        server = stack.enter_context(agreed_server())
        home = Path(stack.enter_context(TemporaryDirectory(prefix="enigma-bench-")))
        pbx = Pbx(server.url, extensions=EXTENSIONS)
        stack.callback(pbx.close)
        pbx.push_at_once(EXTENSIONS)
        terminals = [
            stack.enter_context(board(server.url, home / str(place), collect=place == 0))
            for place in range(number)
        ]
        for terminal in terminals:
            terminal.wait_for(_all(pbx.count))
        time.sleep(_SETTLE_SECONDS)
        yield terminals, pbx


def _all(calls: int) -> str:
    return f" All {calls:,} "


def _used(client: "redis.Redis") -> float:
    cpu: Any = client.info("cpu")
    return float(cpu["used_cpu_user"]) + float(cpu["used_cpu_sys"])
