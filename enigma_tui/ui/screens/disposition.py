"""The disposition dialog: one key for a code, two for one in a group."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from ...model.disposition import Code, CodeTree, parse_when
from ...model.entry import MAX_NOTE
from ..columns import moment
from ..draft import Draft, Subject
from ..helping import Row, Section
from ..pressing import KEY, hint, pressing
from .dialog import Dialog

LOOK_SECONDS = 0.5
"""How often an open dialog looks whether somebody else has acted on the call meanwhile."""


class Line(Input):
    """A line to write on. What is pasted keeps all its words: ends of lines become spaces."""

    def _on_paste(self, event: events.Paste) -> None:
        # Textual's own handler comes after this one by itself, and takes the first line only.
        event.text = " ".join(event.text.split())


class DispositionDialog(Dialog[Draft]):
    """Asks for the outcome of what was under the cursor, or marked, when it was opened.

    It never overwrites: an outcome that stands is shown first, and amended only with a reason; if
    that changes while it is being amended, it is shown again.
    """

    TOPIC = "dispositions"
    ABOUT = (
        "Records the outcome of what was under the cursor, or marked, when it was opened; "
        "meanwhile the call is claimed, and others see by whom. A code's key chooses it, one with "
        "› opens a group, and some ask for a note or a time. An outcome that stands is never "
        "overwritten, but amended with a reason."
    )
    BINDINGS = [  # noqa: RUF012
        ("slash", "search", "Search the codes"),
        ("plus", "take_in", "Take in those that somebody claims"),
        ("a", "amend", "Amend what stands, with a reason"),
        ("y", "go_on", "Go on in spite of the claim"),
    ]

    def __init__(
        self,
        current: Callable[[], Subject],
        tree: CodeTree,
        now: Callable[[], datetime],
        *,
        amending: bool = False,
        draft: Draft | None = None,
        problem: str = "",
    ) -> None:
        """Prepare the dialog; `draft` and `problem` bring back what could not be recorded."""
        super().__init__()
        self._current = current
        self._subject = current()
        self._tree = tree
        self._now = now
        self._problem = problem
        self._draft = draft
        self._amending = amending and self._subject.disposition is not None
        self._knows_claim = draft is not None and draft.over_claim
        self._group: Code | None = None
        self._searching = False
        self._chosen: Code | None = tree.find(draft.code) if draft else None

    def compose(self) -> ComposeResult:
        """Lay out: which call, the codes or the questions, a hint."""
        with Vertical(classes="box"):
            yield Static(self._named, id="named", markup=False)
            yield Static(id="notice", markup=False)
            yield Static(id="codes", markup=False)
            yield Input(placeholder="search the codes", id="search", compact=True)
            yield OptionList(id="found", markup=False)
            yield Static(id="question", markup=False)
            yield Input(placeholder="when: 30m, 14:30, tomorrow 9:00", id="when", compact=True)
            yield Line(placeholder="why it is amended", id="reason", compact=True)
            yield Line(placeholder="note", id="note", compact=True)
            yield Static(id="problem", markup=False)
            yield Static(id="hint", markup=False)

    def on_mount(self) -> None:
        """Start with the codes, or where the draft left off."""
        if self._draft is not None:
            self.query_one("#note", Input).value = self._draft.note
            self.query_one("#reason", Input).value = self._draft.reason
            if self._draft.callback_ms is not None:
                when = datetime.fromtimestamp(self._draft.callback_ms / 1000).astimezone()
                self.query_one("#when", Input).value = f"{when:%Y-%m-%d %H:%M}"
        self._show()
        if self._chosen is not None and self._open_to_codes:
            self._ask(self._chosen)
        self.set_interval(LOOK_SECONDS, self._look_again)

    def _look_again(self) -> None:
        """Say so when somebody else has acted on the call meanwhile."""
        subject, before = self._current(), self._subject
        if subject == before:
            return
        self._subject = subject
        if subject.version != before.version:
            # What was about to be amended is no longer what stands: it has to be seen first.
            self._amending = False
            self._chosen = self._group = None
            self.set_focus(None)
        self._show()

    # ── what is shown ───────────────────────────────────────────────────────────────────

    @property
    def _recorded(self) -> bool:
        """Whether an outcome stands that nobody has asked to amend."""
        return self._subject.disposition is not None and not self._amending

    @property
    def _asks_about_claim(self) -> bool:
        return bool(self._subject.claimant) and not self._knows_claim and not self._recorded

    @property
    def _leaves_out(self) -> bool:
        return bool(self._subject.left_out) and not self._knows_claim

    @property
    def _named(self) -> str:
        subject = self._subject
        everything = self._knows_claim and subject.with_left_out
        return subject.with_left_out if everything else subject.named

    @property
    def _open_to_codes(self) -> bool:
        return not self._recorded and not self._asks_about_claim

    @property
    def _choosing(self) -> bool:
        return self._open_to_codes and not self._searching and self._chosen is None

    @property
    def _codes(self) -> Sequence[Code]:
        """The codes that can be chosen now."""
        return self._group.codes if self._group else self._tree.codes

    def _show(self) -> None:
        searching = self._searching and self._open_to_codes
        asking = self._chosen is not None and self._open_to_codes
        choosing = self._choosing
        notice = self._notice()
        self.query_one("#named", Static).update(Text(self._named))
        self.query_one(".box").border_title = "Amend" if self._amending else "Disposition"
        self._display("#notice", bool(notice))
        self._display("#codes", choosing)
        self._display("#search", searching)
        self._display("#found", searching)
        self._display("#question", asking)
        self._display("#note", asking)
        self._display("#reason", asking and self._amending)
        self._display("#when", asking and self._chosen is not None and self._chosen.callback)
        self._display("#problem", bool(self._problem))
        self.query_one("#notice", Static).update(Text(notice))
        self.query_one("#codes", Static).update(self._codes_text())
        self.query_one("#problem", Static).update(Text(self._problem))
        self.query_one("#hint", Static).update(hint(self._hint(choosing, searching)))
        self.refresh_bindings()

    def _display(self, selector: str, shown: bool) -> None:
        self.query_one(selector).display = shown

    def _notice(self) -> str:
        done = self._subject.disposition
        lines = []
        if done is not None:
            at = moment(done.at_ms, round(self._now().timestamp() * 1000))
            lines.append(f"Already disposed of: {done.code} by {done.by} at {at}.")
        if self._subject.claimant and not self._recorded:
            lines.append(f"Claimed by {self._subject.claimant}.")
        if self._leaves_out:
            lines.append(f"{self._subject.left_out:,} left out: {self._subject.holders}.")
        elif self._subject.left_out:
            lines.append(f"{self._subject.left_out:,} of them claimed: {self._subject.holders}.")
        return "\n".join(lines)

    def _codes_text(self) -> Text:
        text = Text()
        if self._group:
            text.append(f"{self._group.label}\n", "bold")
        for place, code in enumerate(self._codes):
            if place:
                text.append("\n")
            text.append(f" {code.key} ", KEY + pressing(code.key))
            text.append(f"  {code.label}", pressing(code.key))
            asks = [
                word
                for wanted, word in ((code.note_required, "note"), (code.callback, "when"))
                if wanted
            ]
            text.append(_opens(code) + (f"  asks: {', '.join(asks)}" if asks else ""), "dim")
        return text

    def _hint(self, choosing: bool, searching: bool) -> str:
        if self._recorded:
            return "a amends it, with a reason   esc leaves"
        if self._asks_about_claim:
            return "y goes on all the same   esc leaves without a trace"
        if searching:
            return "enter takes the first   ↓ chooses   esc back"
        if choosing:
            back = "back" if self._group else "leaves"
            if self._leaves_out:
                return f"+ takes in those left out   / searches   esc {back}"
            return f"/ searches   esc {back}{'' if self._group else ' without a trace'}"
        return "enter records it   tab next field   esc back"

    # ── what is typed ───────────────────────────────────────────────────────────────────

    def on_key(self, event: events.Key) -> None:
        """Take a code's key."""
        if self.focused is None and self._choosing:
            for code in self._codes:
                if code.key == event.character:
                    event.stop()
                    self._choose(code)
                    return

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave out the keys that mean nothing now."""
        return {
            "search": self._choosing,
            "take_in": self._choosing and self._leaves_out,
            "amend": self._recorded,
            "go_on": self._asks_about_claim,
        }.get(action, True)

    def action_search(self) -> None:
        """Search the codes by what they are called."""
        self._searching = True
        self._show()
        self.set_focus(self.query_one("#search", Input))
        self._find("")

    def action_take_in(self) -> None:
        """Take in the calls that somebody claims."""
        self._knows_claim = True
        self._show()

    def action_amend(self) -> None:
        """Amend the outcome that stands."""
        self._amending = True
        self._problem = ""
        self._show()

    def action_go_on(self) -> None:
        """Go on in spite of a claim."""
        self._knows_claim = True
        self._show()
        if self._chosen is not None:
            self._ask(self._chosen)

    def own_help(self) -> Sequence[Section]:
        """List the codes that can be chosen."""
        if not self._choosing:
            return ()
        rows = [Row(code.key, f"{code.label}{_opens(code)}", code.key) for code in self._codes]
        return [Section("Codes", rows)]

    def action_leave(self) -> None:
        """Go back one step; from the first, leave without a trace."""
        inside = self._open_to_codes and (self._chosen is not None or self._searching)
        if inside:
            self._chosen = None
            self._searching = False
            self._problem = ""
            self.query_one("#search", Input).value = ""
            self.set_focus(None)
            self._show()
        elif self._group is not None and self._open_to_codes:
            self._group = None
            self._show()
        else:
            self.dismiss(None)

    def _choose(self, code: Code) -> None:
        if code.codes:
            self._group = code
            self._show()
        elif code.asks or self._amending:
            self._ask(code)
        else:
            self._finish(code)

    def _ask(self, code: Code) -> None:
        self._chosen = code
        question = Text(code.label, "bold")
        question.append("  a note is required" if code.note_required else "", "not bold")
        self.query_one("#question", Static).update(question)
        first = "#when" if code.callback else "#reason" if self._amending else "#note"
        self._show()
        self.set_focus(self.query_one(first, Input))

    @on(Input.Submitted, "#note, #when, #reason")
    def _answered(self) -> None:
        if self._chosen is not None:
            self._finish(self._chosen)

    def _finish(self, code: Code) -> None:
        self._look_again()
        if not self._open_to_codes:
            self._chosen = code if self._asks_about_claim else None
            return
        note = self.query_one("#note", Input).value.strip()
        reason = self.query_one("#reason", Input).value.strip() if self._amending else ""
        callback_ms: int | None = None
        if code.callback:
            try:
                when = parse_when(self.query_one("#when", Input).value, self._now())
            except ValueError as error:
                self._complain(str(error), "#when")
                return
            callback_ms = int(when.timestamp()) // 60 * 60_000
        if self._amending and not reason:
            self._complain("say why it is amended", "#reason")
            return
        if code.note_required and not note:
            self._complain(f"{code.label} needs a note", "#note")
            return
        for text, where in ((note, "#note"), (reason, "#reason")):
            if len(text) > MAX_NOTE:
                over = len(text) - MAX_NOTE
                self._complain(f"{over:,} characters too many: {MAX_NOTE:,} are kept", where)
                return
        version = self._subject.version
        made = Draft(code.code, version, note, callback_ms, reason, self._knows_claim)
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


def _opens(code: Code) -> str:
    """Return the mark of a group."""
    return " ›" if code.codes else ""
