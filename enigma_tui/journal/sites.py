"""Reads and writes the shared settings of a site."""

from dataclasses import dataclass

from msgspec import Struct

from ..site import Site
from .connection import Connection
from .keys import Keys
from .scripts import script
from .stream import Journal


class StoredSite(Struct, frozen=True):
    """The settings as they were read, and the text that tells whether they changed since."""

    site: Site
    text: bytes


@dataclass(frozen=True, slots=True)
class SiteStore:
    """The settings' place in Redis."""

    connection: Connection
    keys: Keys

    async def load(self) -> StoredSite | None:
        """Return the settings, `None` where no collector has written any.

        Raises `SiteError` when they cannot be read as settings.
        """
        text = await self.text()
        if text is None:
            return None
        return StoredSite(Site.from_json(text, self.keys.site, strict=False), text)

    async def text(self) -> bytes | None:
        """Return what is written there, settings or not."""
        text = await self.connection.quick.get(self.keys.site)
        return text if text is None or isinstance(text, bytes) else str(text).encode()

    async def save(self, site: Site, by: str, replaces: StoredSite | None) -> bool:
        """Write the settings if they are still what `replaces` says; return whether they were.

        Every board that follows the journal is told by an entry.
        """
        expected = replaces.text if replaces else b""
        if replaces is not None:
            now_ms = await Journal(self.connection, self.keys).now_ms()
            site = site.switched_on(replaces.site, now_ms)
        write = script(self.connection.quick, "site")
        return bool(
            await write(
                keys=[self.keys.site, self.keys.journal], args=[expected, site.to_json(), by]
            )
        )
