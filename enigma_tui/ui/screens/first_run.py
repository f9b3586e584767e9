"""Asks, at a first start, where the server is and how to log in there."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Protocol

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Button, Input, Label, Static

from ...finding import BAD, LOOK, Finding
from ...first_answers import Answers, MistakenError, understood
from ...model.text import safe
from ...settings import Settings
from ...settings_file import UnwritableError
from ..told import ToldLines

FIELDS = ("server", "username", "password", "name")

_LABELS = {
    "server": "Server",
    "username": "ACL user",
    "password": "Password",
    "name": "Your name",
}
_HINT = (
    "host, host:port, or in full: redis://…, rediss://… (with TLS),\n"
    "unix:///path, redis+sentinel://host,host/name, redis+cluster://…"
)
_ABOUT_CHECK = (
    "Checking asks the server what it is, whether you may log in, and how much waits in the PBX's "
    "list. Nothing is taken from there, and nothing is written."
)
_SAVE, _SAVE_ALL_THE_SAME = "Save and open", "Save all the same"


class Asking(Protocol):
    """Who asks: checks the answers and keeps them."""

    file: Path
    """Where the settings will be."""
    preset: Answers
    """What is known already."""
    taken: Mapping[str, str]
    """The fields that are answered elsewhere, and where: the environment's variables."""
    login_name: str
    """What this machine calls the user."""

    def check(self, answers: Answers) -> AsyncGenerator[Finding, None]:
        """Yield what is found at the server."""
        ...

    def save(self, answers: Answers) -> Settings:
        """Write the settings, and return those in force; raises `UnwritableError`."""
        ...


