"""The disposition dialog: one key for a code, two for one in a group."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from ...model.call import Call, CallKey
from ...model.disposition import Code, CodeTree, parse_when
from ..columns import moment
from .dialog import Dialog

LOOK_SECONDS = 0.5
"""How often an open dialog looks whether the call has been disposed of by somebody else."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A disposition as the supervisor has made it, before it is recorded."""

    key: CallKey
    code: str
    note: str = ""
    callback_ms: int | None = None
    act: str = ""
    """The id under which it was handed in, where that did not go well."""


class DispositionDialog(Dialog[Draft]):
    """Asks for the outcome of one call.

    It keeps the call that was under the cursor when it was opened, whatever rows do meanwhile.
    """

    def __init__(
        self,
        current: Callable[[], Call],
        named: str,
        tree: CodeTree,
        now: Callable[[], datetime],
        *,
        draft: Draft | None = None,
        problem: str = "",
    ) -> None:
        """Prepare the dialog.

        `current` returns the call as it is now, `named` says which it is; `draft` and `problem`
        bring back what could not be recorded, and why.
        """
        super().__init__()
        self._current = current
        self._call = current()
        self._named = named
        self._tree = tree
        self._now = now
        self._problem = problem
        self._draft = draft
        self._group: Code | None = None
        self._searching = False
        self._chosen: Code | None = tree.find(draft.code) if draft else None

    def compose(self) -> ComposeResult:
        """Lay out: which call, the codes or the questions, a hint."""
        with Vertical(classes="box"):
            yield Static(self._named, id="named", markup=False)
            yield Static(id="codes", markup=False)
            yield Input(placeholder="search the codes", id="search", compact=True)
            yield OptionList(id="found", markup=False)
            yield Static(id="question", markup=False)
            yield Input(placeholder="when: 30m, 14:30, tomorrow 9:00", id="when", compact=True)
            yield Input(placeholder="note", id="note", max_length=500, compact=True)
            yield Static(id="problem", markup=False)
            yield Static(id="hint", markup=False)

    def on_mount(self) -> None:
        """Start with the codes, or where the draft left off."""
        self.query_one(".box").border_title = "Disposition"
        if self._draft is not None:
            self.query_one("#note", Input).value = self._draft.note
            if self._draft.callback_ms is not None:
                when = datetime.fromtimestamp(self._draft.callback_ms / 1000).astimezone()
                self.query_one("#when", Input).value = f"{when:%Y-%m-%d %H:%M}"
        self._show()
        if self._chosen is not None and self._draft is not None:
            self._ask(self._chosen)
        self.set_interval(LOOK_SECONDS, self._look_again)

    def _look_again(self) -> None:
        """Say so when somebody else has disposed of the call meanwhile."""
        call = self._current()
        if call.disposition != self._call.disposition:
            self._call = call
            self._show()

    # ── what is shown ───────────────────────────────────────────────────────────────────

    def _show(self) -> None:
        recorded = self._call.disposition
        searching = self._searching
        asking = self._chosen is not None
        choosing = not searching and not asking and recorded is None
        self._display("#codes", choosing)
        self._display("#search", searching)
        self._display("#found", searching)
        self._display("#question", asking)
        self._display("#note", asking)
        self._display("#when", asking and self._chosen is not None and self._chosen.callback)
        self._display("#problem", bool(self._problem) or recorded is not None)
        if recorded is not None:
            self._problem = (
                f"Already disposed of: {recorded.code} by {recorded.by} at "
                f"{moment(recorded.at_ms, round(self._now().timestamp() * 1000))}. "
                "The first disposition stands."
            )
        self.query_one("#codes", Static).update(self._codes_text())
        self.query_one("#problem", Static).update(Text(self._problem))
        self.query_one("#hint", Static).update(Text(self._hint(choosing, searching)))

    def _display(self, selector: str, shown: bool) -> None:
        self.query_one(selector).display = shown

    def _codes_text(self) -> Text:
        text = Text()
        codes = self._group.codes if self._group else self._tree.codes
        if self._group:
            text.append(f"{self._group.label}\n", "bold")
        for place, code in enumerate(codes):
            if place:
                text.append("\n")
            text.append(f" {code.key} ", "bold reverse")
            text.append(f"  {code.label}")
            more = " ›" if code.codes else ""
            asks = [
                word
                for wanted, word in ((code.note_required, "note"), (code.callback, "when"))
                if wanted
            ]
            text.append(more + (f"  asks: {', '.join(asks)}" if asks else ""), "dim")
        return text

    def _hint(self, choosing: bool, searching: bool) -> str:
        if self._call.disposition is not None:
            return "esc leaves"
        if searching:
            return "enter takes the first   ↓ chooses   esc back"
        if choosing:
            back = "back" if self._group else "leaves without a trace"
            return f"/ searches   esc {back}"
        return "enter records it   tab next field   esc back"

    # ── what is typed ───────────────────────────────────────────────────────────────────

    def on_key(self, event: events.Key) -> None:
        """Take a code's key, or `/`; keys that mean nothing here are swallowed."""
        if self.focused is not None or self._call.disposition is not None:
            return
        if event.key == "escape" or event.character is None:
            return
        event.stop()
        if event.character == "/":
            self._searching = True
            self._show()
            self.set_focus(self.query_one("#search", Input))
            self._find("")
            return
        codes = self._group.codes if self._group else self._tree.codes
        for code in codes:
            if code.key == event.character:
                self._choose(code)

    def action_leave(self) -> None:
        """Go back one step; from the first, leave without a trace."""
        if self._chosen is not None or self._searching:
            self._chosen = None
            self._searching = False
            self._problem = ""
            self.query_one("#search", Input).value = ""
            self.set_focus(None)
            self._show()
        elif self._group is not None:
            self._group = None
            self._show()
        else:
            self.dismiss(None)

    def _choose(self, code: Code) -> None:
        if code.codes:
            self._group = code
            self._show()
        elif code.asks:
            self._ask(code)
        else:
            self._finish(code)

    def _ask(self, code: Code) -> None:
        self._chosen = code
        question = Text(code.label, "bold")
        question.append("  a note is required" if code.note_required else "", "not bold")
        self.query_one("#question", Static).update(question)
        first = "#when" if code.callback else "#note"
        self._show()
        self.set_focus(self.query_one(first, Input))

    @on(Input.Submitted, "#note, #when")
    def _answered(self) -> None:
        if self._chosen is not None:
            self._finish(self._chosen)

    def _finish(self, code: Code) -> None:
        if self._call.disposition is not None:
            return
        note = self.query_one("#note", Input).value.strip()
        callback_ms: int | None = None
        if code.note_required and not note:
            self._complain(f"{code.label} needs a note", "#note")
            return
        if code.callback:
            try:
                when = parse_when(self.query_one("#when", Input).value, self._now())
            except ValueError as error:
                self._complain(str(error), "#when")
                return
            callback_ms = int(when.timestamp()) // 60 * 60_000
        made = Draft(self._call.key, code.code, note, callback_ms)
        if self._draft is not None and made == replace(self._draft, act=""):
            made = self._draft  # the very same act: handed in twice, it is recorded once
        self.dismiss(made)

    def _complain(self, problem: str, where: str) -> None:
        self._problem = problem
        self._show()
        self.set_focus(self.query_one(where, Input))

    # ── searching ───────────────────────────────────────────────────────────────────────

    @on(Input.Changed, "#search")
    def _searched(self, event: Input.Changed) -> None:
        self._find(event.value)

    def _find(self, text: str) -> None:
        found = self.query_one("#found", OptionList)
        found.clear_options()
        found.add_options(
            [
                Option(Text(f"{code.label}  ({code.code})"), id=code.code)
                for code in self._tree.search(text)
            ]
        )
        if found.option_count:
            found.highlighted = 0

    @on(Input.Submitted, "#search")
    def _search_submitted(self) -> None:
        found = self.query_one("#found", OptionList)
        if found.highlighted is not None:
            self._take(found.get_option_at_index(found.highlighted).id)

    @on(OptionList.OptionSelected, "#found")
    def _search_selected(self, event: OptionList.OptionSelected) -> None:
        self._take(event.option_id)

    def _take(self, name: str | None) -> None:
        code = self._tree.find(name or "")
        if code is not None:
            self._searching = False
            self.set_focus(None)
            self._choose(code)
