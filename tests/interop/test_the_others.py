"""The PBX and the browser understand each other: what our phone does not, is ours."""

from tests.interop.asterisk import Asterisk
from tests.interop.configuration import TONE_HZ, Extension
from tests.interop.conftest import Eventually, Open


async def test_two_browsers_hear_each_other(
    pbx: Asterisk, open_phone: Open, ours: Extension, theirs: Extension, eventually: Eventually
) -> None:
    called, caller = await open_phone(), await open_phone()
    await called.start(pbx.ws, ours, hz=440, answers=True)
    await caller.start(pbx.ws, theirs, hz=700)
    await caller.call(ours.number)
    await eventually(lambda: called.hears(700))
    await eventually(lambda: caller.hears(440))
    await caller.hang_up()
    await eventually(called.ended)


async def test_a_browser_hears_the_rooms_of_the_dialplan(
    pbx: Asterisk, open_phone: Open, theirs: Extension, eventually: Eventually
) -> None:
    caller = await open_phone()
    await caller.start(pbx.ws, theirs, hz=700)
    await caller.call("echo")
    await eventually(lambda: caller.hears(700))
    await caller.hang_up()
    await eventually(pbx.is_quiet)
    await caller.call("tone")
    await eventually(lambda: caller.hears(TONE_HZ))
