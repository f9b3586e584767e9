"""Two emulators: one is written to as the board writes, the other through `Sparing`."""

import re
from collections.abc import Callable

import pyte

from enigma_tui.ui.sparing import Sparing

# What the emulator does not know: it would print the rest of each on the screen.
_BEYOND = re.compile(r"\x1b\[[<>=][\d;]*[a-zA-Z]|\x1b\[[?\d;]*\$[a-zA-Z]")


class Twins:
    """The two screens; `spared` is what the last write came to."""

    def __init__(self, columns: int, lines: int) -> None:
        self.plain_screen = pyte.Screen(columns, lines)
        self.sparing_screen = pyte.Screen(columns, lines)
        self._plain = pyte.Stream(self.plain_screen)
        self._sparing = pyte.Stream(self.sparing_screen)
        self._spare = Sparing(columns, lines)
        self.spared = ""

    def write(self, data: str) -> None:
        """Write to both."""
        self.spared = self._spare.write(data)
        # Textual leaves the terminal's translation of line ends on.
        self._plain.feed(_BEYOND.sub("", data).replace("\n", "\r\n"))
        self._sparing.feed(_BEYOND.sub("", self.spared).replace("\n", "\r\n"))

    def resize(self, columns: int, lines: int) -> None:
        """Give both terminals another size."""
        self.plain_screen.resize(lines, columns)
        self.sparing_screen.resize(lines, columns)
        self._spare.resize(columns, lines)

    def difference(self) -> str:
        """Return the first cell that looks otherwise, or where the cursor is, or nothing."""
        plain, sparing = self.plain_screen, self.sparing_screen
        for y in range(plain.lines):
            for x in range(plain.columns):
                one, other = _seen(plain.buffer[y][x]), _seen(sparing.buffer[y][x])
                if one != other:
                    return f"line {y}, column {x}: {other} instead of {one}"
        at, there = [(screen.cursor.y, screen.cursor.x) for screen in (plain, sparing)]
        return "" if at == there else f"the cursor: {there} instead of {at}"


def _seen(cell: pyte.screens.Char) -> object:
    """Return what the eye sees: of a space its ground, and lines with their colour."""
    if cell.data != " ":
        return cell
    drawn = cell.underscore or cell.reverse or cell.strikethrough
    return cell._replace(bold=False, italics=False, blink=False, **({} if drawn else {"fg": ""}))


class Recorded:
    """What the board has written, each frame of it compared."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.twins = Twins(*size)
        self.frames: list[tuple[str, str]] = []

    def write(self, data: str) -> None:
        """Write to both terminals."""
        self.twins.write(data)
        assert self.twins.difference() == ""
        self.frames.append((data, self.twins.spared))

    def taken(self) -> tuple[int, int]:
        """Return the bytes of all frames since the last time, plain and spared."""
        plain, spared = ("".join(parts).encode() for parts in zip(*self.frames, strict=True))
        self.frames.clear()
        return len(plain), len(spared)

    def looks(self) -> list[object]:
        """Return every cell, as the eye sees it."""
        screen = self.twins.plain_screen
        cells = [(y, x) for y in range(screen.lines) for x in range(screen.columns)]
        return [_seen(screen.buffer[y][x]) for y, x in cells]


Record = Callable[[tuple[int, int]], Recorded]
