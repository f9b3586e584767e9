"""A floor that is the same every time: a simulated day in a real journal, and a clock that stands.

Used by the tests of the screen, by the snapshots and by `make screenshots`.
"""

import asyncio
import os
import time
from collections.abc import Mapping
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from types import MappingProxyType
from typing import Any

import redis
from textual.pilot import Pilot

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.demo.show import site as demo_site
from enigma_tui.demo.simulator import CDR, Pbx, Profile
from enigma_tui.journal.connection import Address, connect
from enigma_tui.journal.desk import Act, DispositionDesk, Who
from enigma_tui.journal.keys import Keys
from enigma_tui.journal.pending import Pending
from enigma_tui.journal.replaying import JournalRecording
from enigma_tui.journal.stream import Journal
from enigma_tui.model.board import Board
from enigma_tui.model.call import EntryId
from enigma_tui.model.entry import decode
from enigma_tui.settings import Settings
from enigma_tui.site import Click2Dial, Site
from enigma_tui.ui.app import EnigmaApp
from enigma_tui.ui.following import Startup
from enigma_tui.ui.replay.app import Opened, Replay, ReplayApp
from tests.ui.picture import portable

BEGAN = 2_064_475_800
"""Unix seconds: a morning well after now, so that what a real server adds comes behind it."""

LASTS = 900.0
"""Seconds of the simulated day that are in the journal."""

NOW = BEGAN + LASTS + 2.5
"""Where the clock stands. Half a second, so that no rounding tips a second over."""

PROFILE = Profile(calls_per_minute=6, agents=26)


class StagedApp(EnigmaApp):
    """The board, whose pictures every viewer draws alike."""

    def export_screenshot(self, **how: Any) -> str:
        """Return a picture of what is on screen, however it came to be there.

        Where a line was cut while the layout changed, it is in more pieces than the eye can see.
        """
        return portable(super().export_screenshot(**{**how, "simplify": True}))


class StagedReplay(ReplayApp):
    """A replay, whose pictures every viewer draws alike."""

    def export_screenshot(self, **how: Any) -> str:
        """Return a picture of what is on screen."""
        return portable(super().export_screenshot(**how))


class Beat:
    """The clock of whoever looks on, which is moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Return the seconds."""
        return self.now


def still() -> float:
    """The clock that stands."""
    return NOW


def use_utc() -> None:
    """Show times in UTC, wherever the machine is."""
    os.environ["TZ"] = "UTC"
    time.tzset()


def write_site(server: EmbeddedServer, site: Site) -> None:
    """Agree to collecting."""
    with redis.Redis.from_url(server.url) as client:
        client.set(Keys().site, site.to_json())


def write_day(server: EmbeddedServer, seed: int = 11) -> None:
    """Write a simulated day's morning into the journal, as it would have been collected."""
    with redis.Redis.from_url(server.url) as client:
        pbx = Pbx(seed, PROFILE, epoch=BEGAN)
        pushes = takewhile(lambda push: push.at <= LASTS, pbx.pushes())
        for number, push in enumerate(pushes):
            kind = "cdr" if push.list_key == CDR else "call"
            client.xadd(
                Keys().journal,
                {
                    "kind": kind,
                    "raw": push.payload,
                    "source": "pbx",
                    "feed": "cdr" if kind == "cdr" else "inbound",
                },
                id=str(EntryId(round((BEGAN + push.at) * 1000), number)),
            )


def make_app(
    server: EmbeddedServer,
    role: str = "test",
    settings_file: Path | None = None,
    origins: Mapping[str, str] = MappingProxyType({}),
    **settings: Any,
) -> EnigmaApp:
    """Return the board on a server, with its clock standing still."""
    values: dict[str, Any] = {"redis_url": server.url, "name": "thandi", **settings}
    made = Settings(**values)
    link = connect(Address(server.url), role)
    state = Path(server.directory) / f"state-{role}"
    who = Who(made.name)
    startup = Startup(link, who, state, settings_file=settings_file, origins=origins)
    return StagedApp(made, lambda: startup, clock=still)


