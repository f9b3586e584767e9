"""Paints the first frame, then the calls that are there, and then has the rest put together."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.filter import DimFilter
from textual.worker import WorkerError

from ..journal.keys import Keys
from ..model.phone import Dialplan
from ..model.sorting import Sort
from ..settings import Settings
from .actions import CallActions
from .columns import Marks
from .commands import BY_ID
from .floor import Floor
from .keyboard import Keyboard
from .memory import collect_less_often, leave_alone_what_is_there
from .screens.board import BoardScreen
from .themes import DIMMED, OWN, usual_variables

if TYPE_CHECKING:  # nothing of this is needed for the first frame: see `wiring`
    from ..journal.collector import Collector
    from ..journal.delivery import Deliverers
    from ..journal.follower import Follower
    from ..site import Site
    from .consent import Consent
    from .following import Startup
    from .offline import Offline

log = logging.getLogger(__name__)

LEAVE_SECONDS = 2.0
"""How long quitting may wait for a server that does not answer."""


LATEST_SECONDS = 0.25
"""How long keys may wait for the first calls to be shown: a server may be away, or slow."""

_PHONE = BY_ID["phone"]

QUIET_SECONDS = 1.0
"""How long after catching up what is there is taken out of garbage collection: that stops the
screen for a moment, and should not while it is being filled."""


class EnigmaApp(CallActions):
    """The board."""

    TITLE = "Enigma"
    CSS_PATH = Path(__file__).with_name("enigma.tcss")
    ENABLE_COMMAND_PALETTE = False  # there is one of our own
    SCREEN: ClassVar[type[BoardScreen]] = BoardScreen
    BINDINGS: ClassVar[list[BindingType]] = [
        # Also where a dialog has the keys: it may ring while one is open.
        Binding(
            _PHONE.keys, "phone_from_anywhere", _PHONE.label, show=False, priority=True,
            id=_PHONE.id, tooltip=_PHONE.help,
        )
    ]  # fmt: skip

    startup: "Startup"
    follower: "Follower"
    collector: "Collector"
    deliverers: "Deliverers"
    consent: "Consent"
    offline: "Offline"

    def __init__(
        self,
        settings: Settings,
        start: "Callable[[], Startup]",
        *,
        clock: Callable[[], float] | None = None,
    ) -> None:
        """Prepare the first frame; `start` is called when it is on the screen.

        `clock` is the server's time in Unix seconds, where it is not to be found out.
        """
        super().__init__()
        self.settings = settings
        self.given = {}
        self.origins = {}
        self.journal_keys = Keys(settings.prefix)
        self.floor = self.new_floor(clock)
        self.board = self.SCREEN(
            self.floor,
            marks=Marks(settings.hold_warning, settings.hold_critical),
            filter_text=settings.filter,
            views=settings.views,
            columns=settings.columns,
            sort=Sort.named(settings.sort),
            keep=self.keep,
            watching="read-only" if settings.read_only else "",
        )
        self.keyboard = Keyboard(
            super().on_event,
            lambda: self.focused or self.screen,
            self,
            bound=lambda key: key in self.screen.active_bindings,
            after=self.board.table.touched,
        )
        self.board.surprised = self.keyboard.forget
        self.wired = asyncio.Event()
        """Whether the board has all its parts."""
        self._start = start
        self._following = False
        self._asked_for_rest = False
        self._frozen = False
        for theme in OWN:
            self.register_theme(theme)
        for each in self._filters:
            if isinstance(each, DimFilter):
                each.dim_factor = DIMMED
        # Before the styles are read for the first time: they are not read twice then.
        self.set_reactive(EnigmaApp.theme, settings.theme)
        self.stylesheet.set_variables(self.get_css_variables())

    def new_floor(self, clock: Callable[[], float] | None) -> Floor:
        """Return what the board shows."""
        settings = self.settings
        return Floor(
            Dialplan(settings.region, known=True, masked=settings.mask),
            settings.keep_calls,
            listener=self,
            own_name=settings.name,
            clock=clock,
            opening=True,
        )

    def get_driver_class(self) -> type[Driver]:
        """Write to a terminal only what it does not show yet; other drivers stay as they are."""
        usual = super().get_driver_class()
        if usual.__name__ != "LinuxDriver":
            return usual
        from .terminal import SparingDriver  # where there are such terminals

        return SparingDriver

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return what a theme need not say."""
        return usual_variables(self.current_theme)

    def get_default_screen(self) -> BoardScreen:
        """Return the only screen that is not a dialog."""
        return self.board

    def on_mount(self) -> None:
        """Prepare what the first frame shows."""
        # A closed terminal or a service manager ends the program as q does: the screen is put
        # back, the lease given up.
        for number in (signal.SIGTERM, signal.SIGHUP):
            with contextlib.suppress(RuntimeError, ValueError):  # not in the main thread
                asyncio.get_running_loop().add_signal_handler(number, self.exit)
        self.set_keymap(self.settings.keys)

    def on_ready(self) -> None:
        """Go on, once the first frame is on the screen."""
        self._wire()

    def _wire(self) -> None:
        """Load what the first calls are shown with, and follow the journal."""
        # Imported here: Redis and the site's settings take nearly as long as the first frame.
        from .following import follow

        self.startup = self._start()
        self.given = self.startup.origins
        self.origins = dict(self.given)
        follow(self, self.startup)
        self._following = True
        self.set_timer(LATEST_SECONDS, self._wire_rest)

    def _shown_soon(self) -> None:
        """Have the rest put together when what is known now has been painted."""
        if self._following and not self._asked_for_rest:
            self._asked_for_rest = True
            self.call_after_refresh(self._wire_rest)

    def _wire_rest(self) -> None:
        """Load and put together what the first calls did without; then take what was typed."""
        if self.wired.is_set() or self._exit:  # closed meanwhile, nothing must be begun
            return
        # Imported here: all that collects, delivers and acts takes longer than a frame.
        from .wiring import wire

        wire(self, self.startup)
        collect_less_often()
        self.wired.set()
        if self.floor.site_at is not None:  # it has been told already, to nobody who collects
            self.on_site(self.floor.site if self.floor.has_site else None)
        self.run_worker(self.keyboard.run(), name="keyboard")

    async def on_event(self, event: events.Event) -> None:
        """Queue what is typed, so that each key is taken when the last has had its effect."""
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            self.keyboard.typed(event)
        else:
            await super().on_event(event)

    def keep_running(self, what: str, run: Callable[[], Awaitable[None]]) -> None:
        """Run a worker that nobody waits for."""
        from .keeping import keep  # which knows of faults, and so of Redis

        self.run_worker(keep(what, run, self.told), name=what, exit_on_error=False)

    def _fatal_error(self) -> None:
        """End after an error that nobody foresaw, without printing callers' data.

        Textual's own shows the values of local variables, and those are calls and notes.
        """
        import rich
        import textual
        from rich.traceback import Traceback  # which brings a highlighter for every language

        self._exit_renderables.append(Traceback(show_locals=False, suppress=[rich, textual]))
        self._close_messages_no_wait()

    @property
    def settings_file(self) -> Path | None:
        """Where what is asked to be kept is kept; if `None`, it is for this session."""
        return self.startup.settings_file

    # ── what the floor tells ────────────────────────────────────────────────────────────

    def on_calls(self) -> None:
        """Calls have changed."""
        if self.wired.is_set():
            self.acting.claims.look(self.floor.board.calls)
        if self.telephone is not None:
            self.telephone.calls_changed()
        if self.board.is_mounted:
            self.board.changed()
            self._shown_soon()

    def on_link(self) -> None:
        """The way to the server is another."""
        if self.follower.link.caught_up and not self._frozen:
            self._frozen = True
            self.set_timer(QUIET_SECONDS, leave_alone_what_is_there)
        if self.wired.is_set():
            if self.follower.link.connected:
                self.offline.back()
            self.acting.on_link()
        if self.board.is_mounted:
            with self.board.straight:
                self.board.status.tell()
        if self.follower.link.caught_up or self.follower.link.fault:
            self._shown_soon()

    def on_missing(self) -> None:
        """Entries are gone that had been seen."""
        self.told.say(
            "The journal no longer has what this board last saw (a fail-over, a trim, or a "
            "restart without persistence). The board shows what is there now.",
            "warning",
            30,
        )

    def on_site(self, site: "Site | None") -> None:
        """Take over the shared settings; without any, ask whether to be the first collector."""
        if not self.wired.is_set():
            return  # it is told again then; the first calls do not wait for a frame without any
        if self.board.is_mounted:
            self.board.repaint()
        self.consent.site_is(site, lambda: self.keep_running("collecting", self.collector.run))

    def on_skipped(self, what: str) -> None:
        """An entry could not be taken in, which is a mistake of this program."""
        log.error("entry skipped: %s", what)

    # ── commands ────────────────────────────────────────────────────────────────────────

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Turn off what would change something where the board only watches."""
        if action == "phone_from_anywhere":
            return self.telephone is not None
        command = BY_ID.get(action)
        return not (command and command.writes and self.settings.read_only)

    async def on_unmount(self) -> None:
        """Wait for the workers, so that the lease is given up; then close the connections."""
        for worker in list(self.workers):
            # They have been cancelled. Cancelling again would cut giving up the lease short.
            with contextlib.suppress(WorkerError, TimeoutError):
                async with asyncio.timeout(LEAVE_SECONDS):
                    await worker.wait()
        await self.leave()

    async def leave(self) -> None:
        """Give up what is held for others, and close the connections."""
        if self.wired.is_set():
            await self.acting.claims.close()
            self.pending.close()
        if self._following:
            await self.startup.connection.close()
