"""What the Dialler tells of its agents (PROTOCOL.md §3): states, and how long they wrap up."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from .call import CallKey
from .entry import Notified
from .notification import AgentStatus

WRAPPING_UP = "wrapup"
GONE = ("logging_out", "offline")
"""States of somebody who takes no calls, and is not at work."""

WORDS: Mapping[str, str] = {
    "logging_in": "logging in",
    "wrapup": "wrapping up",
    "logging_out": "logging out",
}
"""States whose name is not the word for it."""


class Agent(Struct, frozen=True, gc=False):
    """One agent, as they were last heard of."""

    extension: str
    status: str
    since_ms: int
    """Since when, in milliseconds since the epoch."""
    campaign: str = ""

    @property
    def word(self) -> str:
        """The state in words."""
        return WORDS.get(self.status, self.status)

    def seconds(self, now_ms: int) -> float:
        """Return for how long they have been in this state."""
        return max(0, now_ms - self.since_ms) / 1000


class _Wrap(Struct, gc=False):
    """The wrapping up after a call."""

    done_ms: int = 0
    since_ms: int | None = None
    """Since when it goes on again, if it does."""


_Place = tuple[str, str]
"""A source and an extension."""


class Agents:
    """The agents of a site. Nothing is known of those who have said nothing since they came."""

    def __init__(self) -> None:
        self._agents: dict[_Place, Agent] = {}
        self._last_call: dict[_Place, CallKey] = {}
        self._wraps: dict[CallKey, _Wrap] = {}

    def __bool__(self) -> bool:
        """Whether anything has been heard of agents."""
        return bool(self._agents)

    def connected(self, key: CallKey, extension: str, now_ms: int) -> None:
        """Note whom a call went to: it is what they wrap up afterwards, and no other any more."""
        place = key.source, extension
        before = self._last_call.get(place)
        if not extension or before == key:
            return
        self._last_call[place] = key
        agent = self._agents.get(place)
        if agent is not None and agent.status == WRAPPING_UP:
            # Nothing keeps what the Dialler says: that they had done was lost on its way.
            del self._agents[place]
            self._wrapped_up(before, now_ms)

    def told(self, event: Notified, told: AgentStatus) -> None:
        """Take in a state; one that is told again goes on."""
        place = event.source, told.extension
        before = self._agents.get(place)
        status, now_ms = told.status, event.id.ms
        again = before is not None and before.status == status
        since_ms = before.since_ms if before is not None and again else now_ms
        self._agents[place] = Agent(told.extension, status, since_ms, told.campaign)
        key = self._last_call.get(place)
        if again or key is None:
            return
        if status == WRAPPING_UP:
            self._wraps.setdefault(key, _Wrap()).since_ms = now_ms
        else:
            self._wrapped_up(key, now_ms)

    def _wrapped_up(self, key: CallKey | None, now_ms: int) -> None:
        wrap = self._wraps.get(key) if key is not None else None
        if wrap is not None and wrap.since_ms is not None:
            wrap.done_ms += now_ms - wrap.since_ms
            wrap.since_ms = None

    def forget(self, key: CallKey) -> None:
        """Let go of what is known of a call."""
        self._wraps.pop(key, None)

    def wrap_seconds(self, key: CallKey, now_ms: int) -> float | None:
        """Return how long was wrapped up after a call so far; `None` where nobody has told."""
        wrap = self._wraps.get(key)
        if wrap is None:
            return None
        going_on = 0 if wrap.since_ms is None else max(0, now_ms - wrap.since_ms)
        return (wrap.done_ms + going_on) / 1000

    def on(self, extension: str, source: str | None = None) -> Agent | None:
        """Return who is on an extension; of several sources, who was heard of last."""
        found = [
            agent
            for (at, number), agent in self._agents.items()
            if number == extension and source in (None, at)
        ]
        return max(found, key=lambda agent: agent.since_ms, default=None)

    def counts(self) -> Sequence[tuple[str, int]]:
        """Return how many are in each state, in words, the most first, without who has gone."""
        counts: dict[str, int] = {}
        for agent in self._agents.values():
            if agent.status not in GONE:
                counts[agent.word] = counts.get(agent.word, 0) + 1
        return sorted(counts.items(), key=lambda each: (-each[1], each[0]))
