"""Our own themes can be read, by everybody: contrast, and states that differ to every eye."""

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest
from rich.style import Style
from textual.theme import Theme

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.ui.app import EnigmaApp
from enigma_tui.ui.themes import ABOUT, COLOUR_BLIND, HIGH_CONTRAST, NAMES, OWN
from enigma_tui.ui.widgets.drawn import Drawn
from tests.ui import stage
from tests.ui.colours import SIGHTS, Rgb, contrast, difference, seen
from tests.ui.first import make_first, make_first_app
from tests.ui.hands import Opened, type_keys
from tests.ui.seen import Record

LEAST, LEAST_HIGH = 4.5, 7.0
"""What WCAG 2.2 wants of text: 1.4.3 (AA), and 1.4.6 (AAA)."""

APART = 15.0
"""CIEDE2000: colours so far apart are told from each other without being held side by side."""

PLACES: dict[str, tuple[str, ...]] = {
    "all": ("5", "space", "space", "j"),
    "filter": ("slash", *"ext:20"),
    "mistake": ("slash", *"hold>soon"),
    "disposition": ("d",),
    "disposition, claimed": ("5", "g", "d"),
    "disposition, note": ("5", "G", "d", "p", "enter"),
    "amend": ("5", "g", "j", "a", "r", "enter"),
    "search": ("5", "G", "d", "slash", *"b"),
    "extensions": ("e", "space"),
    "sort": ("s",),
    "columns": ("t",),
    "call-backs": ("B",),
    "settings": ("ctrl+o", *"site"),
    "palette": ("colon",),
    "theme": ("T",),
    "filter help": ("slash", "f1"),
    "details": ("5", "enter"),
    "rejected": ("x",),
    "outbox": ("o",),
    "alerts": ("n",),
    "statistics": ("i",),
    "help": ("question_mark",),
    "keep view": ("slash", *"ext:2001", "enter", "v"),
}


def colours(style: Style) -> tuple[Rgb, Rgb]:
    """Return what text has, and what it stands on."""
    assert style.color is not None
    assert style.bgcolor is not None
    assert style.color.triplet is not None, style
    assert style.bgcolor.triplet is not None, style
    text, ground = style.color.triplet.normalized, style.bgcolor.triplet.normalized
    return (ground, text) if style.reverse else (text, ground)


def least(theme: Theme) -> float:
    return LEAST_HIGH if theme is HIGH_CONTRAST else LEAST


def styles(app: EnigmaApp) -> Iterator[tuple[str, Style]]:
    """Yield every style that lines of the board are drawn with, shown now or not."""
    for widget in app.board.query(Drawn):
        base = widget.style_of("base")
        for name in widget.COMPONENT_CLASSES:
            yield name, base + widget.style_of(name.removeprefix(widget.STYLES))
    kinds = [(cursor, left) for cursor in (False, True) for left in (False, True)]
    for cursor, left in kinds:
        found = app.board.table._lines._styles(cursor, left)
        for name in app.board.table.COMPONENT_CLASSES:
            short = name.removeprefix("call-table--")
            yield f"{name}, cursor {cursor}, left {left}", found[short]


def words(app: EnigmaApp) -> Iterator[tuple[str, Style]]:
    """Yield the words on the screen; under a dialog nothing is to be read."""
    boxes = app.screen.query(".box")
    region = boxes.first().region if boxes else app.screen.region
    for y, strip in enumerate(app.screen._compositor.render_strips()):
        x = 0
        for text, style, _ in strip:
            if region.contains(x, y) and any(map(str.isalnum, text)):
                assert style is not None
                yield text, style
            x += len(text)


def test_the_formulas_are_those_that_were_published() -> None:
    assert contrast((0, 0, 0), (1, 1, 1)) == pytest.approx(21)
    grey = (119 / 255,) * 3
    assert contrast(grey, (1, 1, 1)) == pytest.approx(4.48, abs=0.005)
    assert seen((1, 1, 1), "usual") == pytest.approx((100, 0, 0), abs=0.02)
    for one, other, apart in (  # Sharma, Wu and Dalal 2005, pairs 1, 7, 9, 17, 25 and 34
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 0, 0), (50, -1, 2), 2.3669),
        ((50, 2.49, -0.001), (50, -2.49, 0.0009), 7.1792),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514), 0.9082),
    ):
        assert difference(one, other) == pytest.approx(apart, abs=0.00005)
    for sight in SIGHTS:  # a grey is the same grey to everybody
        assert difference(seen(grey, sight), seen(grey, "usual")) < 0.5


