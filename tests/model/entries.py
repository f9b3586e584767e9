"""Entries of a journal, told briefly, and what a board makes of them."""

import json
from typing import Any

from enigma_tui.model.board import Board
from enigma_tui.model.call import (
    Call,
    CallKey,
    Disposition,
    EntryId,
    Policy,
)
from enigma_tui.model.entry import Disposed, Event, Notified
from enigma_tui.model.notification import unpack

T = 1_763_800_000_000
HOUR = 3600
GHOST = 4 * HOUR
ASSUMED = 2 * HOUR
CDR = Policy(cdr_sources={"pbx"})
BARE = Policy()


def entry(seconds: float, seq: int = 0) -> EntryId:
    return EntryId(T + round(seconds * 1000), seq)


def notified(
    seconds: float, kind: str, payload: dict[str, Any], *, late: bool = False, source: str = "pbx"
) -> Notified:
    raw = json.dumps({"type": kind, "payload": payload}).encode()
    return Notified(entry(seconds), source, kind, late, unpack(raw))


def conn(seconds: float, ext: str = "2001", ref: str = "1", **more: Any) -> Notified:
    options = {name: more.pop(name) for name in ("late", "source") if name in more}
    payload = {"call_ref": ref, "ref": ext, "number": "082", "call_dir": "inbound", **more}
    return notified(seconds, "call", payload, **options)


def cdr(
    seconds: float, ext: str | None = "2001", talk: int | None = 60, ref: str = "1", **more: Any
) -> Notified:
    options = {name: more.pop(name) for name in ("late", "source") if name in more}
    payload = {
        "call_ref": ref,
        "extension": ext,
        "call_time": talk,
        "number": "082",
        "call_dir": "inbound",
        "ref": "click-dial",
        "end_reason": "hungup",
        **more,
    }
    return notified(seconds, "cdr", payload, **options)


def disposed(seconds: float, key: CallKey, version: int = 1, code: str = "resolved") -> Disposed:
    at = entry(seconds)
    return Disposed(at, key, Disposition(code, "thandi", at.ms, version))


def fed(*events: Event, policy: Policy = CDR, keep: int = 100) -> Board:
    board = Board(policy, keep)
    for event in events:
        board.apply(event)
    return board


def calls(board: Board) -> list[Call]:
    return list(board.calls.values())


def states(board: Board, seconds: float = 0) -> list[str]:
    return [call.state(T + round(seconds * 1000), board.policy).value for call in calls(board)]


def legs(call: Call) -> list[tuple[str, bool]]:
    return [(leg.extension, leg.ended_ms is not None) for leg in call.legs]


def dialler(seconds: float, ext: str = "2010", ref: str = "1") -> Notified:
    return notified(seconds, "call", {"call_ref": ref, "agent": ext, "ref": ext, "number": "083"})
