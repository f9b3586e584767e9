"""Every block on a page is what its fence says, and the program takes it."""

import hmac
import json
import os
import time
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path

import pytest

from enigma_tui.cli.board import check
from enigma_tui.journal.delivery.payload import Facts, envelope
from enigma_tui.model.call import CallKey, Disposition, EntryId, Feed
from enigma_tui.model.delivery import Outgoing
from enigma_tui.settings import load
from enigma_tui.site import Site
from tests.interop.configuration import PJSIP_HEAD, Extension
from tests.journal.test_acl import rules

from .heard import heard
from .pages import ROOT, Block, blocks


def check_settings(block: Block, here: Path) -> None:
    """They are read as the board reads them."""
    file = here / "config.toml"
    file.write_text(block.text, encoding="utf-8")
    loaded = load(file, required=True, flags={})
    check(loaded)
    assert loaded.origins, "it sets something"


def check_json(block: Block, _here: Path) -> None:
    """It is what a site shares, one of its targets, or what targets are sent."""
    told = json.loads(block.text)
    if told.get("type") == "disposition":
        assert told == sent(told["payload"])
        return
    site = {"delivery": [told]} if "kind" in told else told
    Site.from_json(json.dumps(site), str(block))


def sent(told: Mapping[str, object]) -> object:
    """Return what the program sends of such an outcome."""
    key = CallKey(str(told["source"]), Feed(str(told["call_dir"])), str(told["call_ref"]), NO_ENTRY)
    done = Disposition(
        str(told["disposition"]),
        str(told["by"]),
        round(float(str(told["at"])) * 1000),
        int(str(told["version"])),
        note=str(told["note"]),
        act=str(told["act"]),
    )
    facts = Facts(*(str(told[name]) for name in ("number", "dial_number", "contact_ref", "ref")))
    return json.loads(envelope(Outgoing(key, done, NO_ENTRY), facts, Site().code_tree()))


NO_ENTRY = EntryId(0, 0)


def check_python(block: Block, _here: Path) -> None:
    """It is complete, and tells what is signed as docs/delivery.md says from what is not."""
    space: dict[str, Callable[..., bool]] = {}
    exec(compile(block.text, str(block), "exec"), space)
    now = str(int(time.time()))
    signature = "v1=" + hmac.new(b"key", f"{now}.body".encode(), sha256).hexdigest()
    headers = {"X-Enigma-Timestamp": now, "X-Enigma-Signature": signature}
    assert space["is_ours"](headers, b"body", b"key")
    assert not space["is_ours"](headers, b"another", b"key")


def check_acl(block: Block, _here: Path) -> None:
    """Each line is one of those that tests/journal/test_acl.py puts into force."""
    tried = {
        f"ACL SETUSER enigma-{role} {' '.join(line)}"
        for role, lines in rules().items()
        for line in lines
    }
    assert set(block.text.splitlines()) <= tried


def check_tree(block: Block, _here: Path) -> None:
    """Every line begins with what is there."""
    places = [line.split()[0] for line in block.text.splitlines()]
    assert [place for place in places if not (ROOT / place).exists()] == []


def check_typed(_block: Block, _here: Path) -> None:
    """Of these, test_commands.py has each line."""


def check_tail(block: Block, _here: Path) -> None:
    """It is what `tail` says of such a minute."""
    assert block.text.splitlines() == heard()


def check_asterisk(block: Block, _here: Path) -> None:
    """Each line is one of those that `make interop` gives a real Asterisk."""
    phone = Extension("201", "…", endpoint={"moh_passthrough": "yes"})
    tried = f"{PJSIP_HEAD}{phone.sections}".splitlines()
    said = [line.split(";")[0].strip() for line in block.text.splitlines()]
    assert [line for line in said if line not in tried] == []


CHECKS: Mapping[str, Callable[[Block, Path], None]] = {
    "acl": check_acl,
    "asterisk": check_asterisk,
    "console": check_typed,
    "json": check_json,
    "python": check_python,
    "tail": check_tail,
    "toml": check_settings,
    "tree": check_tree,
}


@pytest.mark.parametrize("block", blocks(), ids=str)
def test_an_example_is_what_its_fence_says(
    block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("ENIGMA_TUI_")]:
        monkeypatch.delenv(name)
    assert block.language in CHECKS, f"nobody checks what is {block.language or 'unnamed'}"
    CHECKS[block.language](block, tmp_path)
