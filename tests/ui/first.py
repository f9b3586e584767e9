"""A first start for tests of the screen, in a home directory with nothing in it."""

import re
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path
from typing import Any

import redis
from textual.pilot import Pilot
from textual.widgets import Button, Input, Label, Static

from enigma_tui import paths
from enigma_tui.addresses import address
from enigma_tui.cli import common
from enigma_tui.cli.first_run import FirstRun
from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.finding import Finding
from enigma_tui.first_answers import Answers
from enigma_tui.journal.connection import connect
from enigma_tui.journal.who import who_am_i
from enigma_tui.ui.first_run import FirstRunApp
from enigma_tui.ui.following import Startup
from enigma_tui.ui.screens.first_run import FirstRunScreen
from tests.ui.hands import Eventually
from tests.ui.picture import portable


class StagedFirstRunApp(FirstRunApp):
    """The board of a first start, whose pictures every viewer draws alike."""

    def export_screenshot(self, **how: Any) -> str:
        """Return a picture of what is on screen."""
        return portable(super().export_screenshot(**how))


def make_first_app(first: FirstRun, state: Path) -> StagedFirstRunApp:
    """Return the board that asks first, with the command's own checks and files."""

    def start() -> Startup:
        link = connect(address(first.loaded.settings), "test")
        who = who_am_i(link, first.loaded.settings.name)
        return Startup(link, who, state, settings_file=first.file)

    return StagedFirstRunApp(first.loaded.settings, start, first)


def make_first(**flags: object) -> FirstRun:
    """Return what the command makes of an environment and of flags, with no file."""
    return FirstRun(paths.config_file(), common.read(None, flags), flags)


class PicturedFirstRun(FirstRun):
    """Checks a real server, and tells of it what is the same on every machine."""

    SHOWN = "redis://pbx.example:6379/0"

    def __init__(self, url: str) -> None:
        super().__init__(Path.home() / ".config/enigma-tui/config.toml", common.read(None, {}), {})
        self.login_name = "thandi"
        self._url = url

    async def check(self, answers: Answers) -> AsyncGenerator[Finding, None]:
        """Yield what is found at the real server."""
        async for finding in super().check(replace(answers, server=self._url)):
            found = finding.found.replace(self._url, self.SHOWN)
            yield replace(finding, found=re.sub(r"Valkey [\d.]+", "Valkey 9.1.0", found))


def screen_of(app: FirstRunApp) -> FirstRunScreen:
    screen = app.screen
    assert isinstance(screen, FirstRunScreen)
    return screen


def outcome(app: FirstRunApp) -> str:
    """Return what stands below the buttons."""
    return str(screen_of(app).query_one("#outcome", Static).content)


def found(app: FirstRunApp) -> list[tuple[str, str, str]]:
    """Return what the check has found: state, what was checked, and all that is said of it."""
    lines = []
    for line in screen_of(app).query(".finding"):
        state, checked = (str(label.content) for label in line.query(Label))
        said = " ".join(
            str(static.content) for static in line.query(Static) if not isinstance(static, Label)
        )
        lines.append((state, checked, said))
    return lines


def value(app: FirstRunApp, name: str) -> str:
    return screen_of(app).query_one(f"#{name}", Input).value


def save_label(app: FirstRunApp) -> str:
    return str(screen_of(app).query_one("#save", Button).label)


async def shown(app: FirstRunApp, pilot: Pilot[None], eventually: Eventually) -> None:
    """Wait for the form."""
    await eventually(lambda: isinstance(app.screen, FirstRunScreen) and app.focused is not None)
    await pilot.pause()


async def fill(app: FirstRunApp, pilot: Pilot[None], *lines: str) -> None:
    """Type the fields in their order, each ended by enter; the last begins the check."""
    for line in lines:
        await pilot.press(*line, "enter")
    await app.keyboard.idle()


async def checked(app: FirstRunApp, pilot: Pilot[None], eventually: Eventually) -> None:
    """Wait until a check is over."""
    await eventually(lambda: app.first._over)
    await pilot.pause()


def traces(server: EmbeddedServer) -> tuple[object, ...]:
    """Return what a write, or a pop, would have changed at a server."""
    with redis.Redis.from_url(server.url) as client:
        stats = client.info("commandstats")
        popped = {name: each["calls"] for name, each in stats.items() if "pop" in name}
        changes = client.info("persistence")["rdb_changes_since_last_save"]
        return changes, popped, {key: client.dump(key) for key in client.keys("*")}
