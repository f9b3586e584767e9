"""The peer of the live path: a bare Textual app that prints one label for each `BLPOP`.

`python -m benchmarks.bare URL LIST`: what the protocol's document suggests, and no more. It
shows one call, keeps none, and loses what it holds when it dies.
"""

import json
import sys

from textual.app import App, ComposeResult
from textual.widgets import Label

from enigma_tui.journal.connection import Address, connect


class BareApp(App[None]):
    """Shows the reference of the call that came last."""

    def __init__(self, url: str, name: str) -> None:
        super().__init__()
        self._connection = connect(Address(url), "bare")
        self._list = name
        self._label = Label("ready", markup=False)

    def compose(self) -> ComposeResult:
        """Lay out the label."""
        yield self._label

    def on_mount(self) -> None:
        """Start to pop."""
        self.run_worker(self._pop())

    async def _pop(self) -> None:
        while True:
            popped = await self._connection.waiting.blpop([self._list], timeout=5)
            if popped:
                self._label.update(json.loads(popped[1])["payload"]["call_ref"])


if __name__ == "__main__":
    BareApp(*sys.argv[1:3]).run()
