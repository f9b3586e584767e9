"""Hostile payloads through real lists to the real program, on the screen of an emulator."""

import csv
import re
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
import redis

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.model.board import Board
from enigma_tui.model.call import EntryId, Policy
from enigma_tui.model.entry import decode
from tests.e2e.escapes import fault_in_frames, foreign_in
from tests.e2e.terminal import Terminal

from . import hostile
from .cases import THOROUGH

INBOUND = "enigma:notifications:inbound"
COUNT = 10_000 if THOROUGH else 300
LOOKS = 100 if THOROUGH else 5
"""How many calls, rejections and extensions are looked at one by one."""

_LINES = (Path(__file__).parents[1] / "data" / "hostile.jsonl").read_bytes().split(b"\n")[:-1]
HOSTILE = [line.replace(b'"66', b'"h66') for line in _LINES]
"""With references that the generated payloads do not have."""

LONG = 120.0
"""Seconds; the emulator reads no more than a few hundred thousand characters in one."""

PAGE_DOWN = "\x1b[6~"
_DURATION = re.compile(r"[\d:]+")


class Looker:
    """Presses keys, and looks at every screen that they lead to."""

    def __init__(self, board: Terminal) -> None:
        self.board = board

    def see(self, shows: Callable[[str], bool] | str, keys: str = "") -> str:
        """Press `keys`, and return the screen once it shows something and its frames are whole."""
        if keys:
            self.board.send(keys)
        has = (lambda text: shows in text) if isinstance(shows, str) else shows
        try:
            return self.board.wait_for(
                lambda text: bool(has(text)) and not fault_in_frames(self.board.screen)
            )
        except AssertionError as error:
            pytest.fail(f"{fault_in_frames(self.board.screen) or shows}\n{error}")

    def another(self, keys: str) -> None:
        """Press `keys`, and wait for a screen that is another, whatever the time is."""
        before = _DURATION.sub("", self.board.text())
        self.see(lambda text: _DURATION.sub("", text) != before, keys)


def journalled(client: redis.Redis, policy: Policy) -> Board:
    """Return the board that the journal makes."""
    board = Board(policy)
    for entry, fields in client.xrange("{enigma-tui}:journal"):
        board.apply(decode(EntryId.parse(entry.decode()), fields))
    return board


def push(client: redis.Redis, payloads: list[bytes]) -> None:
    for start in range(0, len(payloads), 500):
        client.rpush(INBOUND, *payloads[start : start + 500])


def test_no_payload_acts_on_the_terminal_or_pushes_the_screen_aside(
    server: EmbeddedServer, client: redis.Redis, with_cdr: None, home: Path, rng: Random
) -> None:
    with Terminal("--redis-url", server.url, home=home, columns=120, lines=24) as board:
        look = Looker(board)
        board.wait_for("● live")
        push(client, [hostile.payload(rng) for _ in range(COUNT)])
        push(client, HOSTILE)
        board.wait_for(lambda _: not client.llen(INBOUND), seconds=60)
        kept = journalled(client, Policy(cdr_sources={"pbx"}))
        look.see(f"[5 All {len(kept.calls):,}]", "5")
        look.see(f"rejected {kept.rejected_total:,}")

        look.see("h6693", "g")  # the newest
        for _ in range(LOOKS):
            shown = look.see("╭─ Call ─", "\r")
            while "As it arrived" not in shown:  # below the caller's other calls
                look.another("j")
                shown = look.see("╭─ Call ─")
            look.see(lambda text: "╭─ Call ─" not in text, "q")
            board.send("j")
        look.see("h6693", "g")
        for _ in range(len(kept.calls) // 17):
            look.another(PAGE_DOWN)
            look.see("│▌")

        look.see("╭─ Rejected notifications", "x")
        for _ in range(LOOKS):
            look.another("j")
        look.see(lambda text: "╭─ Rejected" not in text, "q")
        look.see("╭─ Extensions ─", "e")
        for _ in range(min(LOOKS, len({call.extension for call in kept.calls.values()}) // 20)):
            look.another(PAGE_DOWN)
        look.see(lambda text: "╭─ Extensions" not in text, "\x1b")

        look.see("h6693", "g")
        for number in range(1, 4):
            board.send("d")
            board.wait_for("╭─ Disposition ─")  # a toast may lie over its frame
            look.see(lambda text, n=number: text.count(" spam ") > n, "s")  # the row and a toast
            board.send("j")
        board.send("q")
        assert board.wait_until_ended() == 0
        assert not foreign_in(board.output)
        assert "owned" not in board.screen.title + board.screen.icon_name


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_no_payload_acts_on_the_terminal_that_an_export_is_printed_on(
    server: EmbeddedServer, client: redis.Redis, home: Path, rng: Random, form: str
) -> None:
    fill(client, rng)
    arguments = ("--redis-url", server.url, "export", "--format", form)
    with Terminal(*arguments, home=home, columns=4_000) as export:
        assert export.wait_until_ended(LONG) == 0
    assert not foreign_in(export.output)
    assert "owned" not in export.screen.title + export.screen.icon_name
    written = re.sub(rb"\x1b\[[?0-9;]*[a-zA-Z]", b"", export.output).decode()  # the progress bar
    rows = [
        line for line in re.split(r"[\r\n]+", written) if re.match(r'^(\d{4}-|\{"began")', line)
    ]
    assert len(rows) == len(journalled(client, Policy()).calls)
    if form == "csv":
        assert not any(cell.startswith(tuple("=+-@")) for row in csv.reader(rows) for cell in row)


def test_no_payload_acts_on_the_terminal_that_is_tailed_on(
    server: EmbeddedServer, client: redis.Redis, home: Path, rng: Random
) -> None:
    fill(client, rng)
    arguments = ("--redis-url", server.url, "tail", "--since", "1d", "--no-follow")
    with Terminal(*arguments, home=home) as tail:
        assert tail.wait_until_ended(LONG) == 0
    assert b"\x1b" not in tail.output
    assert not foreign_in(tail.output)
    lines = tail.output.decode().split("\r\n")[:-1]
    assert len(lines) > COUNT // 2
    assert all(re.match(r"(\d+ \w+ )?\d\d:\d\d:\d\d [A-Z].*\.$", line) for line in lines)


def fill(client: redis.Redis, rng: Random) -> None:
    """Put payloads into a journal, as a collector does."""
    pipe = client.pipeline(transaction=False)
    for raw in [*(hostile.payload(rng) for _ in range(COUNT)), *HOSTILE]:
        pipe.xadd("{enigma-tui}:journal", {"kind": "call", "raw": raw, "source": "pbx"})
        if len(pipe) >= 500:
            pipe.execute()
    pipe.execute()
