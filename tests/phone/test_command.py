"""`enigma-tui phone`: a phone of its own process, called by a PBX, heard and spoken to."""

import asyncio
import json
import os
import sys
import wave
from array import array
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.phone.loopback import PROGRAM, ROOT
from tests.phone.pbx import PASSWORD, Leg, Pbx, header, serving
from tests.phone.peer import Caller, loudness


class Running:
    """A phone that runs, and what it has printed."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.told: list[dict[str, Any]] = []

    async def tells(self, event: str) -> dict[str, Any]:
        """Wait for the next line about an event."""
        assert self.process.stdout is not None
        async with asyncio.timeout(20):
            while line := await self.process.stdout.readline():
                self.told.append(json.loads(line))
                if self.told[-1]["event"] == event:
                    return self.told[-1]
        raise AssertionError(f"it ended: {await self.errors()}")

    def say(self, order: str) -> None:
        """Have it do something."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{order}\n".encode())

    async def errors(self) -> str:
        """What it said to a person, once it has ended."""
        assert self.process.stderr is not None
        return (await self.process.stderr.read()).decode()


@asynccontextmanager
async def phone(
    pbx: Pbx, home: Path, *arguments: str, password: str = PASSWORD, **environment: str
) -> AsyncIterator[Running]:
    """A phone as somebody starts it; ended if it still runs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, "phone", *arguments,
        stdin=PIPE, stdout=PIPE, stderr=PIPE,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(ROOT),
            "ENIGMA_TUI_PHONE_URL": pbx.url,
            "ENIGMA_TUI_EXTENSION": "201",
            "ENIGMA_TUI_PHONE_PASSWORD": password,
            **environment,
        },
    )  # fmt: skip
    try:
        yield Running(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def logged(home: Path) -> str:
    """All that is in the logs."""
    return "".join(file.read_text() for file in home.rglob("*.log"))


async def call(pbx: Pbx, caller: Caller) -> Leg:
    """Call the phone, and have the caller hear its answer."""
    leg = await pbx.invite(await caller.offer())
    await caller.answered(await leg.answered())
    return leg


@pytest.mark.parametrize(("codec", "binary"), [("opus", False), ("PCMU", True)])
async def test_a_tone_each_way(tmp_path: Path, codec: str, binary: bool) -> None:
    pbx, heard = Pbx(binary=binary), tmp_path / "heard.wav"
    arguments = ("--auto-answer", "--microphone", "tone:440", "--speaker", f"file:{heard}")
    async with serving(pbx), phone(pbx, tmp_path, *arguments) as running:
        await running.tells("registered")
        async with Caller(codec, says=700) as caller:
            leg = await call(pbx, caller)
            assert (await running.tells("sound"))["codec"] == codec
            await caller.until_heard(440)
            samples = await caller.next_heard()
            assert loudness(samples, 440) > loudness(samples, 700) + 30
            await leg.send("BYE")
            assert (await running.tells("ended"))["how"] == "hung up there"
        running.say("quit")
        assert await running.process.wait() == 0
    with wave.open(str(heard)) as file:
        recorded = array("h", file.readframes(file.getnframes()))[-12_000:]
    assert loudness(recorded, 700) > -30
    assert loudness(recorded, 700) > loudness(recorded, 440) + 30


async def test_what_it_is_told_on_its_input(tmp_path: Path) -> None:
    pbx = Pbx()
    arguments = ("--microphone", "tone:440", "--speaker", "none")
    async with serving(pbx), phone(pbx, tmp_path, *arguments) as running, Caller() as caller:
        await running.tells("registered")
        leg = await pbx.invite(await caller.offer())
        ringing = await running.tells("ringing")
        assert (ringing["number"], ringing["name"]) == ("0821234567", "Jo")
        running.say("answer")
        await caller.answered(await leg.answered())
        await caller.until_heard(440)
        running.say("mute")
        await caller.until_quiet()
        running.say("mute")
        await caller.until_heard(440)
        running.say("hold")
        assert (await running.tells("held"))["here"] is True
        await caller.until_quiet()
        running.say("dance")
        running.say("hang up")
        assert (await running.tells("ended"))["how"] == "hung up here"
        await pbx.wait_for("BYE")
        running.say("quit")
        assert await running.process.wait() == 0
        assert "there is no 'dance'" in await running.errors()
    assert header(pbx.heard[-1], "Expires") == "0", "it says goodbye"


async def test_a_call_and_its_sound_outlive_the_connection(tmp_path: Path) -> None:
    pbx = Pbx()
    arguments = ("--auto-answer", "--microphone", "tone:440", "--speaker", "none")
    async with serving(pbx), phone(pbx, tmp_path, *arguments) as running, Caller() as caller:
        await running.tells("registered")
        leg = await call(pbx, caller)
        await caller.until_heard(440)
        pbx.drop()
        assert "gone" in (await running.tells("lost"))["why"]
        await caller.until_heard(440)
        await running.tells("registered")
        await caller.until_heard(440)
        await leg.send("BYE")
        await running.tells("ended")


async def test_a_wrong_password_ends_it(tmp_path: Path) -> None:
    pbx = Pbx()
    async with serving(pbx), phone(pbx, tmp_path, password="secret word") as running:
        told = await running.tells("not_registered")
        assert "phone_password" in told["why"]
        assert await running.process.wait() == 1
    assert "secret word" not in logged(tmp_path) + json.dumps(running.told)


async def test_callers_can_be_masked(tmp_path: Path) -> None:
    pbx = Pbx()
    async with serving(pbx), phone(pbx, tmp_path, ENIGMA_TUI_MASK="1") as running:
        await running.tells("registered")
        await pbx.invite()
        ringing = await running.tells("ringing")
        assert "123" not in ringing["number"]
        assert ringing["name"] == ""


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"ENIGMA_TUI_PHONE_URL": ""}, "phone_url is not set"),
        ({"ENIGMA_TUI_PHONE_URL": "pbx:8088"}, "ENIGMA_TUI_PHONE_URL: phone_url: expected is ws"),
        ({"ENIGMA_TUI_EXTENSION": ""}, "extension: the phone needs one"),
        ({"ENIGMA_TUI_READ_ONLY": "1"}, "read_only is set"),
    ],
)
async def test_settings_that_make_no_phone(
    tmp_path: Path, environment: dict[str, str], words: str
) -> None:
    async with phone(Pbx(url="ws://127.0.0.1:1/ws"), tmp_path, **environment) as running:
        assert await running.process.wait() == 2
        assert words in await running.errors()
