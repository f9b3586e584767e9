"""That delivery stands still has its place in the top line, behind what is graver."""

import pytest

from enigma_tui.journal.standstill import Standstill
from enigma_tui.ui.floor import Floor
from enigma_tui.ui.widgets.status import BAD, StatusLine
from tests.ui.hands import Opened

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
        said = str(app.board.status.content)
        assert graver in said
        assert "live" in said
        assert len(said) <= 80
        assert "…" not in said
        assert words in said
        assert ("delivery" in said) == bool(words)
