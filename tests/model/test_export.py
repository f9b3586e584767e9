"""Promises of `model.export`: what stands in a row, and that a spreadsheet runs nothing of it."""

import csv
import json
from datetime import UTC, timedelta, timezone

import pytest
from msgspec.structs import replace

from enigma_tui.model.board import JOIN_MS, Board
from enigma_tui.model.call import CallKey, Disposition, End, EntryId, Feed, Leg
from enigma_tui.model.export import (
    COLUMNS,
    Format,
    chosen,
    lines,
    may_be_wanted,
    neutral,
    restored,
    row,
)
from enigma_tui.model.query import parse

from .floor import ABANDONED, ENDED, LENS, LIVE, NOW, SUPERSEDED, call, entry


def test_a_row_tells_all_that_is_known_of_a_call() -> None:
    done = Disposition("callback", "thandi", NOW, 2, "after five", NOW + 3_600_000)
    one = replace(
        LIVE,
        hold=41.25,
        legs=(Leg("2001", entry(90), late=True), Leg("2003", entry(60))),
        end=End(entry(10), "hungup", "16", 75.0, "2003", "rec/1.wav"),
        disposition=done,
    )
    assert row(one, LENS, UTC) == {
        "began": "2025-11-22T08:25:10.000+00:00",
        "state": "ended",
        "caller": "+27 82 000 1234",
        "dialled": "+27 11 555 0100",
        "dialled_label": "Support desk",
        "hold_s": 41.25,
        "talk_s": 75,
        "extension": "2003",
        "extensions": ("2001", "2003"),
        "contact_ref": "ACC-1023",
        "call_ref": "4711",
        "source": "pbx",
        "feed": "inbound",
        "direction": "inbound",
        "end_reason": "hungup",
        "end_code": "16",
        "recording": "rec/1.wav",
        "disposition": "callback",
        "by": "thandi",
        "disposed_at": "2025-11-22T08:26:40.000+00:00",
        "note": "after five",
        "callback_at": "2025-11-22T09:26:40.000+00:00",
        "version": 2,
        "late": True,
    }


def test_what_is_not_known_is_empty_and_times_are_those_of_the_zone() -> None:
    told = row(ABANDONED, LENS, timezone(timedelta(hours=2)))
    assert told["began"] == "2025-11-22T10:25:10.000+02:00"
    unknown = {name for name in COLUMNS if told[name] is None}
    assert unknown == {"talk_s", "disposed_at", "callback_at", "version"}
    assert told["state"] == "abandoned"
    assert told["extensions"] == ()
    far = replace(LIVE, legs=(Leg("2001", EntryId(2**64 - 1, 0)),))
    assert row(far, LENS)["began"] == ""


@pytest.mark.parametrize(
    ("one", "state", "talk"),
    [
        (LIVE, "live", 90),
        (call(source="other"), "live", 90),
        (call(source="other", ago=9_000), "ended?", None),
        (replace(LIVE, end=End(entry(10), assumed=True)), "ended?", None),
        (replace(LIVE, end=End(entry(10), talk=0.0)), "ended", 0),
        (SUPERSEDED, "superseded", row(SUPERSEDED, LENS)["talk_s"]),
    ],
)
def test_the_state_tells_an_assumed_end_from_one_that_was_reported(
    one: object, state: str, talk: float | None
) -> None:
    told = row(one, LENS)  # type: ignore[arg-type]
    assert (told["state"], told["talk_s"]) == (state, talk)


@pytest.mark.parametrize(
    "value",
    ["=1+1", "+27 82", "-5", "@SUM(A1)", "\t=1", "\r=1", " =1", "=cmd|' /C calc'!A0", "＝1", "'=1"],
)
def test_no_cell_is_a_formula_and_the_way_back_is_exact(value: str) -> None:
    assert neutral(value) == f"'{value}"
    assert restored(neutral(value)) == value


@pytest.mark.parametrize("value", ["", "0820001234", "a=b", "O'Brien", " x", "1-2"])
def test_other_cells_are_as_they_are(value: str) -> None:
    assert neutral(value) == restored(value) == value


def test_csv_has_a_header_and_every_reader_finds_the_values_again() -> None:
    one = replace(LIVE, contact_ref='a,"b"', caller="=HYPERLINK(1)")
    header, *rest = csv.reader(lines(Format.CSV, [row(one, LENS, UTC), row(ENDED, LENS, UTC)]))
    assert tuple(header) == COLUMNS
    first, second = ({n: restored(v) for n, v in zip(header, r, strict=True)} for r in rest)
    assert (first["contact_ref"], first["caller"]) == ('a,"b"', "=HYPERLINK(1)")
    assert (first["hold_s"], first["talk_s"], first["late"]) == ("41", "90", "")
    assert (second["hold_s"], second["disposition"], second["by"]) == (
        "",
        "callback.later",
        "Thandi",
    )


def test_the_legs_of_a_call_are_one_cell_and_one_list() -> None:
    legs = (Leg("2001", entry(90)), Leg("", entry(80)), Leg("2003", entry(60), late=True))
    rows = [row(replace(LIVE, legs=legs), LENS, UTC)]
    [written] = csv.DictReader(lines(Format.CSV, rows))
    assert written["extensions"] == "2001 > ? > 2003"
    [line] = lines(Format.JSONL, rows)
    assert json.loads(line)["extensions"] == ["2001", "", "2003"]


def test_jsonl_keeps_values_as_they_are() -> None:
    [line] = lines(Format.JSONL, [row(replace(LIVE, contact_ref="=1 é"), LENS, UTC)])
    assert '"contact_ref": "=1 é"' in line
    assert tuple(json.loads(line)) == COLUMNS


def test_calls_are_chosen_by_when_they_began_and_by_the_filter() -> None:
    board = Board()
    for ref, ago in (("3", 10), ("1", 30), ("2", 20)):
        one = call(ref, ago=ago)
        board.calls[one.key] = one

    def refs(text: str, since: float | None, until: float | None) -> list[str]:
        bounds = (None if at is None else entry(at).ms for at in (since, until))
        return [one.key.call_ref for one in chosen(board, parse(text), LENS, *bounds)]

    assert refs("", None, None) == ["1", "2", "3"]
    assert refs("", 30, 10) == ["1", "2"]
    assert refs("", 29, None) == ["2", "3"]
    assert refs("call:2", None, None) == ["2"]


def test_a_call_that_was_let_go_of_counts_if_it_can_have_begun_in_the_range() -> None:
    key = CallKey("pbx", Feed.INBOUND, "1", EntryId(NOW, 0))
    assert may_be_wanted(key, None, None)
    assert may_be_wanted(key, NOW + JOIN_MS, None)
    assert not may_be_wanted(key, NOW + JOIN_MS + 1, None)
    assert not may_be_wanted(key, None, NOW)
