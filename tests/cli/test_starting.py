"""What a start does not load: counts that are the same on every machine."""

import subprocess
import sys

import pytest

HEAVY = ("redis", "pydantic", "phonenumbers", "httpx", "cryptography", "pygments", "hiredis")
"""What each takes as long to load as a good part of the first frame to paint."""

LATER = (
    "enigma_tui.site",
    "enigma_tui.journal.connection",
    "enigma_tui.journal.follower",
    "enigma_tui.journal.collector",
    "enigma_tui.journal.delivery",
    "enigma_tui.ui.wiring",
    "enigma_tui.ui.screens.disposition",
    "rich.traceback",
)

FIRST_FRAME = """
import asyncio, sys
from pathlib import Path
import click
from enigma_tui.cli import common
from enigma_tui.cli.main import main
from enigma_tui.cli.board import check
from enigma_tui.ui.app import EnigmaApp

main.callback = None
context = click.Context(main, obj={"config": None, "flags": {}})
with context:
    loaded = common.settings(context)
check(loaded)

async def show():
    app = EnigmaApp(loaded.settings, lambda: None)
    app._wire = lambda: None
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.pause()
        assert "connecting" in app.board.status.render_line(0).text
        assert "Caller" in app.board.table.render_line(0).text

asyncio.run(show())
print(*sorted(sys.modules))
"""


def loaded(program: str, tmp: object) -> set[str]:
    """Return the modules that a program has loaded at its end."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        env={"HOME": str(tmp), "XDG_CONFIG_HOME": str(tmp), "LANG": "C.UTF-8"},
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split())


def test_the_first_frame_waits_for_nothing_that_it_does_not_show(tmp_path: object) -> None:
    found = loaded(FIRST_FRAME, tmp_path)
    assert {"textual.app", "enigma_tui.ui.screens.board"} <= found
    assert found.isdisjoint((*HEAVY, *LATER)), found.intersection((*HEAVY, *LATER))


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_loads_neither_the_screen_nor_redis(arguments: list[str], tmp_path: object) -> None:
    found = loaded(
        "import sys\nfrom enigma_tui.cli import main\n"
        f"main({arguments!r}, standalone_mode=False)\nprint(*sys.modules)",
        tmp_path,
    )
    assert "click" in found
    assert found.isdisjoint(("textual", "rich", "asyncio", "msgspec", *HEAVY)), found
