"""Promises of `model.entry`: every entry of a journal is decoded, whatever is in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enigma_tui.model.call import CallKey, Disposition, EntryId, Feed
from enigma_tui.model.entry import (
    Cut,
    Disposed,
    Notified,
    SiteChanged,
    Unknown,
    decode,
)
from enigma_tui.model.notification import AgentStatus, CallConnected, CallEnded, Rejected
from enigma_tui.model.text import MARK, safe, safe_reference

ID = EntryId(1_763_800_000_000, 3)
ACT = {
    b"kind": b"disposition",
    b"source": b"pbx",
    b"call_feed": b"inbound",
    b"call_ref": b"4711",
    b"since": b"1763799000000-0",
    b"version": b"2",
    b"code": b"callback",
    b"note": b"after five",
    b"callback": b"1763890000000",
    b"by": b"thandi",
    b"verified": b"1",
}


@pytest.mark.parametrize(
    ("kind", "raw", "what"),
    [
        (b"call", b'{"type":"call","payload":{"call_ref":1}}', CallConnected),
        (b"cdr", b'{"type":"cdr","payload":{"call_ref":1}}', CallEnded),
        (b"status", b'{"type":"status","payload":{"ref":1,"status":"busy"}}', AgentStatus),
        (b"call", b"", Rejected),
        (b"call", b'{"type":"cdr","payload":{"call_ref":1}}', CallEnded),
    ],
)
def test_a_notification_is_what_its_bytes_say(kind: bytes, raw: bytes, what: type) -> None:
    event = decode(ID, {b"kind": kind, b"raw": raw, b"source": b"east", b"feed": b"inbound"})
    assert isinstance(event, Notified)
    assert (event.id, event.source, event.feed, event.late) == (ID, "east", "inbound", False)
    assert type(event.what) is what


def test_what_waited_before_anyone_collected_it_is_late() -> None:
    event = decode(ID, {b"kind": b"call", b"raw": b"", b"late": b"1"})
    assert isinstance(event, Notified)
    assert (event.late, event.source, event.feed) == (True, "pbx", "")


def test_a_disposition_names_the_call_the_code_and_who() -> None:
    assert decode(ID, ACT) == Disposed(
        ID,
        CallKey("pbx", Feed.INBOUND, "4711", EntryId(1_763_799_000_000, 0)),
        Disposition("callback", "thandi", ID.ms, 2, "after five", 1_763_890_000_000, True),
    )


def test_what_a_disposition_leaves_out_is_empty() -> None:
    bare = {name: ACT[name] for name in ACT if name not in (b"note", b"callback", b"verified")}
    event = decode(ID, bare)
    assert isinstance(event, Disposed)
    assert event.disposition == Disposition("callback", "thandi", ID.ms, 2)


def test_a_source_is_named_alike_in_a_notification_and_in_an_act() -> None:
    for source in (b"", b"ea\x1bst", b"\xff", b"west"):
        told = decode(ID, {b"kind": b"call", b"raw": b"", b"source": source})
        act = decode(ID, {**ACT, b"source": source})
        assert isinstance(told, Notified)
        assert isinstance(act, Disposed)
        assert told.source == act.key.source == safe(told.source)


def test_the_reference_of_an_act_is_the_one_on_the_board() -> None:
    shown = safe_reference("a\x1bb")
    event = decode(ID, {**ACT, b"call_ref": shown.encode()})
    assert isinstance(event, Disposed)
    assert event.key.call_ref == shown


def test_what_supervisors_typed_is_made_safe() -> None:
    event = decode(ID, {**ACT, b"note": b"a\x1b]0;x", b"by": b"\xe2\x80\xaex", b"code": b"c\n"})
    assert isinstance(event, Disposed)
    done = event.disposition
    assert (done.note, done.by, done.code) == (f"a{MARK}]0;x", f"{MARK}x", f"c{MARK}")


def test_the_site_and_a_cut_are_told() -> None:
    assert decode(ID, {b"kind": b"site", b"by": b"th\x1bandi"}) == SiteChanged(ID, f"th{MARK}andi")
    assert decode(ID, {b"kind": b"cut", b"count": b"512"}) == Cut(ID, 512)


@pytest.mark.parametrize("kind", [b"", b"claim", b"delivery", b"\xff\x1b", b"CALL"])
def test_a_kind_that_is_not_known_is_passed_over(kind: bytes) -> None:
    event = decode(ID, {b"kind": kind, b"raw": b""})
    assert event == Unknown(ID, safe(kind.decode("utf-8", "surrogateescape")))


@pytest.mark.parametrize(
    "broken",
    [
        {b"call_feed": b"fax"},
        {b"since": b"1763799000000"},
        {b"since": b"-5-0"},
        {b"since": b"1_0-0"},
        {b"since": "١-٠".encode()},
        {b"version": b""},
        {b"version": b"two"},
        {b"version": b"-1"},
        {b"version": b"9" * 5000},
        {b"callback": b"soon"},
        {b"callback": b"1e9"},
        {b"callback": b"999999999999999"},
        {b"code": b""},
        {b"kind": b"cut", b"count": b"-3"},
        {b"kind": b"cut", b"count": b"\xff"},
    ],
)
def test_broken_fields_make_an_entry_unknown(broken: dict[bytes, bytes]) -> None:
    fields = {**ACT, **broken}
    assert decode(ID, fields) == Unknown(ID, fields[b"kind"].decode())


@pytest.mark.parametrize("missing", [b"call_feed", b"call_ref", b"since", b"version", b"code"])
def test_a_disposition_without_what_it_needs_is_unknown(missing: bytes) -> None:
    fields = {name: value for name, value in ACT.items() if name != missing}
    assert decode(ID, fields) == Unknown(ID, "disposition")


@pytest.mark.parametrize("kind", [b"call", b"cdr", b"status", b"cut"])
def test_an_entry_without_its_fields_is_unknown(kind: bytes) -> None:
    assert decode(ID, {b"kind": kind}) == Unknown(ID, kind.decode())


NAMES = st.sampled_from([*ACT, b"raw", b"feed", b"late", b"count"])
KINDS = st.sampled_from([b"call", b"cdr", b"status", b"disposition", b"site", b"cut"])


@given(KINDS | st.binary(), st.dictionaries(NAMES, st.binary(max_size=30)), st.booleans())
def test_no_entry_stops_a_reader(kind: bytes, fields: dict[bytes, bytes], act: bool) -> None:
    event = decode(ID, {**(ACT if act else {}), **fields, b"kind": kind})
    assert event.id == ID
    if isinstance(event, Unknown):
        assert safe(event.kind) == event.kind


@pytest.mark.parametrize("text", ["", "1", "1-", "-1", "1-2-3", "a-b", " 1-0", "1--1", "1.0-0"])
def test_an_entry_id_is_two_numbers_and_nothing_else(text: str) -> None:
    with pytest.raises(ValueError, match="not an entry id"):
        EntryId.parse(text)


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_an_entry_id_reads_back(ms: int, seq: int) -> None:
    assert EntryId.parse(str(EntryId(ms, seq))) == EntryId(ms, seq)
