"""Promises of `model.sentences`: what the board says by colours and marks is said in words."""

import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from enigma_tui.model.alerts import Alarm
from enigma_tui.model.board import Board
from enigma_tui.model.call import CallKey, Claim, Disposition, EntryId, Policy
from enigma_tui.model.entry import (
    CalledBack,
    Claimed,
    Cut,
    Delivered,
    DeliveryOutcome,
    Event,
    Notified,
    Released,
    Undone,
)
from enigma_tui.model.metrics import Figures, ServiceLevel
from enigma_tui.model.notification import unpack
from enigma_tui.model.phone import Dialplan
from enigma_tui.model.query import Lens
from enigma_tui.model.sentences import (
    Voice,
    code,
    of_alarm,
    of_call_back,
    of_event,
    of_figures,
    of_no_call,
    of_time,
    spoken,
)
from enigma_tui.model.windows import Window

from .entries import BARE, CDR, GHOST, HOUR, T, cdr, conn, dialler, disposed, entry
from .test_board_always import POLICIES, Story, stories

PLAN, MASKED = Dialplan("ZA"), Dialplan("ZA", masked=True)
LABELS = {"0115550100": "Support"}


def told(
    *events: Event,
    policy: Policy = CDR,
    voice: Voice | None = None,
    plan: Dialplan = PLAN,
) -> Sequence[str]:
    """Return the sentences of a story."""
    board, said = Board(policy), []
    for event in events:
        lens = Lens(event.id.ms, policy, plan, LABELS)
        for key in board.apply(event):
            call = board.calls.get(key)
            if call and (words := of_event(event, call, lens, voice or Voice())):
                said.append(words)
        said += [words for words in [of_no_call(event)] if words]
    return said


def call_key(**more: object) -> CallKey:
    board = Board(CDR)
    return board.apply(conn(0, **more))[0]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 seconds"),
        (0.9, "0 seconds"),
        (1, "1 second"),
        (41.7, "41 seconds"),
        (60, "1 minute"),
        (192, "3 minutes 12 seconds"),
        (3600, "1 hour"),
        (7505, "2 hours 5 minutes"),
        (-3, "0 seconds"),
    ],
)
def test_durations_are_words(seconds: float, words: str) -> None:
    assert spoken(seconds) == words


@pytest.mark.parametrize(
    ("hold", "words"),
    [
        (41, "held 41 seconds."),
        (59.9, "held 59 seconds."),
        (60, "held 1 minute, long."),
        (192, "held 3 minutes 12 seconds, very long."),
    ],
)
def test_a_long_hold_is_said_to_be_long(hold: float, words: str) -> None:
    [said] = told(conn(0, number="0820001234", dial_number="0115550100", hold_time=hold))
    assert said == (
        f"Call 1 connected to extension 2001: caller +27 82 000 1234, dialled Support, {words}"
    )
    [said] = told(conn(0, hold_time=hold), voice=Voice(10, 20))
    assert "very long" in said


def test_what_is_not_known_of_a_call_is_not_said() -> None:
    [said] = told(conn(0, ext="", number=""))
    assert said == "Call 1 connected to no extension: caller unknown."
    [said] = told(conn(0, contact_ref="ACC-7"))
    assert said.endswith("caller 082, contact reference ACC-7.")


def test_a_masked_number_is_hidden_and_not_read_dot_by_dot() -> None:
    [said] = told(conn(0, number="0820001234"), plan=MASKED)
    assert said == "Call 1 connected to extension 2001: caller +27 82 hidden 34."
    [said] = told(conn(0, number="+12025550101"), plan=MASKED)
    assert "caller +1 202 hidden 01." in said
    [said] = told(conn(0, number="anonymous"), plan=MASKED)
    assert "caller anonymous" in said


def test_what_was_collected_late_was_earlier() -> None:
    [said] = told(conn(0, late=True))
    assert said.endswith("caller 082, collected late, so it was earlier.")
    *_, said = told(conn(0), cdr(9, late=True))
    assert said.endswith("collected late, so it was earlier.")


