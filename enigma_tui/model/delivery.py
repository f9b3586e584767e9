"""What other systems have not been told yet, worked out from the journal.

Deliverers and screens apply the same entries and so agree. Only the newest outcome of a call is
ever owed to a target; what was amended or taken back before it was sent is never sent.
"""

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from msgspec import Struct
from msgspec.structs import replace

from .call import ORIGIN, CallKey, Disposition, EntryId, Feed
from .entry import Delivered, DeliveryOutcome, Disposed, Event, Undone

KEEP_FAILED = 10_000
"""The newest failures of a target that are held; the journal has them all."""

_LAST_SEQ = 2**64 - 1


class Rule(Struct, frozen=True):
    """Which outcomes a target is to be told of."""

    name: str
    since_ms: int = 0
    """What was recorded before is none of its business; milliseconds since the epoch."""
    dialler: Mapping[str, str] | None = None
    """Of the Dialler: what it calls each code. Of any other target `None`."""

    def wants(self, key: CallKey, code: str) -> bool:
        """Whether the target is told of such an outcome."""
        return self.dialler is None or (key.feed is Feed.DIALLER and code in self.dialler)


class Outgoing(Struct, frozen=True):
    """An outcome that a target is owed."""

    key: CallKey
    disposition: Disposition
    entry: EntryId
    """What asks for it: its own entry, or that of somebody who wants it sent again."""
    wanted: bool = True
    """Whether the target is told at all. What is not wanted is held only while an undo may bring
    back what stood before."""
    before: "Outgoing | None" = None
    """What was still owed when this one replaced it. An undo can bring it back."""

    @property
    def id(self) -> tuple[CallKey, str]:
        """What tells it from every other: the call, and the act."""
        return self.key, self.disposition.act

    @property
    def first(self) -> EntryId:
        """The oldest entry that has to be read again to know of all this."""
        return min(self.entry, self.before.entry) if self.before else self.entry


@dataclass(slots=True)
class Outbox:
    """What one target is owed."""

    rule: Rule
    last: EntryId = ORIGIN
    """The last entry that was taken in."""
    waiting: dict[CallKey, Outgoing] = field(default_factory=dict)
    _order: list[tuple[EntryId, CallKey]] = field(default_factory=list)

    def apply(self, event: Event) -> None:
        """Take in the next entry."""
        self.last = event.id
        match event:
            case Disposed():
                self._disposed(event)
            case Undone():
                self._undone(event)
            case Delivered() if event.target == self.rule.name:
                if event.outcome is DeliveryOutcome.AGAIN:
                    self._again(event)
                else:
                    self.settle(event.key, event.act)
            case _:
                pass

    def settle(self, key: CallKey, act: str) -> None:
        """Note that nothing more is to be done about an act of a call."""
        owed = self.waiting.get(key)
        if owed is None:
            return
        if owed.disposition.act == act:
            del self.waiting[key]
        elif owed.before is not None and owed.before.disposition.act == act:
            self.hold(replace(owed, before=None))

    def put_back(self, owed: Outgoing) -> None:
        """Note that what was settled a moment ago is owed after all, before everything else."""
        self.waiting = {owed.key: owed, **self.waiting}
        heapq.heappush(self._order, (owed.first, owed.key))

    def drop(self, key: CallKey) -> None:
        """Forget what is not wanted, once it can no longer be undone."""
        self.waiting.pop(key, None)

    def done(self) -> EntryId:
        """Return up to which entry nothing is owed: whoever starts anew may begin behind it."""
        while self._order:
            first, key = self._order[0]
            owed = self.waiting.get(key)
            if owed is not None and owed.first == first:
                return previous(first)
            heapq.heappop(self._order)
        return self.last

    def owed(self) -> list[Outgoing]:
        """Return what the target has not been told yet, the oldest first."""
        return sorted(
            (each for each in self.waiting.values() if each.wanted), key=lambda each: each.entry
        )

    def _disposed(self, event: Disposed) -> None:
        if event.id.ms < self.rule.since_ms:
            return
        key = event.key
        wanted = self.rule.wants(key, event.disposition.code)
        before = self.waiting.pop(key, None)
        if before is not None:
            before = replace(before, before=None) if before.wanted else None
        if wanted or before is not None:
            self.hold(Outgoing(key, event.disposition, event.id, wanted, before))

    def _undone(self, event: Undone) -> None:
        owed = self.waiting.pop(event.key, None)
        if owed is None or owed.before is None or event.restored is None:
            return
        # What stands again may have been delivered meanwhile: then it is not in `before`.
        if owed.before.disposition.act == event.restored.act:
            self.hold(replace(owed.before, disposition=event.restored))

    def _again(self, event: Delivered) -> None:
        told = event.disposition
        if told is not None and event.key not in self.waiting:
            self.hold(Outgoing(event.key, told, event.id))

    def hold(self, owed: Outgoing) -> None:
        """Note what the target is owed for a call."""
        if not owed.wanted and owed.before is None:
            self.waiting.pop(owed.key, None)
            return
        self.waiting[owed.key] = owed
        heapq.heappush(self._order, (owed.first, owed.key))
        if len(self._order) > 2 * len(self.waiting) + 1_000:
            self._order = [(each.first, key) for key, each in self.waiting.items()]
            heapq.heapify(self._order)


