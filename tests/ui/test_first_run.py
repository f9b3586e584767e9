"""A first start asks where the server is, looks, and keeps the answer; else it leaves no trace."""

import asyncio
import errno
import stat
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis
from textual.widgets import Button, Input

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.first_answers import Answers
from enigma_tui.settings import NAMES, load
from enigma_tui.settings_file import UnwritableError
from enigma_tui.ui.first_run import FirstRunApp
from enigma_tui.ui.screens.first_run import FIELDS
from tests import states
from tests.topology import free_port
from tests.ui.first import (
    checked,
    fill,
    found,
    make_first,
    make_first_app,
    outcome,
    save_label,
    screen_of,
    shown,
    traces,
    value,
)
from tests.ui.hands import INBOUND, Eventually, payload

SECRET = "hunter2-s3cr3t"
SIZE = (80, 24)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration directory with nothing in it."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    return home


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def everything_in(home: Path) -> list[str]:
    return sorted(str(path.relative_to(home)) for path in home.rglob("*"))


FILE, PASSWORD = "enigma-tui/config.toml", "enigma-tui/password"


async def until_open(app: FirstRunApp, eventually: Eventually) -> None:
    await eventually(lambda: app.board in app.screen_stack and app.wired.is_set())


# ── the right answer ────────────────────────────────────────────────────────────────────────


async def test_a_host_and_enter_open_the_board_with_its_calls(
    floor: EmbeddedServer, home: Path, state: Path, eventually: Eventually
) -> None:
    first = make_first()
    app = make_first_app(first, state)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await shown(app, pilot, eventually)
        await fill(app, pilot, floor.url, "", "", "")
        await checked(app, pilot, eventually)
        assert {state for state, _, _ in found(app)} <= {"ok", "look"}
        assert "Nothing is wrong" in outcome(app)
        assert everything_in(home) == []
        await pilot.press("enter")
        await until_open(app, eventually)
        await eventually(lambda: app.floor.board.calls)
        assert app.startup.who.name == first.login_name
    assert everything_in(home) == ["enigma-tui", FILE]
    text = (home / FILE).read_text()
    assert stat.S_IMODE((home / FILE).stat().st_mode) == 0o600
    assert tomllib.loads(text) == {"redis_url": floor.url}
    for name in NAMES:
        assert f"{name} = " in text or f"[{name}]" in text, name
    assert load(home / FILE, required=True, flags={}).settings == app.settings


async def test_what_is_waiting_is_told_and_nothing_taken_or_written(
    empty_server: EmbeddedServer, home: Path, state: Path, eventually: Eventually
) -> None:
    with redis.Redis.from_url(empty_server.url) as client:
        client.rpush(INBOUND, payload(1), payload(2))
    before = traces(empty_server)
    app = make_first_app(make_first(), state)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await shown(app, pilot, eventually)
        await fill(app, pilot, empty_server.url, "", "", "")
        await checked(app, pilot, eventually)
        told = {check: said for _, check, said in found(app)}
        assert "Valkey" in told["server"]
        assert told["list inbound"] == f"{INBOUND}: 2 waiting"
        assert told["writing"] == "the server takes writes"
        assert "readers" not in told
        assert traces(empty_server) == before
    assert everything_in(home) == []


# ── trouble ─────────────────────────────────────────────────────────────────────────────────