@pytest.mark.parametrize("theme", OWN, ids=lambda theme: theme.name)
async def test_every_style_of_the_board_can_be_read(
    opened: Opened, recorded: Record, theme: Theme
) -> None:
    recorded((120, 30))
    async with opened(theme=theme.name) as (app, _):
        found = dict(styles(app))
        assert len(found) > 60
        ratios = {name: contrast(*colours(style)) for name, style in found.items()}
        faint = {name: ratio for name, ratio in ratios.items() if ratio < least(theme)}
        # What is only a line of the frame is not read.
        assert faint == {}


async def test_every_word_in_every_place_can_be_read(
    floor: EmbeddedServer, recorded: Record
) -> None:
    recorded((120, 36))
    stage.act_as_colleagues(floor)
    alerts = [{"name": "Talks long", "filter": "state:live talk>5m"}]
    app = stage.make_app(floor, alerts=alerts)
    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        await stage.settled(app, pilot)
        stage.leave_waiting(app)
        app.board.tick()
        looks: dict[str, set[frozenset[str]]] = {}
        for place, keys in PLACES.items():
            await type_keys(app, pilot, *keys)
            if reading := [worker for worker in app.workers if worker.group == "reading"]:
                await app.workers.wait_for_complete(reading)
            for theme in OWN:
                app.theme = theme.name
                await pilot.pause()
                found = list(words(app))
                assert len(found) > 3, place
                looks.setdefault(place, set()).add(frozenset(str(style) for _, style in found))
                faint = {
                    (theme.name, place, text, str(style)): contrast(*colours(style))
                    for text, style in found
                    if contrast(*colours(style)) < least(theme)
                }
                assert faint == {}
            while app.screen is not app.board:
                await type_keys(app, pilot, "escape")
            await type_keys(app, pilot, "escape", "escape")
        assert {place: len(each) for place, each in looks.items() if len(each) < len(OWN)} == {}


async def test_every_word_before_the_first_call_can_be_read(
    recorded: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded((120, 36))
    monkeypatch.setenv("HOME", str(tmp_path))
    for theme in OWN:
        app = make_first_app(make_first(theme=theme.name), tmp_path)
        async with app.run_test(size=(120, 36), notifications=True) as pilot:
            await pilot.pause()
            await pilot.press("tab", *"thandi")
            await pilot.pause()
            found = list(words(app))
            assert len(found) > 10
            faint = {
                (theme.name, text): contrast(*colours(style))
                for text, style in found
                if contrast(*colours(style)) < least(theme)
            }
            assert faint == {}


async def test_states_differ_to_every_eye_in_the_theme_that_is_made_for_it(
    opened: Opened, recorded: Record
) -> None:
    recorded((120, 30))
    async with opened(theme=COLOUR_BLIND.name) as (app, _):
        table, status = app.board.table, app.board.status
        found = {
            name: table.style_of(name)
            for name in ("live", "warning", "critical", "abandoned", "over", "base")
        }
        feed = {name: status.style_of(f"status--{name}") for name in ("good", "wait", "bad")}
        for group in (found, feed):
            shown = {
                name: colours(table.style_of("base") + style)[0] for name, style in group.items()
            }
            for sight in SIGHTS:
                for one, other in combinations(shown, 2):
                    apart = difference(seen(shown[one], sight), seen(shown[other], sight))
                    assert apart >= APART, (sight, one, other)


async def test_what_is_critical_is_not_one_coloured_word_among_others_in_high_contrast(
    opened: Opened, recorded: Record
) -> None:
    recorded((120, 30))
    async with opened(theme=HIGH_CONTRAST.name) as (app, _):
        table = app.board.table
        assert table.style_of("critical").reverse
        assert not any(table.style_of(name).reverse for name in ("live", "warning", "marked"))


async def test_every_theme_that_can_be_named_can_be_shown(opened: Opened, recorded: Record) -> None:
    recorded((120, 30))
    async with opened() as (app, pilot):
        await type_keys(app, pilot, "5", "slash", *"hold>soon")  # which is underlined
        for name in NAMES:
            app.theme = name
            await pilot.pause()
            assert app.board.table.style_of("abandoned").color is not None, name
        assert set(ABOUT) == {theme.name for theme in OWN}
