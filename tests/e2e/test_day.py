"""A supervisor's day, from the first start to closing time, in a real terminal."""

import csv
import json
import re
from pathlib import Path

import redis

from enigma_tui.demo.embedded import EmbeddedServer
from tests.e2e.terminal import Terminal
from tests.e2e.test_supervisors import CDR, INBOUND, call, record

CALLS = 500
ON_2007 = 5
"""Every hundredth call is taken on that extension."""


def morning(client: redis.Redis) -> None:
    """Five hundred calls, all but the last twenty of them over."""
    for n in range(CALLS):
        client.rpush(INBOUND, call(10_000 + n, 2007 if n % 100 == 99 else 3000 + n))
    for n in range(CALLS - 20):
        client.rpush(CDR, record(10_000 + n, 2007 if n % 100 == 99 else 3000 + n))


def long_hold(ref: int) -> str:
    """A call whose caller has waited for a quarter of an hour."""
    told = json.loads(call(ref, 2042))
    told["payload"]["hold_time"] = 900
    return json.dumps(told)


def test_a_day(
    server: EmbeddedServer, client: redis.Redis, with_cdr: None, home: Path, tmp_path: Path
) -> None:
    settings = home / "config" / "enigma-tui" / "config.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text(
        f'redis_url = "{server.url}"\nname = "thandi"\n\n'
        '[[alerts]]\nname = "long hold"\nfilter = "hold>10m state:live"\n'
    )
    with Terminal(home=home, columns=130) as board:
        # The morning: it starts, and takes what has come.
        board.wait_for("● live")
        morning(client)
        board.wait_for("[1 Live 20]")
        board.wait_for(f"5 All {CALLS}")
        # It looks for the calls of one extension that are over.
        board.send("2/ext:2007\r")
        board.wait_for("4 of 480 calls")
        # They get one outcome together, which is taken back, and given again.
        board.send("*Ds")
        board.wait_for("spam recorded for 4 of 4 calls")
        board.wait_for("0 of 476 calls")
        board.send("u")
        board.wait_for("4 of 480 calls · 4 marked")
        board.send("Dr")
        board.wait_for("0 of 476 calls")
        # The server fails, and an outcome is recorded all the same.
        board.send("\x1b1g")
        board.wait_for("[1 Live 20]")
        server.kill()
        board.wait_for("disconnected")
        board.send("ds")
        board.wait_for("kept on this machine")
        board.wait_for("1 to hand in")
        server.start()
        board.wait_for("● live")
        board.wait_for(lambda text: "to hand in" not in text)
        # Somebody has waited too long.
        client.rpush(INBOUND, long_hold(20_000))
        board.wait_for("1 alert")
        board.send("n")
        board.wait_for("long hold: ")
        board.send("\r")
        board.wait_for(lambda text: bool(re.search("▌.* 20000 ", text)))
        board.send("N")
        board.wait_for("1 acknowledged")
        # Closing time.
        board.send("q")
        assert board.wait_until_ended() == 0
    file = tmp_path / "day.csv"
    with Terminal("export", "--out", str(file), home=home) as export:
        assert export.wait_until_ended() == 0, export.text()
    with file.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == CALLS + 1
    outcomes = [row["disposition"] for row in rows]
    assert outcomes.count("resolved") == ON_2007 - 1
    assert outcomes.count("spam") == 1
    assert {row["by"] for row in rows if row["disposition"]} == {"thandi"}
