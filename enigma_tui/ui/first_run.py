"""The board of a first start: it asks where the server is before it opens."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from textual.screen import Screen
from textual.worker import Worker

from ..settings import Settings
from .app import EnigmaApp
from .screens.first_run import Asking, FirstRunScreen

if TYPE_CHECKING:
    from .following import Startup


class FirstRunApp(EnigmaApp):
    """The board, with a screen before it. The two are one program: nothing flickers between."""

    CSS_PATH = [EnigmaApp.CSS_PATH, Path(__file__).with_name("first_run.tcss")]  # type: ignore[assignment]  # noqa: RUF012

    def __init__(self, settings: Settings, start: "Callable[[], Startup]", asking: Asking) -> None:
        """Prepare the screen; `start` is called once the settings have been saved."""
        super().__init__(settings, start)
        self.first = FirstRunScreen(asking, self._open)
        self._typing: Worker[None] | None = None
        self._opened = False

    def get_default_screen(self) -> Screen[None]:  # type: ignore[override]
        """Return what lies below: one that nothing is above cannot be switched from."""
        return Screen()

    def on_mount(self) -> None:
        """Ask."""
        self.push_screen(self.first)

    def _wire(self) -> None:
        """Take what is typed; the board goes on when it is what is seen."""
        if self._opened:
            super()._wire()
        else:
            self._typing = self.run_worker(self.keyboard.run(), name="keyboard")

    def _open(self, settings: Settings) -> None:
        """Put the board in the place of the screen. What is typed from now on waits for it."""
        if self._typing is not None:
            self._typing.cancel()
        self.settings = settings
        self.floor.own_name = settings.name
        self._opened = True
        # Not at once: what calls this is work of the screen that goes.
        self.call_later(self.switch_screen, self.board)
        self.call_after_refresh(self._wire)
