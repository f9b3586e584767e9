"""All calls, built by applying journal entries in order.

The same entries give the same board, on every screen and in any process: nothing here reads a
clock. What depends on now is derived from a call and the time when it is asked for
(`Call.state`). The rules of a call's life are those of PROTOCOL.md §1–2 and stand in
`_connected` and `_ended`.
"""

import heapq
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import chain, islice

from msgspec import Struct
from msgspec.structs import replace

from .acts import Act, recorded
from .call import ORIGIN, Call, CallKey, End, EntryId, Feed, Leg, Policy
from .entry import CalledBack, Claimed, Cut, Delivered, Disposed, Event, Notified, Released, Undone
from .notification import CallConnected, CallEnded, Direction, Rejected

JOIN_MS = 60_000
"""The two lists have no order between them: a connection may come this much after its CDR."""

KEEP_REJECTED = 1_000
"""The newest rejected notifications that are held; older ones stay in the journal."""

KEEP_RAW = 20_000
"""The first bytes of each that are held; the journal has them all."""

KEEP_REJECTED_BYTES = 16 * 1024 * 1024
"""The most bytes of them that are held, but always the newest one."""

_Slot = tuple[str, Feed, str]
"""Where the newest use of a reference is found: source, feed, reference."""


class RejectedNotification(Struct, frozen=True):
    """A notification that could not be read, as it is listed."""

    id: EntryId
    source: str
    feed: str
    reason: str
    raw: bytes
    """The first `KEEP_RAW` bytes of what arrived."""
    length: int
    """How many bytes arrived."""


