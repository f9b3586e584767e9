"""Keeps the filter in force under a name and a key."""

from collections.abc import Mapping, Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from ...model.text import safe
from ...settings import VIEW_NAME_MOST, VIEWS_MOST
from ..pressing import hint
from ..saved_views import keyed
from .dialog import Dialog


class KeepViewDialog(Dialog[tuple[str, str]]):
    """Asks for the name under which a filter is kept; without a filter, for one to forget.

    It returns the name and the filter.
    """

    TOPIC = "saved views"
    ABOUT = (
        "Keeps the filter in force under a name: it gets one of the keys 6 to 9, in the order of "
        "the settings file. A name that is there already takes the new filter. Without a filter "
        "in force, the name of a view forgets it."
    )
    AUTO_FOCUS = "Input"

    def __init__(self, views: Mapping[str, str], text: str) -> None:
        super().__init__()
        self._views = views
        self._text = text

    def compose(self) -> ComposeResult:
        """Lay out what there is, and a line to type into."""
        current = next((name for name, text in self._views.items() if text == self._text), "")
        with Vertical(classes="box"):
            yield Static("\n".join(self._lines()), id="views", markup=False)
            yield Input(
                current, placeholder="name", compact=True, max_length=VIEW_NAME_MOST, id="view-name"
            )
            yield Static("", id="mistake", markup=False)
            yield Static(hint(self._hint()), id="hint", markup=False)

    def on_mount(self) -> None:
        """Name the dialog."""
        self.query_one(".box").border_title = "Keep this filter" if self._text else "Forget a view"

    def _lines(self) -> Sequence[str]:
        width = max(map(len, self._views), default=0)
        lines = [
            safe(f"{key}  {name:<{width}}  {text}", 56)
            for key, (name, text) in keyed(self._views).items()
        ]
        if self._text:
            kept = safe(f"Filter  {self._text}", 56)
            return [kept, "", *lines, *([""] if lines else []), "Its name:"]
        return [*lines, "", "Its name:"]

    def _hint(self) -> str:
        if self._text:
            return "enter keeps it   esc leaves"
        return "enter forgets it   esc leaves"

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        name = safe(event.value.strip(), VIEW_NAME_MOST)
        mistake = self._mistake(name)
        if mistake:
            self.query_one("#mistake", Static).update(mistake)
            return
        self.dismiss((name, self._text))

    def _mistake(self, name: str) -> str:
        if not name:
            return "A name is expected."
        if not self._text:
            return "" if name in self._views else f"There is no view {name!r}."
        if name not in self._views and len(self._views) >= VIEWS_MOST:
            return f"There are {VIEWS_MOST} views, as many as keys: name one of them."
        return ""
