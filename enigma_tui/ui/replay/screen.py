"""The board's screen in a replay: the same, with keys for the time."""

from textual.screen import Screen

from ...model.player import Player
from ..commands import REPLAY_COMMANDS
from ..screens.board import BoardScreen
from ..widgets.status import StatusLine
from .floor import Remembered, ReplayFloor
from .status import ReplayStatus

MINUTE_MS = 60_000


class ReplayScreen(BoardScreen, inherit_bindings=False):
    """Looks at a floor whose time is stopped, hurried and moved."""

    BINDINGS = [*Screen.BINDINGS, *(command.binding() for command in REPLAY_COMMANDS)]  # noqa: RUF012

    floor: ReplayFloor

    @property
    def player(self) -> Player[Remembered]:
        """Who plays."""
        return self.floor.player

    def new_status(self, watching: str) -> StatusLine:
        """Return the line at the top."""
        return ReplayStatus(self.floor)

    def standing(self) -> str:
        """Return that time stands still and what would change that; empty while it passes."""
        if self.player.at_end:
            return (
                f"END  {self.key_of('back_1')} goes back, {self.key_of('beginning')} begins again"
            )
        return f"PAUSED  {self.key_of('pause')} goes on" if self.player.paused else ""

    # ── the time ────────────────────────────────────────────────────────────────────────

    def action_pause(self) -> None:
        """Stop the time, or let it go on."""
        if self.player.at_end:
            self.notify(f"This is the end: {self.key_of('beginning')} begins again.", timeout=3)
        else:
            self.player.pause(not self.player.paused)
        self._look_again()

    def action_faster(self) -> None:
        """Let the time pass faster."""
        self.player.faster()
        self._look_again()

    def action_slower(self) -> None:
        """Let the time pass slower."""
        self.player.slower()
        self._look_again()

    def action_back(self, minutes: str) -> None:
        """Go back by so many minutes."""
        self._seek(self.player.aim_ms - int(minutes) * MINUTE_MS)

    def action_forward(self, minutes: str) -> None:
        """Go on by so many minutes."""
        self._seek(self.player.aim_ms + int(minutes) * MINUTE_MS)

    def action_beginning(self) -> None:
        """Begin again."""
        self._seek(self.player.begin_ms)

    def _seek(self, to_ms: int) -> None:
        self.player.seek(to_ms)
        self._look_again()

    def _look_again(self) -> None:
        if self.floor.replaying is not None:
            self.floor.replaying.nudge()
        self.tell()