class Waiting(Struct, frozen=True):
    """What a target has not been told yet, as it is shown."""

    target: str
    count: int
    oldest_ms: int | None
    """When the oldest was recorded, or asked for again; milliseconds since the epoch."""


class Deliveries:
    """How delivery stands, for a screen or a command: what waits, and what finally failed."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        """Start empty; the entries of targets that `rules` does not name are passed over."""
        self.boxes = {rule.name: Outbox(rule) for rule in rules}
        self._failed: dict[str, dict[CallKey, Delivered]] = {rule.name: {} for rule in rules}

    def apply(self, event: Event) -> bool:
        """Take in the next entry; return whether anything may look different now."""
        match event:
            case Disposed() | Undone():
                for box in self.boxes.values():
                    box.apply(event)
                    if isinstance(event, Disposed) and event.key not in box.waiting:
                        # The target is not told of what has taken its place.
                        self._failed[box.rule.name].pop(event.key, None)
            case Delivered() if event.target in self.boxes:
                self.boxes[event.target].apply(event)
                self._note(event)
            case _:
                return False
        return bool(self.boxes)

    def waiting(self) -> list[Waiting]:
        """Return for each target how much waits."""
        answer = []
        for name, box in self.boxes.items():
            owed = box.owed()
            answer.append(Waiting(name, len(owed), owed[0].entry.ms if owed else None))
        return answer

    def failed(self) -> list[Delivered]:
        """Return what finally failed, or was too old to send, the oldest first.

        What has been asked for again, or amended since, waits and is not listed.
        """
        listed = [
            failure
            for name, failures in self._failed.items()
            for key, failure in failures.items()
            if key not in self.boxes[name].waiting
        ]
        return sorted(listed, key=lambda failure: failure.id)

    def nearing(self, before_ms: int) -> list[tuple[str, Outgoing]]:
        """Return what waits and was recorded before then: the journal will be trimmed of it."""
        return [
            (name, owed)
            for name, box in self.boxes.items()
            for owed in box.owed()
            if owed.first.ms < before_ms
        ]

    def _note(self, event: Delivered) -> None:
        failures = self._failed[event.target]
        if event.outcome is DeliveryOutcome.AGAIN:
            return  # it waits now; should it be lost sight of, the failure still stands
        failures.pop(event.key, None)
        if event.outcome is not DeliveryOutcome.DELIVERED:
            failures[event.key] = event
            if len(failures) > KEEP_FAILED:
                del failures[next(iter(failures))]


def previous(entry: EntryId) -> EntryId:
    """Return the id just before: reading behind it begins with `entry`."""
    return EntryId(entry.ms, entry.seq - 1) if entry.seq else EntryId(entry.ms - 1, _LAST_SEQ)
