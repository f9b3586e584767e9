"""Asks before the PBX calls somebody back."""

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from ...model.click2dial import AGENT
from ..pressing import hint
from .dialog import Dialog


class CallBackDialog(Dialog[str]):
    """Names who would be called, and asks on which extension; its result is that extension."""

    TOPIC = "calling back"
    ABOUT = (
        "Has the PBX ring your extension and then call the caller. Nothing is dialled before you "
        "say so here; the others see that the call is yours meanwhile."
    )
    AUTO_FOCUS = "Input"

    def __init__(self, lines: str, notice: str, extension: str) -> None:
        """Prepare: `lines` tell of the call, `notice` what speaks against calling now."""
        super().__init__()
        self._lines = lines
        self._notice = notice
        self._extension = extension

    def compose(self) -> ComposeResult:
        """Lay out what would be done, and the one question."""
        with Vertical(classes="box"):
            yield Static(self._lines, id="named", markup=False)
            yield Static(self._notice, id="notice", markup=False)
            yield Static("Your extension, which rings first:", markup=False)
            yield Input(
                self._extension,
                placeholder="three or four digits",
                restrict=r"[0-9]*",
                max_length=4,
                compact=True,
                id="agent",
            )
            yield Static(id="problem", markup=False)
            yield Static(hint("enter has the PBX call   esc leaves"), id="hint", markup=False)

    def on_mount(self) -> None:
        """Name the dialog."""
        self.query_one(".box").border_title = "Call back"
        self.query_one("#notice").display = bool(self._notice)
        self.query_one("#problem").display = False

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if AGENT.fullmatch(event.value):
            self.dismiss(event.value)
            return
        problem = self.query_one("#problem", Static)
        problem.update("Which extension? It has three or four digits.")
        problem.display = True
