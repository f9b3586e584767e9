"""Undo, amending and claims: what the desk's scripts allow, and what boards make of it."""

from collections.abc import Callable

import pytest
from redis.exceptions import ResponseError

from enigma_tui.journal import scripts
from enigma_tui.journal.connection import Connection
from enigma_tui.journal.desk import Act, Answer, DispositionDesk, Outcome, Undo, Who
from enigma_tui.journal.faults import explain
from enigma_tui.journal.keys import Keys
from enigma_tui.model.board import Board
from enigma_tui.model.call import Call, CallKey, DeedKind, EntryId, Feed
from enigma_tui.model.entry import decode

GRACE = 60_000
RAW = b'{"type":"call","payload":{"call_ref":"4711","ref":"2001","call_dir":"inbound"}}'


class Stage:
    """A call in a journal, and the desks of people around it."""

    def __init__(self, connection: Connection, keys: Keys) -> None:
        self.connection = connection
        self.keys = keys

    def desk(self, name: str, verified: bool = False) -> DispositionDesk:
        return DispositionDesk(self.connection, self.keys, Who(name, verified))

    async def begin(self) -> CallKey:
        await self.connection.quick.xadd(
            self.keys.journal, {"kind": "call", "raw": RAW, "source": "pbx", "feed": "inbound"}
        )
        return (await self.call()).key

    async def call(self) -> Call:
        """The call as a board has it that reads the journal now."""
        board = Board()
        for entry_id, fields in await self.connection.quick.xrange(self.keys.journal):
            board.apply(decode(EntryId.parse(entry_id.decode()), fields))
        (call,) = board.calls.values()
        return call


@pytest.fixture
def stage(connection: Connection, keys: Keys) -> Stage:
    return Stage(connection, keys)


async def test_an_undo_takes_back_what_was_recorded_and_the_audit_keeps_both(stage: Stage) -> None:
    key = await stage.begin()
    act = Act(key, "spam", 0, note="again")
    await stage.desk("ann").dispose(act)
    answer = await stage.desk("ann").undo(Undo(key, act.id), GRACE)
    assert (answer.outcome, answer.version, answer.code) == (Outcome.DONE, 2, "")
    call = await stage.call()
    assert call.disposition is None
    assert call.version == 2
    assert [(deed.kind, deed.by, deed.code) for deed in call.audit] == [
        (DeedKind.DISPOSED, "ann", "spam"),
        (DeedKind.UNDONE, "ann", "spam"),
    ]
    assert (await stage.desk("bob").dispose(Act(key, "resolved", 2))).recorded


async def test_an_undone_amendment_brings_back_what_stood_before(stage: Stage) -> None:
    key = await stage.begin()
    first = Act(key, "callback", 0, note="ring", callback_ms=1_763_900_000_000)
    done = await stage.desk("ann", verified=True).dispose(first)
    amended = Act(key, "spam", 1, reason="rang twice")
    await stage.desk("bob").dispose(amended)
    call = await stage.call()
    assert call.disposition is not None
    assert (call.disposition.code, call.disposition.reason) == ("spam", "rang twice")
    await stage.desk("bob").undo(Undo(key, amended.id), GRACE)
    stands = (await stage.call()).disposition
    assert stands is not None
    assert (stands.code, stands.note, stands.by) == ("callback", "ring", "ann")
    assert (stands.callback_ms, stands.verified) == (1_763_900_000_000, True)
    assert (stands.at_ms, stands.act, stands.version) == (done.at_ms, first.id, 3)


@pytest.mark.parametrize("times", [2, 3])
async def test_the_same_undo_sent_again_changes_nothing(stage: Stage, times: int) -> None:
    key = await stage.begin()
    act = Act(key, "spam", 0)
    await stage.desk("ann").dispose(act)
    undo = Undo(key, act.id)
    outcomes = [(await stage.desk("ann").undo(undo, GRACE)).outcome for _ in range(times)]
    assert outcomes == [Outcome.DONE] + [Outcome.REPEATED] * (times - 1)
    assert (await stage.call()).version == 2


