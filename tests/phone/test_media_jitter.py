"""Packets that come in disorder, twice, or never: how long those after them are kept waiting."""

from fractions import Fraction

import pytest
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, rtcrtpreceiver
from aiortc.mediastreams import MediaStreamError
from aiortc.rtp import RtpPacket
from av import AudioFrame
from hypothesis import given
from hypothesis import strategies as st

from enigma_tui.phone.child.jitter import MOST, Reordering, use_for_sound
from enigma_tui.phone.child.sound import Sound, missing_blocks
from enigma_tui.phone.media import MediaConfig


def heard(numbers: list[int]) -> list[int | None]:
    """Return what each packet brings, by its number."""
    buffer, brought = Reordering(16, 4), []
    for number in numbers:
        packet = RtpPacket(sequence_number=number % 65_536, timestamp=number * 960)
        packet._data = b"%d" % number
        picture, frame = buffer.add(packet)
        assert not picture
        assert frame is None or frame.timestamp == int(frame.data) * 960
        brought.append(None if frame is None else int(frame.data))
    return brought


def test_in_order_none_is_held_back() -> None:
    assert heard([*range(65_530, 65_545)]) == [*range(65_530, 65_545)]


def test_one_that_is_late_is_waited_for_and_that_is_all_the_delay() -> None:
    assert heard([1, 2, 4, 3, 5, 6]) == [1, 2, None, 3, 4, 5]


def test_one_that_is_lost_is_given_up_after_two_and_the_next_adds_nothing() -> None:
    numbers = [n for n in range(1, 60) if n not in (5, 20, 40)]
    brought = heard(numbers)
    assert [one for one in brought if one is not None] == numbers[:-MOST]
    assert brought.count(None) == MOST


def test_one_that_comes_too_late_or_twice_is_not_heard() -> None:
    assert heard([1, 2, 5, 6, 7, 3, 4, 8]) == [1, 2, None, None, 5, 6, 7, 8]
    assert heard([1, 2, 2, 1, 3]) == [1, 2, None, None, 3]


@pytest.mark.parametrize("beginning", [40_000, 5])
def test_another_beginning_is_heard_at_once(beginning: int) -> None:
    assert heard([1_000, 1_001, beginning, beginning + 1])[2:] == [beginning, beginning + 1]


@given(st.lists(st.integers(0, 65_535)))
def test_it_never_holds_more_than_it_may(numbers: list[int]) -> None:
    buffer = Reordering(16)
    for number in numbers:
        packet = RtpPacket(sequence_number=number)
        packet._data = b""
        buffer.add(packet)
        assert len(buffer._waiting) <= MOST


async def test_it_is_what_a_receiver_of_aiortc_holds_its_packets_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rtcrtpreceiver, "JitterBuffer", rtcrtpreceiver.JitterBuffer)
    use_for_sound()
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    receiver = peer.addTransceiver("audio").receiver
    assert Reordering in [type(one) for one in vars(receiver).values()]
    await peer.close()


@pytest.mark.parametrize(
    ("seconds", "blocks"), [(0, 0), (-0.02, 0), (0.001, 0), (0.02, 1), (0.1, 5), (0.4, 0)]
)
def test_what_is_lost_is_silence_for_as_long_but_not_what_was_not_sent(
    seconds: float, blocks: int
) -> None:
    assert missing_blocks(seconds) == blocks


class Lossy(MediaStreamTrack):
    """A track of which the third frame was lost."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self.numbers = [0, 1, 3]

    async def recv(self) -> AudioFrame:
        if not self.numbers:
            raise MediaStreamError
        frame = AudioFrame(format="s16", layout="mono", samples=960)
        frame.planes[0].update(b"\x10" * frame.planes[0].buffer_size)
        frame.sample_rate, frame.time_base = 48_000, Fraction(1, 48_000)
        frame.pts = 960 * self.numbers.pop(0)
        return frame


class Played:
    name = "played"

    def __init__(self) -> None:
        self.samples = b""

    def play(self, samples: bytes) -> None:
        self.samples += samples


async def test_what_was_lost_is_played_as_silence() -> None:
    sound = Sound(MediaConfig(), lambda told: None)
    sound.sink = Played()
    await sound.listen(Lossy())
    one = b"\x10" * 1_920
    assert sound.sink.samples == one + one + bytes(1_920) + one
