"""A password is where it was put, and nowhere else: no output, log, report or process list."""

import asyncio
import contextlib
import io
import logging
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import redis
from rich.console import Console
from rich.traceback import Traceback

from enigma_tui.addresses import address, source_address
from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.journal.address import Address, AddressError, Login
from enigma_tui.journal.connection import Connection, connect
from enigma_tui.journal.faults import FAILED
from enigma_tui.secret_files import UnusableError, _refuse_shared
from enigma_tui.settings import Settings

from .conftest import Begin, Run

SECRET = "hunter2-s3cr3t"
OTHER = "sentinels-0wn"


@pytest.fixture
def locked(new_server: Callable[..., EmbeddedServer]) -> EmbeddedServer:
    """A server that wants the secret."""
    server = new_server()
    with redis.Redis.from_url(server.url) as client:
        client.config_set("requirepass", SECRET)
    return server


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    file = tmp_path / "password"
    file.touch(mode=0o600)
    file.write_text(f"{SECRET}\nand a second line\n")
    return file


def test_a_password_may_come_from_the_environment_a_file_or_the_settings(
    run: Run, locked: EmbeddedServer, secret_file: Path, tmp_path: Path
) -> None:
    settings = tmp_path / "mine.toml"
    settings.write_text(f'password = "{SECRET}"\n')
    in_file = tmp_path / "other.toml"
    in_file.write_text(f'password_file = "{secret_file}"\n')
    inside = locked.url.replace("unix://", f"unix://:{SECRET}@")
    for done in (
        run("doctor", url=locked.url, ENIGMA_TUI_PASSWORD=SECRET),
        run("doctor", url=locked.url, ENIGMA_TUI_PASSWORD_FILE=str(secret_file)),
        run("--config", str(settings), "doctor", url=locked.url),
        run("--config", str(in_file), "doctor", url=locked.url),
        run("doctor", url=inside),
        # What stands above counts, however it is given there.
        run("--config", str(in_file), "doctor", url=locked.url, ENIGMA_TUI_PASSWORD=SECRET),
        run("doctor", url=inside.replace(SECRET, "wrong"), ENIGMA_TUI_PASSWORD=SECRET),
    ):
        assert done.returncode == 0, done.stdout + done.stderr
    done = run("doctor", url=locked.url)
    assert done.returncode == 1
    assert "wrong password" in done.stdout
    for setting in ("password_file", "redis_url"):
        assert setting in done.stdout


def test_two_passwords_in_one_place_are_one_too_many(
    run: Run, secret_file: Path, tmp_path: Path
) -> None:
    settings = tmp_path / "mine.toml"
    settings.write_text(f'password = "{SECRET}"\npassword_file = "{secret_file}"\n')
    done = run("--config", str(settings), "config", "show")
    assert done.returncode == 2
    assert "password and password_file" in done.stderr
    assert str(settings) in done.stderr
    assert SECRET not in done.stderr


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o602, 0o660])
def test_a_file_that_others_may_read_is_refused_with_what_to_do(
    run: Run, secret_file: Path, mode: int
) -> None:
    secret_file.chmod(mode)
    done = run("doctor", ENIGMA_TUI_PASSWORD_FILE=str(secret_file))
    assert done.returncode == 2
    assert f"chmod 600 {secret_file}" in done.stderr
    assert "ENIGMA_TUI_PASSWORD_FILE" in done.stderr


@pytest.mark.parametrize("content", [b"", b"\nsecond", b"x" * 5000, b"\xff\xfe"])
def test_a_file_without_a_password_is_refused(secret_file: Path, content: bytes) -> None:
    secret_file.write_bytes(content)
    with pytest.raises(UnusableError) as caught:
        address(Settings(password_file=str(secret_file)))
    assert caught.value.setting == "password_file"
    assert str(secret_file) in str(caught.value)


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    for setting in ("password_file", "sentinel_password_file", "tls_ca", "tls_certificate"):
        for file in (tmp_path / "none", tmp_path):
            with pytest.raises(UnusableError) as caught:
                address(Settings(**{setting: str(file)}))  # type: ignore[arg-type]
            assert caught.value.setting == setting
    (tmp_path / "text").write_text("no certificate")
    for setting in ("tls_ca", "tls_certificate"):
        with pytest.raises(UnusableError) as caught:
            address(Settings(**{setting: str(tmp_path / "text")}))  # type: ignore[arg-type]
        assert caught.value.setting == setting