async def test_what_an_undo_brings_back_has_the_age_it_had(stage: Stage) -> None:
    key = await stage.begin()
    acts = [Act(key, "spam", 0), Act(key, "resolved", 1, reason="no")]
    for act in acts:
        await stage.desk("ann").dispose(act)
    for act, outcome in zip(reversed(acts), (Outcome.DONE, Outcome.LATE), strict=True):
        grace = GRACE if outcome is Outcome.DONE else -1
        assert (await stage.desk("ann").undo(Undo(key, act.id), grace)).outcome is outcome


async def test_what_an_undo_has_brought_back_is_not_undone_since_what_it_replaced_is_forgotten(
    stage: Stage,
) -> None:
    key = await stage.begin()
    acts = [Act(key, code, n, reason="no") for n, code in enumerate(("spam", "resolved", "other"))]
    for act in acts:
        assert (await stage.desk("ann").dispose(act)).recorded
    for act, outcome in ((acts[2], Outcome.DONE), (acts[1], Outcome.LATE)):
        answer = await stage.desk("ann").undo(Undo(key, act.id), GRACE)
        assert (answer.outcome, answer.code) == (outcome, "resolved")
    stands = (await stage.call()).disposition
    assert stands is not None
    assert stands.code == "resolved"


async def test_an_undo_is_refused_after_the_grace_by_another_or_of_what_is_no_longer_last(
    stage: Stage,
) -> None:
    key = await stage.begin()
    act = Act(key, "spam", 0)
    await stage.desk("ann").dispose(act)
    late = await stage.desk("ann").undo(Undo(key, act.id), -1)
    assert (late.outcome, late.code, late.by) == (Outcome.LATE, "spam", "ann")
    theirs = await stage.desk("bob").undo(Undo(key, act.id), GRACE)
    assert theirs.outcome is Outcome.CONFLICT
    await stage.desk("bob").dispose(Act(key, "resolved", 1, reason="not spam"))
    amended = await stage.desk("ann").undo(Undo(key, act.id), GRACE)
    assert (amended.outcome, amended.by, amended.code) == (Outcome.CONFLICT, "bob", "resolved")
    assert (await stage.call()).version == 2


async def test_an_undo_of_what_was_never_recorded_is_told_apart(stage: Stage) -> None:
    key = await stage.begin()
    answer = await stage.desk("ann").undo(Undo(key, "never"), GRACE)
    assert answer.outcome is Outcome.ABSENT
    assert (await stage.call()).version == 0


async def test_an_amendment_without_the_version_it_was_made_against_is_refused(
    stage: Stage,
) -> None:
    key = await stage.begin()
    await stage.desk("ann").dispose(Act(key, "spam", 0))
    await stage.desk("ann").dispose(Act(key, "resolved", 1, reason="no"))
    stale = await stage.desk("bob").dispose(Act(key, "callback", 1, reason="call them"))
    assert (stale.outcome, stale.version, stale.code) == (Outcome.CONFLICT, 2, "resolved")


async def test_a_claim_is_seen_by_everyone_and_expires_by_the_servers_clock(stage: Stage) -> None:
    key = await stage.begin()
    held = await stage.desk("ann").claim(key, "c1", 60_000)
    assert (held.ours, held.by) == (True, "ann")
    call = await stage.call()
    assert call.claim is not None
    assert call.claim.until_ms == held.until_ms
    assert call.claimed_by(held.until_ms - 1) == "ann"
    assert call.claimed_by(held.until_ms) == ""
    seconds, micros = await stage.connection.quick.time()
    now_ms = int(seconds) * 1000 + int(micros) // 1000
    assert 55_000 < held.until_ms - now_ms <= 60_000


async def test_somebody_elses_claim_is_respected_until_it_expires_or_is_released(
    stage: Stage,
) -> None:
    key = await stage.begin()
    await stage.desk("ann").claim(key, "c1", 60_000)
    refused = await stage.desk("bob").claim(key, "c2", 60_000)
    assert (refused.ours, refused.by) == (False, "ann")
    await stage.desk("bob").release(key, "c2")  # not theirs to give up
    assert not (await stage.desk("bob").claim(key, "c2", 60_000)).ours
    await stage.desk("ann").release(key, "c1")
    assert (await stage.desk("bob").claim(key, "c2", -1)).ours  # expires at once
    assert (await stage.desk("cleo").claim(key, "c3", 60_000)).ours
    call = await stage.call()
    assert [(deed.kind, deed.by) for deed in call.audit] == [
        (DeedKind.CLAIMED, "ann"),
        (DeedKind.RELEASED, "ann"),
        (DeedKind.CLAIMED, "bob"),
        (DeedKind.CLAIMED, "cleo"),
    ]