async def test_a_password_is_asked_for_checked_and_kept_apart(
    home: Path, state: Path, eventually: Eventually
) -> None:
    with locked() as url:
        app = make_first_app(make_first(), state)
        async with app.run_test(size=SIZE, notifications=True) as pilot:
            await shown(app, pilot, eventually)
            await fill(app, pilot, url, "", "wrong", "naledi")
            await checked(app, pilot, eventually)
            [(state_word, check, said)] = found(app)
            assert (state_word, check) == ("bad", "server")
            assert said.startswith("wrong password: ")
            assert "Look at the ACL user and the password above." in said
            assert save_label(app) == "Save all the same"
            screen_of(app).query_one("#password", Input).focus()
            await fill(app, pilot, SECRET, "")
            await checked(app, pilot, eventually)
            assert "Nothing is wrong" in outcome(app)
            assert save_label(app) == "Save and open"
            assert SECRET not in app.export_screenshot()
            await pilot.press("enter")
            await until_open(app, eventually)
            await eventually(lambda: app.follower.link.caught_up)
            assert app.startup.who.name == "naledi"
    assert everything_in(home) == ["enigma-tui", FILE, PASSWORD]
    assert (home / PASSWORD).read_text() == f"{SECRET}\n"
    assert stat.S_IMODE((home / PASSWORD).stat().st_mode) == 0o600
    text = (home / FILE).read_text()
    assert SECRET not in text
    assert tomllib.loads(text) == {
        "redis_url": url,
        "name": "naledi",
        "password_file": str(home / PASSWORD),
    }


@contextmanager
def locked() -> Iterator[str]:
    with states.wrong_password() as url:
        with redis.Redis.from_url(url, password="secret") as client:
            client.config_set("requirepass", SECRET)
        yield url


async def test_what_an_acl_user_may_not_do_is_named(
    home: Path, state: Path, eventually: Eventually
) -> None:
    with states.no_permission() as url:
        app = make_first_app(make_first(), state)
        async with app.run_test(size=SIZE, notifications=True) as pilot:
            await shown(app, pilot, eventually)
            await fill(app, pilot, url, "", "", "")
            await checked(app, pilot, eventually)
            # The login has left the address, where anybody could read it.
            assert value(app, "server") == url.replace("ann:any@", "")
            assert (value(app, "username"), value(app, "password")) == ("ann", "any")
            bad = [said for word, _, said in found(app) if word == "bad"]
            assert len(bad) == 1
            assert "does not permit this user the command set" in bad[0]
            assert "Give the ACL user above that command" in bad[0]
            # Trouble stands above the rest, and then what one wants to know.
            assert [check for _, check, _ in found(app)][1:3] == ["server", "list inbound"]
            placeholder = screen_of(app).query_one("#name", Input).placeholder
            assert placeholder.startswith("ann, the ACL user")


async def test_one_may_save_though_nothing_listens_once_one_has_been_told(
    home: Path, state: Path, eventually: Eventually
) -> None:
    port = free_port()
    app = make_first_app(make_first(), state)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await shown(app, pilot, eventually)
        await fill(app, pilot, f"localhost:{port}")
        screen_of(app).query_one("#save", Button).focus()
        await pilot.press("enter")  # which has it checked first
        await checked(app, pilot, eventually)
        [(word, _, said)] = found(app)
        assert word == "bad"
        assert "nothing listens there Look at the address above" in said
        assert "save all the same" in outcome(app)
        assert everything_in(home) == []
        await pilot.press("enter")
        await until_open(app, eventually)
        await eventually(lambda: app.follower.link.fault)
    assert tomllib.loads((home / FILE).read_text()) == {"redis_url": f"redis://localhost:{port}/0"}


async def test_saving_what_is_right_takes_one_step(
    floor: EmbeddedServer, home: Path, state: Path, eventually: Eventually
) -> None:
    app = make_first_app(make_first(), state)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await shown(app, pilot, eventually)
        await pilot.press(*floor.url)
        await pilot.click("#save")
        await until_open(app, eventually)
    assert everything_in(home) == ["enigma-tui", FILE]


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        (("",), "server", "expected is where it is"),
        (("http://pbx.example",), "server", "begins with redis://"),
        (("pbx.example:port",), "server", "port must be a number"),
        (("pbx.example", "x" * 201), "username", "200 characters"),
    ],
)
async def test_a_mistake_is_said_and_the_field_with_it_is_where_one_types(
    home: Path,
    state: Path,
    eventually: Eventually,
    typed: tuple[str, ...],
    field: str,
    words: str,
) -> None:
    app = make_first_app(make_first(), state)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await shown(app, pilot, eventually)
        for name, text in zip(FIELDS, typed, strict=False):
            screen_of(app).query_one(f"#{name}", Input).value = text
        await pilot.click("#check")
        await pilot.pause()
        assert words in outcome(app)
        assert app.focused is not None
        assert app.focused.id == field
        assert app.first._asked is None