@pytest.mark.parametrize("url", [f"redis://:{SECRET}@h/0", f"redis://ann:{SECRET}@h:x/0",
                                 f"redis://h/0?password={SECRET}",
                                 f"redis+sentinel://:{SECRET}@h,i/pbx/0"])  # fmt: skip
def test_a_password_on_the_command_line_is_refused(run: Run, url: str) -> None:
    done = run("--redis-url", url, "doctor", url=None)
    assert done.returncode == 2
    for word in ("ps", "password_file", "ENIGMA_TUI_PASSWORD"):
        assert word in done.stderr
    assert SECRET not in done.stdout + done.stderr


def test_what_ps_shows_of_a_running_program_has_no_password(
    begin: Begin, locked: EmbeddedServer, secret_file: Path
) -> None:
    inside = locked.url.replace("unix://", f"unix://:{SECRET}@")
    for process in (
        begin("collect", "--yes", url=inside),
        begin("collect", url=locked.url, ENIGMA_TUI_PASSWORD=SECRET),
        begin("collect", url=locked.url, ENIGMA_TUI_PASSWORD_FILE=str(secret_file)),
    ):
        assert process.stderr is not None
        assert "collect" in process.stderr.readline()  # it has logged in
        for name in ("cmdline", "comm", "status"):
            assert SECRET.encode() not in Path(f"/proc/{process.pid}/{name}").read_bytes()
        for thread in Path(f"/proc/{process.pid}/task").iterdir():
            assert SECRET not in (thread / "comm").read_text()


def test_config_show_prints_no_password(run: Run, secret_file: Path) -> None:
    done = run(
        "config",
        "show",
        url=f"redis://ann:{SECRET}@h/0",
        ENIGMA_TUI_PASSWORD=SECRET,
        ENIGMA_TUI_SENTINEL_PASSWORD=OTHER,
        ENIGMA_TUI_SOURCE_PASSWORDS=f'{{"east": "{SECRET}"}}',
        ENIGMA_TUI_SOURCE_PASSWORD_FILES=f'{{"west": "{secret_file}"}}',
        ENIGMA_TUI_SOURCE_SERVERS='{"east": "redis://h", "west": "redis://h"}',
    )
    assert done.returncode == 0, done.stderr
    assert SECRET not in done.stdout
    assert OTHER not in done.stdout
    assert 'password = "(not shown)"  # ENIGMA_TUI_PASSWORD' in done.stdout
    assert 'source_passwords = {"east": "(not shown)"}' in done.stdout
    assert 'redis_url = "redis://ann@h:6379/0"' in done.stdout
    for wrong in ('{"east": 5}', f'["{SECRET}"]', f"{SECRET}", f'{{"east": ["{SECRET}"]}}'):
        done = run("config", "show", ENIGMA_TUI_SOURCE_PASSWORDS=wrong)
        assert done.returncode == 2
        assert SECRET not in done.stdout + done.stderr
    assert SECRET not in run("config", "show", ENIGMA_TUI_PASSWORDS=SECRET).stderr


ADDRESSES = [
    f"redis://ann:{SECRET}@127.0.0.1:1/0",
    f"rediss://ann:{SECRET}@127.0.0.1:1/0",
    f"unix://ann:{SECRET}@/run/none.sock",
    f"redis+sentinel://ann:{SECRET}@127.0.0.1:1/pbx/0",
    f"rediss+cluster://ann:{SECRET}@127.0.0.1:1",
]


