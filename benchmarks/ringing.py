"""The phone on the board: how soon the PBX hears that it rings, and that it is answered.

A PBX over a real WebSocket invites the extension of a board in a terminal, on which calls arrive
all the while. The first is from its INVITE to our 180, the second from the key at the terminal to
our 200: through the screen, the media process and back.
"""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from tests.phone.pbx import PASSWORD, Pbx, serving

from .measure import Effort, Result, at_most
from .numbered import Pbx as Calls
from .programs import EXTENSIONS, agreed_server, board
from .terminal import Terminal

RINGING_MS, ANSWERED_MS = 50, 300
CALLS_A_SECOND = 10.0

SETTLED_SECONDS = 2.0
"""So long after registering the media process has loaded what it needs."""


def ringing(effort: Effort) -> Sequence[Result]:
    """Measure how soon a call rings, and is answered."""
    with agreed_server() as server, TemporaryDirectory(prefix="enigma-bench-") as home:
        rung, answered = asyncio.run(_measured(effort.runs * 2, server.url, Path(home)))
    return [
        at_most("phone: INVITE → 180, median", median(rung) * 1e3, "ms", RINGING_MS),
        at_most("phone: INVITE → 180, slowest", max(rung) * 1e3, "ms", RINGING_MS),
        at_most("phone: key → 200, median", median(answered) * 1e3, "ms", ANSWERED_MS),
        at_most("phone: key → 200, slowest", max(answered) * 1e3, "ms", ANSWERED_MS),
    ]


async def _measured(times: int, url: str, home: Path) -> tuple[list[float], list[float]]:
    pbx = Pbx()
    async with serving(pbx):
        settings = {
            "ENIGMA_TUI_EXTENSION": "201",
            "ENIGMA_TUI_PHONE_URL": pbx.url,
            "ENIGMA_TUI_PHONE_PASSWORD": PASSWORD,
            "ENIGMA_TUI_PHONE_MICROPHONE": "silence",
            "ENIGMA_TUI_PHONE_SPEAKER": "none",
        }
        calls = Calls(url, extensions=EXTENSIONS)
        arriving = asyncio.create_task(_arrive(calls))
        try:
            taken = []
            for _ in range(times):
                pbx.contact = ""
                with board(url, home, settings=settings) as terminal:
                    await pbx.registered()
                    await asyncio.sleep(SETTLED_SECONDS)
                    taken.append(await _call(pbx, terminal))
        finally:
            arriving.cancel()
            calls.close()
    return [rung for rung, _ in taken], [answered for _, answered in taken]


async def _arrive(calls: Calls) -> None:
    while True:
        calls.push_at_once(1)
        await asyncio.sleep(1 / CALLS_A_SECOND)


async def _call(pbx: Pbx, terminal: Terminal) -> tuple[float, float]:
    """Call, and answer; return the seconds until the 180 and until the 200."""
    began = time.perf_counter()
    leg = await pbx.invite()
    await leg.response(180)
    rung = time.perf_counter() - began
    terminal.send("\x14")
    await asyncio.to_thread(terminal.wait_for, "enter answers   del rejects")
    began = time.perf_counter()
    terminal.send("\r")
    await leg.response(200)
    answered = time.perf_counter() - began
    return rung, answered