class FirstRunScreen(Screen[None]):
    """A form of four lines, what a check has found, and how to go on."""

    AUTO_FOCUS = "#server"
    BINDINGS = [  # noqa: RUF012
        Binding("escape", "app.quit", "Quit"),
        Binding("up,left", "app.focus_previous", "Previous"),
        Binding("down,right", "app.focus_next", "Next"),
    ]

    def __init__(self, asking: Asking, opened: Callable[[Settings], None]) -> None:
        """Prepare the form; `opened` is called with the settings that have been saved."""
        super().__init__()
        self._asking = asking
        self._opened = opened
        self._asked: Answers | None = None
        """With which answers the server was asked last."""
        self._over = False
        """Whether that check has come to its end."""
        self._saving = False
        """Whether to save as soon as it finds nothing bad."""
        self._findings: list[Finding] = []

    def compose(self) -> ComposeResult:
        """Lay out the form."""
        yield Static("Enigma   first start", id="title", markup=False)
        with Vertical(id="middle"), Vertical(id="form"):
            yield Static("Where is the Redis server that your PBX notifies?", id="asked")
            yield Static(self._where(), id="where", markup=False)
            for name in FIELDS:
                with Horizontal(classes="row"):
                    yield Label(_LABELS[name])
                    yield self._input(name)
                if name == "server":
                    yield Static(_HINT, id="address-hint", markup=False)
            with Horizontal(id="buttons"):
                for name, label in (("check", "Check"), ("save", _SAVE), ("quit", "Quit")):
                    button = Button(label, id=name, compact=True)
                    button.active_effect_duration = 0  # which would swallow the next press
                    yield button
            yield Static("", id="outcome", markup=False)
            with VerticalScroll(id="found", can_focus=False):
                yield Static(_ABOUT_CHECK, id="about", markup=False)
            yield Static(
                "Only looking? Quit, and run: enigma-tui demo (a simulated PBX)",
                id="demo",
                markup=False,
            )
        yield ToldLines()
        yield Static(
            "tab ↑ ↓ move   enter next, or press   esc quit: nothing is kept",
            id="foot",
            markup=False,
        )

    def on_mount(self) -> None:
        """Name the box of findings."""
        self.query_one("#found").border_title = "Check"

    def _where(self) -> str:
        file = _shortened(self._asking.file)
        return f"Nothing says so yet. The answer is kept in {file}"

    def _input(self, name: str) -> Input:
        taken = self._asking.taken.get(name, "")
        preset = getattr(self._asking.preset, name)
        return Input(
            "" if name == "password" else preset,
            placeholder=f"from {taken}" if taken else self._placeholder(name, self._asking.preset),
            password=name == "password",
            disabled=bool(taken),
            max_length=40 if name == "name" else 1_000,
            compact=True,
            id=name,
        )

    def _placeholder(self, name: str, answers: Answers) -> str:
        match name:
            case "server":
                return "pbx.example:6379"
            case "username":
                return "none"
            case "password":
                return "none; kept in a file of its own that only you can read"
            case _:
                user = safe(answers.username.strip(), 40)
                whose = "the ACL user" if user else "your login"
                return f"{user or self._asking.login_name}, {whose}; outcomes are recorded under it"

    # ── typing ──────────────────────────────────────────────────────────────────────────

    def _field(self, name: str) -> Input:
        return self.query_one(f"#{name}", Input)

    def _typed(self) -> Answers:
        return Answers(**{name: self._field(name).value for name in FIELDS})

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        if event.input.id == "username" and "name" not in self._asking.taken:
            self._field("name").placeholder = self._placeholder("name", self._typed())
        if self._asked is not None and self._typed() != self._asked:
            self._forget_check()
            self._tell("Changed since it was checked.")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        left = [name for name in FIELDS if name not in self._asking.taken]
        if event.input.id == left[-1]:
            self._check()
        else:
            self.focus_next(Input)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        match event.button.id:
            case "check":
                self._check()
            case "save":
                self._save()
            case _:
                self.app.exit()

    # ── checking ────────────────────────────────────────────────────────────────────────

    def _understood(self) -> Answers | None:
        """Return what is meant, and show that in the form; or say what is mistaken."""
        try:
            meant = understood(self._typed())
        except MistakenError as error:
            self._tell(f"{_LABELS[error.field]}: {error}", "bad")
            self._field(error.field).focus()
            return None
        for name in FIELDS:
            if name not in self._asking.taken:
                self._field(name).value = getattr(meant, name)
        return meant

    def _check(self, saving: bool = False) -> None:
        answers = self._understood()
        if answers is None:
            return
        self._forget_check()
        self._asked, self._saving = self._typed(), saving
        self._tell("Checking…")
        # First of all that is to be seen: what asks servers takes a moment to load.
        self.call_after_refresh(
            self.run_worker, self._look(answers, self.focused), group="check", exclusive=True
        )

    async def _look(self, answers: Answers, focused: Widget | None) -> None:
        async with aclosing(self._asking.check(answers)) as findings:
            async for finding in findings:
                await self._add(finding)
        self._over = True
        bad = any(finding.state == BAD for finding in self._findings)
        if not bad and self._saving:
            self._keep(answers)
            return
        save = self.query_one("#save", Button)
        if bad:
            self._tell("Mend what is wrong and check again, or save all the same.", "bad")
            save.label = _SAVE_ALL_THE_SAME
            return
        self._tell("Nothing is wrong. Save, and open the board.", "ok")
        if self.focused is focused:  # whoever has moved on has something else in mind
            save.focus()

    async def _add(self, finding: Finding) -> None:
        """Show what was found, in its place."""
        found = self.query_one("#found")
        if not self._findings:
            await found.remove_children()
        self._findings.append(finding)
        self._findings.sort(key=_rank)
        place = next(place for place, each in enumerate(self._findings) if each is finding)
        await found.mount(_line(finding), before=place if place < len(found.children) else None)
        self.call_after_refresh(self._let_scroll)

    def _let_scroll(self) -> None:
        found = self.query_one("#found")
        found.can_focus = found.max_scroll_y > 0

    def _forget_check(self) -> None:
        self.workers.cancel_group(self, "check")
        self._asked, self._over, self._saving = None, False, False
        self._findings.clear()
        self.query_one("#save", Button).label = _SAVE
        found = self.query_one("#found")
        found.can_focus = False
        found.remove_children()

    def _tell(self, words: str, how: str = "") -> None:
        outcome = self.query_one("#outcome", Static)
        outcome.update(safe(words, 1_000))
        outcome.set_classes(f"-{how}" if how else "")

    # ── saving ──────────────────────────────────────────────────────────────────────────

    def _save(self) -> None:
        """Save what has been checked; anything else is checked first."""
        if not self._over:
            self._check(saving=True)
            return
        answers = self._understood()
        if answers is not None:
            self._keep(answers)

    def _keep(self, answers: Answers) -> None:
        try:
            settings = self._asking.save(answers)
        except UnwritableError as error:
            self._tell(str(error), "bad")
        else:
            self._opened(settings)


def _rank(finding: Finding) -> int:
    """Return how soon a finding is to be read: there is room for few."""
    if finding.state == BAD:
        return 0
    if finding.check == "server":
        return 1
    if "list " in finding.check:
        return 2
    return 3 if finding.state == LOOK else 4


def _line(finding: Finding) -> Widget:
    """Return what a check found, as it is shown."""
    remedy = [Static(finding.remedy, classes="remedy", markup=False)] if finding.remedy else []
    return Horizontal(
        Label(finding.state, classes="state", markup=False),
        Label(safe(finding.check, 16), classes="check", markup=False),
        Vertical(Static(finding.found, markup=False), *remedy),
        classes=f"finding -{finding.state}",
    )


def _shortened(file: Path) -> str:
    try:
        return f"~/{file.relative_to(Path.home())}"
    except (ValueError, RuntimeError):
        return str(file)
