"""What the dialogs have in common."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from textual import events
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList

from ..pressing import hint, press, pressed
from ..told import ToldLines
from ..widgets.below import Below

if TYPE_CHECKING:
    from ..helping import Section

Result = TypeVar("Result")


class Dialog(ModalScreen[Result]):
    """A box over the board. Escape leaves it without a trace.

    Words in it that name a key can be clicked (`pressing`).
    """

    TOPIC: ClassVar[str] = ""
    """What its help is about, as in “Help: …”."""
    ABOUT: ClassVar[str] = ""
    """What it is for, and what its keys do not say."""
    EDGE: ClassVar[str] = "? help"
    """The hints that stand in its lower edge."""

    RINGS: ClassVar[bool] = True
    """Whether it has a line that tells of the phone."""

    AUTO_FOCUS = ""
    BINDINGS = [  # noqa: RUF012
        ("escape", "leave", "Leave"),
        ("question_mark,f1", "help", "This help"),
    ]

    def on_mount(self) -> None:
        """Have what is said in sight; a dialog's own `on_mount` comes before this one by itself."""
        app: Any = self.app
        telephone = getattr(app, "telephone", None) if self.RINGS else None
        bars = [telephone.new_bar()] if telephone is not None else []
        self.mount(Below(ToldLines(), *bars))
        self._write_edge()

    def on_descendant_focus(self) -> None:
        """Name the other key for help where this one types a question mark."""
        self._write_edge()

    on_descendant_blur = on_descendant_focus

    def _write_edge(self) -> None:
        typing = isinstance(self.focused, Input)
        edge = hint(self.EDGE.replace("? help", "F1 help") if typing else self.EDGE)
        self.query_one(".box").border_subtitle = edge

    def on_click(self, event: events.Click) -> None:
        """Take words that name a key for that key."""
        if key := pressed(event):
            event.stop()
            press(self.app, key)

    def action_move(self, rows: int) -> None:
        """Move through the list as everywhere, where there is one."""
        options = self.query_one(OptionList)
        (options.action_cursor_down if rows > 0 else options.action_cursor_up)()

    def action_scroll(self, steps: int) -> None:
        """Scroll the text, where there is one."""
        self.query_one(VerticalScroll).scroll_relative(y=steps * 3, animate=False)

    def action_leave(self) -> None:
        """Close it with no result."""
        self.dismiss(None)

    def action_help(self) -> None:
        """Say what this dialog is for, and what its keys do."""
        from ..helping import of_place  # once it is asked for
        from .help import HelpDialog

        sections = [*self.own_help(), *of_place(self)]
        HelpDialog.ask(self.app, self.TOPIC, self.ABOUT, sections)

    def own_help(self) -> Sequence["Section"]:
        """Return what its help says beside its keys."""
        return ()
