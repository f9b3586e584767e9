"""What is taken of an offer (SDP), and how the rest of it is answered."""

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enigma_tui.phone.media import UnsuitableOfferError
from enigma_tui.phone.offer import UnsuitableError, first_codec, read_offer
from tests.phone.conftest import Line
from tests.phone.peer import Caller

SESSION = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0"]
WAY = [
    "a=ice-ufrag:abcd",
    "a=ice-pwd:abcdefghijklmnopqrstuv",
    "a=fingerprint:sha-256 " + ":".join(["AB"] * 32),
    "a=setup:actpass",
]
AUDIO = [
    "m=audio 10000 UDP/TLS/RTP/SAVPF 107 0 101",
    "a=rtpmap:107 opus/48000/2",
    "a=rtpmap:0 PCMU/8000",
    "a=rtpmap:101 telephone-event/8000",
    "a=fmtp:101 0-16",
    "a=rtcp-mux",
    *WAY,
]
VIDEO = ["m=video 10002 UDP/TLS/RTP/SAVPF 99", "a=rtpmap:99 H264/90000", "a=rtcp-mux", *WAY]


def sdp(*sections: list[str], session: tuple[str, ...] = ()) -> str:
    lines = [*SESSION, *session, *(line for section in sections for line in section)]
    return "".join(f"{line}\r\n" for line in lines)


def without(section: list[str], start: str) -> list[str]:
    return [line for line in section if not line.startswith(start)]


ANSWER = sdp(
    ["m=audio 4000 UDP/TLS/RTP/SAVPF 107", "c=IN IP4 127.0.0.1", "a=rtpmap:107 opus/48000/2"],
    session=("a=group:BUNDLE 0",),
)


@pytest.mark.parametrize(
    ("offer", "why"),
    [
        ("", "no session description"),
        ("hello", "no session description"),
        (sdp(), "no audio"),
        (sdp(VIDEO), "no audio"),
        (sdp([AUDIO[0].replace("10000", "0"), *AUDIO[1:]]), "no audio"),
        (sdp(["m=audio nowhere"]), "cannot be read"),
        (sdp([AUDIO[0].replace("UDP/TLS/RTP/SAVPF", "RTP/AVP"), *AUDIO[1:]]), "not encrypted"),
        (sdp([AUDIO[0].replace("UDP/TLS/RTP/SAVPF", "RTP/SAVP"), *AUDIO[1:]]), "not encrypted"),
        (sdp(without(AUDIO, "a=ice-ufrag")), "lacks ICE"),
        (sdp(without(AUDIO, "a=ice-pwd")), "lacks ICE"),
        (sdp(without(AUDIO, "a=fingerprint")), "lacks the fingerprint"),
        (sdp(without(AUDIO, "a=setup")), "lacks the role"),
        (sdp(without(AUDIO, "a=rtcp-mux")), "lacks rtcp-mux"),
    ],
)
def test_one_that_is_none_of_webrtc_is_unsuitable(offer: str, why: str) -> None:
    with pytest.raises(UnsuitableError, match=why):
        read_offer(offer)


def test_what_is_said_for_the_session_is_said_for_the_audio() -> None:
    bare = [line for line in AUDIO if line not in WAY]
    offer = read_offer(sdp(bare, session=(*WAY, "a=sendonly")))
    assert "a=sendonly\r\n" in offer.to_aiortc().partition("m=audio")[2]


def test_the_direction_and_well_known_formats_need_not_be_said() -> None:
    taken = read_offer(sdp(without(AUDIO, "a=rtpmap:0"))).to_aiortc()
    assert "a=sendrecv\r\n" in taken
    assert "a=rtpmap:0 PCMU/8000\r\n" in taken


def test_candidates_of_mdns_are_not_asked_for() -> None:
    hidden = "a=candidate:1 1 udp 2113937151 0f3a-b2.local 50000 typ host generation 0"
    open_ = "a=candidate:2 1 udp 2113937151 192.0.2.5 50000 typ host"
    taken = read_offer(sdp([*AUDIO, hidden, open_])).to_aiortc().splitlines()
    assert open_ in taken
    assert hidden not in taken


