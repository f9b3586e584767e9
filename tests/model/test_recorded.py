"""Promises of `model.recorded`: what was exported can be played, and a bad line stops nothing."""

import csv
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enigma_tui.demo.show import site
from enigma_tui.demo.simulator import CDR, Pbx
from enigma_tui.model.board import Board
from enigma_tui.model.call import EntryId, Feed, Policy
from enigma_tui.model.entry import Disposed, Notified, decode
from enigma_tui.model.export import COLUMNS, Format, Row, chosen, lines, row
from enigma_tui.model.notification import CallConnected, CallEnded
from enigma_tui.model.phone import Dialplan
from enigma_tui.model.query import Lens, parse
from enigma_tui.model.recorded import LEGS_MOST, LINE_MOST, NEEDED, NoExportError, read
from tests.fuzz import hostile

from .entries import T, cdr, conn, disposed, fed

PLAN = Dialplan("ZA")
BEGAN = "2026-11-22T14:00:00.000+02:00"
BEGAN_MS = round(datetime.fromisoformat(BEGAN).timestamp() * 1000)


def rows(board: Board, now_ms: int, labels: dict[str, str] | None = None) -> Sequence[Row]:
    lens = Lens(now_ms, board.policy, PLAN, labels or {})
    return [row(call, lens, UTC) for call in chosen(board, parse(""), lens, None, None)]


def played(text: Sequence[str]) -> tuple[Board, dict[str, str]]:
    told = read(text)
    assert not told.bad
    board = Board(Policy(cdr_sources=told.with_ends, cdr_since_ms=told.ends_since_ms))
    for event in told.events:
        board.apply(event)
    return board, dict(told.labels)


def jsonl(**fields: object) -> str:
    return json.dumps({"began": BEGAN, "call_ref": "1", "extensions": ["2001"], **fields})


@pytest.mark.parametrize("form", Format)
def test_a_day_that_was_exported_and_played_is_the_same_day(form: Format) -> None:
    board = Board(site().policy())
    for number, push in enumerate(Pbx(7, epoch=T / 1000).pushes()):
        if number == 3_000:
            break
        entry = EntryId(T + round(push.at * 1000), number)
        kind = b"cdr" if push.list_key == CDR else b"call"
        board.apply(decode(entry, {b"kind": kind, b"raw": push.payload}))
    keys = list(board.calls)
    for number, key in enumerate(keys[::9]):
        board.apply(disposed((board.last.ms - T) / 1000 + number, key, version=1 + number % 3))
    now_ms = board.last.ms + 5_000
    told = rows(board, now_ms, site().numbers)
    again, labels = played(list(lines(form, told)))
    assert rows(again, now_ms, labels) == told
    states = {each["state"] for each in told}
    assert states >= {"live", "ended", "abandoned"}
    assert any(each["disposition"] for each in told)
    assert labels


def test_what_happened_to_a_call_comes_when_it_came() -> None:
    board = fed(conn(10, "2001", hold_time="7"), cdr(70, talk=60), disposed(90, _key()))
    told = read(list(lines(Format.JSONL, rows(board, T + 100_000))))
    first, ended, done = told.events
    assert isinstance(first, Notified)
    assert isinstance(first.what, CallConnected)
    assert isinstance(ended, Notified)
    assert isinstance(ended.what, CallEnded)
    assert isinstance(done, Disposed)
    assert [(event.id.ms - T) / 1000 for event in told.events] == [10, 70, 90]
    assert done.key.since == first.id
    assert (told.calls, told.end_ms) == (1, T + 90_000)


def _key() -> object:
    return next(iter(fed(conn(10, "2001")).calls))


def test_transfers_of_which_no_time_is_told_are_there_from_the_beginning() -> None:
    told = read([jsonl(extension="2003", extensions=["", "2002", "2003"])])
    assert [event.id for event in told.events] == [EntryId(BEGAN_MS, n) for n in range(3)]
    board, _ = played([jsonl(extension="2003", extensions=["", "2002", "2003"])])
    [call] = board.calls.values()
    assert [leg.extension for leg in call.legs] == ["", "2002", "2003"]


def test_a_live_call_was_exported_after_it_had_lasted_so_long() -> None:
    told = read([jsonl(state="live", talk_s=90.5)])
    assert told.end_ms == BEGAN_MS + 90_500
    assert len(told.events) == 1
    assert told.with_ends == frozenset()


def test_an_end_that_was_assumed_is_left_to_the_board_to_assume() -> None:
    board, _ = played([jsonl(state="ended?")])
    [call] = board.calls.values()
    assert call.end is None
    assert rows(board, BEGAN_MS + 7_200_001)[0]["state"] == "ended?"


def test_calls_from_before_records_were_collected_do_not_become_live_again() -> None:
    since = Policy(cdr_sources={"pbx"}, cdr_since_ms={"pbx": T + 90_000})
    board = fed(
        conn(10, "2001", ref="before"),
        conn(80, "2002", ref="across"),
        conn(95, "2003", ref="since"),
        conn(96, "2004", ref="ghost"),
        cdr(100, "2002", ref="across", talk=20),
        cdr(130, "2003", ref="since", talk=30),
        policy=since,
    )
    now_ms = T + 5 * 3_600_000
    told = rows(board, now_ms)
    assert [each["state"] for each in told] == ["ended?", "ended", "ended", "ghost"]
    again, _ = played(list(lines(Format.JSONL, told)))
    assert rows(again, now_ms) == told


def test_how_long_they_talked_stays_unknown() -> None:
    board = fed(cdr(10, talk=None), conn(11, "2001"))
    told = rows(board, T + 60_000)
    assert (told[0]["state"], told[0]["talk_s"]) == ("ended", None)
    again, _ = played(list(lines(Format.JSONL, told)))
    assert rows(again, T + 60_000) == told


