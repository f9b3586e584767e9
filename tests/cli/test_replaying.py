"""Promises of `cli.replay`: the calls of a file are read as the file has them."""

import json
from datetime import UTC, datetime

import pytest

from enigma_tui.cli.replay import _site_of
from enigma_tui.model.recorded import LABEL_MOST, read

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)


def line(**fields: object) -> str:
    return json.dumps({"began": AT.isoformat(), "call_ref": "1", "extensions": ["2001"], **fields})


@pytest.mark.parametrize("length", [LABEL_MOST, LABEL_MOST + 1, 10_000])
@pytest.mark.parametrize("source", ["", "east", "Cape Town", "x" * 32, "x" * 33, "\u00e9", "a\n"])
def test_what_can_be_played_of_a_file_is_the_board_of_a_site(source: str, length: int) -> None:
    odd = line(source=source, dialled="1" * length, dialled_label="x" * length)
    told = read([line(), line(source=source), odd])
    assert told.calls + len(told.bad) == 3
    site = _site_of(told, "calls.jsonl")
    assert [each.name for each in site.sources] == list(told.sources)


def test_ends_are_expected_after_the_last_call_whose_end_was_assumed() -> None:
    told = read([line(state="ended?"), line(call_ref="2", state="ended", talk_s=3)])
    policy = _site_of(told, "calls.jsonl").policy()
    began_ms = round(AT.timestamp() * 1000)
    assert not policy.reports_end("pbx", began_ms)
    assert policy.reports_end("pbx", began_ms + 1)