def holders(url: str) -> list[object]:
    """Return every object on the way from the settings to a connection."""
    settings = Settings(redis_url=url, password=SECRET, sentinel_password=OTHER,
                        source_passwords={"east": SECRET},
                        source_servers={"east": "redis://h"})  # type: ignore[arg-type]  # fmt: skip
    where = address(settings)
    link = connect(where, "test")
    found: list[object] = [settings, where, where.parts, where.full_login, where.sentinel_login]
    found += [link, source_address(settings, "east", "redis://h"), link.finder]
    for client in (link.quick, link.waiting):
        pool = client.connection_pool
        connection = pool.make_connection()
        found += [client, pool, connection, pool.connection_kwargs, vars(client), vars(connection)]
        found += [vars(pool), client.pipeline()]
    return found


@pytest.mark.parametrize("url", ADDRESSES)
async def test_no_repr_of_what_holds_it_tells_a_password(url: str) -> None:
    for holder in holders(url):
        for text in (repr(holder), str(holder), f"{holder}"):
            assert SECRET not in text, type(holder)
            assert OTHER not in text, type(holder)


def report(error: BaseException) -> str:
    """Return a crash report that shows local variables, as Textual's own does."""
    out = io.StringIO()
    shown = Traceback.from_exception(
        type(error), error, error.__traceback__, show_locals=True, locals_max_string=500, width=400
    )
    Console(file=out, width=400).print(shown)
    return out.getvalue()


async def ask(link: Connection) -> object:
    return await link.quick.ping()


async def test_no_log_and_no_crash_report_tells_a_password(
    locked: EmbeddedServer, caplog: pytest.LogCaptureFixture
) -> None:
    """The server refuses it, or goes away in the middle of the login."""

    async def leave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"AUTH")
        writer.close()

    async with await asyncio.start_server(leave, "127.0.0.1", 0) as leaving:
        port = leaving.sockets[0].getsockname()[1]
        urls = [
            *ADDRESSES,
            locked.url.replace("unix://", f"unix://:x{SECRET}@"),
            f"redis://:{SECRET}@127.0.0.1:{port}/0",
            f"redis+sentinel://:{SECRET}@127.0.0.1:{port}/pbx/0",
            f"redis+cluster://:{SECRET}@127.0.0.1:{port}",
        ]
        with caplog.at_level(logging.DEBUG):
            for url in urls:
                link = connect(Address(url, sentinel_login=Login(password=OTHER)), "test")
                del url
                with pytest.raises(FAILED) as caught:
                    await ask(link)
                logging.getLogger().exception("what went wrong", exc_info=caught.value)
                assert caught.tb is not None  # without this test's own frame, which knows it
                told = report(caught.value.with_traceback(caught.tb.tb_next)) + report_of(link)
                assert "ask" in told
                assert SECRET not in told
                assert OTHER not in told
                await link.close()
    assert caplog.records
    assert SECRET not in caplog.text
    assert OTHER not in caplog.text


def report_of(link: Connection) -> str:
    """Return the report of a crash in whatever holds a connection."""
    try:
        raise RuntimeError(link.address.shown)
    except RuntimeError as error:
        return report(error)


def test_a_crash_inside_the_login_tells_no_password(run: Run, locked: EmbeddedServer) -> None:
    crash = (
        "import redis.asyncio.connection as c\n"
        "async def broken(self, *a, **k): raise RuntimeError('broken')\n"
        "c.AbstractConnection.read_response = broken\n"
    )
    inside = locked.url.replace("unix://", f"unix://:{SECRET}@")
    for arguments in (("doctor",), ("collect", "--yes"), ("site", "show")):
        done = run(*arguments, url=inside, before=crash, PYTHONASYNCIODEBUG="1")
        assert done.returncode == 1
        assert SECRET not in done.stdout + done.stderr


