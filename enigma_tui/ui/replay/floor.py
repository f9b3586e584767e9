"""A floor whose time is that of a replay."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING

from msgspec import Struct

from ...model.agents import Agents
from ...model.board import Board
from ...model.call import EntryId
from ...model.metrics import Metrics
from ...model.player import Player
from ..floor import Floor

if TYPE_CHECKING:
    from ...journal.replaying import Replaying


class Remembered(Struct, frozen=True):
    """What a floor had taken in; nothing of it changes any more."""

    board: Board
    metrics: Metrics
    agents: Agents
    received: EntryId
    newest_ms: int | None
    skipped: int


@dataclass(slots=True)
class ReplayFloor(Floor):
    """Calls as they were at the player's time, which whoever looks on stops and moves."""

    begin_ms: int = 0
    end_ms: int = 0
    speed: float = 1
    beat: Callable[[], float] = monotonic
    """Counts the seconds of whoever looks on."""
    unread: int = 0
    """Lines of a file that could not be read."""
    replaying: "Replaying | None" = None
    """Who reads and plays; `None` before that has begun."""
    player: Player[Remembered] = field(init=False)

    def __post_init__(self) -> None:
        """Start empty, at the beginning."""
        self.player = Player(self.begin_ms, self.end_ms, self, self.beat, self.speed)
        Floor.__post_init__(self)

    def now_ms(self) -> int:
        """Return the time of the replay."""
        return self.player.now_ms

    @property
    def caught_up(self) -> bool:
        """Whether what is shown is all that there was at that time."""
        return not self.player.reading

    def remember(self) -> Remembered:
        """Return what has been taken in."""
        return Remembered(
            board=self.board.copy(),
            metrics=deepcopy(self.metrics),
            agents=deepcopy(self.agents),
            received=self.last,
            newest_ms=self.newest_ms,
            skipped=self.skipped,
        )

    def recall(self, state: Remembered) -> None:
        """Take up again what was remembered.

        Calls are values, so only those that are not the same one any more go through the view.
        """
        before = self.board.calls
        self.board = self.view.board = state.board.copy()
        self.metrics, self.agents = deepcopy(state.metrics), deepcopy(state.agents)
        self._received, self.newest_ms = state.received, state.newest_ms
        self.skipped = state.skipped
        calls = self.board.calls
        self._behind.update(dict.fromkeys(before.keys() - calls.keys()))
        self._behind.update(
            dict.fromkeys(key for key, call in calls.items() if before.get(key) is not call)
        )
        self._catch_up()

    def arrived(self) -> None:
        """Bring everything up to date that is another by the mere passing of time.

        Time may have gone back, so it is asked of every call that has not ended, or is claimed.
        """
        self._behind.update(
            dict.fromkeys(
                key
                for key, call in self.board.calls.items()
                if call.end is None or call.claim is not None
            )
        )
        self._catch_up()
        if self.view.query.timed:
            self._rebuild()
        self.listener.on_link()
        self.listener.on_calls()
