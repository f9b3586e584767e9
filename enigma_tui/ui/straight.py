"""Takes lines that have changed straight to the terminal.

Textual puts the screen together anew for whatever has changed: it asks every widget that the change
touches for all its lines and cuts these into pieces. For a call that comes that takes longer than
all that is ours. Where nothing lies over a widget its lines are what the terminal shows, so those
that have changed are written as they are, at once.

Where that is not sure (a dialog is open, a frame is being held back), Textual does it.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from textual._compositor import CompositorUpdate
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from .widgets.drawn import Drawn

Places = Mapping[Widget, tuple[Region, Region]]
"""Where each widget is on the screen, and the part of the screen that it can be seen in."""


class _Lines(CompositorUpdate):
    """Whole lines of widgets, each at its place."""

    def __init__(self, lines: Sequence[tuple[int, int, Strip]]) -> None:
        self._lines = lines

    def render_segments(self, console: Console) -> str:
        """Return what is written to the terminal."""
        return "".join(
            [f"\x1b[{y + 1};{x + 1}H{strip.render(console)}" for x, y, strip in self._lines]
        )


class Straight:
    """Gathers the lines that change inside a `with`, and writes them at its end."""

    def __init__(self, screen: Screen[Any], widgets: Iterable[Drawn]) -> None:
        self._screen = screen
        self._open = False
        self._lines: dict[Drawn, set[int]] = {}
        self._places: Places = {}
        self._bare: set[Drawn] = set()
        """The widgets that nothing lies over, according to `_places`."""
        for widget in widgets:
            widget.straight = self

    def __enter__(self) -> Self:
        self._open = True
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open = False
        lines, self._lines = self._lines, {}
        bare = self._look() if lines else set()
        found: list[tuple[int, int, Strip]] = []
        for widget, changed in lines.items():
            if widget not in bare:
                widget.redraw(changed)
                continue
            region, _ = self._places[widget]
            strips = zip(changed, widget.strips(changed), strict=True)
            found += [(region.x, region.y + line, strip) for line, strip in strips]
        if found:
            # It takes what a compositor makes, though its annotation does not say so.
            self._screen.app._display(self._screen, _Lines(found))  # type: ignore[arg-type]

    def takes(self, widget: Drawn, lines: Iterable[int]) -> bool:
        """Take lines of a widget that are to be painted, if this is the time for it."""
        if self._open:
            self._lines.setdefault(widget, set()).update(lines)
        return self._open

    def _look(self) -> set[Drawn]:
        """Return the widgets whose lines are what the terminal shows."""
        screen = self._screen
        if not screen.is_current or screen.app._batch_count:
            return set()
        places = screen._compositor.visible_widgets
        if places is not self._places:  # which is made anew whenever something moves
            self._places = places
            self._bare = {
                widget
                for widget in self._lines_of(places)
                if places[widget][1].contains_region(places[widget][0])
                and not any(
                    region.overlaps(places[widget][0])
                    for other, (region, _) in places.items()
                    if other is not widget and not _belongs(other, widget)
                )
            }
        return {each for each in self._bare if places[each][0].size == each.outer_size}

    def _lines_of(self, places: Places) -> Iterable[Drawn]:
        return [each for each in places if isinstance(each, Drawn) and each.straight is self]


def _belongs(other: Widget, widget: Widget) -> bool:
    """Whether one widget is behind another, or is its scroll bar, for which it leaves room."""
    return other in widget.ancestors or widget in other.ancestors
