"""Every command on a page, or in a command's help, can be typed as it stands and does its work."""

import inspect
import re
import shlex
import tomllib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import click
import pytest
import redis

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.journal.connection import Address, connect
from enigma_tui.journal.desk import Act, DispositionDesk, Who
from enigma_tui.journal.keys import Keys
from enigma_tui.model.call import CallKey, EntryId, Feed
from enigma_tui.site import Site
from enigma_tui.targets import WebhookTarget
from tests.cli.conftest import Run, begin, client, run
from tests.cli.payloads import JOURNAL, journalled, payload

from .pages import PAGES, ROOT, blocks, code
from .typed import OPTIONS, OURS, Typed, commands, read, typed, unknown

__all__ = ["begin", "client", "run"]  # fixtures of the commands' tests

OTHERS = frozenset(
    {
        *("install", "journalctl", "jq", "pip", "python3", "redis-cli"),
        *("systemctl", "tr", "xargs"),
    }
)
"""Programs of others that examples use."""

LASTING = frozenset({"", "collect", "demo", "phone", "replay", "serve"})
"""Our commands that go on until they are stopped, or need a terminal: their words are read."""


def parts_of_help(command: click.Command) -> Iterator[str]:
    """Yield the examples in a command's help."""
    for part in inspect.cleandoc(command.help or "").split("\n\n"):
        if part.startswith("\b\n"):
            yield "\n".join(line.strip() for line in part.splitlines()[1:])


def asking(name: str) -> str:
    """Return how to ask for a command's help."""
    return shlex.join([OURS, *name.split(), "--help"])


def examples() -> Iterator[tuple[str, Typed]]:
    """Yield where something is to be typed, and what."""
    for block in blocks():
        if block.language == "console":
            for one in typed(block.text):
                yield str(block), one
    for name, command in commands().items():
        for part in parts_of_help(command):
            if part.startswith(OURS):
                for one in typed(part):
                    yield asking(name), one


EXAMPLES = list(examples())
OWN = [(where, one) for where, one in EXAMPLES if one.program == OURS]


def named(cases: Sequence[tuple[str, Typed]]) -> list[object]:
    return [pytest.param(one, id=f"{where}: {one}") for where, one in cases]


def test_an_example_uses_programs_that_are_known() -> None:
    used = {one.program for _, one in EXAMPLES}
    assert used - {OURS, "make"} - OTHERS == set()
    assert OTHERS - used == set()


@pytest.mark.parametrize("name", commands())
def test_every_help_has_an_example(name: str) -> None:
    assert any(where == asking(name) for where, _ in OWN)


def test_what_help_has_beside_commands_are_settings() -> None:
    for command in commands().values():
        for part in parts_of_help(command):
            if not part.startswith(OURS):
                assert tomllib.loads(part)


def lasts(one: Typed) -> bool:
    return read(one.words[1:], leniently=True) in LASTING


@pytest.mark.parametrize("one", named([case for case in OWN if lasts(case[1])]))
def test_click_takes_what_starts_something_that_lasts(one: Typed) -> None:
    assert read(one.words[1:]) in LASTING


@pytest.fixture
def arguments(
    tmp_path: Path, shared_server: EmbeddedServer, client: redis.Redis
) -> Callable[[Typed], list[str]]:
    """Return the words of an example with this server's address and a file that is here.

    At the server is what examples speak of: a site with a target `crm`, a call 4711.
    """
    crm = WebhookTarget(kind="webhook", name="crm", url="https://crm.example/outcomes")
    site = Site(undo_seconds=0, delivery=(crm,))
    client.set(Keys().site, site.to_json())
    journalled(client, payload(4711))
    (tmp_path / "site.json").write_text(site.to_json())
    config = tmp_path / "given.toml"
    config.write_text('name = "thandi"\n')
    here = {"--redis-url": shared_server.url, "--config": str(config)}

    def put(one: Typed) -> list[str]:
        words = list(one.words[1:])
        for place, option in enumerate(words[:-1]):
            words[place + 1] = here.get(option, words[place + 1])
        return [*words, "--no-follow"] if words[0] == "tail" else words

    return put


