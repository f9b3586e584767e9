"""`enigma-tui tail`, for people who listen: sentences, alerts, figures, the way to the server."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest
import redis

from enigma_tui.cli.telling import LinkTeller
from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.journal.follower import Link, Pulse
from enigma_tui.journal.keys import Keys
from enigma_tui.journal.reaching import Fault
from enigma_tui.site import Calls, Site, Source

from .conftest import Begin, Run
from .payloads import journalled, payload, record

SETTINGS = """
hold_warning = 20
hold_critical = 40

[[alerts]]
name = "Long hold"
filter = "hold>30s"
command = ["touch", "{touched}"]

[[alerts]]
name = "Service"
figure = "service_level"
below = 80
"""
BOUND = 15.0


def held(ref: object, hold: float, extension: str = "2001") -> str:
    told = json.loads(payload(ref, extension))
    told["payload"]["hold_time"] = hold
    return json.dumps(told)


def abandoned(ref: object, hold: float) -> str:
    told = json.loads(record(ref))
    told["payload"] |= {"extension": None, "call_time": 0, "hold_time": hold}
    return json.dumps(told)


def collected(client: redis.Redis, calls: Calls | None = None) -> None:
    """Agree to collecting records, too."""
    site = Site(sources=(Source(collect_cdr=True),), calls=calls or Calls())
    client.set(Keys().site, site.to_json())


def line_with(stream: IO[str] | None, words: str) -> str:
    """Return the next line that has these words."""
    assert stream is not None
    for line in stream:
        if words in line:
            return line
    raise AssertionError(f"it ended without {words!r}")


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    file = tmp_path / "mine.toml"
    file.write_text(SETTINGS.format(touched=tmp_path / "touched"))
    return file


def test_what_the_board_marks_is_said(run: Run, client: redis.Redis, settings: Path) -> None:
    collected(client)
    journalled(client, held(1, 41), held(2, 21, "2002"), abandoned(3, 9), record(1), "nonsense")
    done = run("--config", str(settings), "tail", "--no-follow")
    assert done.returncode == 0, done.stderr
    lines = [line.split(" ", 1)[1] for line in done.stdout.splitlines()]
    assert lines == [
        "Call 1 connected to extension 2001: caller +27 82 000 1234, held 41 seconds, very long.",
        "Call 2 connected to extension 2002: caller +27 82 000 1234, held 21 seconds, long.",
        "Call 3 abandoned after 9 seconds on hold: caller 083.",
        "Call 1 ended, extension 2001, talked 0 seconds.",
        "A notification could not be read: not JSON: expecting value at column 1.",
    ]
    assert done.stderr == ""
    done = run("--mask", "tail", "--no-follow", "--filter", "call:1")
    first, *_ = done.stdout.splitlines()
    assert "caller +27 82 hidden 34" in first


def test_json_has_what_it_always_had(run: Run, client: redis.Redis) -> None:
    collected(client)
    journalled(client, held(1, 41), abandoned(3, 9), "nonsense")
    done = run("tail", "--no-follow", "--json")
    first, lost, bad = [json.loads(line) for line in done.stdout.splitlines()]
    always = ["at", "event", "entry", "caller", "dialled", "ext", "hold", "contact_ref"]
    assert [*first][:10] == [*always, "call_ref", "source"]
    assert (first["event"], first["hold"]) == ("connected", 41)
    assert (lost["event"], lost["reason"]) == ("abandoned", "")
    assert bad["event"] == "rejected"


def test_what_time_brings_between_two_entries_is_said_when_it_came(
    run: Run, client: redis.Redis
) -> None:
    site = Site(calls=Calls(assume_ended_after_minutes=60))
    client.set(Keys().site, site.to_json())
    for minutes, ref in ((0, 1), (90, 2)):
        fields = {"kind": "call", "raw": payload(ref, f"200{ref}"), "source": "pbx"}
        client.xadd(Keys().journal, fields, id=f"{minutes * 60_000 + 1}-0")
    done = run("tail", "--no-follow", TZ="UTC")
    assert done.stdout.splitlines() == [
        "1 January 00:00:00 Call 1 connected to extension 2001: caller +27 82 000 1234.",
        "1 January 01:00:00 Call 1 ended, assumed: nothing has been heard of it for 1 hour.",
        "1 January 01:30:00 Call 2 connected to extension 2002: caller +27 82 000 1234.",
    ]


def test_alerts_are_lines_and_nothing_rings_or_runs(
    begin: Begin, client: redis.Redis, settings: Path, tmp_path: Path
) -> None:
    collected(client)
    journalled(client, held(1, 35), held(2, 5, "2002"))
    tail = begin("--config", str(settings), "tail")
    said = line_with(tail.stderr, "Connected to")
    assert "2 calls live, 0 to dispose of." in said
    first = line_with(tail.stdout, "Alert")
    assert "Alert, Long hold: call 1, extension 2001." in first
    assert "Alert, Service: service level 50 percent, below 80 percent." in line_with(
        tail.stdout, "Alert"
    )
    journalled(client, held(3, 31, "2003"))
    assert "Call 3 connected to extension 2003" in line_with(tail.stdout, "Call 3")
    assert "Alert, Long hold: call 3, extension 2003." in line_with(tail.stdout, "Alert")
    tail.terminate()
    out, _ = tail.communicate(timeout=BOUND)
    assert "\a" not in out
    assert not (tmp_path / "touched").exists()


def test_of_what_was_there_before_alerts_are_not_told(
    run: Run, client: redis.Redis, settings: Path
) -> None:
    collected(client)
    journalled(client, held(1, 35), held(2, 36, "2002"))
    done = run("--config", str(settings), "tail", "--no-follow", "--since", "1h")
    assert "Call 2 connected" in done.stdout
    assert "Alert" not in done.stdout


def test_a_filter_leaves_out_alerts_on_other_calls(
    begin: Begin, client: redis.Redis, settings: Path
) -> None:
    collected(client)
    tail = begin("--config", str(settings), "tail", "--filter", "ext:2002")
    line_with(tail.stderr, "Connected to")
    journalled(client, held(1, 35), held(2, 36, "2002"))
    assert "Call 2 connected" in line_with(tail.stdout, "")
    assert "Alert, Long hold: call 2, extension 2002." in line_with(tail.stdout, "Alert")


def test_a_wrong_alert_is_named(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('[[alerts]]\nname = "Odd"\nfilter = "hold>soon"\n')
    done = run("--config", str(file), "tail", "--no-follow")
    assert done.returncode == 2
    assert f"{file}: alerts.0.filter: " in done.stderr


def test_figures_are_told_when_asked_for(run: Run, begin: Begin, client: redis.Redis) -> None:
    collected(client)
    journalled(client, held(1, 5), held(2, 25, "2002"), abandoned(3, 9), record(1))
    done = run("tail", "--no-follow", "--figures", "1")
    assert done.stdout.splitlines()[-1].endswith(
        "Figures of the last 30 minutes: 3 offered, 2 answered, 1 abandoned, "
        "service level 33 percent within 20 seconds, average speed of answer 15 seconds, "
        "longest hold 25 seconds; 1 call live, 2 to dispose of."
    )
    done = run("tail", "--no-follow", "--figures", "1", "--json")
    told = json.loads(done.stdout.splitlines()[-1])
    assert {name: told[name] for name in ("event", "answered", "abandoned", "live")} == {
        "event": "figures", "answered": 2, "abandoned": 1, "live": 1,
    }  # fmt: skip
    assert run("tail", "--figures", "0").returncode == 2
    tail = begin("tail", "--figures", "1")
    for _ in range(2):
        assert "2 answered" in line_with(tail.stdout, "Figures")
    journalled(client, held(4, 5, "2004"))
    assert "Call 4 connected" in line_with(tail.stdout, "Call")
    line_with(tail.stdout, "3 answered")


def test_figures_at_the_end_are_of_now_and_not_of_the_last_entry(
    run: Run, client: redis.Redis
) -> None:
    collected(client)
    seconds, _ = client.time()
    fields = {"kind": "call", "raw": payload(1), "source": "pbx", "feed": "inbound"}
    client.xadd(Keys().journal, fields, id=f"{(int(seconds) - 3_600) * 1000}-0")
    done = run("tail", "--no-follow", "--figures", "1")
    assert "Figures of the last 30 minutes: 0 offered, 0 answered" in done.stdout


def test_figures_follow_the_settings_of_the_site(begin: Begin, client: redis.Redis) -> None:
    collected(client)
    journalled(client, held(1, 5), held(2, 25, "2002"))
    tail = begin("tail", "--figures", "1")
    assert "service level 50 percent within 20 seconds" in line_with(tail.stdout, "Figures")
    site = Site(sources=(Source(collect_cdr=True),), service_level_seconds=30)
    client.set(Keys().site, site.to_json())
    client.xadd(Keys().journal, {"kind": "site", "by": "thandi"})
    told = [line_with(tail.stdout, "Figures") for _ in range(3)]
    assert "service level 100 percent within 30 seconds" in told[-1]


def test_a_live_call_becomes_a_ghost_while_somebody_listens(
    begin: Begin, client: redis.Redis
) -> None:
    collected(client, Calls(ghost_after_minutes=1))
    seconds, _ = client.time()
    fields = {"kind": "call", "raw": payload(1), "source": "pbx", "feed": "inbound"}
    client.xadd(Keys().journal, fields, id=f"{int(seconds) * 1000 - 57_000}-0")
    tail = begin("tail")
    line_with(tail.stderr, "Connected to")
    said = line_with(tail.stdout, "Call 1")
    assert "Call 1 is a ghost: it is live, and no end has come for 1 minute." in said


def test_the_way_to_the_server_is_told_of(
    begin: Begin, new_server: Callable[..., EmbeddedServer]
) -> None:
    server = new_server("--appendonly", "yes")
    with redis.Redis.from_url(server.url) as client:
        journalled(client, payload(1))
        tail = begin("tail", url=server.url)
        line_with(tail.stderr, "Connected to")
        server.stop()
        lost = line_with(tail.stderr, "Connection lost")
        assert "What is known is" in lost
        assert " old." in lost
        server.start()
        assert "Connected again after " in line_with(tail.stderr, "again")
        journalled(client, payload(2))
        assert "Call 2 connected" in line_with(tail.stdout, "Call")


def test_a_server_that_says_nothing_is_told_of(
    begin: Begin, new_server: Callable[..., EmbeddedServer]
) -> None:
    server = new_server()
    tail = begin("tail", url=server.url)
    line_with(tail.stderr, "Connected to")
    os.kill(server.pid, signal.SIGSTOP)
    try:
        said = line_with(tail.stderr, "server")
    finally:
        os.kill(server.pid, signal.SIGCONT)
    assert "what is known may be old" in said or "Connection lost" in said
    assert "again" in line_with(tail.stderr, "again")


# ── word by word ────────────────────────────────────────────────────────────────────────────


class Told:
    """A teller of a link whose time is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0
        self.said: list[str] = []
        self.link = Link(connected=True, answered_at=100.0)
        self.teller = LinkTeller(self.said.append, lambda: self.now)

    def at(self, now: float, **link: object) -> list[str]:
        """Return what is newly said at a time."""
        self.now = now
        for name, value in link.items():
            setattr(self.link, name, value)
        self.said.clear()
        self.teller.look(self.link, None)
        return list(self.said)


