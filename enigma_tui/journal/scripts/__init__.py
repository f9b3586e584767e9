"""The scripts that make several steps one; each says in its file what it takes and returns."""

from functools import cache
from importlib.resources import files

from redis.asyncio import Redis
from redis.commands.core import AsyncScript


@cache
def _source(name: str) -> str:
    return files(__name__).joinpath(f"{name}.lua").read_text(encoding="utf-8")


def script(client: Redis, name: str) -> AsyncScript:
    """Return a script bound to `client`; it is loaded when the server does not have it yet."""
    return client.register_script(_source(name))