REPLAYED_FROM = BEGAN + 300
"""When a replay begins; it ends where the journal does."""


def make_replay(
    server: EmbeddedServer,
    role: str = "replay",
    *,
    begin: float = REPLAYED_FROM,
    end: float = BEGAN + LASTS,
    speed: float = 10,
    url: str = "",
    **settings: Any,
) -> ReplayApp:
    """Return a replay of the journal; `app.beat` is moved by hand."""
    values: dict[str, Any] = {"redis_url": server.url, "name": "thandi", **settings}
    end_ms = round(end * 1000)

    def opened() -> Opened:
        link = connect(Address(url or server.url), role)
        journal = Journal(link, Keys())
        return Opened(JournalRecording(journal, end_ms, link.address.shown), link, journal)

    what = Replay(demo_site(), round(begin * 1000), end_ms, opened, speed)
    return StagedReplay(Settings(**values), what, beat=Beat())


async def replay_settled(app: ReplayApp, pilot: Pilot[None]) -> None:
    """Wait until the replay shows what there was at its time."""
    async with asyncio.timeout(20):
        await app.wired.wait()
        await app.keyboard.idle()
        while app.floor.player.reading or app.floor.player.turn():
            await pilot.pause(0.01)
    app.board.repaint()
    await pilot.pause()


async def let_pass(app: ReplayApp, pilot: Pilot[None], seconds: float) -> None:
    """Let so much of the onlooker's time pass, and wait until it is shown."""
    beat = app.beat
    assert isinstance(beat, Beat)
    until = beat.now + seconds
    while beat.now < until:
        beat.now = min(until, beat.now + 1)
        assert app.floor.replaying is not None
        app.floor.replaying.nudge()
        await replay_settled(app, pilot)


OUTCOMES = (
    ("resolved", "sipho"),
    ("resolved", "thandi"),
    ("escalated.billing", "sipho"),
    ("callback", "thandi"),
    ("spam", "naledi"),
    ("resolved", "naledi"),
    ("wrong_number", "thandi"),
)


async def record_outcomes(app: EnigmaApp) -> None:
    """Have colleagues record outcomes of calls, some of them still live."""
    calls = sorted(app.floor.board.calls.values(), key=lambda call: call.began, reverse=True)
    for call, (code, by) in zip(calls[3::3], OUTCOMES, strict=False):
        desk = DispositionDesk(app.startup.connection, app.journal_keys, Who(by))
        await desk.dispose(Act(call.key, code, 0))


def act_as_colleagues(server: EmbeddedServer) -> None:
    """Write what colleagues did to the newest calls into the journal: a claim, an outcome."""
    with redis.Redis.from_url(server.url) as client:
        board = Board()
        for entry_id, fields in client.xrange(Keys().journal):
            board.apply(decode(EntryId.parse(entry_id.decode()), fields))
        live = [call for call in board.calls.values() if call.end is None]
        live.sort(key=lambda call: call.began, reverse=True)
        now_ms = round(NOW * 1000)
        for number, (call, fields) in enumerate(
            zip(
                live,
                (
                    {"kind": "claim", "until": now_ms + 40_000, "claim": "c1", "by": "sipho"},
                    {"kind": "disposition", "version": 1, "code": "no_answer", "by": "naledi"},
                    {"kind": "claim", "until": now_ms + 50_000, "claim": "c2", "by": "thandi"},
                ),
                strict=False,
            )
        ):
            key = call.key
            named = {"source": key.source, "call_feed": str(key.feed), "since": str(key.since)}
            client.xadd(
                Keys().journal,
                {**named, "call_ref": key.call_ref, **fields},
                id=str(EntryId(now_ms - 1_000, number)),
            )


def allow_calling_back(floor: EmbeddedServer, **click2dial: str) -> None:
    """Tell the site where Click2Dial is; nothing listens there, unless it is said where."""
    made = demo_site()
    (source,) = made.sources
    asked = Click2Dial(**{"server": "http://pbx.example:8300", **click2dial})
    write_site(floor, replace(made, sources=(replace(source, click2dial=asked),)))


