"""How long the media process lives, and what disturbs it."""

import asyncio
import os
import select
import signal
import socket
import subprocess
import sys
import wave
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from enigma_tui.phone import media
from enigma_tui.phone.media import (
    Devices,
    Died,
    IceServer,
    Media,
    MediaConfig,
    MediaError,
    list_devices,
)
from tests.phone.conftest import Line
from tests.phone.peer import Caller

OpenLine = Callable[..., Awaitable[Line]]
Eventually = Callable[..., Awaitable[float]]

NO_PORTAUDIO = "PortAudio is not installed"


@pytest.fixture
def without_portaudio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is started finds no PortAudio, whether there is one or not."""
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')\n")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{Path(__file__).parents[2]}")


async def test_without_portaudio_a_call_is_silent_and_it_says_so(
    without_portaudio: None, open_line: OpenLine, eventually: Eventually
) -> None:
    line = await open_line(microphone="", speaker="")
    async with Caller() as caller:
        await line.media.offered(await caller.offer())
        await caller.answered(await line.media.answer())
        await eventually(lambda: line.of(Devices))
        (told,) = line.of(Devices)
        assert (told.microphone, told.speaker) == ("silence", "none")
        assert told.missing.startswith(f"{NO_PORTAUDIO}: no microphone, no loudspeaker.")
        assert told.missing.count("PortAudio is") == 1
        await caller.until_quiet()


async def test_without_portaudio_no_devices_are_listed_and_it_says_why(
    without_portaudio: None,
) -> None:
    listed = await list_devices()
    assert not listed.microphones
    assert not listed.speakers
    assert listed.missing.startswith(NO_PORTAUDIO)


@pytest.mark.parametrize("microphone", ["tone:high", "file:/nowhere.wav", "file:{wav}"])
async def test_a_sound_that_cannot_be_used_is_told_and_the_call_is_silent(
    microphone: str, open_line: OpenLine, eventually: Eventually, tmp_path: Path
) -> None:
    (tmp_path / "no.wav").write_text("no sound")
    line = await open_line(microphone.format(wav=tmp_path / "no.wav"))
    async with Caller() as caller:
        await line.media.offered(await caller.offer())
        await caller.answered(await line.media.answer())
        await eventually(lambda: line.of(Devices))
        (told,) = line.of(Devices)
        assert told.microphone == "silence"
        assert "cannot be used" in told.missing
        await caller.until_quiet()


async def test_that_it_dies_is_told_and_nothing_waits_for_it(
    open_line: OpenLine, eventually: Eventually
) -> None:
    line = await open_line()
    # Stopped, it has not answered when it dies.
    os.kill(line.media.pid, signal.SIGSTOP)
    asking = asyncio.create_task(line.media.hang_up())
    await asyncio.sleep(0)
    os.kill(line.media.pid, signal.SIGKILL)
    with pytest.raises(MediaError, match="has ended"):
        await asking
    await eventually(lambda: line.told == [Died(-signal.SIGKILL)])
    with pytest.raises(MediaError, match="has ended"):
        await line.media.hang_up()
    await line.media.close()
    assert line.told == [Died(-signal.SIGKILL)]


async def test_one_that_does_not_answer_is_ended(
    open_line: OpenLine, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = await open_line()
    await line.media.hang_up()
    monkeypatch.setattr(media, "REPLY_SECONDS", 0.05)
    os.kill(line.media.pid, signal.SIGSTOP)
    with pytest.raises(MediaError, match="did not answer"):
        await line.media.hang_up()
    await eventually(lambda: line.told == [Died(-signal.SIGKILL)])


async def test_one_that_cannot_be_ended_is_killed(
    open_line: OpenLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = await open_line()
    monkeypatch.setattr(media, "LEAVE_SECONDS", 0.05)
    os.kill(line.media.pid, signal.SIGSTOP)
    await line.media.close()
    with pytest.raises(ProcessLookupError):
        os.kill(line.media.pid, 0)
    assert line.told == []


async def test_that_none_can_be_started_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "PROGRAM", ("/nowhere/python",))
    with pytest.raises(MediaError, match="cannot be started: No such file"):
        await Media.start(MediaConfig(), lambda event: None)


async def test_a_key_at_the_terminal_does_not_end_it(open_line: OpenLine) -> None:
    line = await open_line()
    await line.media.hang_up()
    for number in (signal.SIGINT, signal.SIGHUP):
        os.kill(line.media.pid, number)
    await line.media.hang_up()
    assert os.getsid(line.media.pid) == line.media.pid


OWNER = """
import asyncio, sys
from enigma_tui.phone import media
from tests.phone.conftest import LOOPBACK
from tests.phone.peer import Caller

