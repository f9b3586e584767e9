"""A list of what can be marked, with the mouse as well."""

from collections.abc import Iterable

from textual import events
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option


class MarkingList(OptionList):
    """A list in which a click on a mark does not choose."""

    class MarkClicked(Message):
        """The mark of the highlighted option was clicked."""

    def __init__(
        self, options: Iterable[Option] = (), *, mark_cells: int, click_chooses: bool = True
    ) -> None:
        """Prepare; marks are in the first `mark_cells`, and a click elsewhere chooses, or not."""
        super().__init__(*options, markup=False)
        self._mark_cells = mark_cells
        self._click_chooses = click_chooses

    def on_click(self, event: events.Click) -> None:
        """Highlight what was clicked; what else Textual does comes after this, or not."""
        place = event.style.meta.get("option")
        if not isinstance(place, int):
            return
        on_mark = event.x < self._mark_cells
        if on_mark or not self._click_chooses:
            event.prevent_default()
            self.highlighted = place
        if on_mark:
            self.post_message(self.MarkClicked())
