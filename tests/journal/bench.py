"""A source and a journal, on one server or on two, and what tests of movers do with them."""

from collections.abc import Callable
from typing import Any

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.journal.connection import Connection
from enigma_tui.journal.keys import Keys
from enigma_tui.journal.movers import Mover, mover_for
from enigma_tui.site import Source

INBOUND, CDR = Source().inbound, Source().cdr


class Bench:
    """Where movers are tried out."""

    def __init__(
        self,
        journal_server: EmbeddedServer,
        source_server: EmbeddedServer,
        keys: Keys,
        opened: Callable[..., Connection],
    ) -> None:
        self.servers = {"journal": journal_server, "source": source_server}
        self.apart = source_server is not journal_server
        self.keys = keys
        self.opened = opened
        self.journal = opened(journal_server)
        self.at_source = opened(source_server) if self.apart else self.journal

    def source(self, **settings: Any) -> Source:
        """Return a source's settings."""
        return Source(server=self.servers["source"].url if self.apart else "", **settings)

    def mover(self, user: str = "", *, own: bool = False, **settings: Any) -> Mover:
        """Return a mover; with connections of its own if asked, or of an ACL user."""
        journal, at_source = self.journal, self.at_source
        if user or own:
            journal, at_source = (
                self.opened(
                    server.url.replace("unix://", f"unix://{user}:secret@" if user else "unix://")
                )
                for server in self.servers.values()
            )
        return mover_for(
            journal, at_source if self.apart else journal, self.keys, self.source(**settings)
        )

    async def push(self, *payloads: bytes, key: str = INBOUND, pop: str = "left") -> None:
        """Append to a list as the PBX does."""
        client = self.at_source.quick
        await (client.rpush if pop == "left" else client.lpush)(key, *payloads)

    async def entries(self) -> list[dict[bytes, bytes]]:
        """Return the fields of the journal's notifications, in order."""
        found = await self.journal.quick.xrange(self.keys.journal)
        return [fields for _, fields in found if b"raw" in fields]

    async def payloads(self) -> list[bytes]:
        """Return the payloads in the journal, in order."""
        return [fields[b"raw"] for fields in await self.entries()]

    async def list(self, key: str = INBOUND) -> list[bytes]:
        """Return what is in one of the source's lists."""
        found: list[bytes] = await self.at_source.quick.lrange(key, 0, -1)
        return found

    async def set_user(self, *rights: str, on: tuple[str, ...] = ("journal", "source")) -> None:
        """Give the ACL user `limited` these rights, on some of the servers."""
        for name, connection in (("journal", self.journal), ("source", self.at_source)):
            if name in on:
                await connection.quick.execute_command(
                    "ACL", "SETUSER", "limited", "reset", "on", ">secret", "~*", "&*", *rights
                )


async def drain(mover: Mover) -> list[int]:
    """Move until nothing is left; return the size of each batch."""
    sizes = []
    while True:
        done = await mover.move()
        sizes.append(done.moved)
        if not done.left:
            return sizes
