"""What supervisors do, in real terminals on one server."""

import json
import os
import re
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from enigma_tui.demo.embedded import EmbeddedServer
from tests.e2e.terminal import Terminal

INBOUND = "enigma:notifications:inbound"
CDR = "enigma:notifications:cdr"


def call(ref: object, extension: object = "2001", number: str = "0820001234") -> str:
    payload = {
        "number": number,
        "dial_number": "0115550100",
        "hold_time": 9,
        "call_ref": ref,
        "contact_ref": "",
        "call_dir": "inbound",
        "ref": extension,
    }
    return json.dumps({"type": "call", "payload": payload})


def record(ref: object, extension: object = "2001") -> str:
    payload = {
        "extension": extension,
        "number": "0820001234",
        "dial_number": "0115550100",
        "call_ref": ref,
        "call_time": 4,
        "end_reason": "hungup",
        "call_dir": "inbound",
        "ref": "click-dial",
    }
    return json.dumps({"type": "cdr", "payload": payload})


@contextmanager
def calls_arriving(url: str, every: float) -> Iterator[None]:
    """Let calls arrive on other extensions all the while."""
    stop = threading.Event()

    def push() -> None:
        with redis.Redis.from_url(url) as pbx:
            number = 0
            while not stop.wait(every):
                number += 1
                pbx.rpush(INBOUND, call(100_000 + number, 3000 + number))

    thread = threading.Thread(target=push)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_two_keys_in_one_write_dispose_of_the_call_under_the_cursor(
    server: EmbeddedServer, client: redis.Redis, with_cdr: None, home: Path
) -> None:
    arguments = ("--redis-url", server.url)
    with (
        Terminal(*arguments, "--as", "thandi", home=home / "a") as one,
        Terminal(*arguments, "--as", "sipho", home=home / "b") as two,
        Terminal(*arguments, "tail", "--json", home=home / "c", columns=400) as tail,
    ):
        one.wait_for("● live")
        two.wait_for("● live")
        for ref in range(4701, 4721):
            client.rpush(INBOUND, call(ref, 2000 + ref % 100))
        one.wait_for("[1 Live 20]")
        one.send("gjjj")
        one.wait_for(lambda text: bool(re.search("▌.* 4717 ", text)))
        with calls_arriving(server.url, 0.02):
            one.wait_for(lambda text: int(re.search(r"Live (\d+)", text)[1]) >= 40)
            assert re.search("▌.* 4717 ", one.text()), "the cursor has left its call"
            # The call is over, and so leaves the view, at the moment the keys are sent.
            client.rpush(CDR, record(4717, 2017))
            one.send("ds")
            one.wait_for(lambda text: bool(re.search("▌.* 4717 +spam", text)))
            # Not on its screen: the calls that go on arriving push it out.
            tail.wait_for(lambda _: b'"code": "spam"' in tail.output)
        two.send("5/4717\r")
        two.wait_for(lambda text: bool(re.search(" 4717 +spam +thandi", text)))

        two.send("dr")
        two.wait_for("Already disposed of: spam by thandi")
        two.send("\x1b")
        two.wait_for(lambda text: "Already" not in text)
    held = client.hgetall(next(iter(client.scan_iter("{enigma-tui}:call:*"))))
    assert (held[b"code"], held[b"by"], held[b"version"]) == (b"spam", b"thandi", b"1")


def test_what_is_typed_ahead_of_the_palette_does_what_it_says(
    server: EmbeddedServer, client: redis.Redis, with_cdr: None, home: Path
) -> None:
    """The command's name, enter and what the command asks for come in one write."""
    with Terminal("--redis-url", server.url, home=home) as board:
        board.wait_for("● live")
        board.send("\x10help\r\x10")
        board.wait_for("The call under the cursor")
        board.send("\x1b")
        board.wait_for("No live calls")
        client.rpush(INBOUND, call(4711))
        board.wait_for("4711")
        board.send("\x10disp\rs")
        board.wait_for("spam recorded")


