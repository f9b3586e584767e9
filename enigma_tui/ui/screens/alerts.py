"""What has been alerted: the newest first, and the call that it is about."""

from collections.abc import Sequence

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from ...model.alerts import Alarm, Watch
from ...model.call import CallKey
from ...model.text import safe
from ..columns import clock
from ..pressing import hint
from .dialog import Dialog


class AlertsDialog(Dialog[CallKey]):
    """Lists alarms; enter goes to the call of one, and `N` acknowledges them all."""

    TOPIC = "alerts"
    ABOUT = (
        "What has been alerted, the newest first; ! is not acknowledged yet. Choosing one goes to "
        "its call. What alerts stands in the settings (alerts)."
    )
    AUTO_FOCUS = "OptionList"
    BINDINGS = [  # noqa: RUF012
        ("j", "move(1)", "Down"),
        ("k", "move(-1)", "Up"),
        ("N", "acknowledge", "Acknowledge them all"),
        ("n,q", "leave", "Close"),
    ]

    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self._watch = watch
        self._alarms: Sequence[Alarm] = list(watch.alarms)

    def compose(self) -> ComposeResult:
        """Lay out the list."""
        with Vertical(classes="box wide"):
            yield OptionList(*map(_option, self._alarms), markup=False)
            yield Static("Nothing has been alerted yet." if not self._alarms else "", id="question")
            line = "enter goes to the call   N acknowledges all   j k moves   esc closes"
            yield Static(hint(line), id="hint", markup=False)

    def on_mount(self) -> None:
        """Name the dialog."""
        self._entitle()

    def action_acknowledge(self) -> None:
        """Acknowledge them all."""
        self._watch.acknowledge()
        options = self.query_one(OptionList)
        for place, alarm in enumerate(self._alarms):
            options.replace_option_prompt_at_index(place, _option(alarm).prompt)
        self._entitle()

    def _entitle(self) -> None:
        left = self._watch.open
        more = f", {left:,} not acknowledged" if left else ""
        self.query_one(".box").border_title = f"Alerts: {len(self._alarms):,}{more}"

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        if (key := self._alarms[event.option_index].key) is not None:
            self.dismiss(key)


def _option(alarm: Alarm) -> Option:
    mark = " " if alarm.acknowledged else "!"
    words = f" {mark} {clock(alarm.at_ms)}  {safe(alarm.rule)}: {alarm.words}"
    return Option(Text(words, "" if alarm.acknowledged else "bold", no_wrap=True))