async def test_a_change_takes_back_what_was_found(
    home: Path, state: Path, eventually: Eventually
) -> None:
    app = make_first_app(make_first(), state)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await shown(app, pilot, eventually)
        await fill(app, pilot, f"localhost:{free_port()}", "", "", "")
        await checked(app, pilot, eventually)
        assert found(app)
        screen_of(app).query_one("#server", Input).focus()
        await pilot.press("end", "1")
        await pilot.pause()
        assert found(app) == []
        assert outcome(app) == "Changed since it was checked."
        assert save_label(app) == "Save and open"
        assert not app.first._over


async def test_a_file_that_cannot_be_written_is_said_with_what_to_do(
    empty_server: EmbeddedServer, home: Path, state: Path, eventually: Eventually
) -> None:
    (home / "enigma-tui").write_text("in the way")
    app = make_first_app(make_first(), state)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await shown(app, pilot, eventually)
        await fill(app, pilot, empty_server.url, "", "", "")
        await checked(app, pilot, eventually)
        await pilot.press("enter")
        await pilot.pause()
        said = outcome(app)
        assert str(home / FILE) in said
        assert f"{home / 'enigma-tui'} is not a directory" in said
        assert f"enigma-tui --redis-url {empty_server.url}" in said
        assert everything_in(home) == ["enigma-tui"]
        assert app.focused is not None
        # Once that is mended it can be saved.
        (home / "enigma-tui").unlink()
        await pilot.press("enter")
        await until_open(app, eventually)
    assert everything_in(home) == ["enigma-tui", FILE]


async def test_a_file_that_has_come_to_be_meanwhile_is_left_alone(
    empty_server: EmbeddedServer, home: Path, state: Path, eventually: Eventually
) -> None:
    app = make_first_app(make_first(), state)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await shown(app, pilot, eventually)
        (home / FILE).parent.mkdir()
        (home / FILE).write_text("name = 'ann'\n")
        await pilot.press(*empty_server.url)
        await pilot.click("#save")
        await eventually(lambda: "somebody else" in outcome(app))
    assert (home / FILE).read_text() == "name = 'ann'\n"
    assert everything_in(home) == ["enigma-tui", FILE]


