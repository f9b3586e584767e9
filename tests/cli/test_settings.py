"""What a setting may be: texts of the environment are read leniently, mistakes told all at once."""

from pathlib import Path

import pytest
from msgspec import Meta

from enigma_tui import phoning
from enigma_tui.cli import demo as demo_command
from enigma_tui.cli import serve as serve_command
from enigma_tui.settings import NAMES, Settings, SettingsError, default, load
from enigma_tui.values import Secret, WrongError, limits


@pytest.mark.parametrize(
    ("variable", "text", "value"),
    [
        ("READ_ONLY", "yes", True),
        ("READ_ONLY", "TRUE", True),
        ("READ_ONLY", "1", True),
        ("READ_ONLY", "off", False),
        ("READ_ONLY", "False", False),
        ("KEEP_CALLS", "2000", 2000),
        ("HOLD_WARNING", "1.5", 1.5),
        ("COLLECT", "no", "no"),
        ("KEYS", '{"disposition": "f2"}', {"disposition": "f2"}),
        ("PASSWORD", "s3cr3t", Secret("s3cr3t")),
        ("SOURCE_SERVERS", '{"east": "redis://h"}', {"east": "redis://h"}),
    ],
)
def test_what_the_environment_says_is_read_as_what_it_means(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str, text: str, value: object
) -> None:
    monkeypatch.setenv(f"ENIGMA_TUI_{variable}", text)
    loaded = load(tmp_path / "none", required=False, flags={})
    found = getattr(loaded.settings, variable.lower())
    assert found == value
    assert type(found) is type(value)
    assert loaded.origins[variable.lower()] == f"ENIGMA_TUI_{variable}"


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("keep_calls", 99, "a whole number, 100 or more"),
        ("keep_calls", "many", "a whole number"),
        ("keep_calls", 100.5, "a whole number"),
        ("hold_warning", -1, "a number, 0 or more"),
        ("hold_warning", float("nan"), "a number, 0 or more"),
        ("read_only", "perhaps", "yes or no"),
        ("read_only", 2, "yes or no"),
        ("collect", "maybe", "ask, yes, no"),
        ("name", "", "a text of 1 to 40 characters"),
        ("name", "n" * 41, "a text of 1 to 40 characters"),
        ("name", 5, "a text of 1 to 40 characters"),
        ("username", "\udcff", "is not UTF-8 text"),
        ("prefix", "a b", "letters, digits"),
        ("prefix", "ab\n", "letters, digits"),
        ("region", "za", "capital letters"),
        ("keys", ["f2"], "a table"),
        ("delivery_secrets", {"crm": "plain"}, "env:NAME or file:/path"),
        ("delivery_secrets", {"c r m": "env:CRM"}, "matching regex"),
        ("delivery_hosts", {"crm": "https://crm.example/path"}, "expected is a host"),
        ("tls_key", "key.pem", "tls_certificate"),
    ],
)
def test_a_setting_that_cannot_be_is_named_with_what_is_expected(
    setting: str, value: object, words: str
) -> None:
    with pytest.raises(WrongError) as caught:
        Settings(**{setting: value})  # type: ignore[arg-type]
    assert setting in str(caught.value)
    assert words in str(caught.value)


def test_a_bound_is_written_out_however_large_it_is() -> None:
    assert limits(int, Meta(ge=1_000, le=1_000_000_000)) == (
        "a whole number, 1,000 or more, 1,000,000,000 at most"
    )
    assert limits(str, Meta(max_length=2_000)) == "a text of up to 2,000 characters"


def test_every_mistake_is_told_with_where_it_stands(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("keep_calls = 1\n[source_passwords]\neast = 5\n")
    monkeypatch.setenv("ENIGMA_TUI_REGION", "nowhere")
    with pytest.raises(SettingsError) as caught:
        load(file, required=True, flags={"collect": "x"})
    lines = str(caught.value).splitlines()
    assert [line.split(": ")[0:2] for line in sorted(lines)] == sorted(
        [
            [str(file), "keep_calls"],
            [str(file), "source_passwords.east"],
            ["ENIGMA_TUI_REGION", "region"],
            ["the command line", "collect"],
        ]
    )


def test_a_secret_is_not_shown() -> None:
    settings = Settings(password="s3cr3t", source_passwords={"east": "s3cr3t"},
                        source_servers={"east": "redis://h"})  # type: ignore[arg-type]  # fmt: skip
    assert "s3cr3t" not in f"{settings} {settings!r} {settings.password}"
    assert settings.password.get_secret_value() == "s3cr3t"
    with pytest.raises(WrongError) as caught:
        Settings(source_passwords={"east": ["s3cr3t"]})  # type: ignore[dict-item]
    assert "s3cr3t" not in str(caught.value)


def test_nobody_is_told_that_a_default_is_wrong() -> None:
    assert {name: getattr(Settings(), name) for name in NAMES} == {
        name: default(name) for name in NAMES
    }


def test_alerts_are_read_from_the_file_and_mistakes_in_them_have_a_place(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(
        '[[alerts]]\nname = "Long"\nfilter = "hold>2m"\ncommand = ["notify-send", "x"]\n'
        '[[alerts]]\nname = "Level"\nfigure = "service_level"\nbelow = 80\nwindow = "1h"\n'
        '[[alerts]]\nname = "Quiet"\nsilent_minutes = 10\n'
    )
    long, level, quiet = load(file, required=True, flags={}).settings.alerts
    assert (long.filter, long.command, long.bell) == ("hold>2m", ("notify-send", "x"), True)
    assert (level.figure, level.below, level.above, level.window) == (
        *("service_level", 80.0, None, "1h"),
    )
    assert quiet.silent_minutes == 10
    file.write_text(
        '[[alerts]]\nname = "a"\nfigure = "asa"\n[[alerts]]\nfilter = "x"\nbel = true\n'
        '[[alerts]]\nname = "b"\nfilter = "x"\nsilent_minutes = 1\n'
    )
    with pytest.raises(SettingsError) as raised:
        load(file, required=True, flags={})
    told = str(raised.value)
    for place in ("alerts.0: a figure alerts", "alerts.1.name: is missing", "alerts.1.bel: there"):
        assert place in told
    assert "alerts.2: expected is one of" in told


def test_neither_the_demo_nor_a_tab_of_a_browser_takes_the_calls_of_an_extension(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENIGMA_TUI_PHONE_URL", "wss://pbx.example:8089/ws")
    monkeypatch.setenv("ENIGMA_TUI_PHONE_PASSWORD", "secret")
    none = tmp_path / "none.toml"
    demo = load(none, required=False, flags={}, presets=demo_command._OWN).settings
    assert demo.phone_url == ""
    phoning.check(demo)
    for name, text in serve_command._environment({}).items():
        monkeypatch.setenv(name, text)
    assert load(none, required=False, flags={}).settings.phone_url == ""
