"""`enigma-tui export`, run as a process on a real server."""

import csv
import json
import os
import signal
import time
from pathlib import Path

import pytest
import redis

from enigma_tui.model.export import COLUMNS

from .conftest import Begin, Run
from .payloads import JOURNAL, journalled, payload, record

ENDLESS = """
import enigma_tui.cli.export as cli, time
def lines(form, rows):
    open({begun!r}, "w").close()
    while True:
        yield "begun"
        time.sleep(0.0001)
cli.lines = lines
"""
BROKEN = """
import enigma_tui.cli.export as cli
def lines(form, rows):
    yield "begun"
    raise ZeroDivisionError
cli.lines = lines
"""


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(text.splitlines()))


def test_calls_are_exported_as_a_table_and_as_objects(run: Run, client: redis.Redis) -> None:
    journalled(client, payload(1), payload(2, "2002", "=1+1"), "not json", payload(1, "2003"))
    done = run("export")
    assert done.returncode == 0
    assert done.stderr == ""
    first, second = read(done.stdout)
    assert tuple(first) == COLUMNS
    assert (first["call_ref"], first["extensions"]) == ("1", "2001 > 2003")
    assert (first["caller"], second["caller"]) == ("'+27 82 000 1234", "'=1+1")
    done = run("export", "--format", "jsonl", "--filter", "ext:2002")
    [only] = [json.loads(line) for line in done.stdout.splitlines()]
    assert (only["call_ref"], only["caller"], only["extensions"]) == ("2", "=1+1", ["2002"])


def test_acts_and_ends_of_calls_are_in_it(run: Run, client: redis.Redis) -> None:
    journalled(client, payload(1), record(1))
    done = run("disposition", "1", "callback", "--when", "9999-01-01 10:00")
    assert done.returncode == 2, "no calendar reaches so far"
    done = run("disposition", "1", "complaint", "--note", '@noon, "sharp"', "--as", "thandi")
    assert done.returncode == 0, done.stderr
    [row] = read(run("export").stdout)
    assert (row["disposition"], row["by"], row["version"]) == ("complaint", "thandi", "1")
    assert row["note"] == '\'@noon, "sharp"'
    assert row["state"] == "ended"


