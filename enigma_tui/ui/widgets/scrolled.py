"""A list of rows, drawn by the line, of which the terminal shows some.

Textual lays the whole screen out anew for one more row, and paints the scroll bar for each step of
a list that scrolls, and with it all lines beside. Either takes most of the time of a frame. Here
the screen is laid out where a scroll bar comes or goes, and the bar painted where it looks
different.
"""

from math import ceil

from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.widget import Widget

from .drawn import Drawn

_PARTS = 8
"""Of a cell: as finely as a scroll bar is drawn."""


class Scrolled(Drawn, ScrollView, inherit_bindings=False):
    """Scrolls vertically through lines of which each row is one."""

    _thumb = (0, 0)

    def hold(self, lines: int) -> None:
        """Have so many lines."""
        size = Size(0, lines)
        if size == self.virtual_size:
            return
        room = self.container_size.height
        if (lines > room) != (self.virtual_size.height > room):
            self.virtual_size = size
        else:
            self.set_reactive(Widget.virtual_size, size)
            self._show_bar()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Show where the list stands."""
        self._show_bar()

    def _show_bar(self) -> None:
        if not self.show_vertical_scrollbar:
            return
        height, all_, top = self.container_size.height, self.virtual_size.height, self.scroll_y
        # Where the bar's thumb begins and how long it is, as Textual draws it.
        long = max(1.0, height * height / all_)
        begin = int((height - long) * top / max(1, all_ - height) * _PARTS)
        if (thumb := (begin, ceil(long * _PARTS))) != self._thumb:
            self._thumb = thumb
            bar = self.vertical_scrollbar
            bar.window_virtual_size, bar.window_size, bar.position = all_, height, top