def test_the_ends_of_calls_are_told_apart() -> None:
    *_, ended = told(conn(0), cdr(250, talk=242, end_reason="agent_hungup"))
    assert ended == "Call 1 ended, extension 2001, talked 4 minutes 2 seconds, reason agent hungup."
    [lost] = told(cdr(0, ext=None, talk=0, hold_time=70, dial_number="0115550100"))
    assert lost == "Call 1 abandoned after 1 minute 10 seconds on hold, long: " + (
        "caller 082, dialled Support."
    )
    [lost] = told(cdr(0, ext=None, talk=0))
    assert lost == "Call 1 abandoned, nobody told after how long: caller 082."


def test_an_end_that_is_assumed_says_so_and_why() -> None:
    _, taken, ended = told(conn(0, ref="1"), conn(30, ref="2"), policy=BARE)
    assert taken.startswith("Call 2 connected")
    assert ended == "Call 1 ended, assumed: its extension 2001 has another call."


def test_a_call_whose_reference_is_used_again_is_replaced() -> None:
    *_, second, replaced = told(conn(0), cdr(10), conn(9 * HOUR, "2002"))
    assert second.startswith("Call 1 connected to extension 2002")
    assert replaced == (
        "Call 1 replaced: its reference is in use for another call, "
        "and nobody has recorded its outcome."
    )


def test_transfers_name_both_extensions() -> None:
    *_, moved = told(conn(0, "2001"), conn(60, "2003"))
    assert moved == "Call 1 transferred from extension 2001 to extension 2003."
    *_, leg = told(conn(0, "2001"), conn(60, "2003"), cdr(70, "2001", talk=60))
    assert leg == "Call 1: extension 2001 is done with it, talked 1 minute."


def test_a_connection_that_its_record_overtook_is_over() -> None:
    *_, said = told(cdr(0, talk=9), conn(1))
    assert said.startswith("Call 1 connected to extension 2001, which is over already:")


def test_calls_that_were_placed_and_pbxs_are_named() -> None:
    [said] = told(dialler(0))
    assert said.startswith("Dialler's call 1 connected to extension 2010")
    [said] = told(conn(0, call_dir="outbound"))
    assert said.startswith("Outbound call 1")
    [said] = told(conn(0, source="east"), voice=Voice(several_sources=True))
    assert said.startswith("Call 1 of east connected")


def test_who_did_what_to_a_call_is_said() -> None:
    key = call_key()
    claimed = Claimed(entry(1), key, Claim("sipho", entry(61).ms, "c1"))
    renewed = replace(claimed, id=entry(20))
    released = Released(entry(30), key, "c1", "sipho")
    done = disposed(40, key, 1, "escalated.billing")
    when = Disposition("callback", "thandi", entry(50).ms, 2, "after five", entry(3600).ms)
    amended = replace(done, id=entry(50), disposition=replace(when, reason="wrong key"))
    undone = Undone(entry(60), key, "thandi", 3, "callback", done.disposition)
    said = told(conn(0), claimed, renewed, released, done, amended, undone)[1:]
    assert said[:3] == [
        "Call 1 claimed by sipho, extension 2001.",
        "Call 1 released by sipho.",
        "Call 1 disposed of as escalated, billing by thandi, extension 2001.",
    ]
    assert re.fullmatch(
        r"Call 1 amended to callback by thandi, extension 2001, reason: wrong key, "
        r"note: after five, call back on \d+ November at \d\d:\d\d\.",
        said[3],
    )
    assert said[4:] == [
        "Call 1: the outcome callback taken back by thandi, escalated, billing stands again."
    ]


def test_what_other_systems_were_not_told_is_said() -> None:
    key = call_key()
    delivered = Delivered(entry(9), key, "crm", "a1", 1, "spam", DeliveryOutcome.REFUSED, "404 No")
    gone = replace(delivered, id=entry(10), outcome=DeliveryOutcome.GAVE_UP, answer="")
    fine = replace(delivered, id=entry(11), outcome=DeliveryOutcome.DELIVERED)
    called = CalledBack(entry(12), key, "thandi", "2001", "ringing")
    perhaps = replace(called, id=entry(13), answer="no answer in time", unsure=True)
    assert told(conn(0), delivered, gone, fine, called, perhaps)[1:] == [
        "Call 1: spam was not delivered to crm: refused, 404 No.",
        "Call 1: spam was not delivered to crm: gave up.",
        "Call 1: thandi had the caller called back, the PBX said: ringing.",
        "Call 1: thandi may have had the caller called back: no answer in time.",
    ]