class Board:
    """The calls, and what has been rejected."""

    def __init__(self, policy: Policy | None = None, keep: int = 100_000) -> None:
        """Start empty.

        `keep` is how many calls are held. Beyond it the oldest are let go of, those that are
        over and disposed of first; their payloads stay in the journal. The policy may only be
        changed while there are no calls: another one is another board.
        """
        self.policy = policy or Policy()
        self.keep = keep
        self.calls: dict[CallKey, Call] = {}
        self.last = ORIGIN
        self.rejected: deque[RejectedNotification] = deque()
        self.rejected_total = 0
        self.cut_total = 0
        self._rejected_bytes = 0
        self._current: dict[_Slot, CallKey] = {}
        self._on_extension: dict[tuple[str, str], CallKey] = {}
        self._due: list[tuple[int, CallKey]] = []

    def apply(self, event: Event) -> Sequence[CallKey]:
        """Take in the next entry; return the keys of the calls that changed.

        A key that is returned and no longer in `calls` belongs to a call that was let go of.
        """
        self.last = event.id
        match event:
            case Notified(what=CallConnected() as told):
                return self._connected(event, told)
            case Notified(what=CallEnded() as told):
                return self._ended(event, told)
            case Notified(what=Rejected() as told):
                self._reject(event, told)
            case Disposed() | Undone() | Claimed() | Released() | Delivered() | CalledBack():
                return self._acted(event)
            case Cut():
                self.cut_total += event.count
            case _:
                pass
        return ()

    def copy(self) -> "Board":
        """Return a board that goes its own way from here; the calls are values, and shared."""
        other = Board(self.policy, self.keep)
        other.calls, other.last = self.calls.copy(), self.last
        other.rejected, other.rejected_total = self.rejected.copy(), self.rejected_total
        other.cut_total, other._rejected_bytes = self.cut_total, self._rejected_bytes
        other._current, other._on_extension = self._current.copy(), self._on_extension.copy()
        other._due = self._due.copy()
        return other

    def due(self, now_ms: int, most: int | None = None) -> list[CallKey]:
        """Return the calls whose state has changed by the passing of time since the last call.

        No more than `most` are looked at, if that is given: the others come next time.
        """
        changed = []
        before = None
        left = len(self._due) if most is None else most
        while left > 0 and self._due and self._due[0][0] < now_ms:
            left -= 1
            due = heapq.heappop(self._due)
            # A call whose assumed end was taken back is noted twice.
            if due != before and self._is_due(due):
                changed.append(due[1])
            before = due
        return changed

    def newest(self, source: str, call_ref: str) -> Sequence[Call]:
        """Return the calls that have the reference now: the newest of each feed."""
        slots = [(source, feed, call_ref) for feed in Feed]
        return [call for slot in slots if (call := self._newest_in(slot)) is not None]

    # ── a connection ────────────────────────────────────────────────────────────────────

    def _connected(self, event: Notified, told: CallConnected) -> Sequence[CallKey]:
        feed = Feed(told.direction)
        call = self._newest_in((event.source, feed, told.call_ref))
        leg = Leg(told.extension, event.id, event.late)
        if call is not None and self._is_same_use(call, told, event.id.ms):
            if call.end is None and told.extension in ("", call.extension):
                return ()  # a repeat; without an extension it cannot tell of a transfer
            changed = [self._join(call, told, leg)]
        else:
            changed = self._open(
                Call(
                    key=CallKey(event.source, feed, told.call_ref, event.id),
                    caller=told.caller,
                    dialled=told.dialled,
                    contact_ref=told.contact_ref,
                    direction=told.direction,
                    hold=told.hold,
                    legs=(leg,),
                ),
            )
        changed += self._assume_end_of_previous(event, told.extension, changed[0])
        return changed

    def _is_same_use(self, call: Call, told: CallConnected, now_ms: int) -> bool:
        """Whether a connection belongs to this use of its reference, or opens a new one."""
        end = call.end
        if end is None or end.assumed:
            return now_ms - call.legs[-1].entry.ms <= self.policy.wait_ms(call)
        # After the end only the connection that this very record has overtaken is of the call.
        if now_ms - end.entry.ms > JOIN_MS:
            return False
        if not call.legs:
            return end.extension == told.extension or "" in (end.extension, told.extension)
        heard = any(leg.extension == told.extension for leg in call.legs)
        return bool(told.extension) and told.extension == end.extension and not heard

    def _join(self, call: Call, told: CallConnected, leg: Leg) -> CallKey:
        """Add a leg: a transfer, the connection of a CDR that came first, or a call gone on."""
        end = call.end
        if end is not None and end.assumed:
            end = None  # it was assumed wrongly: the call is still being connected
        elif end is not None and end.abandoned:
            end = replace(end, abandoned=False)
        legs = call.legs
        if legs and legs[-1].extension == leg.extension:
            leg = legs[-1]
            legs = legs[:-1]
        elif (
            legs
            and legs[-1].ended_ms is None
            and not self.policy.reports_end(call.key.source, call.began.ms)
        ):
            # With CDRs the record of the leg tells; the agent may stay on for a while.
            legs = (*legs[:-1], replace(legs[-1], ended_ms=leg.entry.ms))
        if end is not None:
            # The order of the lists is not that of the call: no leg ends before it begins.
            leg = replace(leg, extension=leg.extension or end.extension, ended_ms=leg.entry.ms)
        self._put(replace(_filled(call, told), legs=(*legs, leg), end=end))
        return call.key

    def _assume_end_of_previous(
        self, event: Notified, extension: str, key: CallKey
    ) -> list[CallKey]:
        """Without a CDR feed: an extension that takes a call has finished with its last one."""
        if not extension:
            return []
        place = (event.source, extension)
        previous = self.calls.get(self._on_extension.get(place, key))
        if self.policy.reports_end(event.source, event.id.ms):
            self._on_extension.pop(place, None)
        else:
            self._on_extension[place] = key
        if (
            previous is None
            or previous.key == key
            or previous.end is not None
            or previous.extension != extension
        ):
            return []
        self._put(replace(previous, end=End(event.id, assumed=True, late=event.late)))
        return [previous.key]

    # ── an end ──────────────────────────────────────────────────────────────────────────

    def _ended(self, event: Notified, told: CallEnded) -> Sequence[CallKey]:
        feed = Feed(told.direction)
        for call in self._candidates(event.source, feed, told):
            if self._record_belongs(call, event, told):
                return self._end(call, event, told)
        nobody = not told.extension or told.talk == 0
        return self._open(
            Call(
                key=CallKey(event.source, feed, told.call_ref, event.id),
                caller=told.caller,
                dialled=told.dialled,
                contact_ref=told.contact_ref,
                direction=told.direction,
                hold=told.hold,
                end=_end_of(event, told, told.direction is Direction.INBOUND and nobody),
            ),
        )

    def _candidates(self, source: str, feed: Feed, told: CallEnded) -> Iterator[Call]:
        """Yield the calls that a CDR may be of, whose feed can only be guessed.

        Before v3.0.0 the record of a Dialler's call looks like any outbound one; there the
        extension must agree, for the feeds number their calls independently.
        """
        call = self._newest_in((source, feed, told.call_ref))
        if call is not None:
            yield call
        if feed is Feed.INBOUND or not told.extension:
            return
        other = Feed.OUTBOUND if feed is Feed.DIALLER else Feed.DIALLER
        call = self._newest_in((source, other, told.call_ref))
        if call is not None and any(leg.extension == told.extension for leg in call.legs):
            yield call

    def _record_belongs(self, call: Call, event: Notified, told: CallEnded) -> bool:
        """Whether a CDR is of this use of its reference."""
        if call.end is not None and not call.end.assumed:
            return event.id.ms - call.end.entry.ms <= JOIN_MS
        age = event.id.ms - call.legs[-1].entry.ms
        if age <= self.policy.ghost_after_ms:
            return True
        # The call's own record may have been lost, and the reference used again: that of a call
        # nobody took, or of a talk much shorter than this would have been, is another's.
        if not told.extension:
            return False
        talked = None if told.talk is None or event.late else told.talk * 1000
        return talked is None or age - talked <= self.policy.ghost_after_ms

    def _end(self, call: Call, event: Notified, told: CallEnded) -> Sequence[CallKey]:
        over = call.end is not None and not call.end.assumed
        earlier = told.extension != call.extension and any(
            leg.extension == told.extension for leg in call.legs
        )
        if over or (earlier and told.extension):
            if call.end is not None and over and call.end.extension == told.extension:
                return ()  # a repeat
            legs = _with_record(call.legs, event, told)
            if legs == call.legs:
                return ()  # a repeat
            self._put(replace(call, legs=legs))
            return [call.key]
        self._put(
            replace(
                _filled(call, told),
                legs=tuple(
                    replace(leg, ended_ms=event.id.ms) if leg.ended_ms is None else leg
                    for leg in call.legs
                ),
                end=_end_of(event, told, abandoned=False),
            )
        )
        return [call.key]

    # ── an act ──────────────────────────────────────────────────────────────────────────

    def _acted(self, event: Act) -> Sequence[CallKey]:
        call = self.calls.get(event.key)
        changed = None if call is None else recorded(call, event)
        if changed is None:
            return ()
        self._put(changed)
        return [changed.key]

    # ── keeping ─────────────────────────────────────────────────────────────────────────

    def _open(self, call: Call) -> list[CallKey]:
        slot = call.key[:3]
        changed = [call.key]
        previous = self._newest_in(slot)
        if previous is not None:
            end = previous.end or End(call.key.since, assumed=True)
            self._put(replace(previous, end=end, superseded=True))
            changed.append(previous.key)
        self._current[slot] = call.key
        self._put(call)
        if len(self.calls) > self.keep:
            # Somewhat more than needed, so that looking for them is rare: O(1) an entry.
            left = self._let_go(len(self.calls) - self.keep + self.keep // 50)
            changed += [key for key in left if key not in changed]
        return changed

    def _newest_in(self, slot: _Slot) -> Call | None:
        key = self._current.get(slot)
        return None if key is None else self.calls[key]

    def _put(self, call: Call) -> None:
        before = self.calls.get(call.key)
        self.calls[call.key] = call
        due = call.due_ms(self.policy)
        if due is None or (before is not None and before.due_ms(self.policy) == due):
            return
        heapq.heappush(self._due, (due, call.key))
        if len(self._due) > 2 * len(self.calls) + 1_000:
            # Most calls are over long before they are due.
            self._due = [each for each in self._due if self._is_due(each)]
            heapq.heapify(self._due)

    def _is_due(self, due: tuple[int, CallKey]) -> bool:
        """Whether what was noted still holds: calls end, go on, and are let go of."""
        call = self.calls.get(due[1])
        return call is not None and call.due_ms(self.policy) == due[0]

    def _let_go(self, count: int) -> list[CallKey]:
        done: list[CallKey] = []
        over: list[CallKey] = []
        live: list[CallKey] = []
        for key, call in self.calls.items():
            (live if call.end is None else done if call.disposition else over).append(key)
            if len(done) == count:
                break
        leaving = list(islice(chain(done, over, live), count))
        for key in leaving:
            call = self.calls.pop(key)
            if self._current.get(key[:3]) == key:
                del self._current[key[:3]]
            for leg in call.legs:
                if self._on_extension.get((key.source, leg.extension)) == key:
                    del self._on_extension[key.source, leg.extension]
        return leaving

    def _reject(self, event: Notified, told: Rejected) -> None:
        self.rejected_total += 1
        kept = told.raw[:KEEP_RAW]
        self.rejected.append(
            RejectedNotification(
                event.id, event.source, event.feed, told.reason, kept, len(told.raw)
            )
        )
        self._rejected_bytes += len(kept)
        while len(self.rejected) > 1 and (
            len(self.rejected) > KEEP_REJECTED or self._rejected_bytes > KEEP_REJECTED_BYTES
        ):
            self._rejected_bytes -= len(self.rejected.popleft().raw)


def _filled(call: Call, told: CallConnected | CallEnded) -> Call:
    """Return `call` with what was not known of it yet; what was known stands."""
    return replace(
        call,
        caller=call.caller or told.caller,
        dialled=call.dialled or told.dialled,
        contact_ref=call.contact_ref or told.contact_ref,
        hold=told.hold if call.hold is None else call.hold,
    )


def _with_record(legs: tuple[Leg, ...], event: Notified, told: CallEnded) -> tuple[Leg, ...]:
    """Return `legs` with the first that the record may be of ended by it."""
    for place, leg in enumerate(legs):
        news = leg.ended_ms is None or (leg.talk is None and told.talk is not None)
        if leg.extension == told.extension and news:
            ended_ms = event.id.ms if leg.ended_ms is None else leg.ended_ms
            leg = replace(leg, ended_ms=ended_ms, talk=told.talk)
            return (*legs[:place], leg, *legs[place + 1 :])
    return legs


def _end_of(event: Notified, told: CallEnded, abandoned: bool) -> End:
    return End(
        entry=event.id,
        reason=told.reason,
        code=told.code,
        talk=told.talk,
        extension=told.extension,
        recording=told.recording,
        abandoned=abandoned,
        late=event.late,
    )
