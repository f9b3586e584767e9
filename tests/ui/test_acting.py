"""What a supervisor does to calls by key, on the real app with a real server behind it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Static

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.journal.desk import Act, Answer, DispositionDesk, Who
from enigma_tui.journal.handing_in import Rules
from enigma_tui.journal.keys import Keys
from enigma_tui.model.call import Call, CallKey, DeedKind, Disposition
from enigma_tui.targets import WebhookTarget
from enigma_tui.ui import claims
from enigma_tui.ui.app import EnigmaApp
from enigma_tui.ui.screens.details import timeline
from enigma_tui.ui.screens.disposition import DispositionDialog
from tests.ui import stage
from tests.ui.hands import Eventually, Opened, type_keys, under_cursor

Screen = tuple[EnigmaApp, Pilot[None]]


def outcome(app: EnigmaApp, key: CallKey) -> Disposition | None:
    return app.floor.board.calls[key].disposition


def done_to(app: EnigmaApp, key: CallKey) -> list[DeedKind]:
    """What the audit tells, without the claims that a slow hand makes."""
    claims = (DeedKind.CLAIMED, DeedKind.RELEASED)
    audit = app.floor.board.calls[key].audit
    return [deed.kind for deed in audit if deed.kind not in claims]


def claimant(app: EnigmaApp, key: CallKey) -> str:
    claim = app.floor.board.calls[key].claim
    return claim.by if claim else ""


def toasts(app: EnigmaApp) -> str:
    """Everything that has been said and stands on the screen still."""
    return "\n".join(note.message for note in app._notifications)


def colleague(app: EnigmaApp, name: str = "sipho") -> DispositionDesk:
    return DispositionDesk(app.startup.connection, app.journal_keys, Who(name))


def shown(app: EnigmaApp, selector: str) -> str:
    return str(app.screen.query_one(selector, Static).content)


class Away:
    """A server that does not answer acts, until it does."""

    def __init__(self, app: EnigmaApp, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("enigma_tui.journal.desk.TRIES", 1)
        self.reached = False
        """Whether acts reach the server all the same, and only the answers are lost."""
        self.gone = True
        answers = app.startup.connection.quick.execute_command

        async def command(*arguments: object, **options: object) -> object:
            if self.gone and arguments[0] == "EVALSHA":
                if self.reached:
                    await answers(*arguments, **options)
                raise ConnectionError("away")
            return await answers(*arguments, **options)

        monkeypatch.setattr(app.startup.connection.quick, "execute_command", command)


# ── one call ────────────────────────────────────────────────────────────────────────────────


async def test_typing_a_disposition_records_it_for_the_call_under_the_cursor(
    opened: Opened,
    eventually: Eventually,
) -> None:
    async with opened() as (app, pilot):
        await type_keys(app, pilot, "j", "j")
        call = under_cursor(app)
        await type_keys(app, pilot, "d", "e", "b")
        await eventually(lambda: outcome(app, call.key))
        done = outcome(app, call.key)
        assert done is not None
        assert (done.code, done.by, done.version) == ("escalated.billing", "thandi", 1)


async def test_leaving_the_dialog_leaves_no_trace(opened: Opened) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        await type_keys(app, pilot, "d", "e", "escape", "escape")
        await type_keys(app, pilot, "d", "slash", *"bill", "escape", "escape")
        await type_keys(app, pilot, "d", "p", *"half a note", "escape", "escape")
        assert len(app.screen_stack) == 1
        assert (await colleague(app).dispose(Act(call.key, "x", 0, over_claim=True))).version == 1


async def test_a_note_keeps_every_line_that_is_pasted_and_says_when_it_is_too_long(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        await type_keys(app, pilot, "d", "p")
        note = app.screen.query_one("#note")
        app.post_message(events.Paste("first line\nsecond line"))
        await eventually(lambda: note.value == "first line second line")  # type: ignore[attr-defined]
        note.value = "x" * 1_007  # type: ignore[attr-defined]
        await type_keys(app, pilot, "enter")
        assert "7 characters too many" in shown(app, "#problem")
        note.value = "x" * 1_000  # type: ignore[attr-defined]
        await type_keys(app, pilot, "enter")
        await eventually(lambda: outcome(app, call.key))
        done = outcome(app, call.key)
        assert done is not None
        assert len(done.note) == 1_000


async def test_an_outcome_that_stands_is_shown_and_amended_only_with_a_reason(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        await colleague(app).dispose(Act(call.key, "spam", 0))
        await eventually(lambda: outcome(app, call.key))
        await type_keys(app, pilot, "d", "r")
        assert "spam by sipho" in shown(app, "#notice")
        await type_keys(app, pilot, "a", "r", "enter")
        assert "say why" in shown(app, "#problem")
        await type_keys(app, pilot, *"was a customer", "enter")
        await eventually(lambda: app.floor.board.calls[call.key].version == 2)
        done = outcome(app, call.key)
        assert done is not None
        assert (done.code, done.by, done.reason) == ("resolved", "thandi", "was a customer")
        told = [words for _, words in timeline(app.floor.board.calls[call.key])]
        assert "disposed of as spam by sipho" in told
        assert "amended to resolved by thandi: was a customer" in told


async def test_what_is_amended_meanwhile_by_another_is_shown_before_anything_is_written(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        await colleague(app).dispose(Act(call.key, "spam", 0))
        await eventually(lambda: outcome(app, call.key))
        await type_keys(app, pilot, "a", "r", *"mine")
        # The dialog may have claimed the call by now.
        theirs = Act(call.key, "no_answer", 1, reason="theirs", over_claim=True)
        await colleague(app, "naledi").dispose(theirs)
        await eventually(lambda: app.floor.board.calls[call.key].version == 2)
        await type_keys(app, pilot, "enter")
        assert isinstance(app.screen, DispositionDialog)
        assert "no_answer by naledi" in shown(app, "#notice")
        stale = Act(call.key, "x", 1, over_claim=True)
        assert (await colleague(app).dispose(stale)).version == 2, "nothing more was written"


async def test_a_repeat_records_the_last_outcome_again_note_and_all(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        await type_keys(app, pilot, "r")
        assert "Nothing has been recorded from here yet" in toasts(app)
        await type_keys(app, pilot, "d", "p", *"rude", "enter", "j")
        second = under_cursor(app)
        await type_keys(app, pilot, "r")
        await eventually(lambda: outcome(app, second.key))
        done = outcome(app, second.key)
        assert done is not None
        assert (done.code, done.note) == ("complaint", "rude")


# ── undo ────────────────────────────────────────────────────────────────────────────────────


async def test_u_takes_back_what_was_recorded_last_and_only_once(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        await type_keys(app, pilot, "d", "r")
        await eventually(lambda: outcome(app, call.key))
        assert "u undoes it" in toasts(app)
        await type_keys(app, pilot, "u")
        await eventually(lambda: outcome(app, call.key) is None)
        assert done_to(app, call.key) == [DeedKind.DISPOSED, DeedKind.UNDONE]
        await type_keys(app, pilot, "u")
        assert "nothing to undo" in toasts(app)
        await type_keys(app, pilot, "d", "s")
        await eventually(lambda: outcome(app, call.key))


async def test_after_the_grace_u_says_so_and_changes_nothing(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        await type_keys(app, pilot, "d", "r")
        await eventually(lambda: outcome(app, call.key))
        # Entries of the stage's day are years ahead of the server's clock.
        app.acting._handing_in.rules = lambda: Rules(7, -20 * 366 * 86_400_000)
        await type_keys(app, pilot, "u")
        await eventually(lambda: "too late to undo: resolved stands" in toasts(app))
        assert "a amends" in toasts(app)
        assert outcome(app, call.key) is not None


# ── many calls ──────────────────────────────────────────────────────────────────────────────


async def test_marked_calls_are_disposed_of_together_and_undone_as_a_whole(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        await type_keys(app, pilot, "space", "space", "space")
        marked = set(app.board.table.marked)
        assert len(marked) == 3
        line = app.board.table.render_line(1).text
        assert line[0] == "✓"
        await type_keys(app, pilot, "D", "s")
        await eventually(lambda: all(outcome(app, key) for key in marked))
        await eventually(lambda: not app.board.table.marked)
        assert "spam recorded for 3 of 3 calls" in toasts(app)
        await type_keys(app, pilot, "u")
        await eventually(lambda: not any(outcome(app, key) for key in marked))
        assert "3 of 3 dispositions are taken back" in toasts(app)


async def test_one_summary_names_who_was_first_with_which_and_those_stay_marked(
    opened: Opened, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened() as (app, pilot):
        await type_keys(app, pilot, "space", "space", "space")
        calls, hidden = app.board.marked()
        assert hidden == 0
        await type_keys(app, pilot, "D")
        app.floor.pause(True)  # the board does not see yet that a colleague was faster
        await colleague(app).dispose(Act(calls[1].key, "resolved", 0))
        await type_keys(app, pilot, "s")
        await eventually(lambda: "spam recorded for 2 of 3 calls" in toasts(app))
        assert f"{calls[1].key.call_ref}: sipho was first, with resolved" in toasts(app)
        app.floor.pause(False)
        done = outcome(app, calls[1].key)
        assert done is not None
        assert done.by == "sipho"


async def test_hidden_and_disposed_calls_are_left_alone_and_counted(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        await type_keys(app, pilot, "asterisk")
        everyone = set(app.board.table.marked)
        assert everyone == set(app.floor.view.order())
        call = under_cursor(app)
        await type_keys(app, pilot, "slash", *f"ext={call.extension}", "enter")
        few = set(app.floor.view.order())
        assert 0 < len(few) < len(everyone)
        await colleague(app).dispose(Act(call.key, "spam", 0))
        await eventually(lambda: outcome(app, call.key))
        await type_keys(app, pilot, "D")
        if len(few) == 1:
            assert "No marked call to dispose of" in toasts(app)
        else:
            assert "1 with an outcome: left alone" in app.screen._subject.named
            hidden = len(everyone) - len(few)
            assert f"{hidden} marked but not shown" in app.screen._subject.named


async def test_marking_all_again_takes_the_marks_away(opened: Opened) -> None:
    async with opened() as (app, pilot):
        await type_keys(app, pilot, "asterisk", "asterisk")
        assert not app.board.table.marked
        await type_keys(app, pilot, "D")
        assert "No call is marked" in toasts(app)


# ── claims ──────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dialog claims its call as soon as it is open."""
    monkeypatch.setattr(claims, "SETTLE_SECONDS", 0.0)
    monkeypatch.setattr(claims.Claims.begin, "__defaults__", (0.0,))


