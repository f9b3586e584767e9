"""Reads the journal for commands that have no screen."""

from collections.abc import AsyncIterator

from ..journal.connection import Connection
from ..journal.keys import Keys
from ..journal.stream import Journal
from ..model.board import Board
from ..model.call import ORIGIN
from ..model.entry import Event, decode
from ..site import Site


async def read_all(link: Connection, keys: Keys) -> AsyncIterator[Event]:
    """Yield everything that is in the journal now."""
    journal = Journal(link, keys)
    last = ORIGIN
    while entries := await journal.after(last, wait=False):
        for entry_id, fields in entries:
            last = entry_id
            yield decode(entry_id, fields)


async def read_board(link: Connection, keys: Keys, site: Site, keep: int) -> Board:
    """Return the board as the journal has it now."""
    board = Board(site.policy(), keep)
    async for event in read_all(link, keys):
        board.apply(event)
    return board
