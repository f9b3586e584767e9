"""Settings of targets: no secret stands in them, and each mistake says what to do."""

import json
from pathlib import Path

import pytest

from enigma_tui.journal.delivery.secrets import SecretMissing, missing, resolve
from enigma_tui.site import Site, SiteError

HOOK = {"kind": "webhook", "name": "crm", "url": "https://crm.example/outcomes"}
LIST = {"kind": "list", "name": "queue", "key": "outcomes"}
DIALLER = {"kind": "dialler", "name": "dialler", "base_url": "http://pbx.example/api"}


def site(*targets: dict) -> Site:
    return Site.from_json(json.dumps({"delivery": targets}), "site.json")


def test_the_three_kinds_are_read_and_written_as_they_were() -> None:
    given = site(HOOK, LIST, DIALLER)
    assert [target.kind for target in given.delivery] == ["webhook", "list", "dialler"]
    assert Site.from_json(given.to_json(), "again") == given
    assert given.delivery[0].max_age_minutes == 60
    assert given.delivery[1].cap == 10_000


def test_the_examples_of_the_document_are_settings() -> None:
    text = (Path(__file__).parents[2] / "docs" / "delivery.md").read_text(encoding="utf-8")
    blocks = [json.loads(part.split("```")[0]) for part in text.split("```json\n")[1:]]
    targets = [block for block in blocks if "kind" in block]
    assert [each.kind for each in site(*({**t, "name": t["kind"]} for t in targets)).delivery] == [
        "list",
        "webhook",
        "dialler",
    ]


@pytest.mark.parametrize(
    ("targets", "words"),
    [
        ([{**HOOK, "secret": "hunter2"}], "env:NAME or file:/path"),
        ([{**HOOK, "headers": {"Authorization": "Bearer x"}}], "is a secret"),
        ([{**HOOK, "headers": {"x-api-key": "x"}}], "is a secret"),
        ([{**DIALLER, "headers": {"Cookie": "x"}}], "is a secret"),
        ([{**HOOK, "headers": {"Host": "x"}}], "by the program itself"),
        ([{**HOOK, "headers": {"X-A": "x\r\nEvil: y"}}], "cannot carry"),
        ([{**HOOK, "headers": {"X A": "x"}}], "not the name of a header"),
        ([{**HOOK, "headers": {"X-A": "x", "x-a": "y"}}], "the same name"),
        ([{**HOOK, "url": "https://ann:pw@crm.example/"}], "Authorization"),
        ([{**HOOK, "url": "ftp://crm.example/"}], "https://"),
        ([{**HOOK, "url": "https://crm.example/ x"}], "cannot carry"),
        ([{**HOOK, "url": "https://crm.example:0/"}], "https://"),
        ([HOOK, {**LIST, "name": "crm"}], "the same name"),
        ([LIST, {**LIST, "name": "other"}], "already in use"),
        ([{**LIST, "key": "enigma:notifications:inbound"}], "already in use"),
        ([{**LIST, "name": "a b"}], "name"),
        ([{"kind": "fax", "name": "crm"}], "delivery.0"),
    ],
)
def test_a_mistake_is_refused_with_what_to_do_and_never_shows_a_secret(
    targets: list, words: str
) -> None:
    with pytest.raises(SiteError) as caught:
        site(*targets)
    assert words in str(caught.value)
    for secret in ("hunter2", "Bearer x", "ann:pw"):
        assert secret not in str(caught.value)


def test_secrets_are_found_in_the_process_that_delivers(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("t0ken\r\n")
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "two").write_text("a\nb")
    (tmp_path / "bytes").write_bytes(b"\xff")
    assert resolve("env:TOKEN", {"TOKEN": "x"}) == "x"
    assert resolve(f"file:{tmp_path}/token", {}) == "t0ken"
    assert resolve("plain", {}) == "plain"
    for reference in (
        "env:TOKEN",
        *(f"file:{tmp_path}/{n}" for n in ("empty", "two", "bytes", "x")),
    ):
        with pytest.raises(SecretMissing):
            resolve(reference, {})
    given = site({**HOOK, "secret": "env:KEY", "headers": {"Authorization": "env:TOKEN"}})
    assert missing(given.delivery[0], {"KEY": "k"}) == ["the variable TOKEN is not set"]
    assert missing(given.delivery[0], {"KEY": "k", "TOKEN": "t"}) == []


def test_a_group_is_not_sent_to_the_dialler() -> None:
    codes = [{"code": "a", "key": "a", "dialler": "E", "codes": [{"code": "b", "key": "b"}]}]
    with pytest.raises(SiteError, match="a group is not sent"):
        Site.from_json(json.dumps({"codes": codes}), "site.json")