async def test_an_open_dialog_claims_its_call_and_leaving_releases_it(
    opened: Opened, eventually: Eventually, at_once: None
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        await type_keys(app, pilot, "d")
        await eventually(lambda: claimant(app, call.key) == "thandi")
        await type_keys(app, pilot, "escape")
        await eventually(lambda: claimant(app, call.key) == "")


async def test_c_claims_and_releases_and_a_dialog_in_between_does_not_release(
    opened: Opened, eventually: Eventually, at_once: None
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        await type_keys(app, pilot, "c")
        await eventually(lambda: claimant(app, call.key) == "thandi")
        await type_keys(app, pilot, "d", "escape")
        assert app.acting.claims.holds(call.key)
        await type_keys(app, pilot, "c")
        await eventually(lambda: claimant(app, call.key) == "")


async def test_a_claim_is_renewed_while_the_dialog_is_open(
    opened: Opened, eventually: Eventually, at_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "RENEW_SECONDS", 0.01)
    async with opened() as (app, pilot):
        call = under_cursor(app)
        await type_keys(app, pilot, "d")
        await eventually(lambda: app.floor.board.calls[call.key].claim)
        first = app.floor.board.calls[call.key].claim
        assert first is not None

        def renewed() -> bool:
            claim = app.floor.board.calls[call.key].claim
            return claim is not None and claim.until_ms > first.until_ms

        await eventually(renewed)
        assert len(app.floor.board.calls[call.key].audit) == 1


async def test_a_claim_that_went_with_an_outcome_is_not_renewed(
    opened: Opened, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        await type_keys(app, pilot, "c")
        await eventually(lambda: claimant(app, call.key) == "thandi")
        monkeypatch.setattr(claims, "RENEW_SECONDS", 0.01)
        app.acting.claims.end(call.key)
        await type_keys(app, pilot, "c")
        await eventually(lambda: app.acting.claims.holds(call.key))
        await colleague(app).dispose(Act(call.key, "spam", 0, over_claim=True))
        await eventually(lambda: not app.acting.claims.holds(call.key))
        assert claimant(app, call.key) == ""


async def test_over_somebody_elses_claim_the_dialog_asks_first(
    opened: Opened, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        # The stage's clock is years ahead of the server's, so the claim has to reach far.
        await colleague(app).claim(call.key, "c1", 20 * 366 * 86_400_000)
        await eventually(lambda: claimant(app, call.key) == "sipho")
        app.board.table.paint()
        assert "claimed: sipho" in app.board.table.render_line(1).text
        await type_keys(app, pilot, "d", "r")
        assert isinstance(app.screen, DispositionDialog)
        assert "Claimed by sipho" in shown(app, "#notice")
        assert outcome(app, call.key) is None
        await type_keys(app, pilot, "y", "r")
        await eventually(lambda: outcome(app, call.key))
        done = outcome(app, call.key)
        assert done is not None
        assert done.by == "thandi"


async def test_a_claim_that_the_board_has_not_seen_yet_refuses_and_then_asks(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        app.floor.pause(True)
        await colleague(app).claim(call.key, "c1", 60_000)
        await type_keys(app, pilot, "d", "r")
        await eventually(lambda: "sipho has claimed it meanwhile" in toasts(app))
        answer = await colleague(app).dispose(Act(call.key, "spam", 0))
        assert answer.version == 1, "nothing had been recorded"
        app.floor.pause(False)


async def test_closing_the_board_gives_its_claims_up(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        await type_keys(app, pilot, "c")
        await eventually(lambda: claimant(app, call.key) == "thandi")
    async with opened() as (again, _):
        assert claimant(again, call.key) == ""


# ── while the server is away ────────────────────────────────────────────────────────────────


async def test_an_act_made_while_the_server_is_away_is_kept_shown_and_handed_in_once(
    opened: Opened, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        away = Away(app, monkeypatch)
        await type_keys(app, pilot, "d", "p", *"was rude", "enter")
        await eventually(lambda: app.pending.of(call.key))
        assert len(app.screen_stack) == 1, "a failure must not take the keyboard"
        assert "is kept on this machine" in toasts(app)
        app.board.table.paint()
        assert "waits" in app.board.table.render_line(1).text
        await type_keys(app, pilot, "d")
        assert "waits for the server" in toasts(app)
        assert len(app.screen_stack) == 1
        away.gone = False
        app.offline.back()
        await eventually(lambda: outcome(app, call.key))
        done = outcome(app, call.key)
        assert done is not None
        assert (done.note, done.version) == ("was rude", 1)
        await eventually(lambda: not len(app.pending))


async def test_an_act_whose_answer_was_lost_is_recorded_once(
    opened: Opened, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        away = Away(app, monkeypatch)
        away.reached = True
        await type_keys(app, pilot, "d", "r")
        await eventually(lambda: app.pending.of(call.key))
        await eventually(lambda: outcome(app, call.key))
        away.gone = False
        app.offline.back()
        await eventually(lambda: not len(app.pending))
        assert app.floor.board.calls[call.key].version == 1
        assert done_to(app, call.key) == [DeedKind.DISPOSED]


async def test_who_was_faster_meanwhile_is_shown_and_not_overwritten(
    opened: Opened, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        away = Away(app, monkeypatch)
        await type_keys(app, pilot, "d", "r")
        await eventually(lambda: app.pending.of(call.key))
        away.gone = False
        await colleague(app).dispose(Act(call.key, "spam", 0))
        app.offline.back()
        await eventually(lambda: any(pending.refused for pending in app.pending))
        await type_keys(app, pilot, "o")
        assert app.screen._rows[0].state == "refused"
        assert "sipho was first, with spam" in app.screen._rows[0].why
        await type_keys(app, pilot, "x", "escape")
        assert not len(app.pending)
        done = outcome(app, call.key)
        assert done is not None
        assert (done.code, done.version) == ("spam", 1)


async def test_an_undo_of_what_was_never_sent_needs_no_server(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        app.acting._handing_in.away = lambda: True
        await type_keys(app, pilot, "d", "r")
        await eventually(lambda: app.pending.of(call.key))
        await type_keys(app, pilot, "u")
        await eventually(lambda: not len(app.pending))
        assert "is taken back" in toasts(app)
        app.acting._handing_in.away = lambda: False
        await type_keys(app, pilot, "d", "s")
        await eventually(lambda: outcome(app, call.key))
        assert app.floor.board.calls[call.key].version == 1


async def test_an_undo_of_what_may_have_been_recorded_takes_it_back_where_it_was(
    opened: Opened, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        away = Away(app, monkeypatch)
        away.reached = True
        await type_keys(app, pilot, "d", "r")
        await eventually(lambda: app.pending.of(call.key))
        await type_keys(app, pilot, "u")
        await eventually(lambda: len(app.pending) == 2)
        away.gone = False
        app.offline.back()
        await eventually(lambda: app.floor.board.calls[call.key].version == 2)
        assert outcome(app, call.key) is None
        assert not len(app.pending)


@asynccontextmanager
async def reopened(app: EnigmaApp, floor: EmbeddedServer) -> AsyncIterator[Screen]:
    """Another board of the same person, which finds what the first has left."""
    other = stage.make_app(floor)
    async with other.run_test(size=(120, 30), notifications=True) as pilot:
        await stage.settled(other, pilot)
        yield other, pilot


async def test_what_was_kept_is_handed_in_by_the_next_board_of_the_same_person(
    opened: Opened, floor: EmbeddedServer, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        call: Call = under_cursor(app)
        app.acting._handing_in.away = lambda: True
        await type_keys(app, pilot, "d", "r")
        await eventually(lambda: app.pending.of(call.key))
    async with reopened(app, floor) as (again, _):
        await eventually(lambda: outcome(again, call.key))
        await eventually(lambda: not len(again.pending))


async def test_what_is_older_than_the_journal_is_kept_is_shown_and_not_handed_in(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        app.acting._handing_in.away = lambda: True
        await type_keys(app, pilot, "d", "r")
        await eventually(lambda: app.pending.of(call.key))
        now_ms = app.floor.now_ms()
        app.acting._handing_in.now_ms = lambda: now_ms + 8 * 86_400_000
        app.acting._handing_in.away = lambda: False
        app.offline.back()
        await eventually(lambda: any(pending.refused for pending in app.pending))
        assert outcome(app, call.key) is None
        await type_keys(app, pilot, "o")
        assert "older than the journal is kept" in app.screen._rows[0].why


async def test_what_fails_late_does_not_come_between_the_keys_for_another_call(
    opened: Opened, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened() as (app, pilot):
        first = under_cursor(app)
        gives_up = asyncio.Event()
        dispose = DispositionDesk.dispose

        async def late(desk: DispositionDesk, act: Act) -> Answer:
            if act.key == first.key and not gives_up.is_set():
                await gives_up.wait()
                raise ConnectionError("away")
            return await dispose(desk, act)

        monkeypatch.setattr(DispositionDesk, "dispose", late)
        await type_keys(app, pilot, "d", "r", "j")
        second = under_cursor(app)
        await type_keys(app, pilot, "d")
        gives_up.set()
        await eventually(lambda: app.pending.of(first.key))
        await type_keys(app, pilot, "p", *"rude", "enter")
        await eventually(lambda: outcome(app, second.key))
        told = outcome(app, second.key)
        assert told is not None
        assert (told.code, told.note) == ("complaint", "rude")
        app.offline.back()
        await eventually(lambda: outcome(app, first.key))
        done = outcome(app, first.key)
        assert done is not None
        assert done.code == "resolved"


async def test_what_the_server_refuses_for_good_keeps_what_was_typed(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        call = under_cursor(app)
        hash_key = Keys().call(call.key)
        await app.startup.connection.quick.rpush(hash_key, "something else")
        await type_keys(app, pilot, "d", "p", *"was rude", "enter")
        await eventually(lambda: app.acting._kept)
        assert "is not of the type" in toasts(app)
        await app.startup.connection.quick.delete(hash_key)
        await type_keys(app, pilot, "d")
        assert app.screen.query_one("#note").value == "was rude"  # type: ignore[attr-defined]
        await type_keys(app, pilot, "enter")
        await eventually(lambda: outcome(app, call.key))


# ── what other systems were not told ────────────────────────────────────────────────────────


async def test_what_was_not_delivered_is_said_listed_and_sent_again(
    floor: EmbeddedServer, eventually: Eventually
) -> None:
    # Nobody here has the secret, so nothing is delivered but what the test writes.
    target = WebhookTarget(kind="webhook", name="crm", url="secret:nobody-has-it")
    stage.write_site(floor, stage.demo_site().model_copy(update={"delivery": (target,)}))
    app = stage.make_app(floor)
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        await stage.settled(app, pilot)
        call = under_cursor(app)
        act = Act(call.key, "spam", 0)
        await colleague(app).dispose(act)
        await eventually(lambda: outcome(app, call.key))
        await type_keys(app, pilot, "o")
        assert "1 waiting for crm" in shown(app, "#summary")
        key = call.key
        failed = {"kind": "delivery", "target": "crm", "act": act.id, "outcome": "refused"}
        named = {"source": key.source, "call_feed": str(key.feed), "since": str(key.since)}
        told = {"call_ref": key.call_ref, "version": 1, "code": "spam", "answer": "422 no"}
        await app.startup.connection.quick.xadd(Keys().journal, {**failed, **named, **told})
        await eventually(lambda: app.floor.deliveries.failed())
        said = [text for _, parts in app.board.status.items() for text, _ in parts]
        assert "1 not delivered" in said
        await eventually(lambda: app.screen._rows)
        row = app.screen._rows[0]
        assert (row.state, row.why) == ("refused", "422 no")
        assert row.what == f"spam for {key.call_ref} to crm"
        await type_keys(app, pilot, "r")
        await eventually(lambda: not app.floor.deliveries.failed())
        assert "is sent again to crm" in toasts(app)