# ── leaving ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("how", ["escape", "quit", "ctrl+q", "escape while checking"])
async def test_leaving_leaves_no_trace(
    home: Path, state: Path, eventually: Eventually, how: str
) -> None:
    closing: list[asyncio.StreamWriter] = []
    silent = await asyncio.start_server(lambda _, writer: closing.append(writer), "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    app = make_first_app(make_first(), state)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await shown(app, pilot, eventually)
        await fill(app, pilot, f"127.0.0.1:{port}", "ann", SECRET)
        if how == "escape while checking":
            await pilot.press("enter")
            await eventually(lambda: closing)
        if how == "quit":
            await pilot.click("#quit")
        else:
            await pilot.press(how.split()[0])
        await eventually(lambda: not app.is_running)
    assert not app.return_code
    assert everything_in(home) == []
    assert everything_in(state) == []
    for writer in closing:
        writer.close()
    silent.close()
    await silent.wait_closed()


# ── what is known already ───────────────────────────────────────────────────────────────────


async def test_what_the_environment_answers_is_shown_used_and_not_written(
    home: Path, state: Path, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENIGMA_TUI_PASSWORD", SECRET)
    monkeypatch.setenv("ENIGMA_TUI_NAME", "wallboard")
    with locked() as url:
        app = make_first_app(make_first(), state)
        async with app.run_test(size=SIZE, notifications=True) as pilot:
            await shown(app, pilot, eventually)
            for name in ("password", "name"):
                field = screen_of(app).query_one(f"#{name}", Input)
                assert field.disabled
                assert field.placeholder == f"from ENIGMA_TUI_{name.upper()}"
            assert value(app, "name") == "wallboard"
            assert value(app, "password") == ""
            await fill(app, pilot, url, "")
            await checked(app, pilot, eventually)
            assert "Nothing is wrong" in outcome(app)
            await pilot.press("enter")
            await until_open(app, eventually)
            await eventually(lambda: app.follower.link.caught_up)
            assert app.startup.who.name == "wallboard"
    assert everything_in(home) == ["enigma-tui", FILE]
    assert tomllib.loads((home / FILE).read_text()) == {"redis_url": url}


async def test_the_name_of_the_command_line_is_there_to_be_changed(
    floor: EmbeddedServer, home: Path, state: Path, eventually: Eventually
) -> None:
    first = make_first(name="sipho", mask=True)
    app = make_first_app(first, state)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await shown(app, pilot, eventually)
        assert value(app, "name") == "sipho"
        await fill(app, pilot, floor.url, "", "", "naledi")  # in the place of what was there
        await checked(app, pilot, eventually)
        await pilot.press("enter")
        await until_open(app, eventually)
        assert app.startup.who.name == app.settings.name == "naledi"
    # What is for this session only is not written.
    assert tomllib.loads((home / FILE).read_text()) == {"redis_url": floor.url, "name": "naledi"}
    assert first.loaded.settings.mask


def test_a_password_that_is_kept_already_is_neither_overwritten_nor_written_twice(
    home: Path,
) -> None:
    directory = home / "enigma-tui"
    directory.mkdir()
    (directory / "password").write_text("another one's\n")
    for _ in range(2):
        first = make_first()
        first.save(Answers("redis://pbx.example:6379/0", password=SECRET))
        assert first.loaded.settings.password_file == str(directory / "password-2")
        first.file.unlink()
    assert (directory / "password").read_text() == "another one's\n"
    assert everything_in(directory) == ["password", "password-2"]


def test_a_password_is_not_left_behind_where_the_settings_cannot_be_written(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("enigma_tui.settings_file._replace", full)
    with pytest.raises(UnwritableError, match="No space left on device"):
        make_first().save(Answers("redis://pbx.example:6379/0", password=SECRET))
    assert everything_in(home) == ["enigma-tui"]


# ── the form ────────────────────────────────────────────────────────────────────────────────


async def test_every_field_and_button_is_reached_by_tab_and_arrows(
    home: Path, state: Path, eventually: Eventually
) -> None:
    app = make_first_app(make_first(), state)
    order = [*FIELDS, "check", "save", "quit"]
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await shown(app, pilot, eventually)
        for key, back in (("tab", "shift+tab"), ("down", "up")):
            for there in (order, order[:1]):
                for name in there:
                    assert app.focused is not None
                    assert app.focused.id == name
                    await pilot.press(key)
                    await app.keyboard.idle()
            await pilot.press(back)
            await app.keyboard.idle()
            assert app.focused is not None
            assert app.focused.id == order[0]
        await pilot.press("left", "left", "ctrl+p")  # in a field they move in it
        await app.keyboard.idle()
        assert app.focused.id == order[0]
        assert screen_of(app) is app.first


async def test_all_of_it_is_seen_on_eighty_columns_and_twenty_four_lines(
    home: Path, state: Path, eventually: Eventually
) -> None:
    app = make_first_app(make_first(), state)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await shown(app, pilot, eventually)
        form = screen_of(app).query_one("#form")
        assert form.max_scroll_y == 0
        for widget in form.query("Input, Button, Static, Label, #found"):
            assert screen_of(app).find_widget(widget).visible_region.size == widget.outer_size
