"""What stands still or was left behind has its place in the top line, behind what is graver."""

from dataclasses import replace

import pytest

from enigma_tui.journal.follower import Pulse
from enigma_tui.journal.left_behind import LeftBehind
from enigma_tui.journal.standstill import Standstill
from enigma_tui.ui.floor import Floor
from enigma_tui.ui.widgets.status import BAD, StatusLine
from tests.ui.hands import Opened, text_of

FULL = {"crm": Standstill("list is full (10,000)", "")}


@pytest.mark.parametrize(
    ("graver", "words"),
    [
        ("", "delivery stands still  crm: list is full (10,000)"),
        ("nobody collects", "delivery stands still"),
        ("cannot collect north: certificate's name wrong", ""),
    ],
)
async def test_at_80_columns_it_gives_way_to_graver_faults_and_says_where_and_why_if_it_can(
    opened: Opened, monkeypatch: pytest.MonkeyPatch, graver: str, words: str
) -> None:
    monkeypatch.setattr(Floor, "standstills", lambda floor: FULL)
    monkeypatch.setattr(StatusLine, "collector", lambda line: (graver, BAD) if graver else None)
    async with opened(size=(80, 24)) as (app, pilot):
        app.board.status.tell()
        await pilot.pause()
        said = text_of(app.board.status)
        assert graver in said
        assert "live" in said
        assert len(said) <= 80
        assert "…" not in said
        assert words in said
        assert ("delivery" in said) == bool(words)


async def test_calls_that_were_left_behind_are_told_with_where_to_look(opened: Opened) -> None:
    left = LeftBehind("north", "calls", "redis://pbx:6379/0", "unreachable", "", "")
    async with opened(size=(120, 36)) as (app, pilot):
        follower = app.floor.follower
        assert follower is not None
        for several, where in ((1, "north: unreachable"), (2, "north: unreachable, 1 more")):
            follower.pulse = replace(follower.pulse or Pulse(0, 0.0, 0), left=(left,) * several)
            app.board.status.tell()
            await pilot.pause()
            assert f"calls left behind: see doctor  {where}" in text_of(app.board.status)
