"""What becomes of a call when the way to Asterisk is lost: its media go another."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.faults.proxy import Mode, Proxy, open_proxy
from tests.interop import configuration, network
from tests.interop.asterisk import Asterisk
from tests.interop.configuration import TONE_HZ, Extension
from tests.interop.conftest import Eventually, Run


@asynccontextmanager
async def cuttable() -> AsyncIterator[tuple[Proxy, str]]:
    """A way to the PBX that can be cut, and its address."""
    target = f"redis://{network.PBX}:{configuration.HTTP_PORT}/0"
    async with open_proxy(target, tcp=True) as proxy:
        yield proxy, f"ws{proxy.url.removeprefix('redis').removesuffix('/0')}/ws"


async def test_a_call_outlives_its_socket_and_is_hung_up_over_the_next(
    pbx: Asterisk, run_phone: Run, ours: Extension, eventually: Eventually
) -> None:
    async with cuttable() as (proxy, url), run_phone(url, microphone="tone:440") as phone:
        await phone.until("registered")
        await pbx.originate(ours.number, "echo")
        await eventually(lambda: phone.hears(440))
        told = len(phone.told)
        proxy.cut()
        await phone.until("lost", after=told)
        heard = phone.heard_seconds()
        await phone.until("registered", after=told)
        await eventually(lambda: phone.heard_seconds() > heard + 0.5 and phone.hears(440))
        await pbx.hang_up()
        assert (await phone.until("ended"))["how"] == "hung up there"


async def test_a_call_that_ended_meanwhile_ends_here_too(
    pbx: Asterisk, run_phone: Run, ours: Extension, eventually: Eventually
) -> None:
    async with cuttable() as (proxy, url), run_phone(url) as phone:
        await phone.until("registered")
        await pbx.originate(ours.number, "tone")
        await eventually(lambda: phone.hears(TONE_HZ))
        proxy.set(Mode.REFUSE)
        proxy.cut()
        await phone.until("lost")
        await pbx.hang_up()
        await eventually(pbx.is_quiet)
        proxy.set(Mode.WELL)
        assert (await phone.until("ended"))["how"] == "lost"


async def test_a_call_hung_up_here_meanwhile_ends_there_too(
    pbx: Asterisk, run_phone: Run, ours: Extension, eventually: Eventually
) -> None:
    async with cuttable() as (proxy, url), run_phone(url) as phone:
        await phone.until("registered")
        await pbx.originate(ours.number, "tone")
        await eventually(lambda: phone.hears(TONE_HZ))
        proxy.set(Mode.REFUSE)
        proxy.cut()
        await phone.until("lost")
        await phone.say("hang up")
        await phone.until("ended")
        assert not await pbx.is_quiet()
        proxy.set(Mode.WELL)
        await eventually(pbx.is_quiet)


async def test_a_plug_that_is_pulled_for_a_moment_costs_nothing(
    pbx: Asterisk, run_phone: Run, ours: Extension, eventually: Eventually
) -> None:
    async with run_phone(pbx.ws, microphone="tone:440") as phone:
        await phone.until("registered")
        await pbx.originate(ours.number, "echo")
        await eventually(lambda: phone.hears(440))
        told = len(phone.told)
        with pbx.unplugged():
            await phone.until("sound_lost")
        await phone.until("sound_resumed")
        await eventually(lambda: phone.hears(440))
        assert not [each for each in phone.told[told:] if each["event"] in ("lost", "ended")]
        await pbx.hang_up()
        assert (await phone.until("ended"))["how"] == "hung up there"
