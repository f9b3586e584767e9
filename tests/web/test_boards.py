"""A process for each tab: it gets what is typed, it ends with its tab, whatever either does."""

import asyncio
import json
import os
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from enigma_tui.web import server, tab
from enigma_tui.web.admission import Admission
from enigma_tui.web.listening import listen
from enigma_tui.web.server import Boards, serve
from enigma_tui.web.tab import Program
from tests.served import children_of, command_of, runs

PUPPET = Path(__file__).with_name("puppet.py")

Eventually = Callable[..., Awaitable[float]]


@dataclass
class Stage:
    """A server of puppets."""

    port: int
    session: ClientSession
    stop: asyncio.Event
    served: "asyncio.Task[None]"
    said: list[str] = field(default_factory=list)

    async def open(self, query: str = "") -> ClientWebSocketResponse:
        """Open a tab."""
        here = f"http://127.0.0.1:{self.port}"
        return await self.session.ws_connect(f"{here}/board{query}", origin=here)

    def children(self) -> list[int]:
        """Return the puppets that run."""
        return [pid for pid in children_of(os.getpid()) if str(PUPPET) in command_of(pid)]


@asynccontextmanager
async def staged(*words: str, program: str = sys.executable) -> AsyncIterator[Stage]:
    """Serve puppets that do as the words say."""
    at = listen([(socket.AF_INET, "127.0.0.1")], 0)
    said: list[str] = []
    run = Program((program, str(PUPPET), *words), dict(os.environ))
    boards = Boards(run, Admission("127.0.0.1"), said.append)
    stop, ready = asyncio.Event(), asyncio.Event()
    served = asyncio.create_task(serve(boards, at, stop, ready.set))
    async with AsyncExitStack() as stack:
        stack.push_async_callback(asyncio.wait_for, served, 30)
        stack.callback(stop.set)
        session = await stack.enter_async_context(ClientSession())
        await ready.wait()
        yield Stage(at[0].getsockname()[1], session, stop, served, said)


async def test_it_has_the_size_of_its_tab_and_gets_what_is_typed() -> None:
    async with staged() as stage, await stage.open("?width=132&height=40") as ws:
        assert await ws.receive_bytes() == b"132x40"
        await ws.send_json(["stdin", "d\x1bé"])
        assert await ws.receive_bytes() == b"D\x00\x00\x00\x04d\x1b\xc3\xa9"
        await ws.send_json(["resize", {"width": 80, "height": 24}])
        about = await ws.receive_bytes()
        assert (about[:1], int.from_bytes(about[1:5], "big")) == (b"M", len(about) - 5)
        assert json.loads(about[5:]) == {"type": "resize", "width": 80, "height": 24}
        await ws.send_json(["ping", "7"])
        assert await ws.receive_json() == ["pong", "7"]


async def test_what_no_page_of_ours_sends_harms_nothing() -> None:
    async with staged() as stage, await stage.open("?width=-5&height=99999999") as ws:
        assert await ws.receive_bytes() == b"1x500"
        for text in ("{", "[]", "7", '["stdin", 5]', '["quit"]', '["resize", {"width": "x"}]'):
            await ws.send_str(text)
        await ws.send_bytes(b"\x00")
        await ws.send_str('["stdin", "\\ud800"]')
        assert (await ws.receive_bytes())[5:] == b"?"
    async with staged() as stage, await stage.open("?width=NaN") as ws:
        assert await ws.receive_bytes() == b"80x24"


@pytest.mark.parametrize("words", [["ends"], ["fails"]])
async def test_a_board_that_ends_by_itself_ends_its_tab(words: list[str]) -> None:
    async with staged(*words) as stage, await stage.open() as ws:
        while (message := await ws.receive(timeout=20)).type is WSMsgType.BINARY:
            pass
        assert message.type is WSMsgType.CLOSE
        assert not stage.said


async def test_a_program_that_cannot_be_run_is_told_and_ends_the_tab() -> None:
    async with staged(program="/nowhere/python") as stage, await stage.open() as ws:
        assert (await ws.receive(timeout=20)).type is WSMsgType.CLOSE
    assert "No such file" in stage.said[0]


async def test_it_ends_with_its_tab(eventually: Eventually) -> None:
    async with staged() as stage:
        one, two = await stage.open(), await stage.open()
        await one.receive_bytes()
        await two.receive_bytes()
        await one.close()
        await eventually(lambda: len(stage.children()) == 1)
        await two.send_json(["stdin", "x"])
        assert (await two.receive_bytes())[5:] == b"x"


@pytest.mark.parametrize("words", [[], ["floods"]])
async def test_it_ends_with_a_tab_that_does_not_answer_any_more(
    words: list[str], eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A laptop that sleeps closes nothing."""
    monkeypatch.setattr(server, "HEARTBEAT_SECONDS", 0.2)
    async with staged(*words) as stage:
        reader, writer = await asyncio.open_connection("127.0.0.1", stage.port)
        here = f"127.0.0.1:{stage.port}"
        writer.write(
            f"GET /board HTTP/1.1\r\nHost: {here}\r\nOrigin: http://{here}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        assert b" 101 " in await reader.readline()
        await eventually(lambda: stage.children())
        await eventually(lambda: not stage.children())
        writer.close()


async def test_one_that_does_not_end_is_ended(
    eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tab, "LEAVE_SECONDS", 0.1)
    async with staged("stubborn") as stage:
        for _ in range(2):
            ws = await stage.open()
            await ws.receive_bytes()
            (pid,) = stage.children()
            await ws.close()
            await eventually(lambda pid=pid: not runs(pid))


async def test_the_server_ends_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tab, "LEAVE_SECONDS", 0.1)
    async with staged("stubborn") as stage:
        tabs = [await stage.open() for _ in range(3)]
        for each in tabs:
            await each.receive_bytes()
        pids = stage.children()
        assert len(pids) == 3
        stage.stop.set()
        await asyncio.wait_for(asyncio.shield(stage.served), 20)
        assert not any(map(runs, pids))
        for each in tabs:
            assert (await each.receive(timeout=20)).type is WSMsgType.CLOSE


async def test_the_page_tells_the_browser_to_load_nothing_from_elsewhere() -> None:
    async with staged() as stage:
        here = f"http://127.0.0.1:{stage.port}"
        for path in ("/", "/page/page.js", "/terminal/js/textual.js", "/nothing"):
            async with stage.session.get(here + path) as answer:
                policy = answer.headers["Content-Security-Policy"]
                assert "default-src 'none'" in policy
                assert "frame-ancestors 'none'" in policy
                assert "://" not in policy
        for path in ("/page/", "/terminal/", "/page/../tab.py", "/page/%2e%2e/tab.py"):
            async with stage.session.get(here + path) as answer:
                assert answer.status in (403, 404)
