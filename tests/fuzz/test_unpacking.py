"""Whatever arrives: it is unpacked or rejected, and what comes out is harmless."""

import math

import msgspec
import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from msgspec.structs import asdict

from enigma_tui.model import notification
from enigma_tui.model.call import EntryId
from enigma_tui.model.entry import LAST_MS, MAX_NOTE, Cut, Disposed, Notified, Unknown, decode
from enigma_tui.model.notification import CallConnected, CallEnded, Rejected, unpack
from enigma_tui.model.text import safe, safe_reference
from tests.model.test_entry import ACT

from .cases import PAYLOADS, TEXTS, cases
from .harm import harm_in, is_shown_safely


def check_harmless(told: object, raw: bytes) -> None:
    if isinstance(told, Rejected):
        assert told.raw == raw
        assert told.reason
        assert is_shown_safely(told.reason)
        return
    for name, value in asdict(told).items():
        if isinstance(value, str):
            assert is_shown_safely(value), name
            assert safe(value) == value
    if isinstance(told, CallConnected | CallEnded):
        assert told.call_ref
        assert safe_reference(told.call_ref) == told.call_ref
        assert told.hold is None or 0 <= told.hold <= 7 * 86_400
    if isinstance(told, CallEnded):
        assert told.talk is None or 0 <= told.talk <= 7 * 86_400
        assert told.dialed_at is None or (math.isfinite(told.dialed_at) and told.dialed_at > 0)


@cases
@given(PAYLOADS)
def test_every_payload_is_unpacked_or_rejected_and_harmless(raw: bytes) -> None:
    told = unpack(raw)
    event(type(told).__name__)
    check_harmless(told, raw)
    assert unpack(raw) == told


_DAMAGED = st.builds(
    lambda raw, places: bytes(
        byte ^ bit if place % len(raw) == at else byte
        for at, byte in enumerate(raw)
        for place, bit in [places]
    ),
    PAYLOADS.filter(len),
    st.tuples(st.integers(0, 2_000), st.sampled_from([1, 2, 4, 8, 16, 32, 64, 128, 95])),
)


@cases
@given(PAYLOADS | _DAMAGED)
def test_what_the_fast_parser_takes_the_lenient_one_reads_the_same(raw: bytes) -> None:
    """A board without the fast path would show the same, of what is JSON and what is not quite."""
    told = unpack(raw)
    event(type(told).__name__)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(notification, "_FAST", _Refusing())
        assert repr(unpack(raw)) == repr(told)


class _Refusing:
    def decode(self, raw: bytes) -> object:
        raise msgspec.DecodeError


@cases
@given(TEXTS, st.sampled_from([1, 5, 40, 256]))
def test_every_text_is_made_harmless_once_and_for_all(text: str, limit: int) -> None:
    shown = safe(text, limit)
    assert is_shown_safely(shown, limit)
    assert safe(shown, limit) == shown
    if text.isascii() and text.isprintable() and len(text) <= limit:
        assert shown == text


@cases
@given(TEXTS, st.characters(exclude_categories=()) | st.just(""), st.integers(0, 30))
def test_two_references_are_never_taken_for_one(text: str, char: str, place: int) -> None:
    one = f"{text[:place]}\x1b{text[place:]}"
    other = f"{text[:place]}{char}{text[place:]}"
    shown = safe_reference(one)
    assert is_shown_safely(shown, 128)
    assert safe_reference(shown) == shown
    assert (safe_reference(other) == shown) == (other in (one, shown))


_VALUES = st.one_of(
    st.sampled_from([b"0", b"1", b"-1", b"9" * 17, b"253000000000001", b"1_0", b"", b"\xb2"]),
    st.sampled_from([b"inbound", b"dialler", b"1763800000000-0", b"18446744073709551616-0"]),
    TEXTS.map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.binary(max_size=8),
)
_ACTS = st.builds(
    lambda changed: {**ACT, **changed},
    st.dictionaries(st.sampled_from([*ACT]), _VALUES, max_size=2),
)
_TOLD = st.builds(
    lambda kind, raw, more: {b"kind": kind, b"raw": raw, **more},
    st.sampled_from([b"call", b"cdr", b"status"]),
    PAYLOADS,
    st.dictionaries(st.sampled_from([b"source", b"feed", b"late"]), _VALUES, max_size=2),
)
_OTHERS = st.dictionaries(
    st.sampled_from([*ACT, b"count", b"raw", b"feed"]) | st.binary(max_size=5), _VALUES, max_size=5
)
_CUTS = st.builds(
    lambda kind, count: {b"kind": kind, b"count": count, b"by": count},
    st.sampled_from([b"cut", b"site"]),
    _VALUES,
)


@cases
@given(st.one_of(_ACTS, _TOLD, _OTHERS, _CUTS), st.integers(0, 2**64 - 1))
def test_every_entry_of_a_journal_is_decoded(fields: dict[bytes, bytes], ms: int) -> None:
    entry = EntryId(ms, 0)
    told = decode(entry, fields)
    event(type(told).__name__)
    assert told.id == entry
    match told:
        case Notified():
            check_harmless(told.what, fields[b"raw"])
            assert is_shown_safely(told.source)
            assert is_shown_safely(told.feed)
        case Disposed():
            done = told.disposition
            for text in (done.code, done.by, told.key.source, told.key.call_ref):
                assert is_shown_safely(text)
            assert is_shown_safely(done.note, MAX_NOTE)
            assert done.callback_ms is None or 0 <= done.callback_ms <= LAST_MS
            assert 0 <= done.version <= 2**53
        case Cut():
            assert told.count >= 0
        case Unknown():
            assert not harm_in(told.kind)
