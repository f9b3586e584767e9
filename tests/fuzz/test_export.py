"""Whatever is in the journal: an export is read back as it was, and a spreadsheet runs nothing."""

import csv
import json
from datetime import UTC, datetime, timedelta, timezone
from random import Random

from hypothesis import event, given

from enigma_tui.model.board import Board
from enigma_tui.model.call import EntryId
from enigma_tui.model.entry import decode
from enigma_tui.model.export import COLUMNS, Format, chosen, lines, neutral, restored, row
from enigma_tui.model.query import Lens, parse

from . import hostile
from .cases import RANDOM, TEXTS, cases
from .harm import harm_in
from .stories import T, story
from .test_board import DIALPLAN, LABELS

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def board_of(rng: Random) -> tuple[Board, int]:
    told = story(rng, 8)
    board = Board(told.policy)
    for each in told.events:
        board.apply(each)
    now = told.events[-1].id.ms if told.events else T
    for seq in range(rng.randint(0, 6)):
        raw = hostile.notification(rng)
        board.apply(decode(EntryId(now + 1, seq), {b"kind": b"call", b"raw": raw}))
    return board, now + rng.choice((1, 5_000, 9_000_000))


@cases
@given(RANDOM)
def test_an_export_is_read_back_as_it_was_and_has_no_formula(rng: Random) -> None:
    board, now = board_of(rng)
    lens = Lens(now, board.policy, DIALPLAN, LABELS)
    zone = rng.choice((UTC, timezone(timedelta(hours=2)), timezone(-timedelta(hours=9.5))))
    calls = chosen(board, parse(""), lens, None, None)
    assert len(calls) == len(board.calls)
    rows = [row(call, lens, zone) for call in calls]
    event(f"rows: {min(len(rows), 5)}")

    table = list(lines(Format.CSV, rows))
    assert len(table) == len(rows) + 1
    for line in table:
        assert not harm_in(line)
        assert line.splitlines() == [line]
    text = "\n".join(table) + "\n"
    header, *read = csv.reader(text.encode().decode().splitlines(keepends=True), strict=True)
    assert tuple(header) == COLUMNS
    for told, cells in zip(rows, read, strict=True):
        for (name, value), cell in zip(told.items(), cells, strict=True):
            assert not cell.lstrip().startswith(FORMULA), name
            if isinstance(value, str):
                assert restored(cell) == value
            elif isinstance(value, bool):
                assert cell == ("yes" if value else "")
            elif isinstance(value, int | float):
                assert float(cell) == value >= 0
            elif value is None:
                assert cell == ""

    objects = list(lines(Format.JSONL, rows))
    assert len(objects) == len(rows)
    for told, line in zip(rows, objects, strict=True):
        assert not harm_in(line)
        assert line.splitlines() == [line]
        back = json.loads(line.encode(), parse_constant=lambda word: [word])
        assert back == {**told, "extensions": list(told["extensions"])}  # type: ignore[arg-type]
    for call, told in zip(calls, rows, strict=True):
        assert datetime.fromisoformat(str(told["began"])).timestamp() * 1000 == call.began.ms


@cases
@given(TEXTS)
def test_a_cell_that_was_neutralised_is_restored(text: str) -> None:
    cell = neutral(text)
    assert not cell.lstrip(" ").startswith(FORMULA)
    assert restored(cell) == text
