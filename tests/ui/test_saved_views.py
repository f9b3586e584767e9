"""Filters that are kept: by key, by name, in the settings file."""

import tomllib
from pathlib import Path

from textual.widgets import Input

from enigma_tui.model.query import MAX_LENGTH
from enigma_tui.model.tabs import Tab
from enigma_tui.ui.screens.keeping_view import KeepViewDialog
from tests.ui.hands import Eventually, Opened, refs, text_of, toasts, type_keys

VIEWS = {"Long": "hold>30s", "Ext 2001": "ext:2001"}


async def test_a_key_shows_a_saved_view_and_its_name_is_marked(opened: Opened) -> None:
    async with opened(views=VIEWS, size=(120, 30)) as (app, pilot):
        await type_keys(app, pilot, "7")
        assert app.floor.view.tab is Tab.ALL
        assert app.floor.view.query.text == app.board.filter_bar.input.value == "ext:2001"
        assert {app.floor.board.calls[key].extension for key in app.floor.view.order()} == {"2001"}
        title = text_of(app.board.views)
        assert "6 Long" in title
        assert "[7 Ext 2001]" in title
        assert "[5 All" not in title
        await type_keys(app, pilot, "escape")
        assert "[5 All" in text_of(app.board.views)
        await pilot.click("ViewsLine", offset=(title.index("6 Long"), 0))
        assert app.floor.view.query.text == "hold>30s"


async def test_a_key_without_a_view_says_how_to_keep_one(opened: Opened) -> None:
    async with opened(views=VIEWS) as (app, pilot):
        before = refs(app)
        await type_keys(app, pilot, "9")
        assert refs(app) == before
        assert "no saved view 9" in toasts(app)


async def test_a_filter_is_kept_in_the_settings_file_and_can_be_forgotten(
    opened: Opened, eventually: Eventually, tmp_path: Path
) -> None:
    file = tmp_path / "settings" / "settings.toml"
    async with opened(settings_file=file) as (app, pilot):
        await type_keys(app, pilot, "slash", *"ext:2001", "enter", "v")
        assert isinstance(app.screen, KeepViewDialog)
        await type_keys(app, pilot, "enter")
        assert isinstance(app.screen, KeepViewDialog), "a name is expected"
        await type_keys(app, pilot, *"Mine", "enter")
        assert tomllib.loads(file.read_text())["views"] == {"Mine": "ext:2001"}
        assert "6 Mine" in text_of(app.board.views)
        # The same name takes another filter; without one, it is forgotten.
        await type_keys(app, pilot, "slash", *"ext:2002", "enter", "v", *"Mine", "enter")
        assert tomllib.loads(file.read_text())["views"] == {"Mine": "ext:2002"}
        await type_keys(app, pilot, "escape", "v", *"Other", "enter")
        assert isinstance(app.screen, KeepViewDialog), "there is no such view"
        app.screen.query_one(Input).value = "Mine"
        await type_keys(app, pilot, "enter")
        assert "views" not in tomllib.loads(file.read_text())


async def test_what_another_board_has_kept_since_stays(opened: Opened, tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('[views]\nLong = "hold>30s"\nOld = "ext:2001"\n')
    async with opened(settings_file=file, views={"Mine": "ext:1", "Old": "ext:2001"}) as (
        app,
        pilot,
    ):
        await type_keys(app, pilot, "slash", *"ext:2002", "enter", "v", *"Sales", "enter")
        assert tomllib.loads(file.read_text())["views"] == {
            "Long": "hold>30s",
            "Old": "ext:2001",
            "Sales": "ext:2002",
        }
        await type_keys(app, pilot, "escape", "v", *"Old", "enter")
        assert tomllib.loads(file.read_text())["views"] == {"Long": "hold>30s", "Sales": "ext:2002"}
        assert app.board.saved == {"Mine": "ext:1", "Sales": "ext:2002"}


async def test_a_file_gets_no_more_views_than_a_board_opens_with(
    opened: Opened, tmp_path: Path
) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("[views]\n" + "".join(f'v{n} = "ext:200{n}"\n' for n in range(4)))
    before = file.read_text()
    async with opened(settings_file=file) as (app, pilot):
        await type_keys(app, pilot, "slash", *"hold>1", "enter", "v", *"x", "enter")
        assert "has 4 views already" in toasts(app)
        assert app.board.saved == {"x": "hold>1"}
        assert file.read_text() == before


async def test_any_filter_can_be_kept_however_long(opened: Opened, tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    longest = ("ext:" + ",".join(f"{n}" for n in range(2000, 2500)))[: MAX_LENGTH - 1] + "0"
    async with opened(settings_file=file) as (app, pilot):
        app.board.filter_bar.put(longest)
        await type_keys(app, pilot, "v", *"Sales", "enter")
        assert app.board.saved == tomllib.loads(file.read_text())["views"] == {"Sales": longest}


async def test_what_no_setting_can_be_is_not_kept_and_told(opened: Opened, tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    async with opened(settings_file=file) as (app, pilot):
        app.board.filter_bar.put("contact:\udc80")
        await type_keys(app, pilot, "v", *"Odd", "enter")
        assert "Not kept: views.Odd: is not UTF-8 text." in toasts(app)
        assert app.board.saved == {}
        assert not file.exists()


async def test_without_a_filter_or_a_view_there_is_nothing_to_keep(opened: Opened) -> None:
    async with opened() as (app, pilot):
        await type_keys(app, pilot, "v")
        assert app.screen is app.board
        assert "no filter to keep" in toasts(app)


async def test_the_keys_that_are_named_are_those_in_force(opened: Opened) -> None:
    async with opened(keys={"filter": "f3", "keep_view": "f4"}) as (app, pilot):
        await type_keys(app, pilot, "9")
        assert "keep it with f4." in toasts(app)
        await type_keys(app, pilot, "f4")
        assert "f3 types one." in toasts(app)


async def test_no_more_views_are_kept_than_there_are_keys(opened: Opened) -> None:
    views = {str(n): f"ext:200{n}" for n in range(4)}
    async with opened(views=views) as (app, pilot):
        await type_keys(app, pilot, "slash", *"hold>1", "enter", "v", *"one more", "enter")
        assert isinstance(app.screen, KeepViewDialog)
        assert app.board.saved == views


async def test_what_cannot_be_written_is_kept_for_the_session(
    opened: Opened, tmp_path: Path
) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("not toml")
    async with opened(settings_file=file) as (app, pilot):
        await type_keys(app, pilot, "slash", *"hold>1", "enter", "v", *"x", "enter")
        assert "not TOML" in toasts(app)
        assert app.board.saved == {"x": "hold>1"}
        assert file.read_text() == "not toml"
