"""Sound that waits to be played or sent: it is neither too much, nor ever waited for."""

import asyncio
import threading
from itertools import pairwise

import pytest

from enigma_tui.phone.child.audio import BLOCK_BYTES, SILENCE, Peak, PlayOut
from enigma_tui.phone.child.sinks import Recording
from enigma_tui.phone.child.sources import Arriving, Echo, Paced, tone
from enigma_tui.phone.media import SILENT


def block(number: int) -> bytes:
    return bytes([number]) * BLOCK_BYTES


def test_playing_begins_once_some_wait_and_again_after_none_did() -> None:
    waiting = PlayOut()
    waiting.put(block(1))
    assert waiting.take() == SILENCE
    waiting.put(block(2))
    assert [waiting.take() for _ in range(4)] == [block(1), block(2), SILENCE, SILENCE]
    assert waiting.missed == 1
    waiting.put(block(3))
    assert waiting.take() == SILENCE, "it does not wait for more after a gap"


def test_what_is_played_comes_in_blocks_however_it_was_put() -> None:
    waiting = PlayOut()
    whole = block(1) + block(2) + block(3)
    for at in range(0, len(whole), 700):
        waiting.put(whole[at : at + 700])
    assert [waiting.take() for _ in range(3)] == [block(1), block(2), block(3)]


def test_the_oldest_is_not_played_when_the_far_ends_clock_is_faster() -> None:
    waiting = PlayOut()
    for number in range(10):
        waiting.put(block(number))
    assert waiting.dropped == 4
    assert waiting.take() == block(4)


def test_two_threads_share_it() -> None:
    waiting, taken = PlayOut(), []
    put = threading.Thread(target=lambda: [waiting.put(block(n % 250 + 1)) for n in range(5_000)])
    put.start()
    while put.is_alive():
        taken.append(waiting.take())
    taken += [waiting.take() for _ in range(PlayOut.MOST + 1)]
    played = sum(one != SILENCE for one in taken)
    left_at_the_end = 5_000 - played - waiting.dropped
    assert left_at_the_end in (0, 1), "one alone may wait for another"
    assert all(one == one[:1] * BLOCK_BYTES for one in taken)


@pytest.mark.parametrize(
    ("samples", "level"), [((), SILENT), ((0, 0), SILENT), ((-32_768, 5), 0.0), ((16_384,), -6.0)]
)
def test_the_loudest_sample_is_the_level_once(samples: tuple[int, ...], level: float) -> None:
    peak = Peak()
    peak.see(b"".join(one.to_bytes(2, "little", signed=True) for one in samples))
    peak.see(SILENCE)
    assert peak.take() == level
    assert peak.take() == SILENT


async def test_where_the_network_is_late_the_oldest_is_not_sent() -> None:
    arriving = Arriving("test")
    for number in range(7):
        arriving.put(block(number))
    assert arriving.dropped == 2
    assert [await arriving.next() for _ in range(5)] == [block(n) for n in range(2, 7)]
    assert await arriving.next() == SILENCE


async def test_silence_keeps_the_pace_of_sound_until_there_is_some(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waited, real = [], asyncio.timeout

    def timeout(seconds: float) -> asyncio.Timeout:
        waited.append(round(seconds, 3))
        return real(0)

    monkeypatch.setattr(asyncio, "timeout", timeout)
    arriving = Arriving("test")
    assert [await arriving.next() for _ in range(3)] == [SILENCE] * 3
    arriving.put(block(1))
    assert [await arriving.next() for _ in range(2)] == [block(1), SILENCE]
    assert waited == [0.06, 0.02, 0.02, 0.06]


async def test_what_is_sent_back_is_in_blocks_however_it_came() -> None:
    echo = Echo()
    echo.heard(block(1) + block(2) + block(3)[:700])
    assert [await echo.next() for _ in range(3)] == [block(1), block(2), block(3)[:700]]


async def test_blocks_that_were_not_fetched_in_time_are_not_made_up_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loop, slept = asyncio.get_running_loop(), []
    now = 100.0
    monkeypatch.setattr(loop, "time", lambda: now)

    async def sleep(seconds: float) -> None:
        nonlocal now
        slept.append(round(seconds, 3))
        now += seconds

    monkeypatch.setattr(asyncio, "sleep", sleep)
    source = Paced("test", iter([block(n) for n in range(9)]))
    for _ in range(3):
        await source.next()
    assert slept == [0.02, 0.02]
    now += 0.05
    for _ in range(3):
        await source.next()
    assert slept[2:] == [0, 0, 0.01], "a little is made up for"
    slept.clear()
    now += 5
    for _ in range(2):
        await source.next()
    assert slept == [0.02]


async def test_a_tone_has_no_seam() -> None:
    source = tone(441)
    blocks = [next(source.blocks) for _ in range(101)]
    assert blocks[50:100] == blocks[:50]
    samples = memoryview(blocks[49] + blocks[50]).cast("h")
    assert max(abs(b - a) for a, b in pairwise(samples)) < 1_000


def test_a_full_disk_ends_a_recording_and_no_call(tmp_path, monkeypatch) -> None:
    recording = Recording(str(tmp_path / "heard.wav"))

    def full(samples: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(recording._file, "writeframes", full)
    recording.play(SILENCE)
    recording.play(SILENCE)
    recording.close()
