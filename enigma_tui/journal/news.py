"""What collectors tell of their sources, for boards and for `doctor` to read."""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from ..model.text import safe
from ..site import Source
from .server_clock import fresh

NEWS_MS = 15_000
"""What a collector told longer ago is not news any more; that is three times a lease."""


class SourceNews(Struct, frozen=True):
    """What the collector of a source told last (`SourceCollector`): time, backlog, fault."""

    backlog: int = 0
    fault: str = ""

    @classmethod
    def read(cls, text: bytes, now_ms: int) -> "SourceNews":
        """Read it; what is old, or in another version's form, is no news."""
        backlog, _, fault = (fresh(text, now_ms, NEWS_MS) or b"").partition(b" ")
        if not (backlog.isdigit() and len(backlog) <= 16):
            return cls()
        return cls(int(backlog), safe(fault.decode("utf-8", "replace"), 40))

    @classmethod
    def of_all(
        cls, sources: Iterable[Source], told: Mapping[bytes, bytes], now_ms: int
    ) -> dict[str, "SourceNews"]:
        """Read the hash `Keys.collecting`, for each source; `now_ms` is the server's clock."""
        return {s.name: cls.read(told.get(s.name.encode(), b""), now_ms) for s in sources}
