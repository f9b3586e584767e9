"""A list that is narrowed by typing, and what there is to say of the line under the cursor."""

from collections.abc import Sequence
from typing import ClassVar, Generic, TypeVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from ..pressing import hint
from .dialog import Dialog, Result

Item = TypeVar("Item")


class _Offer(Option, Generic[Item]):
    """A line of the list, and what it stands for."""

    def __init__(self, item: Item, words: Text) -> None:
        super().__init__(words)
        self.item = item


class FindingDialog(Dialog[Result], Generic[Result, Item]):
    """Has a line to type into and a list below; arrows move through the list meanwhile.

    What is typed is sought before the next key is taken, so that enter never means what an
    earlier letter had found.
    """

    TITLE_WORDS: ClassVar[str]
    PLACEHOLDER: ClassVar[str]
    HINT: ClassVar[str]

    AUTO_FOCUS = "Input"
    BINDINGS = [  # noqa: RUF012
        ("down", "move(1)", "Down"),
        ("up", "move(-1)", "Up"),
        ("pagedown", "page(1)", "A page down"),
        ("pageup", "page(-1)", "A page up"),
    ]

    def find(self, typed: str) -> Sequence[Item]:
        """Return what is listed when this has been typed."""
        raise NotImplementedError

    def line(self, item: Item, width: int) -> Text:
        """Return a line of the list, for so many cells."""
        raise NotImplementedError

    def about(self, item: Item) -> Text:
        """Return what is said of the line under the cursor."""
        raise NotImplementedError

    def chosen(self, item: Item) -> None:
        """Take the line under the cursor, or the one that was clicked."""

    def compose(self) -> ComposeResult:
        """Lay out the line, the list, and what is said of one."""
        with Vertical(classes="box wide"):
            yield Input(placeholder=self.PLACEHOLDER, compact=True)
            found = OptionList(markup=False)
            found.can_focus = False  # what is typed goes into the line, whatever is clicked
            yield found
            with VerticalScroll(id="about", can_focus=False):
                yield Static(markup=False)
            yield Static(hint(self.HINT), id="hint", markup=False)

    def on_mount(self) -> None:
        """Name the dialog, and list everything."""
        self.query_one(".box").border_title = self.TITLE_WORDS

    def on_resize(self) -> None:
        """Lay the lines out for the room there is."""
        self.call_after_refresh(self._list)

    def _list(self) -> None:
        found = self.query_one(OptionList)
        width = found.scrollable_content_region.width
        items = self.find(self.query_one(Input).value)
        found.clear_options()
        found.add_options([_Offer(item, self.line(item, width)) for item in items])
        found.highlighted = 0 if items else None
        self._say(items[0] if items else None)

    def _say(self, item: Item | None) -> None:
        about = self.query_one("#about", VerticalScroll)
        about.scroll_home(animate=False)
        about.query_one(Static).update(self.about(item) if item is not None else Text(""))

    @on(Input.Changed)
    def _typed(self) -> None:
        self._list()

    @on(Input.Submitted)
    def _submitted(self) -> None:
        found = self.query_one(OptionList)
        if found.highlighted is not None:
            self._take(found.get_option_at_index(found.highlighted))

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        self._take(event.option)

    def _take(self, option: Option) -> None:
        if isinstance(option, _Offer):
            self.chosen(option.item)

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        if isinstance(event.option, _Offer):
            self._say(event.option.item)

    def action_page(self, pages: int) -> None:
        """Move by what the list shows."""
        found = self.query_one(OptionList)
        move = found.action_page_down if pages > 0 else found.action_page_up
        move()  # type: ignore[no-untyped-call]
