"""A widget that draws its lines itself, and knows which of them are others than before."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.filter import LineFilter
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

if TYPE_CHECKING:
    from ..straight import Straight


class Drawn(Widget):
    """Draws by the line (`render_line`), as wide as it is, and keeps what it has drawn."""

    STYLES: ClassVar[str] = ""
    """What the names of its component classes begin with."""

    straight: "Straight | None" = None
    """The way to the terminal for lines alone, where there is one."""

    _filters: Sequence[LineFilter] = ()

    def redraw(self, lines: Iterable[int]) -> None:
        """Have these lines painted, which look different."""
        if self.straight is not None and self.straight.takes(self, lines):
            return
        width = self.room
        self.refresh(*[Region(0, line, width, 1) for line in lines])

    def render_lines(self, crop: Region) -> list[Strip]:
        """Render lines; they are kept here already, so Textual's cache of them is passed by."""
        strips = self.strips(crop.line_range)
        width = self.outer_size.width
        if self.room < width and not self.show_vertical_scrollbar:  # which is painted by itself
            base = self.style_of("base")
            strips = [strip.adjust_cell_length(width, base) for strip in strips]
        if crop.column_span != (0, self.outer_size.width):
            strips = [strip.crop(*crop.column_span) for strip in strips]
        return strips

    @property
    def room(self) -> int:
        """How many cells of a line are the widget's own; the others are the scroll bar's."""
        return self.outer_size.width - self.scrollbar_size_vertical

    def strips(self, lines: Iterable[int]) -> list[Strip]:
        """Return lines as wide as there is room."""
        filters = self.get_line_filters()
        if filters != self._filters:
            self._filters = filters
            self.forget()
        return [self.render_line(line) for line in lines]

    def forget(self) -> None:
        """Draw everything anew from now on: the colours are others."""
        raise NotImplementedError

    def notify_style_update(self) -> None:
        """Forget the colours; the theme has changed."""
        super().notify_style_update()
        self.forget()

    def style_of(self, name: str) -> Style:
        """Return a style by its name, `base` or that of a component, as the terminal gets it."""
        if name == "base":
            style = self.rich_style
        else:
            style = self.get_component_rich_style(f"{self.STYLES}{name}", partial=True)
        _, background = self.background_colors
        for each in self._filters:
            # Each style passes once, and not every line that has it.
            [segment] = each.apply([Segment("x", style)], background)
            style = segment.style or style
        return style
