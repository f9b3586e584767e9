"""Our phone registers with Asterisk."""

from dataclasses import replace

import pytest
from websockets.asyncio.client import connect

from enigma_tui.phone.account import Account
from enigma_tui.phone.line import SIP
from enigma_tui.phone.looking import Look, look
from enigma_tui.phone.registration import WRONG_PASSWORD
from tests.interop.asterisk import Asterisk
from tests.interop.configuration import Extension
from tests.interop.conftest import Eventually, Run, Start


@pytest.mark.parametrize("way", ["ws", "wss"])
async def test_it_is_registered_while_it_runs(
    pbx: Asterisk, run_phone: Run, ours: Extension, way: str
) -> None:
    async with run_phone(getattr(pbx, way), ca=pbx.ca) as phone:
        registered = await phone.until("registered")
        assert registered["others"] == 0
        assert await pbx.contacts(ours.number) == 1
        await phone.say("quit")
        assert await phone.ended() == 0
    assert await pbx.contacts(ours.number) == 0


async def test_a_certificate_that_nobody_vouches_for_is_refused(
    pbx: Asterisk, run_phone: Run, ours: Extension
) -> None:
    async with run_phone(pbx.wss) as phone:
        assert "certificate is not trusted" in (await phone.until("lost"))["why"]
        assert await pbx.contacts(ours.number) == 0


async def test_a_wrong_password_is_said_and_not_tried_again(
    pbx: Asterisk, run_phone: Run, ours: Extension
) -> None:
    mistaken = replace(ours, password="not-this-one")
    async with run_phone(pbx.ws, mistaken) as phone:
        refused = await phone.until("not_registered")
        assert "phone_password" in refused["why"]
        assert refused["again"] is False
        assert await phone.ended() == 1
    said = [*map(str, phone.told), *phone.complaints]
    assert not any("not-this-one" in each for each in said)


async def test_who_is_registered_already_is_counted(
    start_pbx: Start, run_phone: Run, ours: Extension
) -> None:
    pbx = start_pbx(replace(ours, aor={"max_contacts": "2"}))
    async with run_phone(pbx.ws) as first:
        await first.until("registered")
        async with run_phone(pbx.ws) as second:
            assert (await second.until("registered"))["others"] == 1


async def test_it_comes_back_when_the_pbx_does(
    pbx: Asterisk, run_phone: Run, ours: Extension
) -> None:
    async with run_phone(pbx.ws) as phone:
        await phone.until("registered")
        pbx.stop()
        await phone.until("lost")
        told = len(phone.told)
        pbx.start()
        await phone.until("registered", after=told)
        assert await pbx.contacts(ours.number) == 1


async def test_what_the_pbx_forgets_is_asked_for_again(
    pbx: Asterisk, run_phone: Run, ours: Extension, eventually: Eventually
) -> None:
    async def are_registered(count: int) -> bool:
        return await pbx.contacts(ours.number) == count

    async with run_phone(pbx.ws) as phone:
        await phone.until("registered")
        # This Asterisk takes all sockets from an address for one.
        async with connect(pbx.ws, subprotocols=[SIP], close_timeout=1):
            pass
        await eventually(lambda: are_registered(0))
        await eventually(lambda: are_registered(1))


async def test_an_extension_that_keeps_its_phone_says_so(
    start_pbx: Start, run_phone: Run, ours: Extension
) -> None:
    pbx = start_pbx(replace(ours, aor={"remove_existing": "no"}))
    async with run_phone(pbx.ws) as first:
        await first.until("registered")
        async with run_phone(pbx.ws) as second:
            why = (await second.until("not_registered"))["why"]
    assert "as many phones as it may" in why


async def test_doctor_is_told_who_is_registered(
    pbx: Asterisk, run_phone: Run, ours: Extension
) -> None:
    account = Account(pbx.ws, ours.number, ours.password)
    assert await look(account, "enigma-tui") == Look()
    async with run_phone(pbx.ws) as phone:
        await phone.until("registered")
        assert await look(account, "enigma-tui") == Look(registered=1)
    mistaken = replace(account, password="not-this-one")
    assert await look(mistaken, "enigma-tui") == Look(refused=WRONG_PASSWORD)
