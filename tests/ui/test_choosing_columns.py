"""Columns are chosen, put in order and given widths, and are as they were left the next time."""

import tomllib
from pathlib import Path

import pytest

from enigma_tui.cli.board import check
from enigma_tui.model.sorting import Sort
from enigma_tui.settings import Loaded, Settings
from enigma_tui.settings_file import put_table
from enigma_tui.ui.columns import EVERY, columns, columns_mistake, fit
from enigma_tui.ui.screens.choices import SortDialog
from enigma_tui.ui.screens.choosing_columns import ColumnsDialog
from tests.ui.hands import Opened, toasts, type_keys


def titles(app: object) -> list[str]:
    """The words of the table's first line."""
    return app.board.table.render_line(0).text.replace("▼", "").split()  # type: ignore[attr-defined]


async def test_columns_are_hidden_moved_widened_and_kept(opened: Opened, tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('# mine\nname = "thandi"\n')
    async with opened(settings_file=file, size=(120, 30)) as (app, pilot):
        assert titles(app)[:3] == ["At", "State", "Caller"]
        await type_keys(app, pilot, "t")
        assert isinstance(app.screen, ColumnsDialog)
        await type_keys(app, pilot, "space")  # the time goes
        assert titles(app)[:2] == ["State", "Caller"], "the table shows it at once"
        await type_keys(app, pilot, "j", "J", "j", "k", "plus", "plus")  # the state goes right
        assert titles(app)[:2] == ["Caller", "State"]
        await type_keys(app, pilot, "enter")
        kept = tomllib.loads(file.read_text())
        assert file.read_text().startswith("# mine\n")
        assert list(kept["columns"])[:3] == ["caller", "state", "dialled"]
        assert kept["columns"]["state"] == EVERY["state"].wanted + 2
        assert "began" not in kept["columns"]
        assert str(file) in toasts(app)
    async with opened(settings_file=file, columns=kept["columns"]) as (app, pilot):
        assert titles(app)[:2] == ["Caller", "State"]
        await type_keys(app, pilot, "t", "R", "enter")
        assert titles(app)[:3] == ["At", "State", "Caller"]
        assert tomllib.loads(file.read_text()) == {"name": "thandi"}


async def test_leaving_has_all_as_it_was(opened: Opened, tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    async with opened(settings_file=file) as (app, pilot):
        before = titles(app)
        await type_keys(app, pilot, "t", "space", "j", "space", "minus", "escape")
        assert titles(app) == before
        await type_keys(app, pilot, "t", "enter")
        assert not file.exists(), "nothing was chosen, so there is nothing to keep"


async def test_one_column_stays_and_another_comes_back(opened: Opened) -> None:
    async with opened(columns={"caller": 0}) as (app, pilot):
        assert titles(app) == ["Caller"]
        await type_keys(app, pilot, "t", "space")
        assert titles(app) == ["Caller"]
        await type_keys(app, pilot, "j", "j", "space", "K", "K")
        assert titles(app) == ["State", "Caller"]
        await type_keys(app, pilot, "right", "left", "left", "0", "enter")
        assert app.board.table.chosen == {"state": 0, "caller": 0}


async def test_no_column_gets_too_narrow_and_none_leaves_the_list(opened: Opened) -> None:
    async with opened(columns={"ext": 0, "caller": 0}) as (app, pilot):
        await type_keys(app, pilot, "t", *["minus"] * 9, *["K"] * 3, "enter")
        assert app.board.table.chosen == {"ext": 4, "caller": 0}


async def test_the_list_says_what_there_is_no_room_for(opened: Opened) -> None:
    async with opened(size=(80, 24)) as (app, pilot):
        await type_keys(app, pilot, "t")
        lines = {
            str(option.prompt)[5:26].strip(): str(option.prompt)
            for option in app.screen.query_one("OptionList").options  # type: ignore[attr-defined]
        }
        assert "no room" in lines["Disposed of by"]
        assert "no room" not in lines["Caller"]
        assert "several" in lines["Source"]


async def test_calls_can_be_sorted_by_a_column_that_is_hidden(opened: Opened) -> None:
    async with opened(columns={"caller": 0, "ext": 0}) as (app, pilot):
        await type_keys(app, pilot, "s")
        assert isinstance(app.screen, SortDialog)
        await type_keys(app, pilot, *"j" * list(EVERY).index("hold"), "enter")
        assert app.floor.view.sort.by == "hold"
        await type_keys(app, pilot, "greater_than_sign")
        assert app.floor.view.sort.by == "caller", "from a hidden one to those that are shown"


def test_a_width_that_was_chosen_is_kept_to() -> None:
    placed = fit(100, columns(False, {"caller": 30, "hold": 0}))
    assert [(each.column.sort, each.width) for each in placed] == [("caller", 30), ("hold", 9)]


def test_the_source_is_shown_only_where_there_are_several() -> None:
    chosen = {"source": 0, "caller": 0}
    assert [each.sort for each in columns(False, chosen)] == ["caller"]
    assert [each.sort for each in columns(True, chosen)] == ["source", "caller"]
    assert columns(False, {"source": 0}) == columns(False)


def test_columns_in_the_settings_that_do_not_exist_are_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        check(Loaded(Settings(columns={"callr": 0}), {"columns": "settings.toml"}))
    told = capsys.readouterr().err
    assert "settings.toml: columns: there is no column 'callr'" in told
    assert "caller" in told
    assert "4 cells" in columns_mistake({"caller": 2})
    assert not columns_mistake({"caller": 4, "hold": 0})


@pytest.mark.parametrize(
    "columns",
    [{"hold": 5, "ext": 4, "caller": 0}, {"caller": 0, "ext": 4, "hold": 5}, {"ext": 4, "hold": 5}],
    ids=["turned round", "with a new one between", "with a new one before"],
)
@pytest.mark.parametrize(
    "written",
    ["[columns]\ncaller = 0 # who\nhold = 5 # long\n", "columns = {caller = 0, hold = 5} # long\n"],
    ids=["lines", "one line"],
)
def test_a_table_is_written_in_its_order(
    tmp_path: Path, written: str, columns: dict[str, int]
) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(f"{written}\n[keys]\nmark = 'm'\n")
    put_table(file, "columns", columns)
    read = tomllib.loads(file.read_text())
    assert list(read["columns"].items()) == list(columns.items())
    assert read["keys"] == {"mark": "m"}
    assert "# long" in file.read_text()


async def test_the_order_is_as_it_was_left_the_next_time(opened: Opened, tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('# mine\nname = "thandi"\n\n[columns]\ncaller = 0\next = 0\n')
    columns = {"caller": 0, "ext": 0}
    async with opened(settings_file=file, columns=columns) as (app, pilot):
        await type_keys(app, pilot, "greater_than_sign", "greater_than_sign", "z")
        shown = app.floor.view.sort
        assert shown.by == "ext"
        assert str(file) not in toasts(app), "it is changed in passing"
    kept = tomllib.loads(file.read_text())
    assert kept["sort"] == shown.text, "also where it was chosen just before"
    assert kept["columns"] == columns
    async with opened(settings_file=file, sort=kept["sort"]) as (app, _):
        assert app.floor.view.sort == shown


async def test_an_order_that_cannot_be_kept_is_told_once(opened: Opened, tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    async with opened(settings_file=in_the_way / "settings.toml") as (app, pilot):
        for _ in range(2):
            await type_keys(app, pilot, "z")
            app.board.settle()
        assert toasts(app).count("sort setting is kept for this session only") == 1


def test_an_order_in_the_settings_that_does_not_exist_is_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        check(Loaded(Settings(sort="-callr"), {"sort": "settings.toml"}))
    assert "settings.toml: sort: there is no column 'callr'; there are began," in (
        capsys.readouterr().err
    )


@pytest.mark.parametrize("text", ["began", "-began", "hold", "-hold"])
def test_an_order_is_named_as_it_is_written(text: str) -> None:
    assert Sort.named(text).text == text