def test_several_pbxs_and_feeds_keep_their_calls_apart() -> None:
    told = read([jsonl(source="east"), jsonl(feed="dialler"), jsonl(state="ended", talk_s=3)])
    assert told.sources == ("east", "pbx")
    assert told.with_ends == {"pbx"}
    board, _ = played([jsonl(source="east"), jsonl(feed="dialler"), jsonl()])
    assert {(key.source, key.feed) for key in board.calls} == {
        ("east", Feed.INBOUND),
        ("pbx", Feed.DIALLER),
        ("pbx", Feed.INBOUND),
    }


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "not JSON"),
        ("[1]", "not a JSON object"),
        (jsonl(began="soon"), "began is 'soon', not a date and time"),
        (jsonl(began=None), "began is missing"),
        (jsonl(began="9999-12-31T23:59:59+00:00"), "not a date and time"),
        (jsonl(began="0001-01-01"), "not a date and time"),
        (jsonl(call_ref=" "), "call_ref is empty"),
        (jsonl(call_ref=[1]), "call_ref must be a text or a number"),
        (jsonl(feed="carrier pigeon"), "feed is 'carrier pigeon'; there are inbound, outbound"),
        (jsonl(source="Cape Town"), "source is 'Cape Town', not the name of a PBX"),
        (jsonl(dialled="1", dialled_label="x" * 201), "has more than 200 characters"),
        (jsonl(dialled="1" * 201, dialled_label="x"), "has more than 200 characters"),
        (jsonl(talk_s="long"), "talk_s is 'long', not a number of seconds"),
        (jsonl(hold_s=-1), "hold_s is '-1', not a number of seconds"),
        (jsonl(extensions=7), "extensions is not a list"),
        (jsonl(extensions=["2001"] * (LEGS_MOST + 1)), "extensions is not a list"),
        (jsonl(disposition="spam", disposed_at="\x1b[2J"), "disposed_at is '\ufffd[2J'"),
        (jsonl(note="x" * LINE_MOST), "characters; up to 100,000 are read"),
        ('{"a":' * 5_000, "not JSON"),
    ],
    ids=lambda text: text[-30:],
)
def test_a_bad_line_is_named_and_the_others_are_played(line: str, why: str) -> None:
    told = read([jsonl(), "", line, jsonl(call_ref="2")])
    [bad] = told.bad
    assert bad.number == 3
    assert why in bad.why
    assert "\x1b" not in bad.why
    assert told.calls == 2


def test_a_bad_row_of_a_table_is_named_and_the_others_are_played() -> None:
    header = "call_ref,began,caller,more"
    told = read(
        [
            f"\ufeff{header}\r\n",
            f"1,{BEGAN},'+27 82,x\r\n",
            f"2,{BEGAN},too few\r\n",
            f'3,{BEGAN},"open,x\r\n',
            f'4,{BEGAN},"a ""b""",x\r\n',
        ]
    )
    assert [(bad.number, bad.why.split(",")[0]) for bad in told.bad] == [
        (3, "it has 3 cells"),
        (4, "unexpected end of data"),
    ]
    assert told.calls == 2


def test_cells_are_taken_as_they_were_before_spreadsheets() -> None:
    wrote = [*rows(fed(conn(1, "2001", number="=1+1", contact_ref="'x")), T + 9_000)]
    board, _ = played(list(lines(Format.CSV, wrote)))
    [call] = board.calls.values()
    assert (call.caller, call.contact_ref) == ("=1+1", "'x")


@pytest.mark.parametrize(
    "text", ["a,b,c", "began,call_ref\rx", "<html>", "began", '"', "x" * (LINE_MOST + 1), "[]"]
)
def test_what_is_no_export_is_refused_with_what_was_expected(text: str) -> None:
    with pytest.raises(NoExportError, match="enigma-tui export"):
        read([text])


def test_a_file_with_nothing_in_it_has_no_calls() -> None:
    assert read([]).calls == 0
    assert read([",".join(COLUMNS)]).calls == 0
    assert set(NEEDED) <= set(COLUMNS)


@given(st.integers(0, 2**32), st.booleans())
def test_whatever_is_in_a_file_nothing_harmful_comes_out_of_it(seed: int, table: bool) -> None:
    rng = Random(seed)
    text = []
    for _ in range(4):
        fields: dict[str, object] = {name: hostile.text(rng) for name in COLUMNS}
        if rng.random() < 0.7:
            fields |= {"began": BEGAN, "feed": "inbound", "hold_s": "", "talk_s": 3}
            fields |= {"source": rng.choice(("", "east")), "dialled_label": ""}
            fields |= {"disposed_at": "", "callback_at": None, "version": rng.choice((1, "x", -1))}
            fields |= {"state": rng.choice(("live", "ended", "abandoned", "superseded", "ghost"))}
        if table:
            cells = [str(fields[name] or "") for name in COLUMNS]
            text.append(",".join('"' + cell.replace('"', '""') + '"' for cell in cells))
        else:
            text.append(json.dumps(fields))
    told = read([",".join(COLUMNS), *text] if table else text)
    assert told.calls + len(told.bad) <= len(text) + 1
    ids = [event.id for event in told.events]
    assert ids == sorted(set(ids))
    board = Board()
    for event in told.events:
        board.apply(event)
    for call in board.calls.values():
        for value in (call.caller, call.key.call_ref, call.contact_ref, call.extension):
            assert value.isprintable()
        if call.disposition:
            assert call.disposition.note.isprintable()
            assert call.disposition.version >= 1
    assert all(bad.why.isprintable() for bad in told.bad)
    assert csv.field_size_limit() > LINE_MOST