async def main():
    media.PROGRAM = LOOPBACK
    config = media.MediaConfig(microphone="tone:440", speaker="file:" + sys.argv[1])
    line = await media.Media.start(config, lambda event: None)
    async with Caller(says=700) as caller:
        await line.offered(await caller.offer())
        await caller.answered(await line.answer())
        await caller.until_heard(440)
        print(line.pid, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="only Linux tells of others' children")
def test_it_ends_with_a_board_that_is_killed_in_a_call(tmp_path: Path) -> None:
    path = tmp_path / "heard.wav"
    command = [sys.executable, "-c", OWNER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        process = os.pidfd_open(int(owner.stdout.readline()))
        owner.kill()
        ended, _, _ = select.select([process], [], [], 10)
        os.close(process)
        assert ended
    with wave.open(str(path)) as file:
        assert file.getnframes() > 0
        assert path.stat().st_size == 44 + 2 * file.getnframes()


def test_a_garbled_line_disturbs_neither_end() -> None:
    command = [sys.executable, "-m", "tests.phone.loopback"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        hang_up = b'{"type":"hang-up","number":7}\n'
        written, _ = process.communicate(
            hang_up + b'{"type":"configure","config":{}}\n'
            b"\xff\x00{\n[]\n{}\n" + b'{"type":"hang-up"}\n' + b"[" * 100_000 + b"\n" + hang_up,
            timeout=20,
        )
        assert written == b'{"type":"done","number":7,"sdp":""}\n'
        assert process.returncode == 0


GARBLES = """
import sys
for line in sys.stdin.buffer:
    sys.stdout.buffer.write(b"\\xff{\\n[]\\n" + b"x" * 3_000_000 + b"\\n")
    sys.stdout.buffer.write(b'{"type":"done","number":1}\\n')
    sys.stdout.flush()
"""


async def test_what_it_never_writes_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "PROGRAM", (sys.executable, "-c", GARBLES))
    line = await Line(MediaConfig()).start()
    await line.media.hang_up()
    await line.media.close()
    assert line.told == []


ASKS = """
import sys
from aiortc import RTCIceServer
from aiortc.rtcicetransport import RTCIceGatherer
from tests.phone.loopback import *

# What would be asked where nothing was said of it, brought to where that can be seen.
RTCIceGatherer.getDefaultIceServers = classmethod(lambda cls: [RTCIceServer(sys.argv[1])])
use_loopback_only()
from enigma_tui.phone.child.__main__ import main
main()
"""


@pytest.mark.parametrize("configured", [False, True])
async def test_no_server_is_asked_but_one_that_is_configured(
    configured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stun:
        stun.bind(("127.0.0.1", 0))
        stun.settimeout(10)
        url = f"stun:127.0.0.1:{stun.getsockname()[1]}"
        monkeypatch.setattr(media, "PROGRAM", (sys.executable, "-c", ASKS, url))
        servers = (IceServer(url),) if configured else ()
        line = await Line(MediaConfig(servers, microphone="silence", speaker="none")).start()
        async with Caller() as caller:
            await line.media.offered(await caller.offer())
            if configured:
                assert stun.recv(1_500)[:2] == b"\x00\x01", "that is no Binding request"
            else:
                answer = await line.media.answer()
                assert answer.count("a=candidate") == answer.count("typ host") == 1
                stun.setblocking(False)
                with pytest.raises(BlockingIOError):
                    stun.recv(1_500)
        await line.media.close()


@pytest.mark.parametrize("url", ["stun.example.com", "http://x", "stun:", "turn:x?transport=sctp"])
def test_an_address_that_is_none_of_a_server_for_ice_is_an_error(url: str) -> None:
    with pytest.raises(ValueError, match="is not the address"):
        IceServer(url)


def test_a_credential_is_not_shown() -> None:
    config = MediaConfig(ice_servers=(IceServer("turn:x", "me", "very secret"),))
    assert "secret" not in repr(config)
