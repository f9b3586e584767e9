"""What is on the screen before Redis is loaded is true, and what is typed then is not lost."""

import asyncio

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.model.view import Tab
from enigma_tui.site import Site
from enigma_tui.ui.app import EnigmaApp
from enigma_tui.ui.before_site import UnknownSite
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
            strips = self._app.screen._compositor.render_strips()
            self.lines = ["".join(segment.text for segment in strip) for strip in strips]


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
        await pilot.press("3", "u", "o")
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
    for name in ("title", "service_level_seconds", "numbers", "delivery"):
        assert getattr(unknown, name) == getattr(usual, name), name
