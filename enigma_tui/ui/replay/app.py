"""The board on what has been. It reads, and nothing else: no list, no claim, no outcome."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from ...model.call import EntryId
from ...model.phone import Dialplan
from ...settings import COMMAND_LINE, Settings
from ..app import EnigmaApp
from ..commands import REPLAY_COMMANDS, REPLAYED, Command
from ..floor import Floor
from ..memory import collect_less_often
from ..screens.board import BoardScreen
from .floor import ReplayFloor
from .screen import ReplayScreen

if TYPE_CHECKING:
    from pathlib import Path

    from ...journal.connection import Connection
    from ...journal.replaying import Recording
    from ...journal.stream import Journal
    from ...site import Site
    from ..following import Startup
    from ..screens.details import Payload


@dataclass(frozen=True, slots=True)
class Opened:
    """What is read once the first frame is on the screen."""

    recording: "Recording"
    connection: "Connection | None" = None
    """The way to the server, where one is read from; it is closed at the end."""
    journal: "Journal | None" = None
    """Where payloads are; `None` where there are none."""


@dataclass(frozen=True, slots=True)
class Replay:
    """What is to be replayed."""

    site: "Site"
    """The settings it is read by: those of today."""
    begin_ms: int
    end_ms: int
    """Milliseconds since the epoch."""
    open: Callable[[], Opened]
    speed: float = 1
    greeting: str = ""
    unread: int = 0
    """Lines of a file that could not be read."""
    knows_codes: bool = True
    """Whether the site's outcomes are those that can be in it, so that a filter is held to them."""
    settings_file: "Path | None" = None
    """Where views are kept; if `None`, they are for this session."""


class ReplayApp(EnigmaApp):
    """The board, whose time is that of a recording."""

    SCREEN: ClassVar[type[BoardScreen]] = ReplayScreen
    commands: ClassVar[Sequence[Command]] = REPLAY_COMMANDS
    only_watching: ClassVar[str] = REPLAYED

    floor: ReplayFloor

    def __init__(
        self,
        settings: Settings,
        what: Replay,
        *,
        beat: Callable[[], float] = time.monotonic,
        origins: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Prepare the first frame; `beat` counts the seconds of whoever looks on.

        `origins` say where each setting that is not a default came from.
        """
        self.what = what
        self.beat = beat
        self._opened: Opened | None = None
        super().__init__(replace(settings, read_only=True), _nothing_to_start)
        self.given = origins
        self.origins = {**origins, "read_only": COMMAND_LINE}

    def new_floor(self, clock: Callable[[], float] | None) -> Floor:
        """Return a floor at the beginning of the recording."""
        settings, what = self.settings, self.what
        return ReplayFloor(
            Dialplan(settings.region, known=True, masked=settings.mask),
            settings.keep_calls,
            listener=self,
            own_name=settings.name,
            begin_ms=what.begin_ms,
            end_ms=what.end_ms,
            speed=what.speed,
            beat=self.beat,
            unread=what.unread,
        )

    @property
    def settings_file(self) -> "Path | None":
        """Where views are kept."""
        return self.what.settings_file

    def _wire(self) -> None:
        """Begin to play."""
        from ...journal.replaying import Replaying

        self._opened = self.what.open()
        # Nothing is owed to another system that was long ago.
        self.floor.on_site(replace(self.what.site, delivery=()))
        self.floor.has_site = self.what.knows_codes
        self.floor.replaying = Replaying(self.floor.player, self._opened.recording, self._moved)
        collect_less_often()
        self.wired.set()
        self.run_worker(self.keyboard.run(), name="keyboard")
        self.keep_running("the replay", self.floor.replaying.run)
        if self.what.unread:
            self.told.say(self.what.greeting, "warning", 20)
        elif self.what.greeting:
            self.told.say(self.what.greeting, seconds=8)

    def _moved(self) -> None:
        """Show another second, or another state of the way to the recording."""
        if self.board.is_mounted:
            self.board.tick()

    async def _payloads(self, entries: Sequence[EntryId]) -> "Sequence[Payload]":
        if self._opened is None or self._opened.journal is None:
            return []
        self.journal = self._opened.journal
        return await super()._payloads(entries)

    # ── what the floor tells ────────────────────────────────────────────────────────────

    def on_calls(self) -> None:
        """Calls have changed."""
        if self.board.is_mounted:
            self.board.changed()

    def on_link(self) -> None:
        """Another time is on the screen as a whole."""
        if self.board.is_mounted:
            self.board.repaint()

    def on_site(self, site: "Site | None") -> None:
        """The settings are known from the beginning on."""

    async def leave(self) -> None:
        """Close the connection."""
        if self._opened is not None and self._opened.connection is not None:
            await self._opened.connection.close()


def _nothing_to_start() -> "Startup":
    raise AssertionError("a replay collects and follows nothing")
