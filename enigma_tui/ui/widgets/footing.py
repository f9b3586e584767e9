"""The keys at the foot of the board."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Footer


class KeysLine(Footer):
    """Textual's footer, there with the first frame, and made anew only for other keys.

    Textual's own stays empty until the first frame has been painted, and is made anew whenever
    the focus moves or a dialog closes, which is a widget for each key.
    """

    def __init__(self) -> None:
        super().__init__(compact=True, show_command_palette=False)
        self._shown: Sequence[tuple[str, str, bool]] = ()
        self.set_reactive(Footer._bindings_ready, True)

    def compose(self) -> ComposeResult:
        """Make a widget for each key."""
        self._shown = self._keys()
        yield from super().compose()

    def bindings_changed(self, screen: Screen[object]) -> None:
        """Show the keys that do something now."""
        if self._keys() != self._shown:
            super().bindings_changed(screen)

    def _keys(self) -> Sequence[tuple[str, str, bool]]:
        return [
            (active.binding.key, self.app.get_key_display(active.binding), active.enabled)
            for active in self.screen.active_bindings.values()
            if active.binding.show
        ]
