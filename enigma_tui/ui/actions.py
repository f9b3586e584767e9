"""The commands that act on calls, as the app's actions."""

from collections.abc import Sequence
from pathlib import Path

from textual import events

from ..journal.connection import Connection
from ..journal.delivery import Again
from ..journal.desk import DispositionDesk, Who
from ..journal.faults import FAILED
from ..journal.follower import Follower
from ..journal.handing_in import HandingIn, Rules
from ..journal.keys import Keys
from ..journal.pending import PendingActs
from ..journal.stream import Journal
from ..model.call import EntryId
from ..settings import Settings
from .acting import Acting
from .claims import Claims
from .commands import BY_ID, COMMANDS, READ_ONLY, shown_keys
from .floor import Floor
from .offline import Offline
from .outbox import Outbox
from .screens.board import BoardScreen
from .screens.details import DetailsDialog, Payload
from .screens.outbox import OutboxDialog
from .told import SpeakingApp


class CallActions(SpeakingApp):
    """What `EnigmaApp` can do to calls; it has the parts."""

    board: BoardScreen
    floor: Floor
    acting: Acting
    offline: Offline
    outbox: Outbox
    pending: PendingActs
    follower: Follower
    settings: Settings
    journal_keys: Keys
    _journal: Journal

    def wire_acting(self, connection: Connection, who: Who, state_dir: Path) -> None:
        """Put together what acts are recorded with."""
        keys = self.journal_keys
        self._journal = Journal(connection, keys)
        where = f"{connection.address.shown}, prefix {keys.prefix}, as {who.name}"
        self.pending = self.floor.pending = PendingActs(state_dir, where)
        handing_in = HandingIn(
            connection,
            keys,
            who,
            self.pending,
            away=lambda: not self.follower.link.connected,
            now_ms=self.floor.now_ms,
            rules=lambda: Rules(
                self.floor.site.retention.days, self.floor.site.undo_seconds * 1000
            ),
        )
        claims = Claims(
            lambda: DispositionDesk(connection, keys, who, self.floor.site.retention.days),
            lambda key: self.acting.lapsed(key),
        )
        self.acting = Acting(
            self, self.told, self.floor, handing_in, claims, self.board, self._key_of
        )
        self.offline = Offline(self.told, handing_in, self._key_of("outbox"))
        self.outbox = Outbox(self.floor, self.pending, Again(connection, keys, who))

    def on_key(self, event: events.Key) -> None:
        """Say why a key does nothing on a board that only watches."""
        if self.settings.read_only and self.screen is self.board:
            for command in COMMANDS:
                keys = self.settings.keys.get(command.id, command.keys)
                if command.writes and event.key in keys.split(","):
                    self.told.say(READ_ONLY)

    def _key_of(self, command: str) -> str:
        return shown_keys(BY_ID[command], self.settings.keys)

    def action_disposition(self) -> None:
        """Record the outcome of the call under the cursor."""
        if call := self.board.current():
            self.acting.begin(call)

    def action_amend(self) -> None:
        """Record another outcome for a call that has one."""
        if call := self.board.current():
            self.acting.amend(call)

    def action_repeat(self) -> None:
        """Record the last outcome for the call under the cursor, too."""
        if call := self.board.current():
            self.acting.repeat(call)

    def action_disposition_marked(self) -> None:
        """Record one outcome for all marked calls that are shown."""
        calls, hidden = self.board.marked()
        if not calls and not hidden:
            self.told.say("No call is marked: space marks one, * all that are shown.")
        else:
            self.acting.begin_all(calls, hidden)

    def action_undo(self) -> None:
        """Take back what was recorded last."""
        self.acting.undo()

    def action_claim(self) -> None:
        """Claim the call under the cursor, or release it."""
        if call := self.board.current():
            self.acting.claim(call)

    def action_details(self) -> None:
        """Show everything about the call under the cursor."""
        if call := self.board.current():
            self.push_screen(DetailsDialog(call.key, self.board.look, self._payloads))

    async def _payloads(self, entries: Sequence[EntryId]) -> Sequence[Payload]:
        found: list[Payload] = []
        for entry in entries:
            try:
                fields = await self._journal.fields(entry)
            except FAILED:
                fields = None
            found.append((entry, fields.get(b"raw") if fields else None))
        return found

    def action_outbox(self) -> None:
        """Show what waits for the server, and what it refused."""
        self.push_screen(OutboxDialog(self.outbox, self.settings.read_only))
