"""What kind of server answers, and whether it will do."""

from msgspec import Struct
from redis.asyncio import Redis
from redis.exceptions import NoPermissionError, ResponseError

from ..model.text import safe

OLDEST = (6, 2)
"""The first Redis that has what is needed: `BLMOVE`, `XTRIM MINID`. Every Valkey has."""


class UnfitError(ResponseError):
    """The server answers, and is not one that this program can work with."""

    def __init__(self, server: "Server") -> None:
        super().__init__(f"it is {server.name} {server.version}")
        self.server = server


class Server(Struct, frozen=True):
    """What a server says of itself."""

    name: str
    version: str
    mode: str
    """`standalone`, `cluster` or `sentinel`."""

    @property
    def old(self) -> bool:
        """Whether it lacks commands that are needed."""
        numbers = [int(part) if part.isdigit() else 0 for part in self.version.split(".")[:2]]
        return self.name == "Redis" and tuple(numbers) < OLDEST

    def refuse_if_unfit(self) -> None:
        """Raise `UnfitError` for a server that is too old, or no data server at all."""
        if self.old or self.mode == "sentinel":
            raise UnfitError(self)


async def ask_server(client: Redis) -> Server:
    """Return what answers; raises what redis-py raises."""
    info = await client.info("server")
    valkey = "valkey_version" in info
    return Server(
        "Valkey" if valkey else "Redis",
        safe(str(info["valkey_version"] if valkey else info.get("redis_version", "0")), 40),
        safe(str(info.get("server_mode") or info.get("redis_mode", "standalone")), 40),
    )


async def refuse_unfit(client: Redis) -> None:
    """Ask a server what it is, and raise `UnfitError` if it will not do.

    Said up front it is clearer than what its answers to single commands would say. Where `INFO`
    is not permitted, those have to do.
    """
    try:
        server = await ask_server(client)
    except NoPermissionError:
        return
    server.refuse_if_unfit()
