"""A call: the sound's way through the media process, the time it takes to answer, what it costs.

Who calls says pips and hears them back: ours from the media process, which sends back what it
hears; the peer's from aiortc alone in the caller's own process, as its examples do it. Both go
over the loopback, with DTLS-SRTP. Nothing is in it that a sound card adds.

The answer is measured from the offer, which a caller's PBX makes, to the SDP that answers it;
ours goes through two pipes besides. Processor and memory are those of the media process, in a call
in which both sides speak: a tone is sent, and one is heard.
"""

import asyncio
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import TYPE_CHECKING

from enigma_tui.phone import media
from enigma_tui.phone.media import Media, MediaConfig

from .measure import Effort, Result, alternate, at_most, duration
from .terminal import cpu_seconds, resident_bytes

if TYPE_CHECKING:
    from .calling_peers import Pips

CODECS = ("opus", "PCMU")
PIPS = 5
SECONDS = 30.0
CPU_PERCENT, MEMORY_MB = 20, 90

_ON_LOOPBACK = """
import aioice.ice
aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]
from enigma_tui.phone.child.__main__ import main
main()
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """One call; seconds."""

    answer: float
    back: float


def calling(effort: Effort) -> Sequence[Result]:
    """Measure calls with each codec."""
    media.PROGRAM = (sys.executable, "-c", _ON_LOOPBACK)
    results: list[Result] = []
    for codec in CODECS:
        ours, theirs = alternate(
            partial(_measured, _ours, codec), partial(_measured, _bare, codec), runs=effort.runs
        )
        peer = "aiortc alone"
        back = [each.back for each in ours], [each.back for each in theirs]
        answer = [each.answer for each in ours], [each.answer for each in theirs]
        results += [
            duration(f"call, {codec}: there and back", back[0], peer, back[1], 1),
            duration(f"call, {codec}: offer → answer", answer[0], peer, answer[1]),
            at_most(f"call, {codec}: offer → answer", median(answer[0]) * 1e3, "ms", 50),
        ]
        percent, megabytes = asyncio.run(_cost(codec, SECONDS * effort.share))
        results += [
            at_most(f"call, {codec}: processor", percent, "% of a core", CPU_PERCENT),
            at_most(f"call, {codec}: memory", megabytes, "MB", MEMORY_MB),
        ]
    return results


def _measured(call: Callable[[str], Coroutine[None, None, Measured]], codec: str) -> Measured:
    return asyncio.run(call(codec))


async def _ours(codec: str) -> Measured:
    from .calling_peers import Pips

    phone = await _phone("echo")
    try:
        async with Pips(codec) as caller:
            offer = await caller.offer()
            began = time.perf_counter()
            await phone.offered(offer)
            answer = await phone.answer()
            took = time.perf_counter() - began
            await caller.answered(answer)
            return Measured(took, await _back(caller))
    finally:
        await phone.close()


async def _bare(codec: str) -> Measured:
    from .calling_peers import BareEcho, Pips

    async with Pips(codec) as caller:
        offer = await caller.offer()
        began = time.perf_counter()
        async with BareEcho() as echo:
            answer = await echo.answer(offer)
            took = time.perf_counter() - began
            await caller.answered(answer)
            return Measured(took, await _back(caller))


async def _cost(codec: str, seconds: float) -> tuple[float, float]:
    """Return how much of a processor a call takes, in percent, and how much memory, in MB."""
    from .calling_peers import Pips

    phone = await _phone("tone:440")
    try:
        async with Pips(codec) as caller:
            await phone.offered(await caller.offer())
            await caller.answered(await phone.answer())
            await caller.there_and_back()
            before = cpu_seconds(phone.pid)
            await asyncio.sleep(seconds)
            used = cpu_seconds(phone.pid) - before
            return used / seconds * 100, resident_bytes(phone.pid) / 1e6
    finally:
        await phone.close()


async def _phone(microphone: str) -> Media:
    phone = await Media.start(
        MediaConfig(microphone=microphone, speaker="none"), lambda event: None
    )
    await phone.hang_up()  # answered once all is loaded, which is long before a call comes
    return phone


async def _back(caller: "Pips") -> float:
    await caller.there_and_back()
    return median([await caller.there_and_back() for _ in range(PIPS)])
