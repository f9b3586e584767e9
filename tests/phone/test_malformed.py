"""Nothing that comes over the line ends the phone."""

import random

import pytest

from enigma_tui.phone.events import Ended, Invited
from enigma_tui.phone.headers import addresses
from enigma_tui.phone.messages import MalformedError, read
from tests.phone.lines import ANSWER, registered
from tests.phone.pbx import OFFER, Leg, Pbx

COUNT = 1_000

HOSTILE = (
    b"", b"\r\n", b"\0", b"\xff\xfe", b"-1", b"99999999999999999999", b";", b"<", b'"', b"\r\n ",
    b"SIP/2.0", b"Content-Length: -5\r\n", b"\xd9\xa1", "\u2028".encode(), b"sip:", b"tag=",
)  # fmt: skip


def mutated(message: bytes, dice: random.Random) -> bytes:
    """A message with some of it gone, doubled, moved or replaced."""
    data = bytearray(message)
    for _ in range(dice.randint(1, 6)):
        at = dice.randint(0, max(0, len(data) - 1))
        to = min(len(data), at + dice.randint(0, dice.choice((2, 20, 200))))
        match dice.randint(0, 4):
            case 0:
                del data[at:to]
            case 1:
                data[at:at] = data[at:to]
            case 2:
                data[at:to] = dice.choice(HOSTILE)
            case 3:
                data[at:to] = bytes(dice.getrandbits(8) for _ in range(to - at))
            case 4:
                lines = bytes(data).split(b"\r\n")
                dice.shuffle(lines)
                data = bytearray(b"\r\n".join(lines))
    return bytes(data)


@pytest.mark.parametrize("binary", [True, False], ids=["binary", "text"])
async def test_a_thousand_fuzzed_messages(binary: bool) -> None:
    seed = random.SystemRandom().getrandbits(32)
    dice = random.Random(seed)
    print(f"seed {seed}")  # shown where it fails
    pbx = Pbx(binary=binary)
    async with registered(pbx) as (line, ear):
        leg = Leg(pbx, '"Jo" <sip:0821234567@pbx>')
        corpus = [
            *[
                leg.request(method).encode()
                for method in ("BYE", "OPTIONS", "ACK", "CANCEL", "PING")
            ],
            leg.request("INVITE", body=OFFER).encode(),
            leg.request("UPDATE", body=OFFER, Supported="timer", Session_Expires="90").encode(),
            pbx.heard[-1].encode(),
            b"SIP/2.0 401 No\r\nWWW-Authenticate: Digest realm=x\r\n\r\n",
        ]
        for _ in range(COUNT):
            await pbx.send(mutated(dice.choice(corpus), dice))
        asked = Leg(pbx, "<sip:pbx@pbx>")
        await asked.send("OPTIONS")
        await asked.response(200, "OPTIONS")
        assert ear.links == [""], "the connection is the first one"
        assert line.agent.registered
        assert line.agent.malformed > COUNT / 10
        if (call := line.agent.call) is not None:  # one of them was good enough to ring
            line.do(lambda agent, now: agent.reject(call.name, now))
        good = await pbx.invite()
        rung = await good.response(180)
        call_id = good.call_id
        assert call_id in rung
        line.do(lambda agent, now: agent.answer(call_id, ANSWER, now))
        await good.answered()
        await good.send("BYE")
        await good.response(200, "BYE")
        assert [each.call for each in ear.told if isinstance(each, Invited)][-1] == call_id
        assert [each.call for each in ear.told if isinstance(each, Ended)][-1] == call_id


@pytest.mark.parametrize(
    "frame",
    [
        b"", "hello", b"\xff\xff\r\n\r\n", "INVITE sip:201@x SIP/2.0\r\n\r\n",
        "SIP/2.0 200 OK\r\n\r\n",
        "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/WS x\r\nFrom: <sip:a@b>\r\nTo: <sip:a@b>\r\n\r\n",
    ],
)  # fmt: skip
def test_what_is_no_message(frame: str | bytes) -> None:
    with pytest.raises(MalformedError):
        read(frame)


def test_a_message_that_is_cut_short() -> None:
    text = Leg(Pbx(), "<sip:a@b>").request("INVITE", body=OFFER)
    read(text)
    with pytest.raises(MalformedError, match="shorter"):
        read(text[:-5])


async def test_an_empty_line_asks_whether_anybody_is_there() -> None:
    pbx = Pbx()
    async with registered(pbx):
        await pbx.sockets[-1].send("\r\n\r\n")
        assert await pbx.wait_for("\r\n") == "\r\n"


@pytest.mark.parametrize(
    ("value", "user", "name", "tag"),
    [
        ('"N \\"x\\" D." <sip:+2782123@pbx;user=phone>;tag=1', "+2782123", 'N "x" D.', "1"),
        ("<sip:asterisk@3f4e5f50335f:5060;transport=ws>;tag=a.b", "asterisk", "", "a.b"),
        ("Jo Bloggs <sips:201@my_pbx>;x=y;TAG=2", "201", "Jo Bloggs", "2"),
        ("sip:082%2B1@10-pbx;tag=3", "082+1", "", "3"),
        ("<tel:+27821234567>", "", "", ""),
        ('"Anonymous" <sip:anonymous@anonymous.invalid>;tag=4', "", "Anonymous", "4"),
        ("<sip:pbx>", "", "", ""),
    ],
)  # fmt: skip
def test_an_address_is_read_whatever_its_host_is_called(
    value: str, user: str, name: str, tag: str
) -> None:
    [found] = addresses([value])
    assert (found.user, found.name, found.parameter("tag")) == (user, name, tag)


def test_several_addresses_in_one_header_and_what_is_none() -> None:
    found = addresses(
        ['<sip:a@x>;expires=5, "b, c" <sip:d@y>;q=1', "*", "nobody", "sip:a b", "<sip:\x08@x>"]
    )
    assert [(each.uri, each.parameter("expires")) for each in found] == [
        ("sip:a@x", "5"), ("sip:d@y", "")
    ]  # fmt: skip


async def test_a_caller_whose_name_is_not_utf_8_is_heard_of() -> None:
    pbx = Pbx()
    async with registered(pbx) as (_, ear):
        leg = Leg(pbx, '"Jos@" <sip:0821234567@my_pbx>')
        raw = leg.request("INVITE", body=OFFER).encode().replace(b"Jos@", b"Jos\xe9")
        await pbx.sockets[-1].send(raw, text=True)
        assert (await ear.hears(Invited)).name == "Jos\N{REPLACEMENT CHARACTER}"
        await leg.response(180)
        assert ear.links == [""]
