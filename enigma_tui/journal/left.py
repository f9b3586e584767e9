"""Finds the batches of lists that the site no longer collects from.

A list's name or its source's server may change, its source may be removed, and records may be
switched off, while a batch of it is on its way. Whoever collects by the new settings never looks
there. So each list from which batches are taken is noted in the journal's server, before the first
one; what is noted and no longer in the settings is looked at by every collector. Like any batch it
may be finished by several at once.
"""

import asyncio
import json
import logging
import secrets
import shlex
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, NoReturn

from redis.exceptions import NoPermissionError

from ..model.text import safe
from ..site import SiteError, Source, SourceNotOpenedError
from .connection import Address, Connection
from .faults import FAILED, cause_of, explain
from .feeds import FeedList, feed_lists
from .keys import Keys
from .left_behind import LeftBehind, tell
from .mover_batch import BatchMover
from .scripts import script

LOOK_SECONDS = 60.0

log = logging.getLogger(__name__)


_LOCKED = "the personal settings of who collects do not let it be opened"


@dataclass(frozen=True, slots=True)
class _Noted:
    """A list from which batches have been taken."""

    field: bytes
    value: bytes
    source: Source
    """What is known of its source: the name, the server, and this list as `inbound`."""
    feed: FeedList

    @classmethod
    def read(cls, name: bytes, value: bytes) -> "_Noted | None":
        """Return what was noted, or `None` where it cannot be read."""
        try:
            server, key = json.loads(name)
            source, kind, feed, _ = json.loads(value)
            known = Source(name=source, server=server, inbound=key)
        except (ValueError, TypeError):
            return None
        return cls(name, value, known, FeedList(key, str(kind), str(feed)))


def _name(source: Source, feed: FeedList) -> str:
    return json.dumps([source.server, feed.key])


async def note(connection: Connection, keys: Keys, source: Source) -> None:
    """Note a source's lists, before a batch is taken from any; raises what redis-py raises."""
    # The token tells who would remove a note that it has been made anew meanwhile.
    noted = {
        _name(source, feed): json.dumps([source.name, feed.kind, feed.feed, secrets.token_hex(8)])
        for feed in feed_lists(source)
    }
    client: Any = connection.quick
    await client.hset(keys.batch_lists, mapping=noted)


@dataclass(slots=True)
class LeftBatches:
    """Brings into the journal what was left behind by lists that are not in the settings."""

    connection: Connection
    keys: Keys
    sources: Sequence[Source]
    """Those of the settings."""
    open_source: Callable[[Source], Connection]
    hindered: dict[bytes, LeftBehind] = field(default_factory=dict)
    """The lists that cannot be looked at, by their notes; others are told of them, too."""
    _empty: set[bytes] = field(default_factory=set)

    async def run(self) -> NoReturn:
        """Look until cancelled. What goes wrong is in `hindered` and in the log, and told."""
        while True:
            try:
                await self.look()
            except FAILED as error:
                # Others tell of the journal's server. Who may not read the notes cannot have
                # made any.
                if isinstance(cause_of(error), NoPermissionError):
                    await asyncio.Event().wait()
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Finish what is left behind; raises what redis-py raises of the journal's server.

        A note is removed when its list has been found without a batch twice: at the first time a
        colleague may not have seen the new settings yet, and take one more.
        """
        used = {_name(source, feed).encode() for source in self.sources
                for feed in feed_lists(source)}  # fmt: skip
        client: Any = self.connection.quick
        found: dict[bytes, bytes] = await client.hgetall(self.keys.batch_lists)
        before, self._empty = self._empty, set()
        self.hindered = {
            name: why for name, why in self.hindered.items() if name in found and name not in used
        }
        for name, value in found.items():
            noted = None if name in used else _Noted.read(name, value)
            if noted is not None and await self._finished(noted):
                if value not in before:
                    self._empty.add(value)
                    continue
                await script(self.connection.quick, "forget")(
                    keys=[self.keys.batch_lists], args=[name, value]
                )
        with suppress(*FAILED):  # it is in the log
            await tell(self.connection, self.keys, self.hindered)

    async def _finished(self, noted: _Noted) -> bool:
        """Finish the batch of a list; return whether there was none, as far as can be seen."""
        try:
            async with self._reached(noted.source) as at_source:
                mover = BatchMover(self.connection, self.keys, noted.source, at_source)
                try:
                    moved = await mover.finish(noted.feed)
                except FAILED as error:
                    self._hinder(noted, error, at_source=mover.blame.is_for(error))
                    return False
        except SiteError as error:  # its server may not be opened with these personal settings
            self._hinder(noted, error, at_source=True)
            return False
        self.hindered.pop(noted.field, None)
        if moved:
            log.warning(
                "%d notifications of %s, which is not collected any more, were still on their way",
                moved,
                safe(noted.feed.key, 200),
            )
        return not moved

    def _hinder(self, noted: _Noted, error: BaseException, *, at_source: bool) -> None:
        server = Address(noted.source.server) if noted.source.server else self.connection.address
        where = server if at_source else self.connection.address
        fault = explain(error, where.shown)
        # Everybody reads this: the place of a file of ours is nobody else's business.
        locked = isinstance(error, SourceNotOpenedError)
        gone = shlex.quote(noted.field.decode("utf-8", "replace"))
        told = LeftBehind(
            source=noted.source.name,
            list=safe(noted.feed.key, 200),
            server=safe(server.shown, 200),
            fault=fault.name,
            why=_LOCKED if locked else fault.sentence,
            remedy=f"{fault.remedy.replace('redis_url', 'its server')} It is tried again every "
            f"minute. If that server is gone for good: HDEL {self.keys.batch_lists} "
            f"{safe(gone, 800)}",
        )
        if self.hindered.get(noted.field) != told:
            log.warning("%s%s", told.sentence, f" ({error})" if locked else "")
        self.hindered[noted.field] = told

    @asynccontextmanager
    async def _reached(self, source: Source) -> AsyncIterator[Connection]:
        opened = self.open_source(source) if source.server else self.connection
        try:
            yield opened
        finally:
            if opened is not self.connection:
                await opened.close()
