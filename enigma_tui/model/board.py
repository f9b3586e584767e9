"""All calls, built by applying journal entries in order.

The same entries give the same board, on every screen and in any process: nothing here reads a
clock. What depends on now is derived from a call and the time when it is asked for
(`Call.state`). The rules of a call's life are those of PROTOCOL.md §1–2 and stand in
`_connected` and `_ended`.
"""

import heapq
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

from .call import ORIGIN, Call, CallKey, End, EntryId, Feed, Leg, Policy
from .entry import Cut, Disposed, Event, Notified
from .notification import CallConnected, CallEnded, Direction, Rejected

JOIN_MS = 60_000
"""The two lists have no order between them: a connection may come this much after its CDR."""

KEEP_REJECTED = 1_000
"""The newest rejected notifications that are held; older ones stay in the journal."""


@dataclass(frozen=True, slots=True)
class RejectedNotification:
    """A notification that could not be read, as it is listed."""

    id: EntryId
    source: str
    feed: str
    reason: str
    raw: bytes


class Board:
    """The calls, and what has been rejected."""

    def __init__(self, policy: Policy | None = None, keep: int = 100_000) -> None:
        """Start empty.

        `keep` is how many calls are held. Beyond it the oldest are let go of, those that are
        over and disposed of first; their payloads stay in the journal.
        """
        self.policy = policy or Policy()
        self.keep = keep
        self.calls: dict[CallKey, Call] = {}
        self.last = ORIGIN
        self.rejected: deque[RejectedNotification] = deque(maxlen=KEEP_REJECTED)
        self.rejected_total = 0
        self.cut_total = 0
        self._current: dict[tuple[str, Feed, str], CallKey] = {}
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
                self.rejected_total += 1
                self.rejected.append(
                    RejectedNotification(event.id, event.source, event.feed, told.reason, told.raw)
                )
            case Disposed():
                return self._disposed(event)
            case Cut():
                self.cut_total += event.count
            case _:
                pass
        return ()

    def due(self, now_ms: int) -> list[CallKey]:
        """Return the calls whose state has changed by the passing of time since the last call."""
        changed = []
        while self._due and self._due[0][0] < now_ms:
            _, key = heapq.heappop(self._due)
            call = self.calls.get(key)
            due = call.due_ms(self.policy) if call else None
            if due is None:
                continue
            if due < now_ms:
                changed.append(key)
            else:
                heapq.heappush(self._due, (due, key))
        return changed

    def newest(self, source: str, call_ref: str) -> Call | None:
        """Return the call that has the reference now, whichever feed it came by."""
        found = [
            self.calls[key]
            for feed in Feed
            if (key := self._current.get((source, feed, call_ref))) in self.calls and key
        ]
        return max(found, key=lambda call: call.key.since, default=None)

    # ── a connection ────────────────────────────────────────────────────────────────────

    def _connected(self, event: Notified, told: CallConnected) -> Sequence[CallKey]:
        feed = Feed.DIALLER if told.direction is Direction.DIALLER else Feed.CLICK2DIAL
        identity = (event.source, feed, told.call_ref)
        leg = Leg(told.extension, event.id, event.late)
        known = self._current.get(identity)
        call = self.calls.get(known) if known else None
        if call is not None and self._is_same_use(call, event.id.ms):
            if call.legs and call.end is None and call.extension == told.extension:
                return ()  # a repeat
            changed = [self._join(call, told, leg)]
        else:
            changed = self._open(
                identity,
                Call(
                    key=CallKey(*identity, since=event.id),
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

    def _is_same_use(self, call: Call, now_ms: int) -> bool:
        """Whether a connection belongs to this use of its reference, or opens a new one."""
        if call.end is None or call.end.assumed:
            cdr = call.key.source in self.policy.cdr_sources
            limit = self.policy.ghost_after_ms if cdr else self.policy.assume_ended_after_ms
            return bool(call.legs) and now_ms - call.legs[-1].entry.ms <= limit
        return not call.legs and now_ms - call.end.entry.ms <= JOIN_MS

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
        elif legs and legs[-1].ended_ms is None:
            legs = (*legs[:-1], replace(legs[-1], ended_ms=leg.entry.ms))
        if end is not None:
            leg = replace(leg, ended_ms=end.entry.ms)
        self._put(
            replace(
                call,
                caller=call.caller or told.caller,
                dialled=call.dialled or told.dialled,
                contact_ref=call.contact_ref or told.contact_ref,
                hold=told.hold if call.hold is None else call.hold,
                legs=(*legs, leg),
                end=end,
            )
        )
        return call.key

    def _assume_end_of_previous(
        self, event: Notified, extension: str, key: CallKey
    ) -> list[CallKey]:
        """Without a CDR feed: an extension that takes a call has finished with its last one."""
        if event.source in self.policy.cdr_sources or not extension:
            return []
        place = (event.source, extension)
        previous = self.calls.get(self._on_extension.get(place, key))
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
        feed = Feed.DIALLER if told.dialler else Feed.CLICK2DIAL
        call = self._of_record(event.source, feed, told.call_ref)
        if call is not None and self._record_belongs(call, event, told):
            return self._end(call, event, told)
        identity = (event.source, feed, told.call_ref)
        nobody = not told.extension or told.talk == 0
        return self._open(
            identity,
            Call(
                key=CallKey(*identity, since=event.id),
                caller=told.caller,
                dialled=told.dialled,
                contact_ref=told.contact_ref,
                direction=told.direction,
                hold=told.hold,
                end=_end_of(event, told, told.direction is Direction.INBOUND and nobody),
            ),
        )

    def _of_record(self, source: str, feed: Feed, call_ref: str) -> Call | None:
        """Find the call of a CDR, whose feed can only be guessed from what it says."""
        for candidate in (feed, Feed.DIALLER if feed is Feed.CLICK2DIAL else Feed.CLICK2DIAL):
            key = self._current.get((source, candidate, call_ref))
            if key in self.calls and key:
                return self.calls[key]
        return None

    def _record_belongs(self, call: Call, event: Notified, told: CallEnded) -> bool:
        """Whether a CDR is of this use of its reference."""
        age = event.id.ms - (call.legs[-1].entry.ms if call.legs else call.key.since.ms)
        if call.end is None or call.end.assumed:
            # A record of a call that nobody took cannot end a call that an agent had long ago.
            return bool(told.extension) or age <= self.policy.ghost_after_ms
        return event.id.ms - call.end.entry.ms <= JOIN_MS or any(
            leg.extension == told.extension and leg.ended_ms is None for leg in call.legs
        )

    def _end(self, call: Call, event: Notified, told: CallEnded) -> Sequence[CallKey]:
        ended = tuple(
            replace(leg, ended_ms=event.id.ms)
            if leg.ended_ms is None and told.extension in ("", leg.extension)
            else leg
            for leg in call.legs
        )
        earlier = (
            told.extension
            and any(leg.extension == told.extension for leg in call.legs[:-1])
            and told.extension != call.extension
        )
        settled = call.end is not None and not call.end.assumed
        if earlier or settled:
            if ended == call.legs:
                return ()  # a repeat
            self._put(replace(call, legs=ended))
            return [call.key]
        self._put(
            replace(
                call,
                caller=call.caller or told.caller,
                dialled=call.dialled or told.dialled,
                contact_ref=call.contact_ref or told.contact_ref,
                hold=told.hold if call.hold is None else call.hold,
                legs=tuple(
                    replace(leg, ended_ms=event.id.ms) if leg.ended_ms is None else leg
                    for leg in ended
                ),
                end=_end_of(event, told, abandoned=False),
            )
        )
        return [call.key]

    # ── an act ──────────────────────────────────────────────────────────────────────────

    def _disposed(self, event: Disposed) -> Sequence[CallKey]:
        call = self.calls.get(event.key)
        if call is None:
            return ()
        if call.disposition is not None and call.disposition.version >= event.disposition.version:
            return ()
        self._put(replace(call, disposition=event.disposition))
        return [call.key]

    # ── keeping ─────────────────────────────────────────────────────────────────────────

    def _open(self, identity: tuple[str, Feed, str], call: Call) -> list[CallKey]:
        changed = [call.key]
        older = self._current.get(identity)
        if older is not None and (previous := self.calls.get(older)) is not None:
            end = previous.end or End(call.key.since, assumed=True)
            self._put(replace(previous, end=end, superseded=True))
            changed.append(older)
        self._current[identity] = call.key
        self._put(call)
        if len(self.calls) > self.keep + max(1, self.keep // 50):
            changed += self._let_go(len(self.calls) - self.keep)
        return changed

    def _put(self, call: Call) -> None:
        self.calls[call.key] = call
        if (due := call.due_ms(self.policy)) is not None:
            heapq.heappush(self._due, (due, call.key))

    def _let_go(self, count: int) -> list[CallKey]:
        over = (key for key, call in self.calls.items() if call.end and call.disposition)
        leaving = list(islice(over, count))
        if len(leaving) < count:
            chosen = set(leaving)
            rest = (key for key, call in self.calls.items() if call.end and key not in chosen)
            leaving += islice(rest, count - len(leaving))
        if len(leaving) < count:
            chosen = set(leaving)
            leaving += islice((k for k in self.calls if k not in chosen), count - len(leaving))
        for key in leaving:
            del self.calls[key]
            if self._current.get(key[:3]) == key:
                del self._current[key[:3]]
        return leaving


def _end_of(event: Notified, told: CallEnded, abandoned: bool) -> End:
    return End(
        entry=event.id,
        reason=told.reason,
        code=told.code,
        talk=told.talk,
        recording=told.recording,
        abandoned=abandoned,
        late=event.late,
    )
