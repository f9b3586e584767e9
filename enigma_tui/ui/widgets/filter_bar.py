"""The filter line: what is typed takes effect as it is typed, and a mistake costs nothing."""

from collections.abc import Callable, Sequence

from rich.highlighter import Highlighter
from rich.style import Style
from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input, Static

from ...model.query import Query, QueryError
from ...model.query_complete import Known, complete
from ..pressing import pressed, pressing


class _Underline(Highlighter):
    """Marks where a mistake is."""

    def __init__(self, style: Callable[[], Style]) -> None:
        self.mistake: QueryError | None = None
        self._style = style

    def highlight(self, text: Text) -> None:
        if self.mistake is None or not len(text):
            return
        # A mistake at the very end is marked on the last character that there is.
        start = min(self.mistake.start, len(text) - 1)
        text.stylize(self._style(), start, max(start + 1, self.mistake.end))


class _Offers(Suggester):
    """Offers what the filter may go on with."""

    def __init__(self, known: Known) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._known = known

    async def get_suggestion(self, value: str) -> str | None:
        return complete(value, self._known)


HISTORY_MOST = 50
"""Filters that are remembered, for as long as the board is open: they may hold numbers."""


MISTAKE = "filter-bar--mistake"


class FilterBar(Horizontal):
    """One line to type a filter into. Up and down go through those that were typed before."""

    COMPONENT_CLASSES = {MISTAKE}  # noqa: RUF012

    BINDINGS = [  # noqa: RUF012
        Binding("tab", "accept", "Complete"),
        Binding("up", "earlier", "Earlier", key_display="↑"),
        Binding("down", "later", "Later", key_display="↓", show=False),
        Binding("f1", "app.filter_help", "Help", key_display="F1"),
    ]

    class Changed(Message):
        """There is a new filter that can be read."""

        def __init__(self, query: Query) -> None:
            self.query = query
            super().__init__()

    class Mistaken(Message):
        """What is typed cannot be read; the last good filter stays in force."""

        def __init__(self, error: QueryError | None) -> None:
            self.error = error
            super().__init__()

    class Left(Message):
        """The supervisor has finished typing."""

    def __init__(
        self, parse: Callable[[str], Query], text: str = "", known: Known = lambda _: ()
    ) -> None:
        """`known` tells what values fields have, for the next to be offered."""
        super().__init__()
        self._parse = parse
        self._ask_known = known
        self._values: dict[str, Sequence[str]] = {}
        """Those of fields that have been typed since typing began."""
        self._history: list[str] = [text] if text else []
        self._place = 0
        """How many filters back in the history the line is."""
        self._typed = ""
        """What was typed before that."""
        self._underline = _Underline(lambda: self.get_component_rich_style(MISTAKE, partial=True))
        self._before = text
        """The filter that typing falls back to."""
        self._typing = False
        self._text = text

    def compose(self) -> ComposeResult:
        """Lay out the prompt and the line."""
        yield Static(Text("/", pressing("slash")), id="filter-prompt", markup=False)
        yield Input(
            self._text,
            placeholder="filter: a name, a number, ext:2001, hold>60s …",
            compact=True,
            highlighter=self._underline,
            suggester=_Offers(self._known),
            select_on_focus=False,
            id="filter-input",
        )
        yield Static(_clear(self._text), id="filter-clear", markup=False)

    @property
    def input(self) -> Input:
        """The line itself."""
        return self.query_one(Input)

    @property
    def mistake(self) -> QueryError | None:
        """What is wrong with the text, if anything."""
        return self._underline.mistake

    def begin(self) -> None:
        """Start typing: over the filter there is, or on from its end with an arrow key."""
        self._begun()
        self.input.focus()
        self.input.action_select_all()

    @on(events.DescendantFocus)
    def _begun(self) -> None:
        """Note what there is to go back to, however typing began."""
        if not self._typing:
            self._typing = True
            self._before = self.input.value if self.mistake is None else self._before
            self._values = {}
            self._place = 0

    def leave(self) -> None:
        """End typing as enter does, since something else was clicked; with a mistake as escape."""
        if self._typing and self.mistake is None:
            self._end(self.input.value)
        elif self._typing:
            self._typing = False
            self.input.value = self._before

    def _end(self, text: str) -> None:
        self._typing = False
        self._before = text
        self._remember(text)

    def on_click(self, event: events.Click) -> None:
        """Take the filter away, or begin to type, as the ends of the line offer."""
        match pressed(event):
            case "escape":
                self.put("")
            case "slash":
                self.begin()

    def peel(self) -> bool:
        """Undo one layer: typing falls back to the filter before, a filter to none.

        Returns whether there was a layer.
        """
        if self.input.has_focus:
            self._typing = False
            self.input.value = self._before
            self.post_message(self.Left())
            return True
        if self.input.value:
            self.input.value = ""
            return True
        return False

    def put(self, text: str) -> None:
        """Set the filter from elsewhere."""
        self._show(text)
        self._before = text
        self._remember(text)

    def _known(self, field: str) -> Sequence[str]:
        if field not in self._values:
            self._values[field] = self._ask_known(field)
        return self._values[field]

    def _show(self, text: str) -> None:
        self.input.value = text
        self.input.cursor_position = len(text)

    def action_accept(self) -> None:
        """Take what is offered."""
        self.input.action_end()
        self.input.action_cursor_right()

    def action_earlier(self) -> None:
        """Go back to the filter before."""
        if self._place == 0:
            self._typed = self.input.value
        self._go(self._place + 1)

    def action_later(self) -> None:
        """Go forward again, at last to what was being typed."""
        self._go(self._place - 1)

    def _go(self, place: int) -> None:
        history = [text for text in self._history if text != self._typed]
        if 0 <= place <= len(history):
            self._place = place
            self._show(history[-place] if place else self._typed)

    def _remember(self, text: str) -> None:
        if text:
            kept = [each for each in self._history if each != text]
            self._history = [*kept, text][-HISTORY_MOST:]

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        try:
            query = self._parse(event.value)
        except QueryError as error:
            self._underline.mistake = error
            self.post_message(self.Changed(self._last_good(event.value)))
            self.post_message(self.Mistaken(error))
        else:
            if self._underline.mistake is not None:
                self._underline.mistake = None
                self.post_message(self.Mistaken(None))
            self.post_message(self.Changed(query))
        self.input.refresh()
        self.query_one("#filter-clear", Static).update(_clear(event.value), layout=False)

    def _last_good(self, text: str) -> Query:
        """Return what stays in force while `text` has a mistake in it.

        That is the text without the word being typed and those after it. On the way to `hold>60s`
        stands the word `hold`, which would have emptied the list; nobody meant that.
        """
        words = text.split()
        while words := words[:-1]:
            try:
                return self._parse(" ".join(words))
            except QueryError:
                continue
        return self._parse(self._before)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self.mistake is None:
            self._end(event.value)
            self.post_message(self.Left())


def _clear(text: str) -> Text:
    """Return the sign that takes a filter away, where there is one."""
    return Text("✕" if text else "", pressing("escape"))