def test_the_log_file_has_no_password(
    run: Run, begin: Begin, locked: EmbeddedServer, tmp_path: Path
) -> None:
    debug = "import logging; logging.basicConfig(level=logging.DEBUG)"
    wrong = locked.url.replace("unix://", f"unix://:x{SECRET}@")
    process = begin("tail", url=wrong, before=debug, XDG_STATE_HOME=str(tmp_path))
    assert process.stderr is not None
    deadline = time.monotonic() + 20
    while "refused the user name" not in (line := process.stderr.readline()):
        assert SECRET not in line
        assert time.monotonic() < deadline
    process.terminate()
    out, err = process.communicate(timeout=20)
    assert SECRET not in out + err
    logs = [file for file in tmp_path.rglob("*.log") if file.is_file()]
    assert logs
    for file in logs:
        assert SECRET not in file.read_text()


def test_a_source_elsewhere_has_a_password_of_its_own_and_no_other(secret_file: Path) -> None:
    settings = Settings(
        redis_url="redis://h",
        username="ann",
        password=OTHER,  # type: ignore[arg-type]
        sentinel_password=OTHER,  # type: ignore[arg-type]
        source_passwords={"east": "e"},  # type: ignore[dict-item]
        source_password_files={"west": str(secret_file), "west/sentinel": str(secret_file)},
        source_servers={"east": "redis://h:6379/0", "west": "redis+sentinel://h/pbx"},
    )
    assert source_address(settings, "east", "redis://bob@h").full_login == Login("bob", "e")
    west = source_address(settings, "west", "redis+sentinel://h/pbx/0")
    assert west.full_login == west.sentinel_login == Login("", SECRET)
    assert source_address(settings, "north", "redis://h").full_login == Login()
    with pytest.raises(AddressError) as caught:
        source_address(settings, "east", f"redis://:{SECRET}@h")
    assert "source_passwords" in str(caught.value)
    assert SECRET not in str(caught.value)
    both = {"source_passwords": {"a": "x"}, "source_password_files": {"a": "y"}}
    with pytest.raises(ValueError, match="keep one"):
        Settings(**both)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="source_servers does not say for which"):
        Settings(source_password_files={"a/sentinel": "y"})


@pytest.mark.parametrize(
    ("meant", "wrong"),
    [
        ("redis://pbx:6379/0", "redis://evil"),
        ("redis://pbx:6379/0", "redis://pbx:6380/0"),
        ("rediss://pbx", "redis://pbx"),
        ("redis+sentinel://one,two/pbx", "redis+sentinel://one,evil/pbx"),
        ("redis+sentinel://one,two/pbx", "redis+cluster://one,two"),
        ("unix:///run/redis.sock", "unix:///tmp/redis.sock"),
    ],
)
@pytest.mark.parametrize("held", ["east", "east/sentinel"])
def test_a_source_that_has_moved_does_not_get_the_password_of_where_it_was(
    meant: str, wrong: str, held: str
) -> None:
    settings = Settings(source_passwords={held: SECRET}, source_servers={"east": meant})  # type: ignore[dict-item]
    with pytest.raises(AddressError) as caught:
        source_address(settings, "east", wrong)
    assert "source_servers" in str(caught.value)
    assert SECRET not in str(caught.value)
    here = source_address(settings, "east", meant)
    assert SECRET in (here.full_login.password, here.sentinel_login.password)


@pytest.mark.parametrize(
    ("owner", "mode", "us", "refused"),
    [
        (1000, 0o600, 1000, False),
        (1000, 0o640, 1000, True),  # a user's own group may be everyone
        (0, 0o440, 1000, False),  # an administrator's gift, as a service's credentials are
        (0, 0o444, 1000, True),
        (0, 0o460, 1000, True),
        (0, 0o640, 0, True),
    ],
)
def test_what_root_gives_to_a_group_is_meant_for_it(
    owner: int, mode: int, us: int, refused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "getuid", lambda: us)
    about = os.stat_result((stat.S_IFREG | mode, 0, 0, 1, owner, 0, 0, 0, 0, 0))
    expected = pytest.raises(UnusableError) if refused else contextlib.nullcontext()
    with expected:
        _refuse_shared(Path("password"), about, "password_file")
