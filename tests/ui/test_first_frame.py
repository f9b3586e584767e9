"""What is on the screen before Redis is loaded is true, and what is typed then is not lost."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.journal.connection import Address, connect
from enigma_tui.journal.desk import Who
from enigma_tui.model.tabs import Tab
from enigma_tui.settings import Settings
from enigma_tui.site import Site
from enigma_tui.ui.app import EnigmaApp
from enigma_tui.ui.before_site import UnknownSite
from enigma_tui.ui.following import Startup
from enigma_tui.ui.widgets.footing import KeysLine
from tests.ui import stage


class _Waiting:
    """Keeps the first frame, and holds back what follows it."""

    def __init__(self, app: EnigmaApp) -> None:
        self.go_on = app._wire
        self.painted = asyncio.Event()
        self.lines: list[str] = []
        self._app = app
        app._wire = self.painted.set  # type: ignore[method-assign]
        app.post_display_hook = self._look  # type: ignore[method-assign]

    async def for_the_frame(self) -> None:
        """Return when it has been painted."""
        async with asyncio.timeout(20):
            await self.painted.wait()

    def _look(self) -> None:
        if not self.lines and self._app.board.table.size:
            self.lines = _lines(self._app)


def _lines(app: EnigmaApp) -> list[str]:
    strips = app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip) for strip in strips]


async def test_the_first_frame_is_whole_and_claims_to_know_nothing(floor: EmbeddedServer) -> None:
    app = stage.make_app(floor, theme="enigma-light")
    waiting = _Waiting(app)
    async with app.run_test(size=(120, 30)):
        await waiting.for_the_frame()
        lines = waiting.lines
        assert "● connecting" in lines[0]
        assert "LIVE —" in lines[1]
        assert "Caller" in lines[3]
        assert "Disposition" in lines[-1]
        assert "No live calls" not in "\n".join(lines)
        assert app.current_theme.name == "enigma-light"
        assert not app.current_theme.dark


async def test_what_is_typed_before_the_board_is_put_together_is_done_then(
    floor: EmbeddedServer,
) -> None:
    app = stage.make_app(floor)
    waiting = _Waiting(app)
    async with app.run_test(size=(120, 30)) as pilot:
        await waiting.for_the_frame()
        await pilot.press("5", "u", "o")
        assert app.floor.view.tab is Tab.LIVE
        waiting.go_on()
        await app.keyboard.idle()
        assert app.floor.view.tab is Tab.ALL
        assert app.screen is not app.board  # the outbox
        await stage.settled(app, pilot)


async def test_the_board_can_be_closed_before_it_is_put_together(floor: EmbeddedServer) -> None:
    app = stage.make_app(floor)
    waiting = _Waiting(app)
    async with app.run_test(size=(120, 30)):
        await waiting.for_the_frame()
        app.exit()


async def test_the_first_calls_are_painted_before_what_acts_on_them_is_loaded(
    floor: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("enigma_tui.ui.app.LATEST_SECONDS", 3600.0)
    app = stage.make_app(floor)
    painted: list[list[str]] = []
    when_asked: list[int] = []
    go_on = app._wire_rest

    def rest() -> None:
        when_asked.append(len(painted))
        go_on()

    app._wire_rest = rest  # type: ignore[method-assign]
    app.post_display_hook = lambda: painted.append(_lines(app))  # type: ignore[method-assign]
    async with app.run_test(size=(120, 30)) as pilot:
        await stage.settled(app, pilot)
        assert len(when_asked) == 1
        before = "\n".join(painted[when_asked[0] - 1])
        assert any(call.key.call_ref in before for call in app.floor.board.calls.values())


async def test_no_frame_is_painted_for_the_settings_before_the_first_calls(
    floor: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = stage.make_app(floor)
    repainted: list[int] = []
    repaint = app.board.repaint
    monkeypatch.setattr(
        app.board, "repaint", lambda: (repainted.append(len(app.floor.board.calls)), repaint())
    )
    async with app.run_test(size=(120, 30)) as pilot:
        await stage.settled(app, pilot)
        assert repainted
        assert all(repainted)


async def test_keys_do_not_wait_for_a_server_that_does_not_answer() -> None:
    closing: list[asyncio.StreamWriter] = []
    silent = await asyncio.start_server(lambda _, writer: closing.append(writer), "127.0.0.1", 0)
    url = f"redis://127.0.0.1:{silent.sockets[0].getsockname()[1]}"

    def start() -> Startup:
        return Startup(connect(Address(url), "test"), Who("ann"), Path("/never"))

    app = EnigmaApp(Settings(redis_url=url, name="ann"), start)
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.press("5")
        await app.keyboard.idle()
        assert app.floor.view.tab is Tab.ALL
        assert app.follower.link.answered_at is None
        assert app.follower.link.fault is None
    for writer in closing:
        writer.close()
    silent.close()
    await silent.wait_closed()


async def test_what_is_there_is_left_alone_only_when_the_board_has_been_quiet(
    floor: EmbeddedServer,
    eventually: Callable[..., Awaitable[float]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[bool] = []
    monkeypatch.setattr("enigma_tui.ui.app.leave_alone_what_is_there", lambda: done.append(True))
    for seconds in (3600.0, 0.01):
        monkeypatch.setattr("enigma_tui.ui.app.QUIET_SECONDS", seconds)
        app = stage.make_app(floor, f"quiet{seconds}")
        async with app.run_test(size=(120, 30)) as pilot:
            await stage.settled(app, pilot)
            assert not (done and seconds > 1)
            if seconds < 1:
                await eventually(lambda: done == [True])


async def test_the_keys_at_the_foot_are_made_anew_only_where_they_are_others(
    floor: EmbeddedServer,
) -> None:
    app = stage.make_app(floor)
    async with app.run_test(size=(120, 30)) as pilot:
        await stage.settled(app, pilot)
        before = list(app.board.query_one(KeysLine).children)
        await pilot.press("question_mark")
        await app.keyboard.idle()
        await pilot.press("escape")
        await app.keyboard.idle()
        await pilot.pause()
        assert list(app.board.query_one(KeysLine).children) == before


def test_a_floor_without_settings_goes_by_their_defaults() -> None:
    unknown, usual = UnknownSite(), Site()
    assert unknown.policy() == usual.policy()
    for name in ("title", "numbers", "delivery"):
        assert getattr(unknown, name) == getattr(usual, name), name
