"""What the phone makes of its line and its media together."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from enigma_tui.phone import media
from enigma_tui.phone.account import Account
from enigma_tui.phone.events import Ended, Invited, Registered
from enigma_tui.phone.media import IceServer, MediaConfig
from enigma_tui.phone.phone import Phone, Stage, Told, Trouble
from tests.phone.lines import Ear, soon
from tests.phone.pbx import OFFER, PASSWORD, Pbx, serving
from tests.phone.peer import Caller


@asynccontextmanager
async def a_phone(pbx: Pbx, config: MediaConfig | None = None) -> AsyncIterator[tuple[Phone, Ear]]:
    """A phone that is registered."""
    ear = Ear()

    def told(event: Told) -> None:
        ear.take(event)  # type: ignore[arg-type]

    phone = Phone(
        Account(pbx.url, "201", PASSWORD),
        config or MediaConfig(microphone="silence", speaker="none"),
        agent="enigma-tui",
        told=told,
        backoff=soon(),
    )
    task = asyncio.create_task(phone.run())
    try:
        await ear.hears(Registered)
        yield phone, ear
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_an_offer_that_media_cannot_take_gets_488(on_loopback: None) -> None:
    pbx = Pbx()
    async with serving(pbx), a_phone(pbx) as (phone, ear):
        leg = await pbx.invite(
            OFFER.replace("107 0 101", "18").replace("107 opus/48000/2", "18 G729/8000")
        )
        await leg.response(180)
        await leg.response(488)
        await ear.hears(Ended)
        assert "could not be taken" in (await ear.hears(Trouble)).why
        assert phone.talk is None


async def test_without_media_a_call_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "PROGRAM", (sys.executable, "-c", ""))
    pbx = Pbx()
    async with serving(pbx), a_phone(pbx) as (_, ear):
        leg = await pbx.invite()
        await leg.response(480)
        await ear.hears(Ended)


async def test_a_media_process_that_dies_ends_the_call_and_not_the_phone(
    on_loopback: None,
) -> None:
    pbx = Pbx()
    async with serving(pbx), a_phone(pbx) as (phone, ear), Caller() as caller:
        leg = await pbx.invite(await caller.offer())
        await ear.hears(Invited)
        phone.answer()
        await caller.answered(await leg.answered())
        await ear.hears(media.Connected)
        assert phone._media is not None
        phone._media._kill()
        await pbx.wait_for("BYE")
        await ear.hears(Ended)
        again = await pbx.invite(await caller.offer())
        await ear.hears(Invited, 2)
        assert phone.talk is not None
        assert phone.talk.stage is Stage.RINGING
        await again.send("CANCEL")
        await again.response(487)


async def test_a_call_that_ends_waits_for_no_server_of_ice(on_loopback: None) -> None:
    silent = await asyncio.get_running_loop().create_datagram_endpoint(
        asyncio.DatagramProtocol, ("127.0.0.1", 0)
    )
    port = silent[0].get_extra_info("sockname")[1]
    config = MediaConfig(
        (IceServer(f"stun:127.0.0.1:{port}"),), microphone="silence", speaker="none"
    )
    pbx = Pbx()
    async with serving(pbx), a_phone(pbx, config) as (phone, ear), Caller() as caller:
        offer = await caller.offer()
        leg = await pbx.invite(offer)
        await ear.hears(Invited)
        phone.answer()
        await leg.send("CANCEL")
        await leg.response(487)
        started = asyncio.get_running_loop().time()
        second = await pbx.invite(offer)
        await ear.hears(Invited, 2)
        await second.response(180)
        phone.hang_up()
        await second.response(603)
        assert phone._media is not None
        await phone._media.hang_up()
        assert asyncio.get_running_loop().time() - started < 4, "aioice waits for five seconds"
    silent[0].close()


async def test_hung_up_while_it_is_being_answered(on_loopback: None) -> None:
    pbx = Pbx()
    async with serving(pbx), a_phone(pbx) as (phone, ear), Caller() as caller:
        leg = await pbx.invite(await caller.offer())
        await ear.hears(Invited)
        phone.answer()
        assert phone.talk is not None
        assert phone.talk.stage is Stage.ANSWERING
        phone.hang_up()
        await leg.response(603)
        await ear.hears(Ended)
        assert not [each for each in ear.told if isinstance(each, Trouble)]
