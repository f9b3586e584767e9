"""What collectors tell of batches that they cannot bring in: their lists have left the settings.

It is told beside how the sources fare, in the hash that every board and `doctor` read already, in
fields that no source can have the name of.
"""

import json
from collections.abc import Mapping, Sequence
from hashlib import blake2s
from typing import Any

from msgspec import Struct

from ..model.text import safe
from .connection import Connection
from .keys import Keys
from .server_clock import fresh, ms_of

_FIELD = b"left:"
"""No source's name has a colon."""

TOLD_MS = 180_000
"""What was told longer ago holds no more; that is three times as long as between two looks."""

_LONGEST = 1_000


class LeftBehind(Struct, frozen=True):
    """A list from which a batch may not have come to the journal. All of it is safe to show."""

    source: str
    """What the site called the source when the batch was taken."""
    list: str
    server: str
    """The address of the server that the list is on, without what is secret in it."""
    fault: str
    """The name of what keeps it from being looked at."""
    why: str
    """The same as a sentence."""
    remedy: str

    @property
    def sentence(self) -> str:
        """All of it but the remedy."""
        return (
            f"a batch of the list {self.list} of the source {self.source}, which is not collected "
            f"any more, may be left at {self.server}: {self.why}"
        )

    def written(self, now_ms: int) -> bytes:
        """Return it as it is told."""
        told = [self.source, self.list, self.server, self.fault, self.why, self.remedy]
        return f"{now_ms} {json.dumps(told)}".encode()

    @classmethod
    def read(cls, text: bytes, now_ms: int) -> "LeftBehind | None":
        """Read it; what is old, or in another version's form, is nothing."""
        rest = fresh(text, now_ms, TOLD_MS)
        if rest is None:
            return None
        try:
            parts = [safe(str(part), _LONGEST) for part in _list(rest)]
            source, key, server, fault, why, remedy = parts
        except (ValueError, RecursionError):
            return None
        return cls(source, key, server, fault, why, remedy)


def _list(text: bytes) -> Sequence[object]:
    found = json.loads(text)
    if not isinstance(found, list):
        raise ValueError("not a list")
    return found


def told_of(told: Mapping[bytes, bytes], now_ms: int) -> tuple[LeftBehind, ...]:
    """Return what the hash `Keys.collecting` says of batches left behind, by the server's clock."""
    found = (
        LeftBehind.read(text, now_ms)
        for name, text in sorted(told.items())
        if name.startswith(_FIELD)
    )
    return tuple(each for each in found if each is not None)


async def left_behind(connection: Connection, keys: Keys) -> tuple[LeftBehind, ...]:
    """Return what collectors tell of batches left behind; raises what redis-py raises.

    A collector looks once a minute, and so this says so long nothing after a start.
    """
    pipeline = connection.quick.pipeline(transaction=False)
    pipeline.time()
    pipeline.hgetall(keys.collecting)
    clock, told = await pipeline.execute()
    return told_of(told, ms_of(clock))


async def tell(connection: Connection, keys: Keys, left: Mapping[bytes, LeftBehind]) -> None:
    """Tell what is left behind, each by its note, and that nothing else is any more.

    Raises what redis-py raises.
    """
    client: Any = connection.quick
    news = {_FIELD + blake2s(note, digest_size=8).hexdigest().encode(): each
            for note, each in left.items()}  # fmt: skip
    told: dict[bytes, bytes] = await client.hgetall(keys.collecting)
    # Emptied, and not removed: for that a collector would need one more permission.
    over = {
        name: b""
        for name, text in told.items()
        if name.startswith(_FIELD) and text and name not in news
    }
    if news or over:
        now_ms = ms_of(await client.time())
        written = {name: each.written(now_ms) for name, each in news.items()}
        await client.hset(keys.collecting, mapping=over | written)
        await client.pexpire(keys.collecting, TOLD_MS)
