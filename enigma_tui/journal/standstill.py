"""Tells why a target of delivery is told nothing: who delivers knows, and every board shows it."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct
from redis.exceptions import RedisError

from ..model.text import safe
from .connection import Connection
from .keys import Keys
from .scripts import script
from .server_clock import fresh, ms_of

NEWS_MS = 20_000
"""What was told longer ago is not news any more."""

AGAIN_SECONDS = 5.0
"""How often it is told as long as it lasts: three times may fail before it counts as over."""

_MOST = 160

NOBODY = "nobody delivers"
_NOBODY_REMEDY = "Run: enigma-tui collect, where the target's secrets are; or open a board there."


class Standstill(Struct, frozen=True):
    """Why outcomes wait for a target. No secret stands in it, and nothing of an outcome."""

    why: str
    """A few words: there is room for them in the top line."""
    remedy: str
    by: str = ""
    """Whose program says so; empty where it is seen by all that nobody delivers."""

    def __str__(self) -> str:
        return f"{self.why} ({self.by})" if self.by else self.why


async def tell(
    connection: Connection, keys: Keys, target: str, lease: str, standstill: Standstill | None
) -> None:
    """Tell it to all, or with `None` that delivery goes on; raises what redis-py raises.

    `lease` is the id under which this program would deliver: whoever else has the lease knows
    better, and then nothing is told.
    """
    told = ""
    if standstill is not None:
        told = json.dumps(
            {"why": standstill.why, "remedy": standstill.remedy, "by": standstill.by},
            ensure_ascii=False,
        )
    await script(connection.quick, "standstill")(
        keys=[keys.standstill, keys.delivering(target)], args=[target, lease, told]
    )


def ask(pipeline: Any, keys: Keys, targets: Sequence[str]) -> None:
    """Put into a pipeline what `read` needs: `1 + len(targets)` commands, if there is a target."""
    if targets:
        pipeline.hgetall(keys.standstill)
        for target in targets:
            pipeline.exists(keys.delivering(target))


def read(targets: Sequence[str], answers: Sequence[Any], now_ms: int) -> Mapping[str, Standstill]:
    """Return which targets are at a standstill, by their names; `now_ms` is the server's clock.

    An answer may be an exception. What the user may not read is not known, and is not told.
    """
    if not targets:
        return {}
    told, *held = answers
    news = told if isinstance(told, Mapping) else {}
    found = {}
    for target, delivered in zip(targets, held, strict=True):
        standstill = _news(news.get(target.encode()), now_ms)
        if standstill is None and not delivered:
            standstill = Standstill(NOBODY, _NOBODY_REMEDY)
        if standstill is not None:
            found[target] = standstill
    return found


async def look(
    connection: Connection, keys: Keys, targets: Sequence[str]
) -> Mapping[str, Standstill]:
    """Return which targets are at a standstill now; raises what redis-py raises."""
    pipeline = connection.quick.pipeline(transaction=False)
    pipeline.time()
    ask(pipeline, keys, targets)
    clock, *answers = await pipeline.execute(raise_on_error=False)
    if isinstance(clock, RedisError):
        raise clock
    return read(targets, answers, ms_of(clock))


def _news(told: bytes | None, now_ms: int) -> Standstill | None:
    """Read what was told; what is old, or in another version's form, is no news."""
    text = fresh(told or b"", now_ms, NEWS_MS)
    if text is None:
        return None
    try:
        found = json.loads(text)
        why, remedy, by = (safe(str(found[name]), _MOST) for name in ("why", "remedy", "by"))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return Standstill(why, remedy, by) if why else None
