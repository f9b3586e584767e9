"""What a board draws where there is no terminal, as a screen."""

import pyte

from tests.e2e.terminal import BEYOND


class Drawn:
    """A screen that is fed with what a terminal would get, or with the driver's packets of it."""

    def __init__(self, columns: int = 120, lines: int = 30) -> None:
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self._rest = b""
        self.drawn = 0
        """Bytes, of all that was drawn."""

    def draw(self, data: bytes) -> None:
        """Take what a terminal would get."""
        self.drawn += len(data)
        self._stream.feed(BEYOND.sub(b"", data))

    def unpack(self, data: bytes) -> None:
        """Take packets, of which the last may not be whole yet."""
        self._rest = (self._rest + data).removeprefix(b"__GANGLION__\n")
        while len(self._rest) >= 5:
            end = 5 + int.from_bytes(self._rest[1:5], "big")
            if len(self._rest) < end:
                return
            if self._rest[:1] == b"D":
                self.draw(self._rest[5:end])
            self._rest = self._rest[end:]

    def text(self) -> str:
        """Return what the screen shows."""
        return "\n".join(self._screen.display)
