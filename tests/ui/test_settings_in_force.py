"""What is in force is shown with where it came from, and nothing that is secret."""

import dataclasses
from pathlib import Path

import pytest
from textual.widgets import OptionList

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.journal.sites import SiteStore
from enigma_tui.settings import COMMAND_LINE, NAMES, Settings
from enigma_tui.settings_shown import Shown, in_words, personal, plain, shared, version
from enigma_tui.site import Site
from enigma_tui.ui.app import EnigmaApp
from enigma_tui.ui.screens.settings import SettingsDialog
from tests.ui import stage
from tests.ui.hands import Eventually, Opened, shown, type_keys

SECRET = "hunter2"


def listed(app: EnigmaApp) -> list[Shown]:
    found = app.screen.query_one(OptionList)
    return [option.item for option in found.options]  # type: ignore[attr-defined]


def lines(app: EnigmaApp) -> list[str]:
    found = app.screen.query_one(OptionList)
    return [found.render_line(y).text for y in range(found.size.height)]


def row(app: EnigmaApp, name: str) -> Shown:
    return next(each for each in listed(app) if each.name == name)


async def test_every_setting_is_listed_with_its_origin_and_the_sites_below(
    opened: Opened, tmp_path: Path
) -> None:
    origins = {
        "name": "ENIGMA_TUI_NAME",
        "mask": str(tmp_path / "config.toml"),
        "filter": COMMAND_LINE,
    }
    async with opened(mask=True, filter="ext:2001", origins=origins) as (app, pilot):
        await type_keys(app, pilot, "ctrl+o")
        assert isinstance(app.screen, SettingsDialog)
        names = [each.name for each in listed(app)]
        assert names[: len(NAMES)] == list(NAMES)
        assert row(app, "name") == Shown("name", '"thandi"', "ENIGMA_TUI_NAME")
        assert row(app, "mask") == Shown("mask", "true", str(tmp_path / "config.toml"))
        assert row(app, "filter").origin == COMMAND_LINE
        assert row(app, "region") == Shown("region", '"ZA"', "default")
        assert f"version {version(app.floor.site)}" in row(app, "site").value
        assert names.index("site") == len(NAMES)
        assert row(app, "site.title") == Shown("site.title", '"Support floor"', "the site")
        assert row(app, "site.retention.days").origin == "default"
        text = "\n".join(lines(app))
        for word in ("default", "environment"):
            assert word in text


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 50)], ids=str)
async def test_nothing_is_cut_without_an_ellipsis(opened: Opened, size: tuple[int, int]) -> None:
    views = {"Long holds": "hold>2m " * 60}
    async with opened(size=size, views=views) as (app, pilot):
        await type_keys(app, pilot, "ctrl+o")
        found = app.screen.query_one(OptionList)
        for place, each in enumerate(listed(app)):
            prompt = str(found.get_option_at_index(place).prompt).rstrip()
            assert len(prompt) <= found.scrollable_content_region.width
            name, value, _ = prompt.split(maxsplit=1)[0], prompt[26:], prompt
            assert name == each.name or name.endswith("…")
            assert each.value in value or "…" in value
        await type_keys(app, pilot, *"views")
        assert shown(app, "#about Static").startswith('views = {"Long holds": "hold>2m hold>2m')
        assert ("hold>2m " * 60) in shown(app, "#about Static")


