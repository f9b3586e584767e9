"""Asks for an outcome to be sent again."""

from dataclasses import dataclass

from ...model.entry import Delivered
from ...model.text import safe
from ..connection import Connection
from ..desk import Who
from ..keys import Keys
from ..scripts import script


@dataclass(frozen=True, slots=True)
class Again:
    """Where somebody asks to send what failed once more.

    A deliverer sends it under the act it was recorded by, so a receiver that had it after all
    can drop it.
    """

    connection: Connection
    keys: Keys
    who: Who

    async def ask(self, failed: Delivered) -> str:
        """Ask for a failed delivery; return `done`, `superseded` (another outcome stands by now)
        or `gone` (the call's record has expired). Raises what redis-py raises.
        """
        key = failed.key
        answer: bytes = await script(self.connection.quick, "again")(
            keys=[self.keys.call(key), self.keys.journal],
            args=[
                failed.target,
                failed.act,
                safe(self.who.name),
                "1" if self.who.verified else "",
                key.source,
                str(key.feed),
                key.call_ref,
                str(key.since),
            ],
        )
        return answer.decode()
