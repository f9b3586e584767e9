"""The lines below a dialog: what is said, and who is on the phone."""

from textual.containers import Vertical
from textual.widget import Widget


class Below(Vertical):
    """Holds lines of which each is there only at times; takes no room when none is."""

    def on_mount(self) -> None:
        """See whether there are any already."""
        self.look()

    def look(self) -> None:
        """Be there when one of the lines is."""
        self.display = any(line.display for line in self.children)


def shown_anew(line: Widget) -> None:
    """Tell the place of a line that it has come, or gone."""
    if isinstance(line.parent, Below):
        line.parent.look()
