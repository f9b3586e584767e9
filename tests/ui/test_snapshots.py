"""Every screen, as a picture that somebody has looked at."""

import asyncio
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.ui.app import EnigmaApp
from enigma_tui.ui.screens.first_run import FirstRunScreen
from enigma_tui.ui.themes import DARK, OWN
from tests import states
from tests.ui import stage
from tests.ui.first import PicturedFirstRun, make_first_app

SIZES = {"80x24": (80, 24), "120x36": (120, 36), "200x50": (200, 50)}

SCREENS: dict[str, tuple[str, ...]] = {
    "live": (),
    "all": ("5",),
    "abandoned": ("3",),
    "mine": ("4",),
    "today": ("w", "w"),
    "keep-view": ("slash", *"ext:2001", "enter", "v"),
    "filter": (*"/hold", "greater_than_sign", *"30s ext", "colon", *"20", "asterisk", "enter"),
    "mistake": (*"/hold", "greater_than_sign", *"soon"),
    "disposition": ("d",),
    "disposition-group": ("d", "e"),
    "disposition-note": ("d", "p", "enter"),
    "disposition-when": ("d", "c"),
    "disposition-search": ("d", "slash", *"b"),
    "extensions": ("e",),
    "sort": ("s",),
    "columns": ("t", "space", "j", "j", "plus"),
    "details": ("enter",),
    "rejected": ("x",),
    "statistics": ("i",),
    "no-callbacks": ("B",),
    "help": ("question_mark",),
    "help-filter": ("slash", "f1"),
    "help-dialog": ("d", "question_mark"),
    "palette": ("colon", *"dis"),
    "settings": ("ctrl+o", *"site."),
    "theme": ("T", "j"),
    "paused": ("p",),
    "marked": ("space", "space", "j", "space"),
    "bulk": ("space", "space", "D"),
}

BUSY: dict[str, tuple[str, ...]] = {
    "colleagues": (),
    "claimed": ("d",),
    "already": ("j", "d"),
    "amend": ("j", "a", "r"),
    "bulk-claimed": ("space", "space", "space", "space", "D"),
    "audit": ("j", "enter"),
    "outbox": ("o",),
}


REPLAYS: dict[str, tuple[str, ...]] = {
    "running": ("right", "plus"),
    "paused": ("right", "p"),
    "end": ("shift+right",),
    "help": ("question_mark",),
}


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("keys", REPLAYS.values(), ids=REPLAYS)
def test_replay(
    floor: EmbeddedServer,
    snap_compare: Callable[..., bool],
    keys: tuple[str, ...],
    size: tuple[int, int],
) -> None:
    """A replay of the morning, whose time does not pass by itself."""
    app = stage.make_replay(floor)

    async def typed(pilot: Pilot[None]) -> None:
        await stage.replay_settled(app, pilot)
        await pilot.press(*keys)
        await stage.replay_settled(app, pilot)

    assert snap_compare(app, terminal_size=size, run_before=typed)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("keys", SCREENS.values(), ids=SCREENS)
def test_screen(
    floor: EmbeddedServer,
    snap_compare: Callable[..., bool],
    keys: tuple[str, ...],
    size: tuple[int, int],
) -> None:
    app = stage.make_app(floor)
    assert snap_compare(app, terminal_size=size, run_before=_typing(app, keys))


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("keys", BUSY.values(), ids=BUSY)
def test_together(
    floor: EmbeddedServer,
    snap_compare: Callable[..., bool],
    keys: tuple[str, ...],
    size: tuple[int, int],
) -> None:
    """Colleagues claim and have disposed of calls; some of one's own acts wait or were refused."""
    app = stage.make_app(floor)
    stage.act_as_colleagues(floor)

    async def typed(pilot: Pilot[None]) -> None:
        await stage.settled(app, pilot)
        stage.leave_waiting(app)
        await _typing(app, keys)(pilot)

    assert snap_compare(app, terminal_size=size, run_before=typed)


