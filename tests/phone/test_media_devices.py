"""A microphone and a loudspeaker, on a sound card that is played."""

import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from enigma_tui.phone.media import AudioDevices, Devices, list_devices
from tests.phone.conftest import Line
from tests.phone.peer import Caller

OpenLine = Callable[..., Awaitable[Line]]
Eventually = Callable[..., Awaitable[float]]

HERE = Path(__file__).parent
HEADSET = "Headset �[31mX"
"""What a driver calls it is not what a terminal obeys."""


@pytest.fixture(autouse=True)
def sound_card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", f"{HERE / 'sound_card'}{os.pathsep}{HERE.parents[1]}")


async def test_what_is_played_is_what_the_microphone_hears(
    open_line: OpenLine, eventually: Eventually
) -> None:
    line = await open_line(microphone="", speaker="headset")
    for _ in range(2):  # the devices are given back
        async with Caller(says=700) as caller:
            await line.media.offered(await caller.offer())
            await caller.answered(await line.media.answer())
            await caller.until_heard(700)
            await line.media.hang_up()
    assert line.of(Devices) == [Devices(HEADSET, HEADSET, "")] * 2


@pytest.mark.parametrize(
    ("environment", "speaker", "why"),
    [
        ("", "Gramophone", "No loudspeaker is called 'Gramophone'"),
        ("NOTHING", "", "There is no loudspeaker on this machine."),
        ("BUSY", "Screen", "The loudspeaker Screen cannot be opened (Device unavailable)"),
    ],
)
async def test_one_that_cannot_be_used_is_told_and_the_call_goes_on(
    environment: str,
    speaker: str,
    why: str,
    open_line: OpenLine,
    eventually: Eventually,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if environment:
        monkeypatch.setenv(environment, "1")
    line = await open_line(microphone="tone:440", speaker=speaker)
    async with Caller() as caller:
        await line.media.offered(await caller.offer())
        await caller.answered(await line.media.answer())
        await caller.until_heard(440)
        await eventually(lambda: line.of(Devices))
        (told,) = line.of(Devices)
        assert (told.microphone, told.speaker) == ("tone:440", "none")
        assert told.missing.startswith(why)


async def test_they_are_listed() -> None:
    assert await list_devices() == AudioDevices((HEADSET,), (HEADSET, "Screen"), HEADSET, HEADSET)


async def test_that_there_are_none_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTHING", "1")
    listed = await list_devices()
    assert listed == AudioDevices(
        missing="There is no microphone and no loudspeaker on this machine."
    )
