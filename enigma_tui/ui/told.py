"""The one thing that the board says at a time, for as long as it is true.

It stands on lines of its own above the filter, and above the same place under a dialog, so that
it covers nothing. What is said next takes its place; only an error comes back when something
lesser has been said in between, for what is left of its time.
"""

import time
from collections.abc import Callable
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from rich.text import Text
from textual.app import App
from textual.notifications import SeverityLevel
from textual.signal import Signal
from textual.timer import Timer
from textual.widgets import Static

from .widgets.below import shown_anew

USUAL_SECONDS = 5.0


class Saying(Struct, frozen=True):
    """What is said, and for how long."""

    words: str
    severity: SeverityLevel = "information"
    seconds: float = USUAL_SECONDS
    about: object = None
    """What it is about: when that is over, `Told.over` takes it away before its time."""
    then: "Saying | None" = None
    """What is left to say when the time is over."""


class Told:
    """Keeps what is said; whoever shows it subscribes to `changed`."""

    def __init__(self, app: App[Any], clock: Callable[[], float]) -> None:
        self.now: Saying | None = None
        self.changed: Signal[Saying | None] = Signal(app, "told")
        self._app = app
        self._clock = clock
        self._until = 0.0
        self._timer: Timer | None = None
        self._later: tuple[Saying, float] | None = None

    def say(
        self,
        words: str,
        severity: SeverityLevel = "information",
        seconds: float = USUAL_SECONDS,
        about: object = None,
        then: Saying | None = None,
    ) -> None:
        """Say something in the place of what is said now."""
        before = self.now
        if severity == "error":
            self._later = None
        elif before is not None and before.severity == "error":
            self._later = before, self._until
        self._show(Saying(words, severity, seconds, about, then))

    def over(self, about: object) -> None:
        """Take away what was said about something, which is true no longer."""
        if self._later is not None and self._later[0].about == about:
            self._later = None
        if self.now is not None and self.now.about == about:
            self._show_later()

    def clear(self) -> None:
        """Take everything away."""
        self._later = None
        self._show(None)

    def _show(self, saying: Saying | None) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        self.now = saying
        if saying is not None:
            self._until = self._clock() + saying.seconds
            self._timer = self._app.set_timer(saying.seconds, self._time_is_over)
        self.changed.publish(saying)

    def _time_is_over(self) -> None:
        then = self.now.then if self.now else None
        if then is not None:
            self._show(then)
        else:
            self._show_later()

    def _show_later(self) -> None:
        later, self._later = self._later, None
        left = later[1] - self._clock() if later else 0.0
        self._show(replace(later[0], seconds=left) if later and left > 0 else None)


class SpeakingApp(App[None]):
    """An app whose notifications are said one at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.told = Told(self, time.monotonic)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Say what a screen, or Textual itself, has to say; none of it is read as markup."""
        seconds = USUAL_SECONDS if timeout is None else timeout
        self.told.say(f"{title}: {message}" if title else message, severity, seconds)

    def clear_notifications(self) -> None:
        """Take away what is said."""
        self.told.clear()


class ToldLines(Static):
    """Shows what is said; takes no room when that is nothing."""

    def __init__(self) -> None:
        super().__init__(markup=False)
        self.display = False

    def on_mount(self) -> None:
        """Show what is said already."""
        app = self.app
        if isinstance(app, SpeakingApp):
            app.told.changed.subscribe(self, self.show)
            self.show(app.told.now)

    def show(self, saying: Saying | None) -> None:
        """Show another saying."""
        self.display = saying is not None
        if saying is not None:
            self.update(Text(saying.words))
            self.set_classes(f"-{saying.severity}")
        shown_anew(self)
