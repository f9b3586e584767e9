"""Real boards behind real tabs: whose settings they have, who can read them, how they end."""

import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import redis
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.site import Site
from tests.e2e.test_supervisors import INBOUND, call
from tests.served import Served, command_of, wait_until_ended
from tests.web.drawn import Drawn

SECRET = "hunter2-s3cr3t"

PUBLIC = ("cmdline", "comm", "status")

Eventually = Callable[..., Awaitable[float]]


@pytest.fixture
def locked(new_server: Callable[..., EmbeddedServer]) -> EmbeddedServer:
    """A server that wants the secret, with a site and a call."""
    server = new_server()
    with redis.Redis.from_url(server.url) as client:
        client.set("{enigma-tui}:site", Site().to_json())
        client.rpush(INBOUND, call(720_001))
        client.config_set("requirepass", SECRET)
    return server


@asynccontextmanager
async def opened(served: Served) -> AsyncIterator[ClientWebSocketResponse]:
    """Open a tab."""
    async with (
        ClientSession() as session,
        session.ws_connect(
            f"{served.address}board?width=120&height=30", origin=served.address.rstrip("/")
        ) as tab,
    ):
        yield tab


async def wait_for(tab: ClientWebSocketResponse, *words: str) -> str:
    """Return what a tab shows once all the words are among it."""
    screen = Drawn()
    while not all(word in screen.text() for word in words):
        screen.draw(await tab.receive_bytes(timeout=20))
    return screen.text()


def shown_of(pid: int) -> str:
    """Return what anybody can read of a process."""
    return "".join(Path(f"/proc/{pid}/{name}").read_text() for name in PUBLIC)


def contents(directory: Path) -> list[bytes]:
    return [file.read_bytes() for file in directory.rglob("*") if file.is_file()]


async def test_no_password_is_where_others_can_read_it(
    locked: EmbeddedServer, tmp_path: Path
) -> None:
    arguments = ("--redis-url", locked.url, "--as", "thandi", "--no-collect")
    with Served(*arguments, home=tmp_path, ENIGMA_TUI_PASSWORD=SECRET) as served:
        async with opened(served) as tab:
            await wait_for(tab, "● live")  # it has logged in
            (board,) = served.boards()
            for pid in (served.pid, board):
                assert "enigma_tui" in command_of(pid)
                assert SECRET not in shown_of(pid)
            # Nor is anything else of the settings in what ps shows of a board.
            for each in (locked.url, "thandi", "--redis-url"):
                assert each not in command_of(board)
        code, said = served.end(signal.SIGTERM)
    assert code == 0
    assert SECRET not in said
    assert not any(SECRET.encode() in content for content in contents(tmp_path))


async def test_every_option_of_the_board_holds_in_each_tab(
    server: EmbeddedServer, tmp_path: Path
) -> None:
    with redis.Redis.from_url(server.url) as client:
        client.set("{enigma-tui}:site", Site().to_json())
        client.rpush(INBOUND, call(720_001, 2001), call(720_002, 2002))
    config = tmp_path / "mine.toml"
    config.write_text('filter = "ext:9"\nregion = "ZA"\nhold_warning = 5\n')
    arguments = ("--config", str(config), "--redis-url", server.url, "--collect")
    options = ("--mask", "--filter", "ext:2002")
    # What stands in the environment gives way to the command line, however it is written there.
    with Served(*arguments, *options, home=tmp_path, enigma_tui_filter="ext:2001") as served:
        async with opened(served) as tab:
            seen = await wait_for(tab, "720002", "ext:2002")
    assert "720001" not in seen
    assert "000 1234" not in seen
    assert "•" in seen
    assert "0:09 !" in seen


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_a_signal_ends_the_server_and_all_boards_in_order(
    server: EmbeddedServer, tmp_path: Path, how: signal.Signals
) -> None:
    with redis.Redis.from_url(server.url) as client:
        client.set("{enigma-tui}:site", Site().to_json())
        with Served("--redis-url", server.url, home=tmp_path) as served:
            async with opened(served) as one, opened(served) as two:
                for tab in (one, two):
                    await wait_for(tab, "● live")
                boards = served.boards()
                assert len(boards) == 2
                code, said = served.end(how)
                assert code == 0
                assert len(said.splitlines()) == 0, said
                wait_until_ended(boards)
                for tab in (one, two):
                    while (message := await tab.receive(timeout=20)).type is WSMsgType.BINARY:
                        pass
                    assert message.type is WSMsgType.CLOSE
        assert not client.exists("{enigma-tui}:collector:pbx"), "the lease has not been given up"


async def test_boards_outlive_no_server_that_was_killed(
    server: EmbeddedServer, tmp_path: Path
) -> None:
    with Served("--redis-url", server.url, home=tmp_path) as served:
        async with opened(served) as tab:
            await wait_for(tab, "Collect notifications?")
            boards = served.boards()
            served.end(signal.SIGKILL)
            wait_until_ended(boards)


async def test_a_tab_that_is_closed_at_once_leaves_no_board(
    server: EmbeddedServer, tmp_path: Path, eventually: Eventually
) -> None:
    with Served("--redis-url", server.url, home=tmp_path) as served:
        async with opened(served):
            await eventually(served.boards)
        await eventually(lambda: not served.boards())


async def test_a_setting_that_has_become_wrong_is_told_where_it_serves(
    server: EmbeddedServer, tmp_path: Path
) -> None:
    config = tmp_path / "mine.toml"
    config.write_text("theme = 'enigma-dark'\n")
    with Served("--config", str(config), "--redis-url", server.url, home=tmp_path) as served:
        config.write_text("theme = 'enigma-drak'\n")
        async with opened(served) as tab:
            assert (await tab.receive(timeout=20)).type is WSMsgType.CLOSE
        _, said = served.end(signal.SIGTERM)
    assert f"{config}: theme: there is no 'enigma-drak'; did you mean enigma-dark?" in said