async def fail_to_deliver(server: EmbeddedServer, act: str) -> None:
    """Have an outcome of call 4711 refused by the target `crm`."""
    link = connect(Address(server.url), "test")
    keys = Keys()
    [(entry, _)] = await link.quick.xrange(JOURNAL)
    key = CallKey("pbx", Feed.INBOUND, "4711", EntryId.parse(entry.decode()))
    desk = DispositionDesk(link, keys, Who("thandi"))
    await desk.dispose(Act(key, "spam", 0, id=act))
    [told] = [fields for _, fields in await link.quick.xrange(JOURNAL) if b"act" in fields]
    names = (b"source", b"call_feed", b"call_ref", b"since", b"act", b"version", b"code")
    delivery = {"kind": "delivery", "target": "crm", "outcome": "refused", "answer": "404 No"}
    await link.quick.xadd(JOURNAL, {**{name: told[name] for name in names}, **delivery})
    await link.close()


@pytest.mark.parametrize("one", named([case for case in OWN if not lasts(case[1])]))
async def test_an_example_does_its_work(
    one: Typed,
    run: Run,
    arguments: Callable[[Typed], list[str]],
    shared_server: EmbeddedServer,
    tmp_path: Path,
) -> None:
    if "again" in one.words:
        await fail_to_deliver(shared_server, "0123456789abcdef")
    done = run(
        *arguments(one),
        before=f"import os; os.chdir({str(tmp_path)!r})",
        EDITOR="true",
        **one.environment,
    )
    assert done.returncode == 0, done.stderr


# ── in the text ─────────────────────────────────────────────────────────────────────────────

USAGE = [
    pytest.param(text, id=f"{page.name}:{line}: {text}")
    for page in PAGES
    for line, text in code(page)
    if re.match(rf"({OURS}|make)( |$)|--[a-z]", text)
]


@pytest.mark.parametrize("text", USAGE)
def test_what_the_text_names_is_there(text: str) -> None:
    if text.startswith(OURS):
        assert unknown(text) == []
    elif text.startswith("--"):
        assert set(re.findall("--[a-z-]+", text)) <= OPTIONS
    else:
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        assert f"\n{text.split()[1]}: " in makefile


def test_every_target_of_make_that_an_example_names_is_there() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for _, one in EXAMPLES:
        if one.program == "make":
            assert f"\n{one.words[1]}: " in makefile


@pytest.mark.parametrize(
    ("usage", "missing"),
    [
        ("enigma-tui", []),
        ("enigma-tui site show|edit|set", []),
        ("enigma-tui site show|eddit|set", ["eddit"]),
        ("enigma-tui --config FILE collect [--yes]", []),
        ("enigma-tui --config FILE collekt", ["collekt"]),
        ("enigma-tui deliveries again ID|--all", []),
        ("enigma-tui tail [--since 8h] [--form json]", ["--form"]),
        ("enigma-tui --collect/--no-collect", []),
    ],
)
def test_what_is_not_there_is_noticed(usage: str, missing: list[str]) -> None:
    assert unknown(usage) == missing


def test_what_click_would_not_take_is_noticed() -> None:
    for words in (["demo", "--rat", "60"], ["demo", "--rate", "x"], ["nothing"], ["disposition"]):
        with pytest.raises(click.UsageError):
            read(words)


def test_a_line_is_taken_apart_as_a_shell_does() -> None:
    line = "A=1 enigma-tui tail --filter 'a | b' | jq . > out  # words\nmake x && pip y"
    told = [(one.environment, list(one.words)) for one in typed(line)]
    assert told == [
        ({"A": "1"}, ["enigma-tui", "tail", "--filter", "a | b"]),
        ({}, ["jq", "."]),
        ({}, ["make", "x"]),
        ({}, ["pip", "y"]),
    ]
