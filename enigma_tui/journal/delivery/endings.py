"""Whether a call of the Dialler is over: its API hangs up one that is not (PROTOCOL.md §4)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto

from ...model.board import Board
from ...model.call import Call, CallKey, CallState, Policy
from ...model.delivery import previous
from ...model.entry import Event, Notified, decode
from ..stream import Journal

KEEP = 20_000
"""Calls that are held; of older ones the journal is read again."""

_AGAIN_SECONDS = 60.0


class Over(Enum):
    """What is known of a call's end besides when it was."""

    NOT_YET = auto()
    NOT_HEARD = auto()
    """It may be over, by the time that has passed; it may be a long call as well."""
    NEVER_HEARD = auto()
    """It would have been over long ago: its end has been lost, or the call with the journal."""
    IN_USE_AGAIN = auto()
    """A newer call has its reference: what is told of this one would be taken for that one's, and
    hang it up where it is live."""


@dataclass(slots=True)
class Endings:
    """Follows the calls beside the deliverer, as any board does."""

    journal: Journal
    policy: Policy
    clock: Callable[[], float]
    board: Board = field(init=False)
    _looked_up: dict[CallKey, tuple[float, Call | None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.board = Board(self.policy, KEEP)

    @property
    def warm_up_ms(self) -> int:
        """How long before it is needed it has to begin: for as long a call can be live."""
        return max(self.policy.ghost_after_ms, self.policy.assume_ended_after_ms)

    def apply(self, event: Event) -> None:
        """Take in the next entry."""
        if isinstance(event, Notified):
            self.board.apply(event)

    async def over_ms(self, key: CallKey, now_ms: int) -> int | Over:
        """Return when a call was over (milliseconds, the server's clock), or that it is not.

        Only what was heard counts: its record, or that its extension has taken another call.
        """
        newest = self.board.newest(key.source, key.call_ref)
        if any(call.key.feed is key.feed and call.key.since > key.since for call in newest):
            return Over.IN_USE_AGAIN
        call = self.board.calls.get(key)
        if call is None:
            call = await self._look_up(key)
        if call is None:
            return Over.NEVER_HEARD
        match call.state(now_ms, self.policy):
            case CallState.LIVE:
                return Over.NOT_YET
            case CallState.GHOST:
                return Over.NEVER_HEARD
        # Whether a call is over that has only lost its reference to another nobody has said.
        if call.end is None or (call.end.assumed and call.superseded):
            return Over.NOT_HEARD
        return call.end.entry.ms

    def forget(self, key: CallKey) -> None:
        """Nothing more will be asked about a call."""
        self._looked_up.pop(key, None)

    async def _look_up(self, key: CallKey) -> Call | None:
        """Read the journal from a call's beginning; now and then only, since that may be long."""
        asked, call = self._looked_up.get(key, (-_AGAIN_SECONDS, None))
        if self.clock() - asked < _AGAIN_SECONDS:
            return call
        board = Board(self.policy)
        last = previous(key.since)
        while entries := await self.journal.after(last, wait=False):
            for entry_id, fields in entries:
                event = decode(entry_id, fields)
                if isinstance(event, Notified):
                    board.apply(event)
            last = entries[-1][0]
            call = board.calls.get(key)
            if call is None or (call.end is not None and not call.end.assumed):
                break
        self._looked_up[key] = (self.clock(), board.calls.get(key))
        return board.calls.get(key)
