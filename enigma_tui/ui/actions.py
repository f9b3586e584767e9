"""The commands that act on calls, and those that help, as the app's actions."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import events, on

from ..model.call import CallKey, EntryId
from ..settings import Settings
from .commands import BY_ID, COMMANDS, READ_ONLY, Command, keys_of, shown_keys
from .floor import Floor
from .pressing import written
from .screens.board import BoardScreen
from .told import SpeakingApp
from .widgets.call_table import CallTable

if TYPE_CHECKING:
    from pathlib import Path

    from ..journal.pending import PendingActs
    from ..journal.stream import Journal
    from ..model.alerts import Watch
    from .acting import Acting
    from .calling_back import CallingBack
    from .outbox import Outbox
    from .screens.details import Payload
    from .telephone import Telephone


class CallActions(SpeakingApp):
    """What `EnigmaApp` can do to calls, and to help.

    What it does that with is put together behind the first frame, and no key is let through before.
    """

    commands: ClassVar[Sequence[Command]] = COMMANDS
    """What can be done here, for the help and the palette."""
    only_watching: ClassVar[str] = READ_ONLY
    """What is said when a key would change something, and nothing can be."""

    board: BoardScreen
    floor: Floor
    settings: Settings
    """Those in force: what is changed and kept while the board is open is changed here as well."""
    given: Mapping[str, str]
    """Where each that is not a default came from when the board was opened."""
    origins: dict[str, str]
    """Where each comes from now."""
    acting: "Acting"
    calling_back: "CallingBack"
    outbox: "Outbox"
    pending: "PendingActs"
    telephone: "Telephone | None" = None
    """The phone, where the settings make one."""
    alarms: "Watch | None" = None
    """What has been alerted, where there is anything to alert of."""
    journal: "Journal"

    def on_key(self, event: events.Key) -> None:
        """Say why a key does nothing on a board that only watches."""
        if self.settings.read_only and self.screen is self.board:
            for command in COMMANDS:
                if command.writes and event.key in keys_of(command, self.settings.keys):
                    self.told.say(self.only_watching)

    def key_of(self, command: str) -> str:
        """Return the key that a command has in force."""
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
        from .screens.details import DetailsDialog  # once it is asked for

        if call := self.board.current():
            self.push_screen(DetailsDialog(call.key, self.board.look, self._payloads))

    async def _payloads(self, entries: Sequence[EntryId]) -> "Sequence[Payload]":
        from ..journal.faults import FAILED

        found: list[Payload] = []
        for entry in entries:
            try:
                fields = await self.journal.fields(entry)
            except FAILED:
                fields = None
            found.append((entry, fields.get(b"raw") if fields else None))
        return found

    def action_call_back(self) -> None:
        """Have the PBX call the caller back."""
        if call := self.board.current():
            self.calling_back.begin(call)

    def action_callbacks(self) -> None:
        """List who is to be called back, and when."""
        from .screens.callbacks import CallBacksDialog  # once it is asked for

        def call_back(key: CallKey) -> None:
            if call := self.floor.board.calls.get(key):
                self.calling_back.begin(call)

        watching = self.settings.read_only
        self.push_screen(
            CallBacksDialog(self.floor, None if watching else call_back), self.board.go_to
        )

    async def action_quit(self) -> None:
        """Close the board; asked twice while somebody is on the phone."""
        telephone = self.telephone
        if telephone is not None and telephone.stays_for_now():
            return
        await super().action_quit()

    def action_phone(self) -> None:
        """Give the phone the keys."""
        if self.telephone is not None:
            self.telephone.focus()
        else:
            self.told.say(
                "There is no phone: phone_url and extension in the settings file make one."
            )

    action_phone_from_anywhere = action_phone

    def action_outbox(self) -> None:
        """Show what waits for the server, and what it refused."""
        from .screens.outbox import OutboxDialog  # once it is asked for

        self.push_screen(OutboxDialog(self.outbox, self.settings.read_only))

    def action_alerts(self) -> None:
        """List what has been alerted."""
        from .screens.alerts import AlertsDialog  # once it is asked for

        if self.alarms is None:
            self.told.say("There are no alerts in the settings: see alerts in the settings file.")
        else:
            self.push_screen(AlertsDialog(self.alarms), self.board.go_to)

    def action_acknowledge(self) -> None:
        """Acknowledge every alert."""
        count = self.alarms.acknowledge() if self.alarms else 0
        self.told.say(f"{count:,} acknowledged." if count else "There is nothing to acknowledge.")
        self.board.changed()

    # ── the board itself ────────────────────────────────────────────────────────────────

    def action_theme(self) -> None:
        """Choose the colours."""
        from .screens.themes import ThemeDialog  # once it is asked for

        def chosen(name: str | None) -> None:
            if name is not None:
                self.use_theme(name)

        self.push_screen(ThemeDialog(self.theme), chosen)

    def use_theme(self, name: str) -> None:
        """Show a theme from now on, and keep it."""
        self.theme = name
        if name != self.settings.theme:
            self.keep("theme", name)

    def keep(self, name: str, value: str | Mapping[str, str | int], entry: str = "") -> bool:
        """Keep a setting for the next time: saved views, columns, the order, the colours.

        Return whether it is in force.
        """
        from .kept import keep  # once there is something to keep

        return keep(self, name, value, entry)

    def action_settings(self) -> None:
        """Show the settings in force, and where each came from."""
        from .in_force import in_force
        from .screens.settings import SettingsDialog  # once it is asked for

        self.push_screen(SettingsDialog(in_force(self)))

    @on(CallTable.GutterClicked)
    def _gutter_clicked(self, event: CallTable.GutterClicked) -> None:
        """Mark what was clicked, as its key does."""
        if self.settings.read_only:
            self.told.say(self.only_watching)
        else:
            self.board.toggle_mark(event.key)

    # ── help ────────────────────────────────────────────────────────────────────────────

    def action_palette(self) -> None:
        """Find a command, a saved view or a theme by its name."""
        from .palette import Entry, entries  # once it is asked for
        from .screens.palette import PaletteDialog

        async def chosen(entry: Entry | None) -> None:
            if entry is not None and entry.theme:
                self.use_theme(entry.theme)
            elif entry is not None:
                await self.do(entry.command)

        offered = entries(self.commands, self.settings.keys, self.board.saved)
        self.push_screen(PaletteDialog(offered), chosen)

    @property
    def settings_file(self) -> "Path | None":
        """Where what is asked to be kept is kept; if `None`, it is for this session."""
        raise NotImplementedError

    async def do(self, command: str) -> None:
        """Do what a command does, as its key would on the board."""
        if BY_ID[command].writes and self.settings.read_only:
            self.told.say(self.only_watching)
        else:
            await self.board.run_action(BY_ID[command].action)

    def action_help(self) -> None:
        """List every key."""
        from .helping import of_board, of_filters  # once it is asked for
        from .screens.help import HelpDialog

        palette = written(keys_of(BY_ID["palette"], self.settings.keys)[0])
        about = f"A click on a line does what it says. {palette} finds commands by their names."
        sections = [
            *of_board(self.commands, self.settings.keys, self.settings.read_only),
            *of_filters(),
        ]
        HelpDialog.ask(self, "", about, sections)

    def action_filter_help(self) -> None:
        """Say how filters are written, to whoever is writing one."""
        from .helping import of_filters, of_place  # once it is asked for
        from .screens.help import HelpDialog

        about = (
            "A filter takes effect as you type. A mistake is underlined, and the last good filter "
            "stays in force."
        )
        keys = of_place(self.board, self.board.filter_bar)
        HelpDialog.ask(self, "filters", about, [*of_filters(), *keys])
