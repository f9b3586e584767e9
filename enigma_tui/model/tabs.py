"""The views that are always there: which calls each has, and how many."""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum

from .board import Board
from .call import Call, CallKey, CallState
from .notification import Direction
from .subject import Lens


class Tab(StrEnum):
    """A view, by the name that is shown."""

    LIVE = "Live"
    TO_DISPOSE = "To dispose"
    ABANDONED = "Abandoned"
    MINE = "Mine"
    ALL = "All"


def is_live(call: Call, lens: Lens) -> bool:
    """Whether the call is connected and not over, as far as is known."""
    return call.end is None and call.state(lens.now_ms, lens.policy) in (
        CallState.LIVE,
        CallState.GHOST,
    )


def is_to_dispose(call: Call, lens: Lens) -> bool:
    """Whether the call is inbound, over, and nobody has recorded its outcome."""
    return _waits_for_outcome(call) and not is_live(call, lens)


def _waits_for_outcome(call: Call) -> bool:
    return call.disposition is None and not call.superseded and call.direction is Direction.INBOUND


def is_abandoned(call: Call, _lens: Lens) -> bool:
    """Whether the caller hung up before anyone answered, whatever was done about it since."""
    return call.end is not None and call.end.abandoned


def is_mine(call: Call, lens: Lens) -> bool:
    """Whether whoever looks has claimed the call, or recorded the outcome that it has."""
    if not lens.own_name:
        return False
    if call.disposition is not None and call.disposition.by == lens.own_name:
        return True
    return call.claimed_by(lens.now_ms) == lens.own_name


BELONGS: Mapping[Tab, Callable[[Call, Lens], bool]] = {
    Tab.LIVE: is_live,
    Tab.TO_DISPOSE: is_to_dispose,
    Tab.ABANDONED: is_abandoned,
    Tab.MINE: is_mine,
    Tab.ALL: lambda _call, _lens: True,
}
"""Whether a call is one of a tab."""


class Tally:
    """Which calls each tab has, whatever is on screen; of `ALL` there is nothing to know."""

    def __init__(self) -> None:
        self._keys: dict[Tab, set[CallKey]] = {tab: set() for tab in Tab if tab is not Tab.ALL}
        self._claimed: set[CallKey] = set()

    def __getitem__(self, tab: Tab) -> int:
        """Return how many calls a tab has."""
        return len(self._keys[tab])

    def keys(self, tab: Tab) -> frozenset[CallKey]:
        """Return the keys of a tab's calls as they are now."""
        return frozenset(self._keys[tab])

    def claimed(self) -> frozenset[CallKey]:
        """Return the calls that are mine by a claim: it ends by the mere passing of time."""
        return frozenset(self._claimed)

    def update(self, keys: Iterable[CallKey], board: Board, lens: Lens) -> None:
        """Count the calls `keys` again after they changed."""
        of = self._keys
        for key in keys:
            call = board.calls.get(key)
            if call is None:
                for each in of.values():
                    each.discard(key)
                self._claimed.discard(key)
                continue
            live = is_live(call, lens)
            mine = is_mine(call, lens)
            _put(of[Tab.LIVE], key, live)
            _put(of[Tab.TO_DISPOSE], key, not live and _waits_for_outcome(call))
            _put(of[Tab.ABANDONED], key, is_abandoned(call, lens))
            _put(of[Tab.MINE], key, mine)
            _put(self._claimed, key, mine and call.claim is not None)


def _put(keys: set[CallKey], key: CallKey, belongs: bool) -> None:
    (keys.add if belongs else keys.discard)(key)
