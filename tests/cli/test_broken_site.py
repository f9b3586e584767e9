"""Settings of a site that cannot be read can be replaced with the commands that everyone names."""

from pathlib import Path

import pytest
import redis

from enigma_tui.site import Site

from .conftest import Run

SITE = "{enigma-tui}:site"
BROKEN = {
    "a wrong value": b'{"undo_seconds": "soon"}',
    "no JSON": b"{oops",
    "no text": b"\xff\xfe",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_an_editor_opens_what_is_written_and_the_fault_is_told(
    run: Run, client: redis.Redis, tmp_path: Path, text: bytes
) -> None:
    client.set(SITE, text)
    editor = tmp_path / "editor"
    editor.write_text(
        f'#!/bin/sh\ncp "$1" {tmp_path}/opened\nprintf \'{{"undo_seconds": 7}}\' > "$1"\n'
    )
    editor.chmod(0o700)
    done = run("site", "edit", EDITOR=str(editor))
    assert done.returncode == 0, done.stderr
    assert SITE in done.stderr
    assert "Written" in done.stderr
    assert (tmp_path / "opened").read_text().strip() == text.decode("utf-8", "replace")
    stored = client.get(SITE)
    client.close()
    assert Site.from_json(stored, SITE).undo_seconds == 7


def test_they_are_replaced_by_a_file(run: Run, client: redis.Redis, tmp_path: Path) -> None:
    client.set(SITE, BROKEN["no JSON"])
    (tmp_path / "site.json").write_text('{"undo_seconds": 7}')
    done = run("site", "set", str(tmp_path / "site.json"))
    assert done.returncode == 0, done.stderr
    stored = client.get(SITE)
    client.close()
    assert Site.from_json(stored, SITE).undo_seconds == 7