def test_who_comes_second_is_told_who_was_first(
    server: EmbeddedServer, client: redis.Redis, with_cdr: None, home: Path
) -> None:
    arguments = ("--redis-url", server.url)
    with (
        Terminal(*arguments, "--as", "thandi", home=home / "a") as one,
        Terminal(*arguments, "--as", "sipho", home=home / "b") as two,
    ):
        one.wait_for("● live")
        client.rpush(INBOUND, call(4711))
        one.wait_for("4711")
        two.wait_for("4711")
        # The second has paused the display, and so acts on a call as it was.
        two.send("p")
        two.wait_for("PAUSED")
        one.send("dr")
        one.wait_for("resolved recorded")
        # On a slow machine the dialog has claimed the call first, which is one more.
        two.wait_for(lambda text: re.search(r"[1-9] waiting", text) is not None)
        two.send("dp")
        two.wait_for("a note is required")
        two.send("was rude\r")
        two.wait_for("thandi was first")
    acts = [fields for _, fields in client.xrange("{enigma-tui}:journal") if b"code" in fields]
    assert [(fields[b"code"], fields[b"by"]) for fields in acts] == [(b"resolved", b"thandi")]


def test_typing_ahead_meets_every_screen_ready(
    server: EmbeddedServer, client: redis.Redis, with_cdr: None, home: Path
) -> None:
    with Terminal("--redis-url", server.url, "--as", "thandi", home=home) as board:
        board.wait_for("● live")
        for ref, extension in ((1, 2001), (2, 2002), (3, 2003), (4, 2001)):
            client.rpush(INBOUND, call(ref, extension))
        board.wait_for("[1 Live 4]")
        board.send("/ext:2001\rgjdeb")  # filter, the second row, escalated to billing
        board.wait_for("escalated.billing")
        board.send("gdpshouted at me\rjdcd\x7f2h\r")
        board.wait_for(lambda text: "complaint" in text)
    acts = [fields for _, fields in client.xrange("{enigma-tui}:journal") if b"code" in fields]
    told = {(fields[b"call_ref"], fields[b"code"], fields[b"note"]) for fields in acts}
    assert (b"1", b"escalated.billing", b"") in told
    assert (b"4", b"complaint", b"shouted at me") in told


def test_escape_counts_also_where_the_next_key_arrives_with_it(
    server: EmbeddedServer, client: redis.Redis, with_cdr: None, home: Path
) -> None:
    with Terminal("--redis-url", server.url, "--as", "thandi", home=home) as board:
        board.wait_for("● live")
        client.rpush(INBOUND, call(1, 2001))
        board.wait_for("[1 Live 1]")
        board.send("?")
        board.wait_for("esc closes")
        board.send("\x1bd")
        board.wait_for("esc leaves without a trace")
        board.send("\x1bG\x1bds")
        board.wait_for("spam recorded")


def test_a_filter_and_the_picker_leave_only_that_extension(
    server: EmbeddedServer, client: redis.Redis, home: Path
) -> None:
    with Terminal("--redis-url", server.url, "--collect", home=home) as board:
        board.wait_for("● live")
        for ref in range(5001, 5007):
            client.rpush(INBOUND, call(ref, 2001 + ref % 3))
        board.wait_for("5006")
        board.send("5")  # without records, a newer call on an extension ends the one before
        board.send("/ext:2001\r")
        text = board.wait_for("2 of 6 calls")
        assert {ref for ref in map(str, range(5001, 5007)) if ref in text} == {"5001", "5004"}

        board.send("/ext:2001 hold>soon")
        text = board.wait_for(lambda text: "hold>soon" in text and "is not a duration" in text)
        assert "“ext:2001” stays" in text
        assert "5004" in text
        line = next(place for place, line in enumerate(board.screen.display) if "hold>soon" in line)
        column = board.screen.display[line].index("soon")
        assert all(board.screen.buffer[line][column + place].underscore for place in range(4))
        assert not board.screen.buffer[line][column - 8].underscore
        board.send("\x1b")
        board.wait_for("2 of 6 calls")

        board.send("e2002\r")
        text = board.wait_for("ext=2002")
        text = board.wait_for("2 of 6 calls")
        assert "5002" in text
        assert "5004" not in text
        board.send("\x1b")
        board.wait_for("6 calls")


def test_a_board_asks_before_it_takes_anything(
    server: EmbeddedServer, client: redis.Redis, home: Path
) -> None:
    client.rpush(INBOUND, call(1))
    with Terminal("--redis-url", server.url, home=home) as board:
        text = board.wait_for("Collect notifications?")
        assert INBOUND in text
        assert "(1 waiting)" in text
        assert "would no longer see" in text
        board.send("n")
        board.wait_for("not collecting")
        assert client.llen(INBOUND) == 1
        assert not client.exists("{enigma-tui}:site")
    with Terminal("--redis-url", server.url, home=home) as board:
        board.wait_for("Looking whether another program reads there")
        board.send("y")  # which does not count yet
        board.wait_for("No other program was seen reading")
        board.send("y")
        board.wait_for("[1 Live 1]")
        assert client.llen(INBOUND) == 0


