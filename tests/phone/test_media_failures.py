"""What becomes of a call whose far end, or whose board, is not there, or is another."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable

import pytest
from aiortc import rtcrtpreceiver

from enigma_tui.phone import media
from enigma_tui.phone.child.server import Server
from enigma_tui.phone.media import Connected, Failed, Levels, Lost, MediaConfig, Resumed
from enigma_tui.phone.media_messages import told
from tests.phone.conftest import Line
from tests.phone.peer import Caller

OpenLine = Callable[..., Awaitable[Line]]
Eventually = Callable[..., Awaitable[float]]


def with_shorter(name: str, seconds: float) -> tuple[str, ...]:
    """Return a media process that waits less long for something."""
    program = (
        f"import enigma_tui.phone.child.call as call; call.{name} = {seconds}; "
        "from tests.phone.loopback import *; use_loopback_only(); "
        "from enigma_tui.phone.child.__main__ import main; main()"
    )
    return (sys.executable, "-c", program)


async def test_a_far_end_that_is_not_there_is_told(
    open_line: OpenLine, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media, "PROGRAM", with_shorter("CONNECT_SECONDS", 0.1))
    line = await open_line()
    async with Caller() as caller:
        offer = await caller.offer()
    await line.media.offered(offer)
    await line.media.answer()
    await eventually(lambda: line.of(Failed))
    assert "ICE" in line.of(Failed)[0].why


async def test_a_far_end_with_another_certificate_is_not_spoken_to(
    open_line: OpenLine, eventually: Eventually
) -> None:
    line = await open_line("tone:440")
    async with Caller() as caller, Caller() as another:
        certificates = [
            [one for one in (await each.offer()).splitlines() if one.startswith("a=fingerprint")]
            for each in (caller, another)
        ]
        offer = await caller.offer()
        for theirs, others in zip(*certificates, strict=True):
            offer = offer.replace(theirs, others)
        await line.media.offered(offer)
        await caller.answered(await line.media.answer())
        await eventually(lambda: line.of(Failed))
        assert "DTLS" in line.of(Failed)[0].why
        assert not line.of(Connected)


async def test_that_nothing_is_heard_any_more_is_told_and_that_it_is_again(
    open_line: OpenLine, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media, "PROGRAM", with_shorter("LOST_SECONDS", 0.2))
    line = await open_line("tone:440")
    async with Caller(says=700) as caller:
        await line.media.offered(await caller.offer())
        await caller.answered(await line.media.answer())
        await caller.until_heard(440)
        says = caller.sender.track
        caller.sender.replaceTrack(None)
        await eventually(lambda: line.of(Lost))
        assert line.of(Lost)[0].seconds >= 0.2
        assert not line.of(Resumed)
        caller.sender.replaceTrack(says)
        await eventually(lambda: line.of(Resumed))
        assert len(line.of(Lost)) == 1


async def test_a_board_that_does_not_read_for_a_while_gets_no_stale_levels(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # In this process, what it does to receivers is undone.
    monkeypatch.setattr(rtcrtpreceiver, "JitterBuffer", rtcrtpreceiver.JitterBuffer)
    read, write = os.pipe()
    with os.fdopen(read, "rb", 0) as board, os.fdopen(write, "wb", 0) as output:
        os.set_blocking(read, False)
        server = await Server.open(output, MediaConfig())
        for number in range(1, 3_000):
            server._tell(Levels(-1.0, -number))
        server._tell(Lost(10.0))
        written = b""
        while b"lost" not in written:
            written += board.read(65_536) or b""
            await asyncio.sleep(0)
        lines = written.splitlines()
        assert len(lines) < 2_000, "they have all been kept"
        assert [told(one) for one in lines if b"lost" in one] == [Lost(10.0)]
        server._output.close()
        await asyncio.sleep(0)