def test_what_is_of_no_call_is_said() -> None:
    bad = Notified(entry(0), "pbx", "inbound", late=False, what=unpack(b"{}"))
    assert told(bad, Cut(entry(1), 1_500)) == [
        "A notification could not be read: type is missing.",
        "The journal was full: its 1,500 oldest entries have been cut.",
    ]


def test_what_time_makes_of_a_call_is_said() -> None:
    for policy, seconds, words in (
        (CDR, GHOST, "Call 1 is a ghost: it is live, and no end has come for 4 hours."),
        (BARE, 2 * HOUR, "Call 1 ended, assumed: nothing has been heard of it for 2 hours."),
    ):
        board = Board(policy)
        board.apply(conn(0))
        [call] = board.calls.values()
        for ms, said in ((round(seconds * 1000), ""), (round(seconds * 1000) + 1, words)):
            assert of_time(call, Lens(T + ms, policy, PLAN, {}), Voice()) == said


def test_a_call_back_that_is_due_names_who_promised_it() -> None:
    key = call_key()
    board = Board(CDR)
    board.apply(conn(0))
    board.apply(disposed(9, key, 1, "callback"))
    [call] = board.calls.values()
    said = of_call_back(call, Lens(T + 60_000, CDR, PLAN, {}), Voice())
    assert said == "A call-back is due: Call 1, caller 082, as thandi noted."


def test_alerts_are_read_well() -> None:
    said = of_alarm(Alarm("Service", T, "service level 71%, below 80%"))
    assert said == "Alert, Service: service level 71 percent, below 80 percent."
    assert of_alarm(Alarm("Asa", T, "asa 50 s, above 1 s")) == (
        "Alert, Asa: average speed of answer 50 seconds, above 1 second."
    )
    assert of_alarm(Alarm("P90", T, "p90 1.5 s, below 2 s")) == (
        "Alert, P90: 90th percentile 1.5 seconds, below 2 seconds."
    )
    assert of_alarm(Alarm("Quiet", T, "no notification for 10 min")) == (
        "Alert, Quiet: no notification for 10 minutes."
    )
    assert of_alarm(Alarm("Long", T, "call 4711, ext 2001")) == (
        "Alert, Long: call 4711, extension 2001."
    )


def test_figures_are_a_sentence_and_what_is_not_known_is_left_out() -> None:
    figures = Figures(
        answered=10,
        abandoned=2,
        abandoned_share=0.17,
        longest_hold=125.0,
        asa=14.2,
        p90=30.0,
        service_level=0.857,
        talk=200.0,
        per_minute=(),
        late=3,
    )
    assert of_figures(figures, Window.HALF_AN_HOUR, ServiceLevel()) == (
        "Figures of the last 30 minutes: 12 offered, 10 answered, 2 abandoned, "
        "service level 86 percent within 20 seconds, average speed of answer 14 seconds, "
        "longest hold 2 minutes 5 seconds, average talk 3 minutes 20 seconds, "
        "without 3 that were collected late"
    )
    bare = Figures(0, None, None, None, None, None, None, None, ())
    assert of_figures(bare, Window.TODAY, ServiceLevel()) == (
        "Figures of the day so far: 0 answered"
    )


def test_codes_are_words() -> None:
    assert code("escalated.billing") == "escalated, billing"
    assert code("wrong_number") == "wrong number"


@given(stories(), POLICIES, st.booleans())
def test_every_sentence_is_one_line_that_is_read_well(
    story: Story, policy: Policy, masked: bool
) -> None:
    board = Board(policy)
    for event in story.events:
        lens = Lens(event.id.ms, policy, MASKED if masked else PLAN, LABELS)
        timed = [board.calls[key] for key in board.due(event.id.ms)]
        said = [of_time(call, lens, Voice()) for call in timed]
        assert all(said), "what time changes is said"
        for key in board.apply(event):
            said.append(of_event(event, board.calls[key], lens, Voice()))
        said.append(of_no_call(event))
        for words in filter(None, said):
            assert words.isprintable()
            assert words[0].isupper()
            assert words.endswith(".")
            assert not set(words) & set("≤≥→‼…—│─•●%_"), words
            assert "  " not in words
    assert EntryId(0, 0) <= board.last