def test_all_but_the_first_audio_is_refused_in_its_place() -> None:
    bundle = "a=group:BUNDLE v a b"
    audio, again = [*AUDIO, "a=mid:a"], [*AUDIO, "a=mid:b"]
    offer = read_offer(sdp([*VIDEO, "a=mid:v"], audio, again, session=(bundle,)))
    taken = offer.to_aiortc()
    assert taken.count("m=") == 1
    assert "BUNDLE" not in taken, "aiortc would take the audio's way from the video"
    lines = offer.answered(ANSWER).splitlines()
    assert [line for line in lines if line.startswith(("m=", "a=mid", "a=group"))] == [
        "a=group:BUNDLE a",
        "m=video 0 UDP/TLS/RTP/SAVPF 99",
        "a=mid:v",
        "m=audio 4000 UDP/TLS/RTP/SAVPF 107",
        "m=audio 0 UDP/TLS/RTP/SAVPF 107 0 101",
        "a=mid:b",
    ]


def test_what_is_not_offered_as_a_bundle_is_not_answered_as_one() -> None:
    assert "BUNDLE" not in read_offer(sdp(AUDIO)).answered(ANSWER)


def test_what_is_sent_is_the_first_format_of_the_section_that_is_taken() -> None:
    refused = ["m=audio 0 UDP/TLS/RTP/SAVPF 0", "a=rtpmap:0 PCMU/8000"]
    assert first_codec(sdp(refused, AUDIO)) == "opus"
    assert first_codec(sdp(refused)) == ""


@given(st.lists(st.sampled_from([*SESSION, *AUDIO, *VIDEO, "m=", "a=", "", "m=audio 1 TLS"])))
def test_any_lines_are_an_offer_or_unsuitable(lines: list[str]) -> None:
    try:
        offer = read_offer("\n".join(["v=0", *lines]))
    except UnsuitableError:
        return
    assert offer.answered(ANSWER).count("\r\nm=") == len(offer.sections)


async def test_an_offer_as_asterisk_makes_it_is_answered_as_it_can_be(open_line) -> None:
    line: Line = await open_line()
    await line.media.offered(sdp(AUDIO, VIDEO))
    answer = (await line.media.answer()).splitlines()
    assert [one for one in answer if one.startswith("m=")][1] == "m=video 0 UDP/TLS/RTP/SAVPF 99"
    assert [one for one in answer if one.startswith("a=rtpmap")] == [
        "a=rtpmap:107 opus/48000/2",
        "a=rtpmap:0 PCMU/8000",
    ]
    assert [one for one in answer if one.startswith("a=setup")] == ["a=setup:active"]
    assert "a=rtcp-mux" in answer


async def test_the_far_end_is_left_alone_until_the_answer(open_line) -> None:
    line: Line = await open_line()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far:
        far.bind(("127.0.0.1", 0))
        candidate = f"a=candidate:1 1 udp 2130706431 127.0.0.1 {far.getsockname()[1]} typ host"
        await line.media.offered(sdp([*AUDIO, candidate]))
        for _ in range(50):  # so many times it comes round
            await line.media.mute(False)
        far.setblocking(False)
        with pytest.raises(BlockingIOError):
            far.recv(1_500)
        await line.media.answer()
        far.settimeout(10)
        assert far.recv(1_500)[:2] == b"\x00\x01", "that is no Binding request"


async def test_who_wants_to_begin_with_dtls_may(open_line) -> None:
    line: Line = await open_line()
    await line.media.offered(sdp([one.replace("actpass", "active") for one in AUDIO]))
    assert "a=setup:passive" in (await line.media.answer()).splitlines()


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("UDP/TLS/RTP/SAVPF", "RTP/AVP"),
        ("opus/48000/2", "speex/8000"),
        ("a=ice-ufrag", "a=x-ufrag"),
        ("a=fingerprint:sha-256 ", "a=fingerprint:"),
        ("a=candidate:", "a=candidate:x y z "),
        ("a=setup:actpass", "a=setup:never"),
    ],
)
async def test_what_nothing_can_be_done_with_is_refused_and_the_next_taken(
    was: str, becomes: str, open_line
) -> None:
    line: Line = await open_line()
    async with Caller("opus") as caller:
        offer = await caller.offer()
        assert was in offer
        with pytest.raises(UnsuitableOfferError):
            await line.media.offered(offer.replace(was, becomes))
        await line.media.offered(offer)
