"""A line of words that says as much as there is room for."""

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual.widgets import Static

Part = tuple[str, str]
"""A text and the name of its style."""

Item = tuple[int, tuple[Part, ...]]
"""How dispensable it is, the higher the sooner; and what it says."""


class Line(Static):
    """One line; what is least important is left out when the terminal is narrow."""

    GAP: ClassVar[int] = 2

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._said: Sequence[tuple[Part, ...]] = ()
        self._room = 0
        """The width that it was said for."""

    def items(self) -> Sequence[Item]:
        """Return what there is to say, from left to right."""
        raise NotImplementedError

    def at_the_right(self) -> str:
        """Return what stands at the right end."""
        return ""

    def tell(self) -> None:
        """Say it, unless it is what the line says already."""
        if self.size and (said := self._saying()) != self._said:
            self._said = said
            self.refresh()

    def render(self) -> Text:
        """Say it; anew where there is another room for it, as in the first frame."""
        if self._room != self.size.width:
            self._room = self.size.width
            self._said = self._saying()
        return self._text(self._said)

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

    def _text(self, said: Sequence[tuple[Part, ...]]) -> Text:
        *items, ((right, _),) = said
        line = Text(" ", no_wrap=True, overflow="ellipsis", end="")
        for place, parts in enumerate(items):
            line.append(" " * self.GAP if place else "")
            for text, style in parts:
                line.append(text, self.get_component_rich_style(style, partial=True))
        line.append(" " * (self.size.width - line.cell_len - cell_len(right) - 1) + right)
        return line
