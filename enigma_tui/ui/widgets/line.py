"""A line of words that says as much as there is room for."""

from collections.abc import Sequence
from typing import ClassVar, Self

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip

from .drawn import Drawn

Part = tuple[str, str]
"""A text and the name of its style."""


class Clickable(str):
    """Words that do what a command does when they are clicked."""

    __slots__ = ("command",)
    command: str
    """The command's id."""

    def __new__(cls, words: str, command: str) -> Self:
        """Return the words."""
        made = super().__new__(cls, words)
        made.command = command
        return made


class Clicked(Message):
    """Words were clicked that do what a command does."""

    def __init__(self, command: str) -> None:
        self.command = command
        super().__init__()


Item = tuple[int, tuple[Part, ...]]
"""How dispensable it is, the higher the sooner; and what it says."""


class Line(Drawn):
    """One line; what is least important is left out when the terminal is narrow."""

    GAP: ClassVar[int] = 2

    def __init__(self) -> None:
        super().__init__()
        self._said: Sequence[tuple[Part, ...]] = ()
        self._room = 0
        """The width that it was said for."""
        self._strip: Strip | None = None
        """The line, once it has been drawn."""
        self._commands: Sequence[tuple[range, str]] = ()
        """The columns of words that can be clicked, and what each does."""

    def items(self) -> Sequence[Item]:
        """Return what there is to say, from left to right."""
        raise NotImplementedError

    def at_the_right(self) -> str:
        """Return what stands at the right end."""
        return ""

    def tell(self) -> None:
        """Say it, unless it is what the line says already."""
        if self.size and (said := self._saying()) != self._said:
            self._said, self._strip = said, None
            self.redraw([0])

    def forget(self) -> None:
        """Draw it anew from now on."""
        self._strip = None

    def render_line(self, y: int) -> Strip:
        """Say it; anew where there is another room for it, as in the first frame."""
        if self._room != self.size.width:
            self._room, self._strip = self.size.width, None
            self._said = self._saying()
        if self._strip is None:
            self._strip = self._drawn(self._said, self._room)
        return self._strip

    def on_click(self, event: events.Click) -> None:
        """Do what the words do that were clicked."""
        for columns, command in self._commands:
            if event.x in columns:
                self.post_message(Clicked(command))

    def _saying(self) -> Sequence[tuple[Part, ...]]:
        """Return what there is room for; the last is what stands at the right."""
        right = self.at_the_right()
        room = self.size.width - cell_len(right) - 1
        items = list(self.items())
        while self._length(items) > room and (most := max(rank for rank, _ in items)) > 0:
            items.remove(next(item for item in items if item[0] == most))
        return (*(parts for _, parts in items), ((right, ""),))

    def _length(self, items: Sequence[Item]) -> int:
        words = sum(cell_len(text) for _, parts in items for text, _ in parts)
        return 1 + words + self.GAP * len(items)

    def _drawn(self, said: Sequence[tuple[Part, ...]], width: int) -> Strip:
        *items, ((right, _),) = said
        base = self.style_of("base")
        styles: dict[str, Style] = {}
        segments = [Segment(" ", base)]
        commands: list[tuple[range, str]] = []
        end = 1
        for place, parts in enumerate(items):
            gap = " " * self.GAP if place else ""
            segments.append(Segment(gap, base))
            end += len(gap)
            for text, name in parts:
                if isinstance(text, Clickable):
                    commands.append((range(end, end + cell_len(text)), text.command))
                end += cell_len(text)
                style = styles[name] = styles.get(name) or base + self.style_of(name)
                segments.append(Segment(text, style))
        self._commands = commands
        segments.append(Segment(" " * (width - end - cell_len(right) - 1) + right, base))
        return fitted(segments, width, base)


def fitted(segments: Sequence[Segment], width: int, style: Style) -> Strip:
    """Return a line of exactly so many cells; what does not fit is cut, and that is shown."""
    strip = Strip([segment for segment in segments if segment.text])
    if strip.cell_length > width:
        strip = Strip([*strip.crop(0, width - 1), Segment("…", style)])
    return strip.adjust_cell_length(width, style)
