"""Looks for other programs that pop from a PBX's database, before anything is taken there.

A list has one consumer: whoever pops a notification is the only one to see it. The server tells
what each client did last (`CLIENT LIST`), not with which keys; so what is found may be reading
another list, and a person has to decide.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from redis.exceptions import NoPermissionError, ResponseError

from ..model.text import safe
from ..site import Source
from .collector_source import OpenSource
from .connection import Connection
from .faults import FAILED, cause_of, explain
from .feeds import feed_lists
from .mover import waiting_in

LOOK_SECONDS = 5.0
"""How long a look takes: a program that pops one at a time is not always seen at it."""

_STEP_SECONDS = 0.02
_STEP_ANSWERS = 10
"""Between two looks at the clients lies this many times what the last took: a server with many
clients is not to be kept busy."""

OURS = "enigma-tui:"
"""What the names of our own clients begin with."""

_POPS = frozenset(
    {
        *("blpop", "brpop", "blmove", "brpoplpush", "blmpop"),
        *("lpop", "rpop", "lmpop", "lmove", "rpoplpush"),
    }
)


_COUNTED = _POPS - {"blmove"}
"""Those of which none is ours, not even inside a script."""

_UNSEEN = "a client that was not seen at it, in this database or another,"


@dataclass(frozen=True, slots=True)
class Reader:
    """Another program that takes from lists of a database. Everything in it is safe to show."""

    address: str
    name: str
    """What it calls itself; often nothing."""
    command: str
    """The last command it sent."""
    blocked: bool
    """Whether it is waiting in that command."""
    idle: int
    """Seconds since it sent that."""

    def __str__(self) -> str:
        called = f' called "{self.name}"' if self.name else ""
        does = f"waits in {self.command}" if self.blocked else f"has used {self.command}"
        when = "" if self.blocked and self.idle < 1 else f", {self.idle} s ago"
        return f"{self.address}{called} {does}{when}"


@dataclass(frozen=True, slots=True)
class Look:
    """What was found on one server."""

    where: str
    """Its address, without what is secret in it."""
    readers: tuple[Reader, ...] = ()
    hindered: str = ""
    """Why it could not be looked at; empty when it was."""


async def look(
    connection: Connection,
    seconds: float | None = None,
) -> Look:
    """Look for other readers in a connection's database, many times a second. Never raises.

    It takes `seconds`, or else `LOOK_SECONDS`.
    """
    seconds = LOOK_SECONDS if seconds is None else seconds
    where = connection.address.shown
    found: dict[str, Reader] = {}
    seen: set[str] = set()
    clock = asyncio.get_running_loop().time
    until = clock() + seconds
    try:
        before = await _counted(connection)
        while True:
            began = clock()
            for client in await _clients(connection):
                seen.add(_command(client))
                known = found.get(client["id"])
                if _pops(client, _database(connection)) and not (known and known.blocked):
                    found[client["id"]] = _reader(client)
            if clock() >= until:
                break
            await asyncio.sleep(max(_STEP_SECONDS, _STEP_ANSWERS * (clock() - began)))
        after = await _counted(connection)
    except FAILED as error:
        return Look(where, tuple(found.values()), _hindrance(error, where))
    # Who pops and at once does something else with what it got is hardly ever seen popping.
    unseen = (
        Reader(_UNSEEN, "", name.upper(), blocked=False, idle=0)
        for name, count in sorted(after.items())
        if count > before.get(name, 0) and name not in seen
    )
    return Look(where, (*found.values(), *unseen))


async def look_everywhere(
    connection: Connection,
    sources: Iterable[Source],
    open_source: OpenSource,
    seconds: float | None = None,
) -> Sequence[Look]:
    """Look at the servers of all sources at once. Never raises."""
    servers = {source.server: source for source in sources}
    opened = [open_source(source) for server, source in servers.items() if server]
    try:
        at = [connection] if "" in servers else []
        return await asyncio.gather(*(look(each, seconds) for each in (*at, *opened)))
    finally:
        for each in opened:
            await each.close()


def _hindrance(error: BaseException, where: str) -> str:
    cause = cause_of(error)
    unknown = isinstance(cause, ResponseError) and "unknown" in str(cause).lower()
    if isinstance(cause, NoPermissionError) or unknown:
        return "CLIENT LIST is not permitted"
    return explain(error, where).name


async def _clients(connection: Connection) -> list[dict[str, str]]:
    client: Any = connection.quick
    if not connection.clustered:
        listed: list[dict[str, str]] = await client.client_list()
        return listed
    found: list[dict[str, str]] = []
    for place, node in (await client.primaries()).items():
        found += ({**each, "id": f"{place} {each['id']}"} for each in await node.client_list())
    return found


async def _counted(connection: Connection) -> Mapping[str, int]:
    """Return how often each kind of pop has been used; nothing where that may not be asked."""
    client: Any = connection.quick
    if connection.clustered:
        return {}
    try:
        stats = await client.info("commandstats")
    except ResponseError:
        return {}
    return {
        name: int(stats[f"cmdstat_{name}"]["calls"])
        for name in _COUNTED
        if f"cmdstat_{name}" in stats
    }


def _command(client: Mapping[str, str]) -> str:
    return client.get("cmd", "").lower()


def _database(connection: Connection) -> str:
    if connection.clustered:
        return "0"
    return str(connection.quick.connection_pool.connection_kwargs.get("db") or 0)


def _pops(client: Mapping[str, str], database: str) -> bool:
    return (
        _command(client) in _POPS
        and client.get("db") == database
        and not client.get("name", "").startswith(OURS)
    )


def _reader(client: Mapping[str, str]) -> Reader:
    idle = client.get("idle", "0")
    return Reader(
        address=safe(client.get("addr", "")) or "an unknown address",
        name=safe(client.get("name", "") or client.get("lib-name", ""), 80),
        command=safe(client.get("cmd", "")).upper(),
        blocked="b" in client.get("flags", ""),
        idle=int(idle) if idle.isdecimal() else 0,
    )


@dataclass(frozen=True, slots=True)
class ListDepth:
    """One list that collecting would take from."""

    source: str
    where: str
    """The address of its server."""
    key: str
    feed: str
    waiting: int
    fault: str = ""
    """Why that is not known; empty when it is."""


async def list_depths(
    connection: Connection, sources: Iterable[Source], open_source: OpenSource
) -> Sequence[ListDepth]:
    """Return how much waits in each list of each source, wherever it is. Never raises."""
    depths = []
    for source in sources:
        at = open_source(source) if source.server else connection
        where = at.address.shown
        try:
            for feed in feed_lists(source):
                waiting, fault = 0, ""
                try:
                    waiting = await waiting_in(at, [feed.key])
                except FAILED as error:
                    fault = explain(error, where).name
                depths.append(ListDepth(source.name, where, feed.key, feed.feed, waiting, fault))
        finally:
            if source.server:
                await at.close()
    return depths