async def test_a_renewal_lengthens_a_claim_and_adds_nothing_to_the_audit(stage: Stage) -> None:
    key = await stage.begin()
    first = await stage.desk("ann").claim(key, "c1", 10_000)
    second = await stage.desk("ann").claim(key, "c1", 60_000)
    assert second.until_ms > first.until_ms
    call = await stage.call()
    assert call.claim is not None
    assert call.claim.until_ms == second.until_ms
    assert len(call.audit) == 1


async def test_an_outcome_over_somebody_elses_claim_has_to_say_so(stage: Stage) -> None:
    key = await stage.begin()
    held = await stage.desk("ann").claim(key, "c1", 60_000)
    answer = await stage.desk("bob").dispose(Act(key, "spam", 0))
    assert answer.outcome is Outcome.CLAIMED
    assert (answer.by, answer.at_ms, answer.recorded) == ("ann", held.until_ms, False)
    assert (await stage.call()).disposition is None
    assert (await stage.desk("bob").dispose(Act(key, "spam", 0, over_claim=True))).recorded
    call = await stage.call()
    assert call.claim is None
    # The claim went with the outcome: releasing it now says nothing more.
    await stage.desk("ann").release(key, "c1")
    assert len((await stage.call()).audit) == 2


async def test_ones_own_claim_and_an_expired_one_stand_in_nobodys_way(stage: Stage) -> None:
    key = await stage.begin()
    await stage.desk("ann").claim(key, "c1", 60_000)
    assert (await stage.desk("ann").dispose(Act(key, "spam", 0))).recorded
    await stage.desk("ann").claim(key, "c2", -1)
    assert (await stage.desk("bob").dispose(Act(key, "resolved", 1, reason="no"))).recorded


async def test_many_acts_are_handed_in_together_and_one_failure_costs_only_itself(
    connection: Connection, keys: Keys
) -> None:
    desk = DispositionDesk(connection, keys, Who("ann"))
    calls = [CallKey("pbx", Feed.INBOUND, f"c{n}", EntryId(1, n)) for n in range(100)]
    await connection.quick.rpush(keys.call(calls[7]), "something else")
    await DispositionDesk(connection, keys, Who("bob")).dispose(Act(calls[9], "spam", 0))
    acts = [Act(key, "resolved", 0) for key in calls]
    told: dict[str, Answer | Exception] = {}
    await desk.dispose_all(acts, told.__setitem__)
    answers = [told[act.id] for act in acts]
    assert isinstance(answers[7], ResponseError)
    assert answers[9].outcome is Outcome.CONFLICT
    assert answers[9].by == "bob"
    assert sum(isinstance(answer, Exception) or not answer.recorded for answer in answers) == 2


@pytest.mark.parametrize("old", [False, True], ids=["asked", "redis 6.2"])
@pytest.mark.parametrize("without", ["xadd", "hset", "hdel", "expire", "set"])
async def test_a_user_who_may_not_do_all_of_an_act_records_none_of_it(
    open_connection: Callable,
    new_server: Callable,
    keys: Keys,
    without: str,
    old: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if old:  # which has no such function to ask
        source = scripts._source
        shadow = "local redis = setmetatable({ acl_check_cmd = false }, { __index = redis })\n"
        monkeypatch.setattr(scripts, "_source", lambda name: shadow + source(name))
    server = new_server()
    admin = open_connection(server)
    await admin.quick.execute_command(
        "ACL", "SETUSER", "mo", "on", ">pw", "~*", "+@all", f"-{without}"
    )
    mine = open_connection(server.url.replace("unix://", "unix://mo:pw@"))
    key = CallKey("pbx", Feed.INBOUND, "4711", EntryId(1, 0))
    with pytest.raises(ResponseError) as caught:
        await DispositionDesk(mine, keys, Who("mo")).dispose(Act(key, "spam", 0))
    fault = explain(caught.value, "here")
    assert fault.name == "no permission"
    assert not await admin.quick.exists(keys.journal)
    assert not await admin.quick.hexists(keys.call(key), "code")
