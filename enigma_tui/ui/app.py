"""Wires the floor, the journal and the screens together, and does nothing else."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import rich
import textual
from rich.traceback import Traceback
from textual import events
from textual.command import CommandPalette
from textual.worker import WorkerError

from ..journal.collector import Collector, OpenSource, open_by_address
from ..journal.connection import Connection
from ..journal.delivery import Deliverers, Secrets
from ..journal.desk import Who
from ..journal.follower import Follower
from ..journal.keys import Keys
from ..model.phone import Dialplan
from ..settings import Settings
from ..site import Site
from .actions import CallActions
from .columns import Marks
from .commands import BY_ID
from .consent import Consent
from .floor import Floor
from .keeping import keep
from .keyboard import Keyboard
from .memory import collect_less_often, leave_alone_what_is_there
from .palette import CommandProvider
from .screens.board import BoardScreen
from .screens.help import HelpDialog
from .themes import OWN

log = logging.getLogger(__name__)

LEAVE_SECONDS = 2.0
"""How long quitting may wait for a server that does not answer."""


@dataclass(frozen=True, slots=True)
class Startup:
    """What the board is opened with."""

    connection: Connection
    settings: Settings
    who: Who
    state_dir: Path
    """Where acts wait that could not be handed in yet."""
    open_source: OpenSource = open_by_address
    """Opens the server of a source that is elsewhere than the journal."""
    first_site: Site | None = None
    """What the first collector writes as the site's settings, instead of the defaults."""
    greeting: str = ""
    clock: Callable[[], float] | None = None
    """The server's time in Unix seconds, where it is not to be found out."""
    beside: Callable[[], Awaitable[None]] | None = None
    """What runs beside the board once it collects: a simulated PBX."""


