"""What is said and heard in a call: the media process against a WebRTC peer, both for real."""

import wave
from array import array
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from enigma_tui.phone.media import (
    SILENT,
    Connected,
    Devices,
    Ended,
    Levels,
    MediaError,
)
from tests.phone.conftest import Line
from tests.phone.peer import Caller, loudness, peak

OpenLine = Callable[..., Awaitable[Line]]
Eventually = Callable[..., Awaitable[float]]

SAID, HEARD = 440, 700
"""Hertz: what the phone says, and what the caller does."""

LOUD, QUIET = -8.0, -45.0
"""dBFS: above the one a tone is there (it is said at -6), below the other it is not."""


async def call(line: Line, caller: Caller) -> None:
    await line.media.offered(await caller.offer())
    await caller.answered(await line.media.answer())


def recorded(path: Path) -> array:
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 48_000)
        return array("h", file.readframes(file.getnframes()))


@pytest.mark.parametrize("codec", ["opus", "PCMU", "PCMA", "G722"])
async def test_a_tone_is_heard_each_way(
    codec: str, open_line: OpenLine, tmp_path: Path, eventually: Eventually
) -> None:
    line = await open_line(f"tone:{SAID}", f"file:{tmp_path}/heard.wav")
    async with Caller(codec, says=HEARD) as caller:
        await call(line, caller)
        await caller.until_heard(SAID)
        heard = await caller.next_heard()
        assert loudness(heard, SAID) > LOUD
        assert loudness(heard, HEARD) < QUIET, "what is heard is sent back"
        await eventually(lambda: len(line.of(Levels)) > 1)
        assert line.of(Connected) == [Connected(codec)]
        assert line.of(Devices) == [Devices(f"tone:{SAID}", f"file:{tmp_path}/heard.wav", "")]
        level = line.of(Levels)[-1]
        assert level.microphone == pytest.approx(-6, abs=0.5)
        assert level.speaker == pytest.approx(-6, abs=1.5)
        # While the file is still written.
        last = recorded(tmp_path / "heard.wav")[-9_600:]
        assert len(last) == 9_600
        assert loudness(last, HEARD) > LOUD
        assert loudness(last, SAID) < QUIET


async def test_muted_it_sends_silence_and_still_hears(
    open_line: OpenLine, eventually: Eventually
) -> None:
    line = await open_line(f"tone:{SAID}")
    async with Caller(says=HEARD) as caller:
        await call(line, caller)
        await caller.until_heard(SAID)
        await line.media.mute(True)
        await caller.until_quiet()
        line.told.clear()
        await eventually(lambda: len(line.of(Levels)) > 1)
        assert line.of(Levels)[-1].microphone == SILENT
        assert line.of(Levels)[-1].speaker > -10
        await line.media.mute(False)
        await caller.until_heard(SAID)


async def test_held_it_sends_silence_and_plays_nothing(
    open_line: OpenLine, tmp_path: Path, eventually: Eventually
) -> None:
    path = tmp_path / "heard.wav"
    line = await open_line(f"tone:{SAID}", f"file:{path}")
    async with Caller(says=HEARD) as caller:
        await call(line, caller)
        await caller.until_heard(SAID)
        await eventually(lambda: len(recorded(path)))
        await line.media.hold(True)
        length = len(recorded(path))
        await caller.until_quiet()
        assert peak(await caller.next_heard(0.1)) < QUIET
        assert len(recorded(path)) == length
        await line.media.hold(False)
        await caller.until_heard(SAID)
        await eventually(lambda: len(recorded(path)) > length)


async def test_what_is_heard_is_sent_back_by_an_echo(open_line: OpenLine) -> None:
    line = await open_line("echo")
    async with Caller("PCMU", says=HEARD) as caller:
        await call(line, caller)
        await caller.until_heard(HEARD)
        assert await caller.heard_tone(HEARD) > LOUD


async def test_a_file_is_said_in_a_loop(open_line: OpenLine, tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "said.wav"), "wb") as file:
        file.setparams((2, 2, 8_000, 0, "NONE", ""))
        wave_ = array("h", (12_000 * (1 if n % 20 < 10 else -1) for n in range(8_000 // 10)))
        file.writeframes(array("h", (each for one in wave_ for each in (one, one))).tobytes())
    line = await open_line(f"file:{tmp_path}/said.wav")
    async with Caller() as caller:
        await call(line, caller)
        await caller.until_heard(400)
        assert await caller.heard_tone(400) > LOUD, "it ends after a tenth of a second"


async def test_one_process_serves_a_call_after_the_other(open_line: OpenLine) -> None:
    line = await open_line(f"tone:{SAID}")
    for codec in ("opus", "PCMU"):
        async with Caller(codec, says=HEARD) as caller:
            await call(line, caller)
            await caller.until_heard(SAID)
            await line.media.hang_up()
    assert line.of(Connected) == [Connected("opus"), Connected("PCMU")]
    assert not line.of(Ended), "that it hangs up itself is no news"


async def test_a_second_call_is_refused_while_there_is_one(open_line: OpenLine) -> None:
    line = await open_line(f"tone:{SAID}")
    async with Caller() as caller, Caller() as another:
        await call(line, caller)
        with pytest.raises(MediaError, match="There is a call already"):
            await line.media.offered(await another.offer())
        await caller.until_heard(SAID)


async def test_one_that_is_not_answered_leaves_nothing(open_line: OpenLine) -> None:
    line = await open_line(f"tone:{SAID}")
    async with Caller() as caller:
        await line.media.offered(await caller.offer())
        await line.media.hang_up()
        with pytest.raises(MediaError, match="no call"):
            await line.media.answer()
    async with Caller() as caller:
        await call(line, caller)
        await caller.until_heard(SAID)
    assert len(line.of(Devices)) == 1, "one was opened for a call that nobody answered"


async def test_that_the_far_end_ends_its_media_is_told(
    open_line: OpenLine, eventually: Eventually
) -> None:
    line = await open_line(f"tone:{SAID}")
    async with Caller() as caller:
        await call(line, caller)
        await caller.until_heard(SAID)
    await eventually(lambda: line.of(Ended) == [Ended()])
    await line.media.hang_up()
