"""An extension is registered, refreshed, given up, and comes back after a loss."""

import asyncio
import re
import ssl

import pytest
import trustme

from enigma_tui.phone.events import NotRegistered, Registered
from enigma_tui.phone.registration import DISPLACED, FORBIDDEN, WRONG_PASSWORD
from tests.phone.lines import on_line, registered
from tests.phone.pbx import Pbx, header, serving


@pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])
@pytest.mark.parametrize(
    ("algorithms", "taken"),
    [(("MD5",), "MD5"), (("SHA-256",), "SHA-256"), (("SHA-512", "MD5", "SHA-256"), "SHA-256")],
)
async def test_it_registers(binary: bool, algorithms: tuple[str, ...], taken: str) -> None:
    pbx = Pbx(binary=binary, algorithms=algorithms)
    async with registered(pbx) as (line, ear):
        told = await ear.hears(Registered)
        assert told == Registered(expires=300, others=0)
        assert line.agent.registered
        assert ear.links == [""]
    asked = await pbx.wait_for("REGISTER", 2)
    assert f"algorithm={taken}" in header(asked, "Authorization")
    assert header(asked, "Contact").startswith("<sip:201@")
    assert "correct horse" not in "".join(pbx.heard)


async def test_it_says_how_many_other_phones_there_are() -> None:
    pbx = Pbx(others=("<sip:201@192.0.2.7:5060>;expires=40", "not an address"))
    async with registered(pbx) as (_, ear):
        assert (await ear.hears(Registered)).others == 1


async def test_a_wrong_password_is_told_and_not_tried_again() -> None:
    pbx = Pbx()
    async with serving(pbx), on_line(pbx, password="battery staple") as (line, ear):
        told = await ear.hears(NotRegistered)
        assert told == NotRegistered(WRONG_PASSWORD, again=False)
        assert len(pbx.heard) == 2
        assert line.agent.due() is None, "nothing is tried again by itself"
        line.do(lambda agent, now: agent.register(now))
        await pbx.wait_for("REGISTER", 4)


async def test_it_refreshes_before_it_expires() -> None:
    pbx = Pbx(expires=60)
    async with registered(pbx) as (line, ear):
        await ear.hears(Registered)
        due = line.agent.due()
        assert due is not None
        line.do(lambda agent, now: agent.pass_time(due - 0.1))
        assert len(pbx.heard) == 2
        line.do(lambda agent, now: agent.pass_time(due))
        asked, refreshed = [await pbx.wait_for("REGISTER", count) for count in (3, 4)]
        assert not header(asked, "Contact"), "it looks first"
        assert "nc=00000003" in header(refreshed, "Authorization"), "the nonce is used on"
        assert due <= line._now() + 31
        assert len(ear.told) == 1, "which is nothing new"


async def test_a_phone_that_has_been_displaced_does_not_take_the_extension_back() -> None:
    pbx = Pbx()
    async with registered(pbx) as (line, ear):
        await ear.hears(Registered)
        due = line.agent.due()
        assert due is not None
        pbx.contact, pbx.others = "", ("<sip:201@192.0.2.7>",)
        line.do(lambda agent, now: agent.pass_time(due))
        assert await ear.hears(NotRegistered) == NotRegistered(DISPLACED, again=False)
        assert pbx.contact == ""
        assert line.agent.due() is None
        line.do(lambda agent, now: agent.register(now))
        await ear.hears(Registered, 2)


@pytest.mark.parametrize("others", [(), ("<sip:201@192.0.2.7>",)], ids=["none", "another"])
async def test_a_phone_that_the_pbx_has_forgotten_registers_again(others: tuple[str]) -> None:
    pbx = Pbx(others=others)
    async with registered(pbx) as (line, ear):
        await ear.hears(Registered)
        due = line.agent.due()
        assert due is not None
        pbx.contact = ""
        line.do(lambda agent, now: agent.pass_time(due))
        await pbx.registered()


async def test_it_is_asked_for_again_before_the_pbx_forgets_it() -> None:
    pbx = Pbx(expires=300)
    async with registered(pbx) as (line, _):
        waited = []
        for count in (2, 4, 6):
            await pbx.wait_for("REGISTER", count)
            await pbx.heard_out()
            now, due = line._now(), line.agent.due()
            assert due is not None
            waited.append(round(due - now))
            line.do(lambda agent, _, at=due: agent.pass_time(at))
    assert waited == [5, 60, 60]