def test_a_server_that_goes_away_is_named_and_nothing_is_missed(
    server: EmbeddedServer, client: redis.Redis, with_cdr: None, home: Path
) -> None:
    with Terminal("--redis-url", server.url, home=home) as board:
        board.wait_for("● live")
        client.rpush(INBOUND, call(1))
        board.wait_for("[1 Live 1]")
        client.close()
        server.stop()
        board.wait_for(lambda text: bool(re.search(r"● disconnected, data \d+s old", text)))
        server.start()
        client.rpush(INBOUND, call(2))
        board.wait_for("[1 Live 2]")
        board.wait_for("● live")


def test_a_killed_board_comes_back_with_every_call(
    server: EmbeddedServer, client: redis.Redis, with_cdr: None, home: Path
) -> None:
    arguments = ("--redis-url", server.url)
    with (
        Terminal(*arguments, home=home / "a") as one,
        Terminal(*arguments, home=home / "b") as two,
    ):
        one.wait_for("● live")
        two.wait_for("● live")
        for number in range(300):
            client.rpush(INBOUND, call(number, 2000 + number))
        one.kill()
        for number in range(300, 600):
            client.rpush(INBOUND, call(number, 2000 + number))
        two.wait_for("[1 Live 600]")
        with Terminal(*arguments, home=home / "c") as again:
            again.wait_for("[1 Live 600]")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_as_q_does(
    server: EmbeddedServer,
    client: redis.Redis,
    with_cdr: None,
    home: Path,
    number: signal.Signals,
) -> None:
    with Terminal("--redis-url", server.url, home=home) as board:
        board.wait_for("● live")
        client.rpush(INBOUND, call(1))
        board.wait_for("[1 Live 1]")
        os.kill(board.pid, number)
        board.wait_until_ended()
        assert board.output.rstrip().endswith(b"\x1b[?25h") or b"\x1b[?1049l" in board.output
        assert b"\x1b[?1000l" in board.output
    assert not client.exists("{enigma-tui}:collector:pbx"), "the lease has not been given up"


def test_what_is_done_while_the_server_is_away_outlives_even_a_killed_board(
    server: EmbeddedServer, client: redis.Redis, with_cdr: None, home: Path
) -> None:
    with Terminal("--redis-url", server.url, home=home, columns=160) as board:
        board.wait_for("● live")
        for ref in range(1, 6):
            client.rpush(INBOUND, call(ref, 2000 + ref))
        board.wait_for("[1 Live 5]")
        client.close()
        server.stop()
        board.wait_for("disconnected")
        board.send("gdrjjj")
        board.wait_for("waits: resolved")
        assert re.search("▌.* 2 ", board.text()), "the cursor has not moved on"
        board.wait_for("1 to hand in")
        board.kill()
    (kept,) = (home / "state" / "enigma-tui").glob("acts-*.jsonl")
    assert kept.stat().st_mode & 0o777 == 0o600
    server.start()
    with Terminal("--redis-url", server.url, home=home, columns=160) as board:
        board.wait_for("1 act handed in that had waited")
        board.wait_for(lambda text: bool(re.search(" 5 +resolved", text)))
        board.send("q")
        board.wait_until_ended()
    assert list((home / "state" / "enigma-tui").glob("acts-*")) == []


def test_a_setting_that_only_the_screen_knows_is_refused_before_it_opens(
    server: EmbeddedServer, home: Path
) -> None:
    file = home / "mine.toml"
    for text, words in (
        ("theme = 'enigma-drak'", ("theme", "enigma-dark")),
        ("filter = 'ext:2001 hold>soon'", ("filter", "^^^^")),
        ("[keys]\ndispositoin = 'f2'", ("keys.dispositoin", "did you mean disposition?")),
        ("[keys]\ndisposition = 'f2'\ndetails = 'f2'", ("keys.details", "f2")),
        ("[keys]\ndisposition = 'q'", ("keys.disposition", "q is the key of quit")),
        ("[keys]\ndisposition = 'pgdown'", ("keys.disposition", "did you mean pagedown")),
        ("[keys]\ndisposition = ''", ("keys.disposition", "no key")),
    ):
        file.write_text(text)
        with Terminal("--config", str(file), "--redis-url", server.url, home=home) as board:
            assert board.wait_until_ended() == 2
            shown = board.text()
            assert str(file) in shown.replace("\n", "")
            for word in words:
                assert word in shown.replace("\n", "")
            assert b"\x1b[?1049h" not in board.output