async def test_no_secret_is_shown_nor_how_long_it_is(floor: EmbeddedServer, opened: Opened) -> None:
    held = {
        "password": SECRET,
        "sentinel_password": SECRET * 5,
        "source_passwords": {"pbx": SECRET},
        "source_servers": {"pbx": "redis://pbx.example:6379"},
        "redis_url": floor.url.replace("unix://", f"unix://:{SECRET}@"),
        "alerts": [
            {
                "name": "a",
                "filter": "hold>2m",
                "command": ["curl", f"https://ann:{SECRET}@crm.example/hook?password={SECRET}"],
            }
        ],
    }
    made = Settings(**held)  # type: ignore[arg-type]
    for each in personal(made, {}):
        assert SECRET not in each.value, each.name
    short, long = (dataclasses.replace(made, password=x) for x in ("a", "a" * 30))  # type: ignore[arg-type]
    assert list(personal(short, {})) == list(personal(long, {}))
    assert plain(f"x redis://:{SECRET}/@p@h/0 y") == "x redis://@h/0 y"
    assert plain(f"rediss://h/0?a=b&ssl_password={SECRET}&c") == "rediss://h/0?a=b&ssl_password=…&c"
    assert plain("https://crm.example:8443/path") == "https://crm.example:8443/path"
    async with opened(**{**held, "redis_url": floor.url}) as (app, pilot):
        await type_keys(app, pilot, "ctrl+o")
        assert all(SECRET not in each.value for each in listed(app))
        await type_keys(app, pilot, *"alerts")
        told = shown(app, "#about Static")
        assert "https://ann@crm.example/hook" in told
        assert SECRET not in told


async def test_what_was_changed_on_the_board_is_in_force_and_said_to_be_of_this_session(
    opened: Opened,
) -> None:
    async with opened() as (app, pilot):
        await type_keys(app, pilot, "T", "j", "enter", "ctrl+o")
        assert row(app, "theme") == Shown("theme", '"enigma-light"', "this session")


async def test_what_is_typed_is_sought_in_names_values_and_origins(opened: Opened) -> None:
    origins = {"name": "ENIGMA_TUI_NAME"}
    async with opened(origins=origins) as (app, pilot):
        await type_keys(app, pilot, "ctrl+o", *"hold def")
        assert [each.name for each in listed(app)][:2] == ["hold_warning", "hold_critical"]
        await type_keys(app, pilot, *["backspace"] * 8, *"enigma_tui_")
        assert [each.name for each in listed(app)] == ["name"]
        assert "from the environment variable ENIGMA_TUI_NAME" in shown(app, "#about Static")
        await type_keys(app, pilot, *"zzz")
        assert listed(app) == []
        assert shown(app, "#about Static") == ""
        await type_keys(app, pilot, "escape")
        assert app.screen is app.board


async def test_who_wrote_the_sites_settings_is_told_and_another_version_has_another_name(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        before = version(app.floor.site)
        store = SiteStore(app.startup.connection, app.journal_keys)
        changed = dataclasses.replace(app.floor.site, title="South")
        assert await store.save(changed, "sipho", await store.load())
        await eventually(lambda: app.floor.site.title == "South" and app.floor.site_written)
        await type_keys(app, pilot, "ctrl+o")
        told = row(app, "site").value
        assert before not in told
        assert f"version {version(app.floor.site)}, written by sipho at " in told


async def test_before_anybody_has_collected_the_defaults_are_called_that(
    empty_server: EmbeddedServer,
) -> None:
    app = stage.make_app(empty_server, collect="no")
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        await stage.settled(app, pilot)
        await type_keys(app, pilot, "ctrl+o")
        assert row(app, "site").value == "has no settings yet: these are the defaults"
        assert not any(each.name.startswith("site.") for each in listed(app))


def test_what_the_site_has_several_of_stands_under_its_name() -> None:
    found = {each.name: each.value for each in shared(Site())}
    assert found["site.codes.spam"] == '{"code": "spam", "key": "s"}'
    assert found["site.sources.pbx"] == "{}"
    assert version(Site()) == version(Site.from_json(Site().to_json(), "here"))


@pytest.mark.parametrize(
    ("origin", "short"),
    [
        ("default", "default"),
        ("ENIGMA_TUI_NAME", "environment"),
        ("/home/ann/config.toml", "file"),
        ("config", "file"),
        (COMMAND_LINE, "command line"),
        ("the demo", "demo"),
        ("the site", "site"),
        ("this session", "this session"),
    ],
)
def test_every_origin_has_a_word_and_more(origin: str, short: str) -> None:
    word, long = in_words(origin)
    assert word == short
    assert long
