"""Knows whether the calls of a board come from more than one source."""

from ..model.board import Board
from ..model.call import CallKey


class Sources:
    """Looks at each call once, however often it is asked."""

    def __init__(self) -> None:
        self._board: Board | None = None
        self._newest: CallKey | None = None
        self._seen: set[str] = set()

    def several(self, board: Board) -> bool:
        """Whether calls of more than one source are, or were, on the board."""
        if board is not self._board:
            self._board, self._newest = board, None
            self._seen.clear()
        newest = self._newest
        self._newest = next(reversed(board.calls), None)
        if len(self._seen) < 2:
            for key in reversed(board.calls):  # the board adds new ones at the end
                if key == newest:
                    break
                self._seen.add(key.source)
        return len(self._seen) > 1
