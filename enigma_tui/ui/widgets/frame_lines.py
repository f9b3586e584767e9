"""The frame around the calls: the views above with how many each has, how many are shown below.

Lines of their own and not the border's titles: for each of those Textual paints the whole frame
and all that is in it.
"""

from collections.abc import Mapping, Sequence
from itertools import accumulate

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip

from ...model.tabs import Tab
from ...model.text import safe
from .drawn import Drawn
from .line import Clicked, Part, fitted

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

    def _words(self, parts: Sequence[Part], room: int) -> list[Segment]:
        """Return the words with a space at either end, in no more than so many cells."""
        if not parts:
            return []
        base = self.style_of("base")
        styles = {name: base + self.style_of(name) for _, name in parts}
        words = [Segment(f" {parts[0][0]}", styles[parts[0][1]])]
        words += [Segment(text, styles[name]) for text, name in parts[1:]]
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

    class SavedChosen(Message):
        """A saved view was clicked."""

        def __init__(self, place: int) -> None:
            self.place = place
            super().__init__()

    def __init__(self) -> None:
        super().__init__()
        self._views: Sequence[tuple[str, str, bool]] = ()
        """The name of each view, how many calls it has, and whether it is the chosen one."""
        self._ends: Sequence[int] = ()
        """The column behind each name."""

    def tell(
        self,
        chosen: Tab,
        counts: Mapping[Tab, int],
        saved: Sequence[str] = (),
        chosen_saved: str | None = None,
    ) -> None:
        """Show which view is chosen, and how many calls each has; saved ones by name alone."""
        self._views = [
            *((tab.value, f" {counts[tab]:,}", tab is chosen and not chosen_saved) for tab in Tab),
            *((safe(name), "", name == chosen_saved) for name in saved),
        ]
        self.say(self._named(len(self._views)))

    def _named(self, counted: int, named: int | None = None) -> Sequence[Part]:
        """Return the views, so many of the first by name, and with how many calls they have."""
        parts: list[Part] = []
        for place, (name, count, is_chosen) in enumerate(self._views, start=1):
            words = f"{place} {name}" if named is None or place <= named else f"{place}"
            words += count if place <= counted else ""
            parts.append((f"[{words}]", "title") if is_chosen else (f" {words} ", "words"))
        return parts

    def on_click(self, event: events.Click) -> None:
        """Choose the view that was clicked."""
        if event.x < _TITLE_COLUMN:
            return
        tabs = list(Tab)
        for place, end in enumerate(self._ends):
            if event.x < end:
                is_saved = place >= len(tabs)
                self.post_message(
                    self.SavedChosen(place - len(tabs)) if is_saved else self.Chosen(tabs[place])
                )
                break

    def _drawn(self, width: int) -> Strip:
        base = self.style_of("base")
        room = max(1, width - 4)
        # Where there is no room for every count, the last of the views do without first; then
        # saved ones go by their key alone.
        parts: Sequence[Part] = ()
        fits = [(counted, None) for counted in range(len(Tab), -1, -1)]
        for counted, named in (*fits, *((0, n) for n in range(len(self._views), len(Tab) - 1, -1))):
            parts = self._named(counted, named)
            if sum(cell_len(text) for text, _ in parts) + 2 <= room:
                break
        widths = [cell_len(text) for text, _ in parts]
        self._ends = list(accumulate(widths, initial=_TITLE_COLUMN))[1:]
        words = self._words(parts, room)
        used = sum(segment.cell_length for segment in words)
        rest = "─" * (width - used - 3) + "╮"
        return fitted([Segment("╭─", base), *words, Segment(rest, base)], width, base)


class CountLine(FrameLine):
    """The lower edge, with what the table shows of the view."""

    def __init__(self) -> None:
        super().__init__()
        self._command = ""
        self._begin = 0
        """The column that the words begin at."""

    def tell(self, words: str, *, mistaken: bool, command: str = "") -> None:
        """Show these words; `mistaken` where they are about a mistake.

        A click on them does what a command does.
        """
        self._command = command
        self.say([(words, "mistake" if mistaken else "words")])

    def on_click(self, event: events.Click) -> None:
        """Do what the words are about."""
        if self._command and event.x >= self._begin:
            self.post_message(Clicked(self._command))

    def _drawn(self, width: int) -> Strip:
        base = self.style_of("base")
        words = self._words(self._parts, max(1, width - 4))
        used = sum(segment.cell_length for segment in words)
        self._begin = width - used - 2
        line = "╰" + "─" * (width - used - 3)
        return fitted([Segment(line, base), *words, Segment("─╯", base)], width, base)