def test_the_range_is_of_when_calls_began(run: Run, client: redis.Redis) -> None:
    with client:
        for ms, ref in ((1_000_000, 1), (2_000_000, 2), (3_000_000, 3)):
            fields = {"kind": "call", "raw": payload(ref), "source": "pbx", "feed": "inbound"}
            client.xadd(JOURNAL, fields, id=f"{ms}-0")
    for arguments, refs in (
        (("--since", "1970-01-01T00:33:20Z"), ["2", "3"]),
        (("--until", "1970-01-01T00:33:20Z"), ["1"]),
        (("--since", "1970-01-01 00:20", "--until", "1970-01-01 00:40"), ["2"]),
        (("--since", "8h"), []),
        (("--until", "8h"), ["1", "2", "3"]),
    ):
        done = run("export", *arguments, TZ="UTC")
        assert done.returncode == 0, done.stderr
        assert [row["call_ref"] for row in read(done.stdout)] == refs
        assert all(row["began"].endswith("+00:00") for row in read(done.stdout))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--since", "soon"), "--since: 'soon' is not a time; for example"),
        (("--until", "5w"), "--until: '5w' is not a time"),
        (("--since", "1h", "--until", "2h"), "--until must be later than --since"),
        (("--filter", "hold>soon"), "^^^^"),
        (("--format", "xml"), "xml"),
        (("--out", "/dev/null"), "/dev/null is not a file"),
    ],
)
def test_a_mistake_on_the_command_line_ends_with_2(
    run: Run, arguments: tuple[str, ...], words: str
) -> None:
    done = run("export", *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stdout == ""


def test_the_filter_of_the_settings_does_not_make_an_export_smaller(
    run: Run, client: redis.Redis, tmp_path: Path
) -> None:
    journalled(client, payload(1), payload(2))
    done = run("export", ENIGMA_TUI_FILTER="call:2")
    assert [row["call_ref"] for row in read(done.stdout)] == ["1", "2"]
    done = run("--filter", "call:2", "export")
    assert [row["call_ref"] for row in read(done.stdout)] == ["2"]


def test_a_file_is_written_once_and_replaced_only_when_asked(
    run: Run, client: redis.Redis, tmp_path: Path
) -> None:
    journalled(client, payload(1), record(1))
    file = tmp_path / "calls.csv"
    done = run("export", "--out", str(file))
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert f"1 calls written to {file}" in done.stderr
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_text() == run("export").stdout
    journalled(client, payload(2))
    done = run("export", "--out", str(file))
    assert done.returncode == 2
    assert f"{file} exists already; --force replaces it" in done.stderr
    assert len(read(file.read_text())) == 1
    assert run("export", "--out", str(file), "--force").returncode == 0
    assert len(read(file.read_text())) == 2
    assert [each.name for each in tmp_path.glob("*calls*")] == ["calls.csv"]


def test_a_file_that_cannot_be_written_is_named(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "nowhere" / "calls.csv"
    done = run("export", "--out", str(file))
    assert done.returncode == 1
    assert f"--out: {file} cannot be written: No such file or directory" in done.stderr


@pytest.mark.parametrize("how", ["mistake", "interrupted", "killed"])
def test_no_half_file_ever_has_the_name(
    begin: Begin, client: redis.Redis, tmp_path: Path, how: str
) -> None:
    journalled(client, payload(1))
    file, begun = tmp_path / "calls.csv", tmp_path / "begun"
    file.write_text("what was there before")
    before = BROKEN if how == "mistake" else ENDLESS.format(begun=str(begun))
    export = begin("export", "--out", str(file), "--force", before=before)
    if how != "mistake":
        deadline = time.monotonic() + 15
        while not begun.exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        os.kill(export.pid, signal.SIGINT if how == "interrupted" else signal.SIGKILL)
    export.communicate(timeout=15)
    assert export.returncode == {"mistake": 1, "interrupted": 130, "killed": -9}[how]
    assert file.read_text() == "what was there before"
    parts = list(tmp_path.glob(".calls.csv.*"))
    assert len(parts) == (how == "killed"), "a part is left behind only where nobody could tidy up"


def test_calls_that_do_not_fit_into_memory_are_never_left_out_silently(
    run: Run, client: redis.Redis, tmp_path: Path
) -> None:
    journalled(client, *(payload(n, str(n)) for n in range(150)))
    file = tmp_path / "calls.csv"
    done = run("export", "--out", str(file), ENIGMA_TUI_KEEP_CALLS="100")
    assert done.returncode == 1
    assert "calls that may belong here are more than keep_calls, which is 100" in done.stderr
    assert not file.exists()
    raised = done.stderr.split("ENIGMA_TUI_KEEP_CALLS=")[1].strip()
    done = run("export", ENIGMA_TUI_KEEP_CALLS=raised)
    assert len(read(done.stdout)) == 150
    done = run("export", "--until", "1h", ENIGMA_TUI_KEEP_CALLS="100")
    assert (done.returncode, read(done.stdout)) == (0, []), "those were not asked for"


def test_the_server_out_of_reach_or_the_disk_full_is_said(run: Run, client: redis.Redis) -> None:
    done = run("export", url="redis://127.0.0.1:1/0")
    assert done.returncode == 1
    assert "refuses connections" in done.stderr
    journalled(client, payload(1))
    with Path("/dev/full").open("w") as full:
        done = run("export", out=full)
    assert done.returncode == 1
    assert "standard output cannot be written: No space left on device" in done.stderr


def test_utf8_is_written_whatever_the_terminal_speaks(begin: Begin, client: redis.Redis) -> None:
    journalled(client, payload("é", caller="日本"))
    export = begin("export", LANG="C", LC_ALL="POSIX", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    out, err = export.communicate(timeout=15)
    assert export.returncode == 0, err
    [row] = read(out)
    assert (row["call_ref"], row["caller"]) == ("é", "日本")
