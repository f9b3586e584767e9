"""Every sample payload through real lists to a real screen."""

import re
from pathlib import Path

import redis

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.model.notification import Rejected, unpack
from tests.e2e.escapes import foreign_in
from tests.e2e.terminal import Terminal

INBOUND = "enigma:notifications:inbound"
CDR = "enigma:notifications:cdr"
DATA = Path(__file__).parents[1] / "data"


def payloads(name: str) -> list[bytes]:
    return (DATA / f"{name}.jsonl").read_bytes().split(b"\n")[:-1]


NAMES = ("inbound-v3", "inbound-v2", "dialler-call", "agent-status", "unreadable", "hostile")


def test_every_sample_is_shown_kept_and_harmless(
    server: EmbeddedServer, client: redis.Redis, with_cdr: None, home: Path
) -> None:
    inbound = [raw for name in NAMES for raw in payloads(name)]
    records = payloads("cdr")
    unreadable = [raw for raw in inbound if isinstance(unpack(raw), Rejected)]
    with Terminal("--redis-url", server.url, home=home, columns=150, lines=30) as board:
        board.wait_for("live")
        for raw in inbound:
            client.rpush(INBOUND, raw)
        for raw in records:
            client.rpush(CDR, raw)
        # 5 + 3 + 2 readable calls, 1 call whose hold time cannot be read, 25 hostile ones, and
        # one abandoned call that only its record tells of. 4712 and 3001 have records as well.
        board.send("5")
        text = board.wait_for(lambda text: "[5 All 37]" in text)
        assert f"rejected {len(unreadable)}" in text
        board.send("g")
        seen = board.wait_for(lambda text: bool(re.search("▌.* 4799 ", text)))  # the newest
        board.send("G")
        seen += board.wait_for(lambda text: bool(re.search("▌.* 4711 ", text)))  # the oldest
        for raw in inbound:
            found = unpack(raw)
            if hasattr(found, "call_ref"):
                assert found.call_ref in seen

        board.send("x")
        board.wait_for(f"Rejected notifications: {len(unreadable)}")
        for raw in reversed(unreadable):  # the newest comes first
            found = unpack(raw)
            assert isinstance(found, Rejected)
            board.wait_for(found.reason[:40])
            board.send("j")
        board.send("q")
        board.wait_for("[5 All 37]")
        board.send("q")
        board.wait_until_ended()

        assert "owned" not in board.screen.title
        assert not foreign_in(board.output)

    assert client.llen(INBOUND) == 0
    assert client.llen(CDR) == 0
    kept = [
        fields[b"raw"] for _, fields in client.xrange("{enigma-tui}:journal") if b"raw" in fields
    ]
    assert sorted(kept) == sorted(inbound + records)