CALLING: dict[str, tuple[str, ...]] = {"call-back": ("3", "b"), "callbacks": ("B",)}


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("keys", CALLING.values(), ids=CALLING)
def test_calling_back(
    floor: EmbeddedServer,
    snap_compare: Callable[..., bool],
    keys: tuple[str, ...],
    size: tuple[int, int],
) -> None:
    """A site with Click2Dial, and callers who wait to be called back."""
    stage.allow_calling_back(floor)
    stage.schedule_call_backs(floor)
    app = stage.make_app(floor, extension="2001")
    assert snap_compare(app, terminal_size=size, run_before=_typing(app, keys))


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("theme", [theme.name for theme in OWN if theme is not DARK])
def test_theme(
    floor: EmbeddedServer, snap_compare: Callable[..., bool], theme: str, size: tuple[int, int]
) -> None:
    app = stage.make_app(floor, theme=theme)
    keys = ("5", "space", "j", "space", "j")
    assert snap_compare(app, terminal_size=size, run_before=_typing(app, keys))


def test_without_colour(
    floor: EmbeddedServer, snap_compare: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = stage.make_app(floor)
    assert snap_compare(app, terminal_size=(80, 24), run_before=_typing(app, ()))


NOTHING_YET: dict[str, tuple[str, ...]] = {
    "live": (),
    "to-dispose": ("2",),
    "abandoned": ("3",),
    "mine": ("4",),
    "all": ("5",),
    "filter": ("slash", *"ext:2001", "enter"),
    "extensions": ("e",),
    "statistics": ("i",),
    "rejected": ("x",),
    "outbox": ("o",),
    "alerts": ("n",),
    "callbacks": ("B",),
}


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("keys", NOTHING_YET.values(), ids=NOTHING_YET)
def test_empty(
    empty_server: EmbeddedServer,
    snap_compare: Callable[..., bool],
    keys: tuple[str, ...],
    size: tuple[int, int],
) -> None:
    """Before the first call."""
    stage.write_site(empty_server, stage.demo_site())
    app = stage.make_app(empty_server, alerts=(LONG_HOLD,))
    assert snap_compare(app, terminal_size=size, run_before=_typing(app, keys))


LONG_HOLD = {"name": "Long hold", "filter": "hold>1m state:live", "bell": False}

IN_TROUBLE: dict[str, tuple[str, ...]] = {
    "live": (),
    "disposition": ("d",),
    "kept": ("d", "s"),
    "details": ("enter",),
    "statistics": ("i",),
    "outbox": ("d", "s", "o"),
    "alerts": ("n",),
    "paused": ("p",),
}


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("keys", IN_TROUBLE.values(), ids=IN_TROUBLE)
def test_in_trouble(
    new_server: Callable[..., EmbeddedServer],
    snap_compare: Callable[..., bool],
    keys: tuple[str, ...],
    size: tuple[int, int],
) -> None:
    """The server is away."""
    server = new_server(port=0)
    stage.demo_floor(server)
    app = stage.make_app(server, alerts=(LONG_HOLD,))

    async def typed(pilot: Pilot[None]) -> None:
        await stage.settled(app, pilot)
        app.floor.tick()  # which is when alerts are looked for
        app.clear_notifications()
        await stage.take_server_away(app, pilot, server)
        await pilot.press(*keys)
        await app.keyboard.idle()
        await stage.look_still(app, pilot)

    assert snap_compare(app, terminal_size=size, run_before=typed)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("case", ["empty", "good", "trouble"])
def test_first_start(
    empty_server: EmbeddedServer,
    snap_compare: Callable[..., bool],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    case: str,
    size: tuple[int, int],
) -> None:
    """A form, and what a real server makes of the answers."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    with states.wrong_password() if case == "trouble" else nullcontext(empty_server.url) as url:
        app = make_first_app(PicturedFirstRun(url), tmp_path)

        async def typed(pilot: Pilot[None]) -> None:
            while not isinstance(app.screen, FirstRunScreen) or app.focused is None:
                await pilot.pause(0.01)
            if case != "empty":
                await pilot.press(*"pbx.example", "enter", "enter", "enter", "enter")
                async with asyncio.timeout(20):
                    while not app.first._over:
                        await pilot.pause(0.01)
            for widget in app.screen.query("Input"):
                widget.cursor_blink = False  # type: ignore[attr-defined]
            await pilot.pause()

        assert snap_compare(app, terminal_size=size, run_before=typed)


def _typing(app: EnigmaApp, keys: tuple[str, ...]) -> Callable[[Pilot[None]], Any]:
    async def typed(pilot: Pilot[None]) -> None:
        await stage.settled(app, pilot)
        if keys:
            await pilot.press(*keys)
            await stage.settled(app, pilot)
        await stage.look_still(app, pilot)

    return typed
