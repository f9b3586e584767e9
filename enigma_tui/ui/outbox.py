"""What was done and has gone nowhere yet: acts that wait here, and outcomes that other systems
were not told of."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from ..journal.delivery import Again
from ..journal.desk import Act
from ..journal.faults import FAILED, explain
from ..journal.pending import KeepingError, Pending, PendingActs
from ..model.entry import Delivered
from .columns import moment
from .floor import Floor

NEAR_TRIM = 0.9
"""From this share of the retention on, what was not delivered is said to be about to be trimmed."""

WAITS = "waits here"
"""The state of an act that has not left this machine; a delivery waits at the server."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the outbox."""

    id: str
    at_ms: int
    state: str
    what: str
    why: str = ""
    take_out: Callable[[], None] | None = None
    """Takes it off the list for good; `None` where it may have been recorded."""
    again: Callable[[], Awaitable[str]] | None = None
    """Sends it again, and returns what to tell the supervisor."""


class Outbox:
    """Makes the lines, and does what is asked of them."""

    def __init__(self, floor: Floor, pending: PendingActs, again: Again) -> None:
        self._floor = floor
        self._pending = pending
        self._again = again

    def now_ms(self) -> int:
        """Return the server's time, in milliseconds."""
        return self._floor.now_ms()

    def rows(self) -> Iterator[Row]:
        """Yield what waits here and was refused, then what was not delivered."""
        for pending in self._pending:
            yield self._act(pending)
        for number, failed in enumerate(self._floor.deliveries.failed()):
            yield self._delivery(number, failed)

    def summary(self) -> list[str]:
        """Return a line for each target that something waits for, or that is told nothing."""
        lines = []
        now_ms = self.now_ms()
        follower = self._floor.follower
        # Of old news nobody knows whether it still holds.
        pulse = follower.pulse if follower and follower.link.connected else None
        standstills = pulse.standstills if pulse else {}
        for waiting in self._floor.deliveries.waiting():
            parts = []
            if waiting.count and waiting.oldest_ms is not None:
                since = moment(waiting.oldest_ms, now_ms)
                to_do = f"{waiting.count:,} recorded, to be delivered to {waiting.target}"
                parts.append(f"{to_do}, since {since}")
            if (standstill := standstills.get(waiting.target)) is not None:
                still = f"delivery to {waiting.target} stands still: {standstill}"
                parts += [still, f"  {standstill.remedy}"]
            lines += parts
        kept_ms = self._floor.site.retention.days * 86_400_000
        near = self._floor.deliveries.nearing(now_ms - round(kept_ms * NEAR_TRIM))
        if near:
            lines.append(f"{len(near):,} will soon be trimmed from the journal undelivered")
        if unknown := self._unknown():
            lines.append(unknown)
        return lines

    def _unknown(self) -> str:
        """Return what this board cannot know at the moment, or an empty string."""
        follower, now_ms = self._floor.follower, self.now_ms()
        if follower is None:
            return ""
        link = follower.link
        if not link.connected:
            if link.answered_at is None:
                return "The server has not answered yet: what waits there is not known."
            since_ms = now_ms - round((follower.clock() - link.answered_at) * 1000)
            return (
                f"The server is away: what has been recorded and delivered there since "
                f"{moment(since_ms, now_ms)} is not known."
            )
        if not link.caught_up:
            return "The journal is still being read: there may be more."
        if self._floor.paused:
            return "The display is paused: what has been delivered since is not counted."
        return ""

    def _act(self, pending: Pending) -> Row:
        key = pending.act.key
        done = pending.act.code if isinstance(pending.act, Act) else "undo"
        state = "refused" if pending.refused else "sent?" if pending.sent else WAITS

        def take_out() -> None:
            with suppress(KeepingError):  # it stays on the list then
                self._pending.settle(pending.id)
            self._floor.listener.on_calls()

        return Row(
            f"act-{pending.id}",
            pending.made_ms,
            state,
            f"{done} for {key.call_ref}",
            pending.refused,
            take_out=None if state == "sent?" else take_out,
        )

    def _delivery(self, number: int, failed: Delivered) -> Row:
        async def again() -> str:
            try:
                answer = await self._again.ask(failed)
            except FAILED as error:
                return f"Not sent again: {explain(error, self._again.connection.address.shown)}"
            what = f"{failed.code} for {failed.key.call_ref}"
            return {
                "done": f"{what} is sent again to {failed.target}.",
                "superseded": "Another outcome stands by now; that one is delivered.",
            }.get(answer, "The call's record is older than the journal is kept.")

        return Row(
            f"delivery-{number}",
            failed.id.ms,
            failed.outcome.value.replace("_", " "),
            f"{failed.code} for {failed.key.call_ref} to {failed.target}",
            failed.answer,
            again=again,
        )