class EnigmaApp(CallActions):
    """The board."""

    TITLE = "Enigma"
    CSS_PATH = Path(__file__).with_name("enigma.tcss")
    COMMANDS = {CommandProvider}  # noqa: RUF012
    ENABLE_COMMAND_PALETTE = True

    def __init__(self, startup: Startup) -> None:
        super().__init__()
        settings = startup.settings
        self.startup = startup
        self.settings = settings
        self.journal_keys = Keys(settings.prefix)
        self.floor = Floor(
            Dialplan(settings.region), settings.keep_calls, listener=self, clock=startup.clock
        )
        self.follower = Follower(startup.connection, self.journal_keys, self.floor)
        self.floor.follower = self.follower
        self.collector = Collector(
            startup.connection, self.journal_keys, open_source=startup.open_source
        )
        self.deliverers = Deliverers(
            startup.connection,
            self.journal_keys,
            startup.who.name,
            secrets=Secrets(settings.delivery_secrets, settings.delivery_hosts),
        )
        self.board = BoardScreen(
            self.floor,
            self.collector.status,
            own_name=startup.who.name,
            marks=Marks(settings.hold_warning, settings.hold_critical),
            filter_text=settings.filter,
            watching="read-only" if settings.read_only else "",
        )
        self.wire_acting(startup.connection, startup.who, startup.state_dir)
        self.keyboard = Keyboard(
            super().on_event,
            lambda: self.focused or self.screen,
            self,
            bound=lambda key: key in self.screen.active_bindings,
            after=self.board.table.touched,
        )
        answers = {"yes": True, "no": False, "ask": None}
        self.consent = Consent(
            self,
            startup.connection,
            self.journal_keys,
            self.collector,
            answer=False if settings.read_only else answers[settings.collect],
            by=startup.who.name,
            first_site=startup.first_site,
        )
        self._frozen = False
        for theme in OWN:
            self.register_theme(theme)

    def get_default_screen(self) -> BoardScreen:
        """Return the only screen that is not a dialog."""
        return self.board

    def on_mount(self) -> None:
        """Start following; what is read then tells whether to collect."""
        collect_less_often()
        # A closed terminal or a service manager ends the program as q does: the screen is put
        # back, the lease given up.
        for number in (signal.SIGTERM, signal.SIGHUP):
            with contextlib.suppress(RuntimeError, ValueError):  # not in the main thread
                asyncio.get_running_loop().add_signal_handler(number, self.exit)
        self.theme = self.settings.theme
        self.set_keymap(self.settings.keys)
        self.run_worker(self.keyboard.run(), name="keyboard")
        self._keep_running("following", self.follower.run)
        if not self.settings.read_only:
            self._keep_running("handing in", self.offline.run)
            self._keep_running("delivering", self.deliverers.run)
        if self.startup.greeting:
            self.told.say(self.startup.greeting, seconds=8)
        if self.startup.beside is not None:
            self.run_worker(self._beside(self.startup.beside), name="beside")

    async def on_event(self, event: events.Event) -> None:
        """Queue what is typed, so that each key is taken when the last has had its effect."""
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            self.keyboard.typed(event)
        else:
            await super().on_event(event)

    async def _beside(self, run: Callable[[], Awaitable[None]]) -> None:
        await self.collector.holds.wait()
        await run()

    def _keep_running(self, what: str, run: Callable[[], Awaitable[None]]) -> None:
        """Run a worker that nobody waits for."""
        self.run_worker(keep(what, run, self.told), name=what, exit_on_error=False)

    def _fatal_error(self) -> None:
        """End after an error that nobody foresaw, without printing callers' data.

        Textual's own shows the values of local variables, and those are calls and notes.
        """
        self._exit_renderables.append(Traceback(show_locals=False, suppress=[rich, textual]))
        self._close_messages_no_wait()

    # ── what the floor tells ────────────────────────────────────────────────────────────

    def on_calls(self) -> None:
        """Calls have changed."""
        self.acting.claims.look(self.floor.board.calls)
        if self.board.is_mounted:
            self.board.changed()

    def on_link(self) -> None:
        """The way to the server is another."""
        if self.follower.link.caught_up and not self._frozen:
            self._frozen = True
            leave_alone_what_is_there()
        if self.follower.link.connected:
            self.offline.back()
        self.acting.on_link()
        if self.board.is_mounted:
            self.board.status.tell()

    def on_missing(self) -> None:
        """Entries are gone that had been seen."""
        self.told.say(
            "The journal no longer has what this board last saw (a fail-over, a trim, or a "
            "restart without persistence). The board shows what is there now.",
            "warning",
            30,
        )

    def on_site(self, site: Site | None) -> None:
        """Take over the shared settings; without any, ask whether to be the first collector."""
        if self.board.is_mounted:
            self.board.repaint()
        self.consent.site_is(site, lambda: self._keep_running("collecting", self.collector.run))

    def on_skipped(self, what: str) -> None:
        """An entry could not be taken in, which is a mistake of this program."""
        log.error("entry skipped: %s", what)

    # ── commands ────────────────────────────────────────────────────────────────────────

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Turn off what would change something where the board only watches."""
        command = BY_ID.get(action)
        return not (command and command.writes and self.settings.read_only)

    def action_palette(self) -> None:
        """Find a command by name."""
        self.action_command_palette()

    def action_command_palette(self) -> None:
        """Open the palette; unlike Textual's own it may still be closing from the last time."""
        if not isinstance(self.screen, CommandPalette):
            self.push_screen(CommandPalette())  # two of one id would end the program

    def action_help(self) -> None:
        """List every key."""
        self.push_screen(HelpDialog(self.settings.keys, self.settings.read_only))

    async def on_unmount(self) -> None:
        """Wait for the workers, so that the lease is given up; then close the connections."""
        for worker in list(self.workers):
            # They have been cancelled. Cancelling again would cut giving up the lease short.
            with contextlib.suppress(WorkerError, TimeoutError):
                async with asyncio.timeout(LEAVE_SECONDS):
                    await worker.wait()
        await self.acting.claims.close()
        self.pending.close()
        await self.startup.connection.close()
