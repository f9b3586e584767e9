"""A minute of a floor, and what `tail` says of it: the example in docs/history.md."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from enigma_tui.model.alerts import Alarm
from enigma_tui.model.board import Board
from enigma_tui.model.call import CallKey, Claim, Disposition, EntryId, Policy
from enigma_tui.model.entry import Claimed, Disposed, Event, Notified
from enigma_tui.model.metrics import Figures, ServiceLevel
from enigma_tui.model.notification import unpack
from enigma_tui.model.phone import Dialplan
from enigma_tui.model.query import Lens
from enigma_tui.model.sentences import Voice, of_alarm, of_event, of_figures, of_floor, of_time
from enigma_tui.model.windows import Window

POLICY = Policy(cdr_sources={"pbx"})
LABELS = {"0115550100": "Support", "0115550101": "Sales"}
DAY = datetime(2026, 11, 22, tzinfo=UTC)


def ms(clock: str) -> int:
    hours, minutes, seconds = map(int, clock.split(":"))
    at = DAY + timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return round(at.timestamp() * 1000)


def notified(clock: str, kind: str, **payload: object) -> Notified:
    told = {"call_dir": "inbound", **payload}
    raw = json.dumps({"type": kind, "payload": told}).encode()
    return Notified(EntryId(ms(clock), 0), "pbx", kind, late=False, what=unpack(raw))


def story() -> Iterator[tuple[str, Event]]:
    connected = notified(
        "14:03:22", "call", call_ref=4711, ref="2001", number="0820001234",
        dial_number="0115550100", hold_time=192,
    )  # fmt: skip
    yield "14:03:22", connected
    yield "14:04:10", notified(
        "14:04:10", "cdr", call_ref=4712, extension=None, number="0115550199",
        dial_number="0115550101", hold_time=41, call_time=0, ref="click-dial",
    )  # fmt: skip
    key = next(iter(_board(connected).calls))
    yield "14:04:31", Claimed(EntryId(ms("14:04:31"), 0), key, Claim("sipho", ms("14:05:31"), "c"))
    done = Disposition("wrong_number", "sipho", ms("14:05:40"), 1)
    yield "14:05:40", Disposed(EntryId(ms("14:05:40"), 0), key, done)


def _board(*events: Event) -> Board:
    board = Board(POLICY)
    for event in events:
        board.apply(event)
    return board


def heard() -> list[str]:
    """Return the lines, in order."""
    board = _board(notified("10:05:01", "call", call_ref=4650, ref="2004"))
    said: list[tuple[str, str]] = []
    for clock, event in story():
        lens = Lens(event.id.ms, POLICY, Dialplan("ZA"), LABELS)
        said += [
            (clock, of_event(event, board.calls[key], lens, Voice())) for key in board.apply(event)
        ]
    ghost = Lens(ms("14:05:02"), POLICY, Dialplan("ZA"), LABELS)
    [key] = board.due(ghost.now_ms)
    assert isinstance(key, CallKey)
    said.append(("14:05:02", of_time(board.calls[key], ghost, Voice())))
    alarm = Alarm("Service", 0, "service level 71%, below 80%")
    figures = Figures(10, 2, 0.2, None, None, None, 0.71, None, ())
    words = of_figures(figures, Window.HALF_AN_HOUR, ServiceLevel())
    said += [("14:06:00", of_alarm(alarm)), ("14:06:00", f"{words}; {of_floor(23, 5)}.")]
    return [f"{clock} {words}" for clock, words in sorted(said, key=lambda each: each[0])]
