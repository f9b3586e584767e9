"""The frame around the calls: the views above with how many each has, how many are shown below.

Lines of their own and not the border's titles: for each of those Textual paints the whole frame
and all that is in it.
"""

from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip

from ...model.view import Tab
from .drawn import Drawn
from .line import Part, fitted

_TITLE_COLUMN = 3
"""Where the names of the views begin."""


class FrameLine(Drawn):
    """A line of the frame with words in it."""

    COMPONENT_CLASSES = {"frame--title", "frame--words", "frame--mistake"}  # noqa: RUF012
    STYLES = "frame--"

    def __init__(self) -> None:
        super().__init__()
        self._parts: Sequence[Part] = ()
        self._strip: Strip | None = None

    def say(self, parts: Sequence[Part]) -> None:
        """Show these words, unless they are there already."""
        if parts != self._parts:
            self._parts, self._strip = parts, None
            self.redraw([0])

    def forget(self) -> None:
        """Draw it anew from now on."""
        self._strip = None

    def render_line(self, y: int) -> Strip:
        """Return the line."""
        width = self.size.width
        if self._strip is None or self._strip.cell_length != width:
            self._strip = self._drawn(width)
        return self._strip

    def _drawn(self, width: int) -> Strip:
        raise NotImplementedError

    def _words(self, room: int) -> list[Segment]:
        """Return the words with a space at either end, in no more than so many cells."""
        base = self.style_of("base")
        styles = {name: base + self.style_of(name) for _, name in self._parts}
        words = [Segment(f" {self._parts[0][0]}", styles[self._parts[0][1]])]
        words += [Segment(text, styles[name]) for text, name in self._parts[1:]]
        length = sum(segment.cell_length for segment in words)
        if length >= room:
            return [*fitted(words, room - 1, base), Segment(" ", base)]
        return [*words, Segment(" ", base)]


class ViewsLine(FrameLine):
    """The upper edge, with the views by name; a click chooses one."""

    class Chosen(Message):
        """A view was clicked."""

        def __init__(self, tab: Tab) -> None:
            self.tab = tab
            super().__init__()

    def __init__(self) -> None:
        super().__init__()
        self._ends: dict[Tab, int] = {}
        """The column behind each name."""

    def tell(self, chosen: Tab, counts: dict[Tab, int]) -> None:
        """Show which view is chosen, and how many calls each has."""
        parts: list[Part] = []
        end = _TITLE_COLUMN
        for place, tab in enumerate(Tab, start=1):
            words = f"{place} {tab.value} {counts[tab]:,}"
            parts.append((f"[{words}]", "title") if tab is chosen else (f" {words} ", "words"))
            end += cell_len(parts[-1][0])
            self._ends[tab] = end
        self.say(parts)

    def on_click(self, event: events.Click) -> None:
        """Choose the view that was clicked."""
        if event.x >= _TITLE_COLUMN:
            for tab, end in self._ends.items():
                if event.x < end:
                    self.post_message(self.Chosen(tab))
                    break

    def _drawn(self, width: int) -> Strip:
        base = self.style_of("base")
        words = self._words(max(1, width - 4)) if self._parts else []
        used = sum(segment.cell_length for segment in words)
        rest = "─" * (width - used - 3) + "╮"
        return fitted([Segment("╭─", base), *words, Segment(rest, base)], width, base)


class CountLine(FrameLine):
    """The lower edge, with what the table shows of the view."""

    def tell(self, words: str, *, mistaken: bool) -> None:
        """Show these words; `mistaken` where they are about a mistake."""
        self.say([(words, "mistake" if mistaken else "words")])

    def _drawn(self, width: int) -> Strip:
        base = self.style_of("base")
        words = self._words(max(1, width - 4)) if self._parts else []
        used = sum(segment.cell_length for segment in words)
        line = "╰" + "─" * (width - used - 3)
        return fitted([Segment(line, base), *words, Segment("─╯", base)], width, base)
