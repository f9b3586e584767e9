"""Lists the callers who are to be called back."""

from collections.abc import Callable

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from ...model.call import Call, CallKey
from ...model.text import safe
from ..columns import moment
from ..floor import Floor
from ..pressing import hint
from .dialog import Dialog

_Row = tuple[CallKey, str, bool]


class CallBacksDialog(Dialog[CallKey]):
    """Those whose time has come are first; enter goes to the call of one."""

    TOPIC = "call-backs"
    ABOUT = (
        "Callers who are to be called back, as an outcome that asks when has it: those whose time "
        "has come first. Choosing one goes to its call."
    )
    AUTO_FOCUS = "OptionList"
    BINDINGS = [  # noqa: RUF012
        ("j", "move(1)", "Down"),
        ("k", "move(-1)", "Up"),
        ("b", "call_back", "Call back"),
        ("B,q", "leave", "Close"),
    ]

    def __init__(self, floor: Floor, call_back: Callable[[CallKey], None] | None) -> None:
        """Prepare the list; `call_back` asks to call one, `None` on a board that only watches."""
        super().__init__()
        self._floor = floor
        self._call_back = call_back
        self._rows: list[_Row] = []

    def compose(self) -> ComposeResult:
        """Lay out the list and a hint."""
        with Vertical(classes="box wide"):
            yield OptionList(markup=False)
            yield Static(
                "No call-back is scheduled: an outcome that asks when to call back schedules one.",
                id="question",
                markup=False,
            )
            yield Static(id="hint", markup=False)

    def on_mount(self) -> None:
        """Show what there is, and look again every second."""
        self._look()
        self.set_interval(1.0, self._look)

    def _look(self) -> None:
        now_ms = self._floor.now_ms()
        calls = self._floor.board.calls
        rows = [
            (key, self._line(at, call, now_ms), at <= now_ms)
            for at, key in self._floor.callbacks.listed()
            # While the journal is read, some that are listed may have been let go of.
            if (call := calls.get(key)) is not None
        ]
        due = sum(is_due for _, _, is_due in rows)
        title = f"Call-backs: {len(rows):,}" + (f", {due:,} due" if due else "")
        self.query_one(".box").border_title = title
        back = "b calls back   " if self._call_back else ""
        line = f"enter goes to the call   {back}j k moves   esc closes" if rows else "esc closes"
        self.query_one("#hint", Static).update(hint(line))
        options, question = self.query_one(OptionList), self.query_one("#question")
        options.display, question.display = bool(rows), not rows
        if rows == self._rows:
            return
        key, place = self._highlighted(), options.highlighted or 0
        self._rows = rows
        options.clear_options()
        options.add_options(
            Option(Text(line, "bold" if is_due else "", no_wrap=True)) for _, line, is_due in rows
        )
        if rows:
            keys = [key for key, _, _ in rows]
            # The same call wherever it is now; the place of one that has gone.
            options.highlighted = keys.index(key) if key in keys else min(place, len(rows) - 1)

    def _line(self, at: int, call: Call, now_ms: int) -> str:
        done = call.disposition
        caller = self._floor.dialplan.caller(call.caller) or "unknown"
        mark = "due" if at <= now_ms else ""
        words = f" {mark:<3}  {moment(at, now_ms):<14}  {caller:<17}"
        if done is not None:
            words += f"  {done.by}" + (f": {safe(done.note)}" if done.note else "")
        return words

    def _highlighted(self) -> CallKey | None:
        place = self.query_one(OptionList).highlighted
        return self._rows[place][0] if place is not None and place < len(self._rows) else None

    def action_call_back(self) -> None:
        """Ask to call the highlighted one back."""
        key = self._highlighted()
        if key is not None and self._call_back is not None:
            self._call_back(key)

    def on_option_list_option_selected(self) -> None:
        """Go to the call."""
        self.dismiss(self._highlighted())
