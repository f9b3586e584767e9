"""The top line names what nobody collects, and claims nothing that it will know in a moment."""

from types import SimpleNamespace
from typing import Any

import pytest

from enigma_tui.journal.collector import CollectorStatus, SourceStatus
from enigma_tui.journal.faults import Fault
from enigma_tui.journal.follower import Link, Pulse
from enigma_tui.site import Site, Source
from enigma_tui.ui.widgets.status import StatusLine

ONE = Site()
TWO = Site(sources=(Source(name="north"), Source(name="south", server="redis://pbx/0")))
GONE = Fault("unreachable", "", "")


def says(site: Site, uncollected: dict[str, str], own: CollectorStatus | None = None) -> str:
    follower = SimpleNamespace(pulse=Pulse(0, 0.0, 0, uncollected), link=Link(connected=True))
    floor = SimpleNamespace(follower=follower, site=site, has_site=True)
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


def test_a_fault_of_ones_own_names_the_source_where_there_are_several() -> None:
    own = CollectorStatus(
        sources={"north": SourceStatus(holding=True), "south": SourceStatus(fault=GONE)}
    )
    assert says(TWO, {"south": "unreachable"}, own) == "cannot collect south: unreachable"
