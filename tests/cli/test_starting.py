"""What a start does not load: counts that are the same on every machine."""

import subprocess
import sys

import pytest

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.demo.show import site as demo_site
from tests.ui import stage

HEAVY = ("redis", "pydantic", "phonenumbers", "httpx", "cryptography", "pygments", "hiredis")
"""What each takes as long to load as a good part of the first frame to paint."""

LATER = (
    "enigma_tui.site",
    "enigma_tui.journal.connection",
    "enigma_tui.journal.follower",
    "enigma_tui.ui.following",
)
"""What the first calls are shown with."""

LAST = (
    "enigma_tui.journal.cluster",
    "enigma_tui.journal.collector",
    "enigma_tui.journal.delivery",
    "enigma_tui.journal.desk",
    "enigma_tui.journal.handing_in",
    "enigma_tui.journal.mover",
    "enigma_tui.journal.pending",
    "enigma_tui.journal.pubsub",
    "enigma_tui.journal.readers",
    "enigma_tui.ui.acting",
    "enigma_tui.ui.consent",
    "enigma_tui.ui.wiring",
    "enigma_tui.ui.screens.disposition",
    "enigma_tui.site_mistakes",
    "enigma_tui.targets",
    "cryptography.x509",
    "httpx",
    "pydantic",
    "pydantic_core",
    "pygments",
    "rich.traceback",
)
"""What comes behind those."""

FIRST_START = (
    "enigma_tui.cli.first_run",
    "enigma_tui.first_answers",
    "enigma_tui.ui.first_run",
    "enigma_tui.ui.screens.first_run",
    "tomlkit",
)
"""What only those need who have not said yet where the server is."""

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

FIRST_CALLS = """
import asyncio, sys
from pathlib import Path
import click
from enigma_tui.cli import common
from enigma_tui.cli.main import main
from enigma_tui.ui.app import EnigmaApp

main.callback = None
context = click.Context(main, obj={"config": None, "flags": {"redis_url": URL}})
with context:
    loaded = common.settings(context)

def start():
    from enigma_tui.cli import serving
    from enigma_tui.ui.following import Startup
    link = serving.connection(loaded.settings, "board")
    opener = serving.opener(loaded.settings, "board")
    return Startup(link, serving.who(loaded, link), Path("/never"), open_source=opener)

async def show():
    app = EnigmaApp(loaded.settings, start)
    shown = asyncio.Event()
    app._wire_rest = shown.set
    async with app.run_test(size=(120, 30)):
        async with asyncio.timeout(20):
            await shown.wait()
            while not app.floor.view.matching:
                await asyncio.sleep(0.01)
        print(*sorted(sys.modules))

asyncio.run(show())
"""


OPENING = """
import sys
from enigma_tui.cli import main
from enigma_tui.ui.app import EnigmaApp

for stream in (sys.stdin, sys.stdout):
    stream.isatty = lambda: True
opened = []
EnigmaApp.run = lambda app: opened.append(type(app).__name__)
try:
    main(ARGUMENTS, prog_name="enigma-tui")
finally:
    print(*opened, *sorted(sys.modules))
"""
"""From the command line to an app that is about to run."""


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
    not_yet = (*HEAVY, *LATER, *LAST, "tomllib")
    assert found.isdisjoint(not_yet), found.intersection(not_yet)


def test_the_first_calls_wait_for_nothing_that_collects_delivers_or_acts(
    tmp_path: object, server: EmbeddedServer
) -> None:
    stage.write_site(server, demo_site())
    stage.write_day(server)
    found = loaded(f"URL = {server.url!r}\n{FIRST_CALLS}", tmp_path)
    assert set(LATER) <= found
    assert found.isdisjoint(LAST), found.intersection(LAST)


@pytest.mark.parametrize("arguments", [["--redis-url", "redis://pbx.example"], []])
def test_a_start_that_knows_where_the_server_is_loads_nothing_that_asks(
    tmp_path: object, arguments: list[str]
) -> None:
    found = loaded(f"ARGUMENTS = {arguments!r}\n{OPENING}", tmp_path)
    if arguments:
        assert "EnigmaApp" in found
        assert found.isdisjoint(FIRST_START), found.intersection(FIRST_START)
    else:  # or else what is not there above would not tell anything
        assert "FirstRunApp" in found
        assert set(FIRST_START) - {"tomlkit"} <= found
        assert found.isdisjoint((*HEAVY, "tomlkit")), found.intersection(HEAVY)


COMPLETING = """
import os, sys
os.environ.update(_ENIGMA_TUI_COMPLETE="zsh_complete", COMP_LINE=LINE)
from enigma_tui.cli import main
try:
    main(prog_name="enigma-tui")
finally:
    print(*sys.modules)
"""


@pytest.mark.parametrize(
    ("line", "offer"),
    [
        ("enigma-tui dis", "disposition"),
        ("enigma-tui --fi", "--filter"),
        ("enigma-tui --filter 'hold>1m st", "hold>1m state:"),
        ("enigma-tui completion f", "fish"),
        *(
            (f"enigma-tui {command} --he", "--help")
            for command in (
                *("collect", "config", "deliveries", "demo", "disposition", "doctor", "export"),
                *("keys", "serve", "site", "tail"),
            )
        ),
    ],
)
def test_completing_a_word_loads_neither_the_screen_nor_redis(
    line: str, offer: str, tmp_path: object
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"LINE = {line!r}\n{COMPLETING}"],
        capture_output=True,
        text=True,
        timeout=60,
        env={"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "LANG": "C.UTF-8"},
    )
    offers, _, modules = done.stdout.rstrip("\n").rpartition("\n")
    assert offer in [each.split("\t")[1] for each in offers.splitlines()], done.stderr
    heavy = {"textual", "rich", "enigma_tui.journal.connection", *HEAVY}
    assert heavy.isdisjoint(modules.split()), heavy.intersection(modules.split())


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_loads_neither_the_screen_nor_redis(arguments: list[str], tmp_path: object) -> None:
    found = loaded(
        "import sys\nfrom enigma_tui.cli import main\n"
        f"main({arguments!r}, standalone_mode=False)\nprint(*sys.modules)",
        tmp_path,
    )
    assert "click" in found
    assert found.isdisjoint(("textual", "rich", "asyncio", "msgspec", *HEAVY)), found
