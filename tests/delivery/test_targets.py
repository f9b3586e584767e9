"""Settings of targets: no secret stands in them, and each mistake says what to do."""

import json
from pathlib import Path

import pytest

from enigma_tui.journal.delivery.secrets import SecretMissing, Secrets, missing
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
        ([{**HOOK, "secret": "hunter2"}], "write secret:NAME"),
        ([{**HOOK, "secret": "env:KEY"}], "of whoever delivers must not be named"),
        ([{**HOOK, "url": "file:/etc/passwd"}], "write secret:NAME"),
        ([{**DIALLER, "base_url": "env:HOME"}], "write secret:NAME"),
        ([{**HOOK, "headers": {"X-A": "file:/etc/passwd"}}], "write secret:NAME"),
        ([{**HOOK, "headers": {"Authorization": "env:TOKEN"}}], "in its delivery_secrets"),
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


CRM = "https://crm.example"


def secrets(place: str, **environ: str) -> Secrets:
    return Secrets({"token": place}, {"token": CRM}, environ)


def test_secrets_are_found_in_the_process_that_delivers(tmp_path: Path) -> None:
    files = {"token": b"t0ken\r\n", "empty": b"\n", "odd": b"a\tb", "bytes": b"\xff", "all": b"x"}
    for name, text in files.items():
        (tmp_path / name).write_bytes(text)
        (tmp_path / name).chmod(0o644 if name == "all" else 0o600)
    assert secrets("env:TOKEN", TOKEN="x").value("secret:token", CRM) == "x"
    assert secrets(f"file:{tmp_path}/token").value("secret:token", CRM) == "t0ken"
    assert secrets("env:TOKEN").value("plain", CRM) == "plain"
    unusable = (f"file:{tmp_path}/{name}" for name in ("empty", "odd", "bytes", "all", "none"))
    for place in ("env:TOKEN", *unusable):
        with pytest.raises(SecretMissing, match=r"delivery_secrets\.token"):
            secrets(place).value("secret:token", CRM)
    with pytest.raises(SecretMissing, match="can be read or written by others"):
        secrets(f"file:{tmp_path}/all").value("secret:token", CRM)


@pytest.mark.parametrize(
    "address",
    [
        "http://crm.example/",
        "https://crm.example:8443/",
        "https://evil.example/",
        "https://crm.example.evil/",
        "https://crm.example\\@evil/",
        "https://crm.example%2eevil/",
        "https://evil/?https://crm.example",
        "",
    ],
)
def test_a_secret_may_be_sent_to_one_host_only(address: str) -> None:
    held = secrets("env:TOKEN", TOKEN="x")
    for own in (CRM, f"{CRM}:443/outcomes?x=1", "https://CRM.example/"):
        assert held.value("secret:token", own) == "x"
    with pytest.raises(SecretMissing, match="delivery_hosts lets token be sent to https"):
        held.value("secret:token", address)
    with pytest.raises(SecretMissing):
        secrets("env:URL", URL=address).address("secret:token")
    assert secrets("env:URL", URL=f"{CRM}/x").address("secret:token") == f"{CRM}/x"


def test_what_a_process_lacks_is_told_by_the_setting() -> None:
    token = {"headers": {"Authorization": "secret:token"}}
    (target,) = site({**HOOK, "secret": "secret:key", **token}).delivery
    places, hosts = {"key": "env:KEY", "token": "env:TOKEN"}, {"key": CRM, "token": CRM}
    assert len(missing(target, Secrets())) == 2
    assert missing(target, Secrets(places, {"key": CRM}, {"KEY": "k"})) == [
        "delivery_hosts does not say where token may be sent"
    ]
    assert missing(target, Secrets(places, hosts, {"KEY": "k"})) == [
        "delivery_secrets.token: the variable TOKEN is not set"
    ]
    assert missing(target, Secrets(places, hosts, {"KEY": "k", "TOKEN": "t"})) == []


def test_a_group_is_not_sent_to_the_dialler() -> None:
    codes = [{"code": "a", "key": "a", "dialler": "E", "codes": [{"code": "b", "key": "b"}]}]
    with pytest.raises(SiteError, match="a group is not sent"):
        Site.from_json(json.dumps({"codes": codes}), "site.json")


@pytest.mark.parametrize(("undo", "minutes", "fits"), [(59, 1, True), (60, 1, False), (600, 1, 0)])
def test_what_may_still_be_undone_is_not_too_old_already(
    undo: int, minutes: int, fits: bool
) -> None:
    text = json.dumps({"undo_seconds": undo, "delivery": [{**HOOK, "max_age_minutes": minutes}]})
    if fits:
        assert Site.from_json(text, "site.json").undo_seconds == undo
    else:
        with pytest.raises(SiteError, match=r"crm is sent nothing .* set max_age_minutes"):
            Site.from_json(text, "site.json")
