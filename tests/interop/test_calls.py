"""Asterisk calls our phone."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from tests.interop.asterisk import Asterisk
from tests.interop.configuration import TONE_HZ, Extension
from tests.interop.conftest import Eventually, Run, Start

CODECS: Mapping[str, str] = {"opus,ulaw": "opus", "ulaw": "PCMU"}


def directions(pbx: Asterisk) -> Sequence[str]:
    """Who may speak, in each description that Asterisk has logged."""
    return re.findall(r"(?m)^a=(sendonly|recvonly|sendrecv|inactive)", pbx.log)


@pytest.mark.parametrize("allowed", CODECS)
async def test_a_tone_comes_back_from_the_echo(
    start_pbx: Start, run_phone: Run, ours: Extension, allowed: str, eventually: Eventually
) -> None:
    pbx = start_pbx(replace(ours, codecs=allowed))
    async with run_phone(pbx.ws, microphone="tone:440") as phone:
        await phone.until("registered")
        await pbx.originate(ours.number, "echo")
        await phone.until("answered")
        assert (await phone.until("sound"))["codec"] == CODECS[allowed]
        await eventually(lambda: phone.hears(440))


async def test_over_tls_a_tone_comes_back_too(
    pbx: Asterisk, run_phone: Run, ours: Extension, eventually: Eventually
) -> None:
    async with run_phone(pbx.wss, microphone="tone:440", ca=pbx.ca) as phone:
        await phone.until("registered")
        await pbx.originate(ours.number, "echo")
        await eventually(lambda: phone.hears(440))


async def test_the_pbx_is_heard_and_hangs_up(
    pbx: Asterisk, run_phone: Run, ours: Extension, eventually: Eventually
) -> None:
    async with run_phone(pbx.ws) as phone:
        await phone.until("registered")
        await pbx.originate(ours.number, "brief")
        await eventually(lambda: phone.hears(TONE_HZ))
        assert (await phone.until("ended"))["how"] == "hung up there"


async def test_one_call_after_the_other_is_hung_up_here(
    pbx: Asterisk, run_phone: Run, ours: Extension, eventually: Eventually
) -> None:
    async with run_phone(pbx.ws) as phone:
        await phone.until("registered")
        for _ in range(2):
            told = len(phone.told)
            await pbx.originate(ours.number, "tone")
            await phone.until("answered", after=told)
            await eventually(lambda: phone.hears(TONE_HZ))
            await phone.say("hang up")
            assert (await phone.until("ended", after=told))["how"] == "hung up here"
            await eventually(pbx.is_quiet)


async def test_asterisk_agrees_to_a_hold_and_to_its_end(
    pbx: Asterisk, run_phone: Run, ours: Extension, eventually: Eventually
) -> None:
    async with run_phone(pbx.ws, microphone="tone:440") as phone:
        await phone.until("registered")
        await pbx.originate(ours.number, "echo")
        await eventually(lambda: phone.hears(440))
        await pbx.ask("pjsip set logger on")
        await phone.say("hold")
        await phone.until("held", here=True)
        await eventually(lambda: directions(pbx) == ["sendonly", "recvonly"])
        held = phone.heard_seconds()
        await phone.say("hold")
        await phone.until("held", here=False)
        await eventually(lambda: directions(pbx)[2:] == ["sendrecv", "sendrecv"])
        await eventually(lambda: phone.heard_seconds() > held + 0.5 and phone.hears(440))


async def test_who_calls_is_told_and_may_give_up(
    pbx: Asterisk, run_phone: Run, ours: Extension
) -> None:
    async with run_phone(pbx.ws, answers=False) as phone:
        await phone.until("registered")
        await pbx.originate_by_caller(ours.number, "echo")
        ringing = await phone.until("ringing")
        assert ringing["name"] == "Nomsa Dlamini"
        assert ringing["number"] == "0821234567"
        await pbx.hang_up()
        assert (await phone.until("ended"))["how"] == "cancelled"


async def test_a_call_is_refused(
    pbx: Asterisk, run_phone: Run, ours: Extension, eventually: Eventually
) -> None:
    async with run_phone(pbx.ws, answers=False) as phone:
        await phone.until("registered")
        await pbx.originate(ours.number, "echo")
        await phone.until("ringing")
        await phone.say("hang up")
        assert (await phone.until("ended"))["how"] == "rejected"
        await eventually(pbx.is_quiet)


async def test_a_pbx_that_requires_session_timers_keeps_the_call(
    start_pbx: Start, run_phone: Run, ours: Extension, eventually: Eventually
) -> None:
    # Asterisk hangs up at once where an answer does not say who refreshes.
    pbx = start_pbx(replace(ours, endpoint={"timers": "required"}))
    async with run_phone(pbx.ws) as phone:
        await phone.until("registered")
        await pbx.originate(ours.number, "tone")
        await eventually(lambda: phone.hears(TONE_HZ))
        assert not await pbx.is_quiet()
