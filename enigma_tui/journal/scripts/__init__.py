"""The scripts that make several steps one; each says in its file what it takes and returns."""

from functools import cache
from importlib.resources import files

from redis.asyncio import Redis
from redis.commands.core import AsyncScript

_TRAVEL = frozenset({"take", "slice"})
"""The scripts that begin with what `travel.lua` defines, which needs `common.lua`."""

_COMMON = _TRAVEL | {
    *("move", "append", "heard"),
    *("dispose", "undo", "claim", "deliver", "sending"),
}
"""The scripts that begin with what `common.lua` defines."""


@cache
def _source(name: str) -> str:
    before = [part for part, needed in (("common", _COMMON), ("travel", _TRAVEL)) if name in needed]
    return "\n".join(
        files(__name__).joinpath(f"{part}.lua").read_text(encoding="utf-8")
        for part in (*before, name)
    )


def script(client: Redis, name: str) -> AsyncScript:
    """Return a script bound to `client`; it is loaded when the server does not have it yet."""
    return client.register_script(_source(name))
