"""Promises of `settings_file`: one table changes, and nothing else that somebody wrote."""

import errno
import stat
import tomllib
from pathlib import Path

import pytest

from enigma_tui.cli.config import template
from enigma_tui.settings_file import UnwritableError, create, put_entry, put_table, put_value

WRITTEN = """\
# My settings
name = "thandi"  # as everybody calls me

[keys]
disposition = "f2"

[views]
# kept on a Monday
Long = "hold>2m"
"""


def test_comments_and_other_settings_stay_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(WRITTEN)
    file.chmod(0o640)
    put_table(file, "views", {"Long": "hold>2m", 'A "quoted" name': 'contact:""'})
    text = file.read_text()
    assert text.startswith(WRITTEN.rstrip("\n"))
    assert tomllib.loads(text)["views"] == {"Long": "hold>2m", 'A "quoted" name': 'contact:""'}
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    put_table(file, "views", {})
    assert tomllib.loads(file.read_text()) == {"name": "thandi", "keys": {"disposition": "f2"}}
    assert "as everybody calls me" in file.read_text()
    assert list(tmp_path.iterdir()) == [file], "nothing is left beside it"


@pytest.mark.parametrize(
    "written",
    [WRITTEN, 'views.Long = "hold>2m"\nviews.Short = "hold<9"\n'],
    ids=["table", "dotted"],
)
def test_an_entry_is_put_among_those_that_are_there(tmp_path: Path, written: str) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(written)
    before = tomllib.loads(written)["views"]

    def views() -> list[tuple[str, str]]:
        return list(tomllib.loads(file.read_text()).get("views", {}).items())

    put_entry(file, "views", "Sales", "ext:1", most=4)
    assert views() == [*before.items(), ("Sales", "ext:1")]
    put_entry(file, "views", "Long", "hold>3m", most=len(before) + 1)
    assert views() == [*{**before, "Long": "hold>3m"}.items(), ("Sales", "ext:1")]
    with pytest.raises(UnwritableError, match="views already"):
        put_entry(file, "views", "More", "ext:2", most=len(before) + 1)
    for gone in ("Long", "nobody has it", "Sales", "Short"):
        put_entry(file, "views", gone, None, most=4)
    assert views() == []


def test_a_file_that_is_not_there_is_made_for_oneself_alone(tmp_path: Path) -> None:
    file = tmp_path / "new" / "settings.toml"
    put_table(file, "views", {"Long": "hold>2m"})
    assert tomllib.loads(file.read_text()) == {"views": {"Long": "hold>2m"}}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_new_file_is_whole_ones_own_and_takes_no_others_place(tmp_path: Path) -> None:
    file = tmp_path / "new" / "settings.toml"
    create(file, "name = 'ann'\n")
    assert file.read_text() == "name = 'ann'\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with pytest.raises(UnwritableError, match="exists already"):
        create(file, "name = 'bob'\n")
    assert file.read_text() == "name = 'ann'\n"
    assert list(file.parent.iterdir()) == [file]


def test_a_new_file_that_cannot_be_written_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("enigma_tui.settings_file.os.fsync", full)
    with pytest.raises(UnwritableError, match="cannot be written: No space left"):
        create(tmp_path / "settings.toml", "name = 'ann'\n")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(UnwritableError, match="file is not a directory"):
        create(tmp_path / "file" / "settings.toml", "")


def test_what_is_given_is_in_force_in_a_file_that_explains_everything(tmp_path: Path) -> None:
    given = {"redis_url": "redis://pbx.example:6379/0", "name": 'Ann "\U0001f600" \\ O\'Neil'}
    text = template(given)
    assert tomllib.loads(text) == given
    plain = template()
    assert tomllib.loads(plain) == {}
    changed = [
        (old, new)
        for old, new in zip(plain.splitlines(), text.splitlines(), strict=True)
        if old != new
    ]
    assert [old.split(" = ")[0] for old, _ in changed[1:]] == ["#redis_url", "#name"]


def test_a_link_stays_one(tmp_path: Path) -> None:
    real, link = tmp_path / "dotfiles.toml", tmp_path / "settings.toml"
    real.write_text('name = "ann"\n')
    link.symlink_to(real)
    put_table(link, "views", {"x": "ext:1"})
    assert link.is_symlink()
    assert tomllib.loads(real.read_text()) == {"name": "ann", "views": {"x": "ext:1"}}


@pytest.mark.parametrize(("written", "why"), [(b"not toml", "not TOML"), (b"\xff", "not UTF-8")])
def test_a_file_that_cannot_be_read_is_left_alone(tmp_path: Path, written: bytes, why: str) -> None:
    file = tmp_path / "settings.toml"
    file.write_bytes(written)
    with pytest.raises(UnwritableError, match=why) as raised:
        put_table(file, "views", {"x": "ext:1"})
    assert str(file) in str(raised.value)
    assert file.read_bytes() == written


DOTTED = """\
name = "ann"
columns.state = 0
columns.hold = 5
[keys]
mark = "m"
"""


@pytest.mark.parametrize("columns", [{}, {"hold": 5}, {"ext": 3, "hold": 5, "state": 0}])
def test_a_table_of_dotted_keys_is_replaced_as_a_whole(
    tmp_path: Path, columns: dict[str, int]
) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(DOTTED)
    put_table(file, "columns", columns)
    read = tomllib.loads(file.read_text())
    assert list(read.pop("columns", {}).items()) == list(columns.items())
    assert read == {"name": "ann", "keys": {"mark": "m"}}


def test_a_file_that_tomlkit_stumbles_over_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(_: object) -> str:
        raise IndexError("list index out of range")

    monkeypatch.setattr("tomlkit.dumps", stumble)
    file = tmp_path / "settings.toml"
    file.write_text(WRITTEN)
    with pytest.raises(UnwritableError, match=r"settings\.toml cannot be changed"):
        put_table(file, "views", {"x": "ext:1"})
    assert file.read_text() == WRITTEN


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnwritableError, match="cannot be written"):
        put_table(tmp_path / "file" / "settings.toml", "views", {"x": "ext:1"})


def test_a_setting_is_put_where_it_stands_and_keeps_its_comment(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(WRITTEN)
    put_value(file, "theme", "enigma-light")
    put_value(file, "name", 'ann "the first"')
    text = file.read_text()
    assert "# as everybody calls me" in text
    assert "# kept on a Monday" in text
    assert tomllib.loads(text) == {
        **tomllib.loads(WRITTEN),
        "name": 'ann "the first"',
        "theme": "enigma-light",
    }
    put_value(file, "theme", "enigma-dark")
    assert tomllib.loads(file.read_text())["theme"] == "enigma-dark"
    assert file.read_text().count("theme") == 1


def test_in_a_file_of_comments_a_setting_comes_below_the_one_that_shows_its_default(
    tmp_path: Path,
) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(template())
    put_value(file, "theme", "enigma-light")
    lines = file.read_text().splitlines()
    place = lines.index('theme = "enigma-light"')
    assert lines[place - 1] == '#theme = "enigma-dark"'
    assert [line for line in lines if line != 'theme = "enigma-light"'] == template().splitlines()
    # Whoever begins a table below has it still.
    begun = file.read_text().replace("#[keys]", "[keys]").replace("#disposition", "disposition")
    assert tomllib.loads(begun)["theme"] == "enigma-light"


def test_a_comment_inside_a_table_is_no_place_for_a_setting(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('[keys]\n#theme = "f3"\nhelp = "f2"\n')
    put_value(file, "theme", "enigma-light")
    assert tomllib.loads(file.read_text()) == {"keys": {"help": "f2"}, "theme": "enigma-light"}