async def test_a_nonce_that_is_too_old_is_no_wrong_password() -> None:
    pbx = Pbx()
    async with registered(pbx) as (line, ear):
        await ear.hears(Registered)
        pbx.stale |= pbx.nonces
        line.do(lambda agent, now: agent.register(now))
        await pbx.wait_for("REGISTER", 4)
        await pbx.heard_out()
        assert line.agent.registered
        assert not [each for each in ear.told if isinstance(each, NotRegistered)]


async def test_an_interval_that_is_too_brief_is_lengthened() -> None:
    pbx = Pbx(least_expires=1800)
    async with registered(pbx):
        asked = await pbx.wait_for("REGISTER", 3)
        assert header(asked, "Expires") == "1800"


@pytest.mark.parametrize(
    ("code", "words", "again"),
    [
        (403, FORBIDDEN, False),
        (404, "there is no extension 201", True),
        (503, "the PBX answered 503 to REGISTER", True),
    ],
)
async def test_a_refusal_is_told(code: int, words: str, again: bool) -> None:
    pbx = Pbx(refuse=code)
    async with serving(pbx), on_line(pbx) as (line, ear):
        told = await ear.hears(NotRegistered)
        assert words in told.why
        assert told.again is again
        if again:
            pbx.refuse = 0
            due = line.agent.due()
            assert due is not None
            line.do(lambda agent, now: agent.pass_time(due))
            await pbx.registered()


async def test_no_answer_is_told() -> None:
    pbx = Pbx()
    async with registered(pbx) as (line, ear):
        line.do(lambda agent, now: agent.register(now))
        line.do(lambda agent, now: agent.pass_time(now + 9))
        assert "answered nothing" in (await ear.hears(NotRegistered)).why


async def test_it_comes_back_after_a_loss() -> None:
    pbx = Pbx()
    async with registered(pbx) as (line, ear):
        await ear.hears(Registered)
        pbx.contact = ""
        pbx.drop()
        assert "connection is gone" in await ear.until_link(2)
        await ear.hears(Registered, 2)
        assert line.agent.registered
        assert not [each for each in ear.told if isinstance(each, NotRegistered)]


async def test_it_says_goodbye() -> None:
    pbx = Pbx()
    async with registered(pbx) as (_, ear):
        await ear.hears(Registered)
        pbx.stale |= pbx.nonces  # the first goodbye asks for the password again
    last = pbx.heard[-1]
    assert header(last, "Expires") == "0"
    assert "expires=0" in header(last, "Contact")
    assert pbx.contact == ""


async def test_over_tls() -> None:
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    pbx = Pbx()
    async with serving(pbx, server):
        async with on_line(pbx, tls=client) as (_, ear):
            await ear.hears(Registered)
            assert re.match(r"SIP/2.0/WSS \w+\.invalid;", header(pbx.heard[0], "Via"))
        async with on_line(pbx, tls=ssl.create_default_context()) as (_, ear):
            why = await ear.until_link(1)
            assert "certificate is not trusted" in why
            assert "phone_tls_ca" in why


async def test_why_there_is_no_connection() -> None:
    pbx = Pbx()
    async with serving(pbx):
        pass
    async with on_line(pbx) as (_, ear):
        assert "refused" in await ear.until_link(1)
        await ear.until_link(3)


async def test_a_phone_that_was_lost_waits_until_the_pbx_has_noticed() -> None:
    pbx = Pbx()
    async with registered(pbx) as (line, ear):
        await ear.hears(Registered)
        pbx.refuse = 403
        pbx.drop()
        told = await ear.hears(NotRegistered)
        assert told == NotRegistered(FORBIDDEN, again=True)
        due = line.agent.due()
        assert due is not None
        pbx.refuse = 0
        line.do(lambda agent, now: agent.pass_time(due))
        await ear.hears(Registered, 2)


async def test_two_servers_that_do_not_know_each_others_nonces() -> None:
    pbx = Pbx()
    async with registered(pbx) as (line, ear):
        await ear.hears(Registered)
        pbx.always_stale = True
        line.do(lambda agent, now: agent.register(now))
        await ear.hears(NotRegistered)
        assert len([text for text in pbx.heard if text.startswith("REGISTER")]) < 8


async def test_tls_where_none_is_spoken() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(plain, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        pbx = Pbx(url=f"wss://127.0.0.1:{port}/ws")
        async with on_line(pbx, tls=ssl.create_default_context()) as (_, ear):
            assert "TLS is not spoken there" in await ear.until_link(1)


async def test_a_host_that_there_cannot_be() -> None:
    async with on_line(Pbx(url="ws://a..b/ws")) as (_, ear):
        assert "no such host" in await ear.until_link(1)
