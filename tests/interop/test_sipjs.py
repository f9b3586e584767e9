"""The reference's own client calls our phone through Asterisk."""

from dataclasses import replace

from tests.interop.asterisk import Asterisk
from tests.interop.configuration import Extension
from tests.interop.conftest import Eventually, Open, Run, Start
from tests.interop.sipjs import Caller


async def test_both_hear_each_other_until_the_caller_hangs_up(
    pbx: Asterisk,
    run_phone: Run,
    open_phone: Open,
    ours: Extension,
    theirs: Extension,
    eventually: Eventually,
) -> None:
    caller = await open_phone()
    async with run_phone(pbx.ws, microphone="tone:440") as phone:
        await phone.until("registered")
        await caller.start(pbx.ws, theirs, hz=700)
        await caller.call(ours.number)
        ringing = await phone.until("ringing")
        assert ringing["name"] == "Extension 202"
        await eventually(lambda: phone.hears(700))
        await eventually(lambda: caller.hears(440))
        await caller.hang_up()
        assert (await phone.until("ended"))["how"] == "hung up there"


async def test_our_hang_up_ends_the_callers_call(
    pbx: Asterisk,
    run_phone: Run,
    open_phone: Open,
    ours: Extension,
    theirs: Extension,
    eventually: Eventually,
) -> None:
    caller = await open_phone()
    async with run_phone(pbx.ws, microphone="tone:440") as phone:
        await phone.until("registered")
        await caller.start(pbx.ws, theirs, hz=700)
        await caller.call(ours.number)
        await eventually(lambda: caller.hears(440))
        await phone.say("hang up")
        await eventually(caller.ended)


async def test_click2dial_rings_here_and_then_there(
    pbx: Asterisk,
    run_phone: Run,
    open_phone: Open,
    ours: Extension,
    theirs: Extension,
    eventually: Eventually,
) -> None:
    called = await open_phone()
    async with run_phone(pbx.ws, microphone="tone:440") as phone:
        await phone.until("registered")
        await called.start(pbx.ws, theirs, hz=700, answers=True)
        await pbx.originate(ours.number, theirs.number)
        await eventually(lambda: phone.hears(700))
        await eventually(lambda: called.hears(440))
        await called.hang_up()
        assert (await phone.until("ended"))["how"] == "hung up there"


async def test_each_may_hold_the_other(
    start_pbx: Start,
    run_phone: Run,
    open_phone: Open,
    ours: Extension,
    theirs: Extension,
    eventually: Eventually,
) -> None:
    # Without this Asterisk plays music to who is held, and tells nobody.
    passing = {"moh_passthrough": "yes"}
    pbx = start_pbx(replace(ours, endpoint=passing), replace(theirs, endpoint=passing))
    caller = await open_phone()
    async with run_phone(pbx.ws, microphone="tone:440") as phone:
        await phone.until("registered")
        await caller.start(pbx.ws, theirs, hz=700)
        await caller.call(ours.number)
        await eventually(lambda: phone.hears(700))
        await caller.hold()
        await phone.until("held", there=True)
        await eventually(lambda: silent(caller))
        told = len(phone.told)
        await caller.resume()
        await phone.until("held", after=told, there=False)
        await eventually(lambda: caller.hears(440))
        await phone.say("hold")
        await phone.until("held", here=True)
        await eventually(lambda: silent(caller))
        await phone.say("hold")
        await phone.until("held", after=told, here=False, there=False)
        await eventually(lambda: caller.hears(440))
        await eventually(lambda: phone.hears(700))


async def silent(caller: Caller) -> bool:
    """Whether the caller hears nothing."""
    return await caller.heard_peak_hz() is None
