"""docs/alerts.md has every kind of alert, every figure, and no other."""

import tomllib

from enigma_tui.model.alerts import Figure
from enigma_tui.settings import AlertSetting

from .pages import ROOT, blocks, rows

PAGE = ROOT / "docs" / "alerts.md"


def test_every_figure_is_explained() -> None:
    assert [row.cells["figure"] for row in rows(PAGE, "figure", "is", "in")] == list(Figure)


def test_every_kind_of_alert_has_an_example() -> None:
    examples = [
        AlertSetting(**alert)
        for block in blocks()
        if block.page == PAGE
        for alert in tomllib.loads(block.text)["alerts"]
    ]
    assert any(alert.filter for alert in examples)
    assert any(alert.figure and alert.above is not None for alert in examples)
    assert any(alert.figure and alert.below is not None for alert in examples)
    assert any(alert.silent_minutes for alert in examples)
    assert any(alert.command for alert in examples)
