"""The top line names what nobody collects, and claims nothing that it will know in a moment."""

from types import SimpleNamespace
from typing import Any

import pytest

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.journal import follower
from enigma_tui.journal.collector import CollectorStatus, SourceStatus
from enigma_tui.journal.faults import Fault
from enigma_tui.journal.follower import Link, Pulse
from enigma_tui.site import Site, Source
from enigma_tui.ui.widgets.status import StatusLine
from tests.ui import stage
from tests.ui.hands import Eventually

ONE = Site()
TWO = Site(sources=(Source(name="north"), Source(name="south", server="redis://pbx/0")))
GONE = Fault("unreachable", "", "")


def says(
    site: Site,
    uncollected: dict[str, str],
    own: CollectorStatus | None = None,
    site_at: float | None = 0.0,
    has_site: bool = True,
) -> str:
    feed = SimpleNamespace(pulse=Pulse(0, 0.0, 0, uncollected), link=Link(connected=True))
    floor = SimpleNamespace(follower=feed, site=site, has_site=has_site, site_at=site_at)
    line: Any = SimpleNamespace(floor=floor, own_collector=own or CollectorStatus())
    said = StatusLine.collector(line)
    return said[0] if said else ""


@pytest.mark.parametrize(
    ("site", "uncollected", "words"),
    [
        (ONE, {}, ""),
        (ONE, {"pbx": ""}, "nobody collects"),
        (TWO, {"north": "", "south": ""}, "nobody collects"),
        (TWO, {"south": ""}, "nobody collects south"),
        (TWO, {"south": "no answer"}, "nobody collects south (no answer)"),
    ],
)
def test_a_source_that_nobody_collects_is_named_where_there_are_several(
    site: Site, uncollected: dict[str, str], words: str
) -> None:
    assert says(site, uncollected) == words


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ({"pbx": SourceStatus()}, ""),
        ({"pbx": SourceStatus(holding=True, tried=True)}, ""),
        ({"pbx": SourceStatus(tried=True)}, "nobody collects"),
        ({"pbx": SourceStatus(fault=GONE, tried=True)}, "cannot collect: unreachable"),
        ({"pbx": SourceStatus(holding=True, fault=GONE, tried=True)}, ""),
        ({}, ""),
    ],
)
def test_what_this_board_collects_or_is_about_to_is_not_said_to_be_left(
    own: dict[str, SourceStatus], words: str
) -> None:
    assert says(ONE, {"pbx": ""}, CollectorStatus(sources=own, running=True)) == words


@pytest.mark.parametrize(
    ("uncollected", "site_at", "has_site"),
    [
        ({"north": "", "south": ""}, None, True),
        ({}, None, False),
        ({"north": "", "south": ""}, 0.1, True),
        ({"pbx": ""}, 0.0, True),
    ],
    ids=["no settings", "no settings or none", "an older pulse", "another's source"],
)
def test_of_collecting_nothing_is_said_before_it_was_asked_with_the_sites_settings(
    uncollected: dict[str, str], site_at: float | None, has_site: bool
) -> None:
    assert says(TWO, uncollected, site_at=site_at, has_site=has_site) == ""


async def test_a_board_that_starts_does_not_name_a_source_that_the_site_does_not_have(
    empty_server: EmbeddedServer, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower, "PULSE_SECONDS", 0.05)
    stage.write_site(empty_server, TWO)
    app = stage.make_app(empty_server, collect="no")
    said: list[str] = []
    tell = app.board.status.tell

    def heard() -> None:
        said.append((app.board.status.collector() or ("",))[0])
        tell()

    monkeypatch.setattr(app.board.status, "tell", heard)
    async with app.run_test(size=(80, 24), notifications=True):
        await eventually(lambda: "nobody collects" in said)
    assert set(said) == {"", "nobody collects"}


def test_a_fault_of_ones_own_names_the_source_where_there_are_several() -> None:
    own = CollectorStatus(
        sources={"north": SourceStatus(holding=True), "south": SourceStatus(fault=GONE)}
    )
    assert says(TWO, {"south": "unreachable"}, own) == "cannot collect south: unreachable"
