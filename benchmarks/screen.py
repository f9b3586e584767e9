"""What a terminal shows, from the bytes that were written to it.

The program writes only what differs from what is there, so nothing that is on the screen need stand
in its output in one piece: it takes an emulator (pyte) to see it.
"""

import re
from collections.abc import Sequence

import pyte

COLUMNS, LINES = 120, 40

# What the emulator does not know, and would print: questions about the keyboard, private modes.
_BEYOND = re.compile(rb"\x1b\[[<>=?][\d;]*[\$]?[a-zA-Z]")
_SEQUENCE_BEGUN = re.compile(rb"\x1b(?:\[[<>=?]?[\d;]*\$?)?\Z")


class Screen:
    """A terminal of 120 columns by 40 lines."""

    def __init__(self) -> None:
        self._screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self._screen)
        self._begun = b""

    def feed(self, data: bytes) -> None:
        """Show what `data` does to it; a sequence may go on in the next piece."""
        self._screen.dirty.clear()
        data = self._begun + data
        begun = _SEQUENCE_BEGUN.search(data)
        data, self._begun = (data[: begun.start()], begun[0]) if begun else (data, b"")
        self._stream.feed(_BEYOND.sub(b"", data))

    @property
    def lines(self) -> Sequence[str]:
        """Every line, from the top."""
        return [self._line(y) for y in range(LINES)]

    @property
    def changed(self) -> Sequence[str]:
        """The lines to which something was written last, from the top."""
        return [self._line(y) for y in sorted(self._screen.dirty) if y < LINES]

    def _line(self, y: int) -> str:
        row = self._screen.buffer[y]
        return "".join(row[x].data for x in range(COLUMNS))