def schedule_call_backs(server: EmbeddedServer) -> None:
    """Have outcomes schedule call-backs, some of which are due; who scheduled them is not here."""
    with redis.Redis.from_url(server.url) as client:
        board = Board()
        for entry_id, fields in client.xrange(Keys().journal):
            board.apply(decode(EntryId.parse(entry_id.decode()), fields))
        now_ms = round(NOW * 1000)
        over = [call for call in board.calls.values() if call.end is not None and call.legs]
        for number, (call, note) in enumerate(
            zip(
                over,
                ("", "after her meeting: ask for Ann, or for whoever stands in", ""),
                strict=False,
            )
        ):
            key = call.key
            client.xadd(
                Keys().journal,
                {
                    **{"kind": "disposition", "version": 1, "code": "callback", "note": note},
                    **{"by": ("sipho", "naledi", "sipho")[number]},
                    "callback": now_ms + (number - 1) * 1_800_000 - 60_000,
                    **{"source": key.source, "call_feed": str(key.feed)},
                    **{"since": str(key.since), "call_ref": key.call_ref},
                },
                id=str(EntryId(now_ms - 1_000, number)),
            )


def leave_waiting(app: EnigmaApp) -> None:
    """Have acts of one's own that wait for a server that is away, and one that was refused."""
    app.acting._handing_in.away = lambda: True
    live = [call for call in app.floor.board.calls.values() if call.end is None]
    calls = sorted(live, key=lambda call: call.began, reverse=True)
    now_ms = app.floor.now_ms()
    for number, (call, sent, refused) in enumerate(
        zip(
            calls[4:7],
            (False, True, False),
            ("", "", "naledi was first, with spam"),
            strict=True,
        )
    ):
        act = Act(call.key, "resolved", 0, id=f"act{number}")
        app.pending.keep(Pending(act, now_ms - 60_000 + number, sent, refused))


def _collected(app: EnigmaApp) -> bool:
    """Whether it is known who collects, where anybody is to."""
    pulse = app.follower.pulse
    watching = app.settings.read_only or app.settings.collect == "no" or not app.floor.has_site
    return watching or app.collector.status.holding or bool(pulse and pulse.collected)


async def settled(app: EnigmaApp, pilot: Pilot[None]) -> None:
    """Wait until the board shows everything that is in the journal."""
    async with asyncio.timeout(20):
        await app.wired.wait()
        while not (app.follower.link.caught_up and app.follower.pulse and _collected(app)):
            await pilot.pause(0.01)
        await app.keyboard.idle()
    app.board.repaint()
    await pilot.pause()


async def look_still(app: EnigmaApp, pilot: Pilot[None]) -> None:
    """Wait for what a dialog reads, and have no cursor blink."""
    if reading := [worker for worker in app.workers if worker.group == "reading"]:
        await app.workers.wait_for_complete(reading)
    for screen in app.screen_stack:
        for widget in screen.query("Input"):
            widget.cursor_blink = False  # type: ignore[attr-defined]
    await pilot.pause()


async def take_server_away(app: EnigmaApp, pilot: Pilot[None], server: EmbeddedServer) -> None:
    """Stop the server, and wait until that has been noticed; the clocks stand from then on."""
    follower = app.follower
    now = follower.clock()
    follower.clock = lambda: now
    server.stop()
    now += 12.0
    link = follower.link
    async with asyncio.timeout(30):
        # Its connection is lost first; then it is tried again, and nobody is there.
        while not (link.retry_at and link.fault and link.fault.name in ("refused", "no socket")):
            await pilot.pause(0.01)
    for worker in app.workers:
        if worker.name == "following":
            worker.cancel()
    link.retry_at = now + 4  # how long it waits by now depends on how often it has tried
    app.board.repaint()


def demo_floor(server: EmbeddedServer) -> None:
    """Set the stage: the demo's site and its morning."""
    use_utc()
    write_site(server, demo_site())
    write_day(server)
