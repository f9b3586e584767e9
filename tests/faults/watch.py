"""A board that notes what it has shown, built as any screen builds its own."""

import hashlib
from collections.abc import Sequence

from enigma_tui.model.board import Board
from enigma_tui.model.call import EntryId
from enigma_tui.model.entry import Event
from enigma_tui.site import Site

from .pbx import Marks, tags


class Watch:
    """What a follower's board shows of numbered notifications."""

    def __init__(self, keep: int = 100_000) -> None:
        self._keep = keep
        self._policy = Site().policy()
        self.rebuilt = 0
        """How often it started again because entries it had seen were gone."""
        self._begin()

    def _begin(self) -> None:
        self.board = Board(self._policy, self._keep)
        self.shown = Marks()
        self.twice = 0
        """Notifications shown as a call of their own though the call was there."""
        self._opened = Marks()

    @property
    def last(self) -> EntryId:
        """Where the follower reads on."""
        return self.board.last

    def on_events(self, events: Sequence[Event]) -> None:
        """Apply entries, and note which notifications a call on the board now tells of."""
        calls = self.board.calls
        for event in events:
            for key in self.board.apply(event):
                call = calls.get(key)
                if call is None or not key.call_ref.isdigit():
                    continue
                number = int(key.call_ref)
                connection, record = tags(number)
                if call.legs:
                    self.shown.add(connection)
                if call.end is not None and not call.end.assumed:
                    self.shown.add(record)
                if key.since == event.id:
                    self.twice += number in self._opened
                    self._opened.add(number)

    def on_restart(self, missing: bool) -> None:
        """Start again."""
        self.rebuilt += missing
        self._begin()

    def on_site(self, site: Site | None) -> None:
        """Apply the site's rules; the follower restarts when they have changed."""
        self._policy = (site or Site()).policy()
        if not self.board.calls:
            self.board.policy = self._policy

    def on_link(self) -> None:
        """Nothing is shown of the link."""

    def digest(self) -> str:
        """Return what two boards with the same calls have in common."""
        digest = hashlib.sha256()
        for key in sorted(self.board.calls):
            digest.update(repr(self.board.calls[key]).encode())
        digest.update(f"{self.board.last} {self.board.rejected_total}".encode())
        return digest.hexdigest()