REFUSED = Fault("refused", "the server refuses connections", "Is it running?")
PASSWORD = Fault("wrong password", "the server refused the password", "Look at it.")


def test_a_fault_is_said_once_and_then_now_and_then() -> None:
    told = Told()
    assert told.at(101) == []
    assert told.at(130, connected=False, fault=REFUSED) == [
        "Connection lost: the server refuses connections. Is it running? "
        "What is known is 30 seconds old."
    ]
    assert told.at(150) == []
    assert told.at(160, fault=PASSWORD) == [
        "Connection lost: the server refused the password. Look at it. "
        "What is known is 1 minute old."
    ]
    assert told.at(459) == []
    assert told.at(460) == ["Still not connected. What is known is 6 minutes old."]
    assert told.at(461) == []
    assert told.at(520, connected=True, fault=None, answered_at=520.0) == [
        "Connected again after 7 minutes."
    ]
    assert told.at(521) == []


def test_who_was_never_connected_is_told_why_not() -> None:
    told = Told()
    assert told.at(100, connected=False, answered_at=None, fault=REFUSED) == [
        "Not connected: the server refuses connections. Is it running?"
    ]
    assert told.at(110, connected=True, fault=None, answered_at=110.0) == ["Connected again."]


def test_no_answer_is_said_once() -> None:
    told = Told()
    assert told.at(104) == []
    assert told.at(106) == ["No answer from the server for 6 seconds: what is known may be old."]
    assert told.at(110) == []
    assert told.at(111, answered_at=110.5) == ["The server answers again."]


def test_nobody_collecting_is_said_and_that_it_is_over() -> None:
    told = Told()
    for uncollected, words in (
        ({}, []),
        ({"pbx": ""}, ["Nobody collects from pbx."]),
        ({"pbx": ""}, []),
        ({"pbx": "", "east": "refused"}, ["Nobody collects from pbx, east (refused)."]),
        ({}, ["Somebody collects again."]),
    ):
        told.said.clear()
        told.teller.look(told.link, Pulse(0, 0.0, 0, uncollected))
        assert told.said == words
