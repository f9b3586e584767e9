"""The scripts that make several steps one; each says in its file what it takes and returns."""

import hashlib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from redis.asyncio import Redis
from redis.commands.core import AsyncScript

from ..commands import Command

_COMMON = frozenset(
    {
        *("move", "take", "append", "heard"),
        *("dispose", "undo", "claim", "deliver", "sending"),
    }
)
"""The scripts that begin with what `common.lua` defines."""


@cache
def _source(name: str) -> str:
    parts = ("common", name) if name in _COMMON else (name,)
    return "\n".join(
        files(__name__).joinpath(f"{part}.lua").read_text(encoding="utf-8") for part in parts
    )


def script(client: Redis, name: str) -> AsyncScript:
    """Return a script bound to `client`; it is loaded when the server does not have it yet."""
    return client.register_script(_source(name))


@cache
def _sha(name: str) -> str:
    return hashlib.sha1(_source(name).encode(), usedforsecurity=False).hexdigest()


def call(name: str, keys: Sequence[str], args: Sequence[str]) -> Command:
    """Return the command that runs a script which the server has been given before.

    Where it has forgotten the script, the answer is a `NoScriptError`.
    """
    return ("EVALSHA", _sha(name), len(keys), *keys, *args)
