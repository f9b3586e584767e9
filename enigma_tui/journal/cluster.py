"""A client for a cluster: each command goes to the primary of its key's slot.

Everything of ours is in one slot, its home; only a PBX's lists may be in others. What has no key,
such as `TIME`, goes home too: it is the clock of the server that dates the journal that counts.
redis-py's own cluster client asks any node for it. That one also raises errors that are not
`RedisError`, and needs more permissions.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from redis.exceptions import (
    AskError,
    ClusterDownError,
    MovedError,
    RedisError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from .address import Place
from .commands import Client, slot_of
from .finding import FindingPool
from .transport import Finding

REDIRECTIONS = 5
"""How often a command is sent on; nodes that do not agree would send it round for ever."""

_LOST = (RedisConnectionError, RedisTimeoutError, OSError, TimeoutError)

Send = Callable[..., Awaitable[Any]]


@dataclass(slots=True)
class Slots:
    """Which node is the primary of which slot; the finder of the home slot's."""

    seeds: Sequence[Place]
    """The nodes that are asked; those that are found are asked, too."""
    scout: Callable[[Place], Redis] = field(repr=False)
    """Opens a client that asks a node, and has little patience."""
    home: int
    place: Place | None = None
    _ranges: Sequence[tuple[int, int, Place]] | None = field(default=None, repr=False)
    _moved: dict[int, Place] = field(default_factory=dict, repr=False)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    async def of(self, slot: int) -> Place:
        """Return the primary of a slot; raises `ClusterDownError` where it has none."""
        if self._ranges is None:
            async with self._lock:
                if self._ranges is None:
                    self._ranges = await self._ask()
        if slot in self._moved:
            return self._moved[slot]
        for begin, end, place in self._ranges or ():
            if begin <= slot <= end:
                return place
        self.forget()
        raise ClusterDownError(f"no node serves the hash slot {slot}")

    def primaries(self) -> Sequence[Place]:
        """Return all primaries that are known, those first that nodes have told of since."""
        named = (place for _, _, place in self._ranges or ())
        return list(dict.fromkeys([*self._moved.values(), *named]))

    def forget(self) -> None:
        """Ask anew before the next command."""
        self._ranges = None
        self._moved.clear()

    def moved(self, slot: int, place: Place) -> None:
        """Take over what a node has told of a slot."""
        self._moved[slot] = place
        if slot == self.home:
            self.place = place

    async def find(self) -> Place:
        """Return where the home slot's primary is."""
        self.place = await self.of(self.home)
        return self.place

    async def prove(self, connection: Finding) -> None:
        """Accept it: a node that is not the primary says so to every command."""

    async def look_again(self) -> None:
        """Do nothing, for the same reason; only take over what has been found meanwhile."""
        if self.place is not None and self._ranges is not None:
            self.place = await self.of(self.home)

    async def close(self) -> None:
        """Do nothing: nodes are asked over connections that are closed at once."""

    async def _ask(self) -> Sequence[tuple[int, int, Place]]:
        why: Exception | None = None
        for node in tuple(self.seeds):
            client: Any = self.scout(node)
            try:
                answer = await client.execute_command("CLUSTER", "SLOTS")
            except (RedisError, OSError, TimeoutError) as error:
                why = why or error
                # The next time the others are asked first.
                self.seeds = (*(seed for seed in self.seeds if seed != node), node)
                continue
            finally:
                await client.aclose()
            ranges = [
                (int(begin), int(end), _place_of(primary, node))
                for begin, end, primary, *_ in answer
            ]
            others = [_place_of(other, node) for _, _, *nodes in answer for other in nodes]
            self.seeds = tuple(dict.fromkeys((*self.seeds, *others)))
            self._moved.clear()
            return ranges
        raise why or RedisConnectionError("no node is known")


def _place_of(node: Sequence[Any], asked: Place) -> Place:
    # A node that does not know its own name means the one by which it was reached.
    host = node[0].decode() if isinstance(node[0], bytes) else node[0]
    return (host if host not in (None, "", "?") else asked[0], int(node[1]))


class ClusterClient(Client):
    """A client that looks like that of one server."""

    def __init__(self, pool: FindingPool, slots: Slots, open_node: Callable[[Place], Redis]):
        super().__init__(connection_pool=pool)
        self._slots = slots
        self._open_node = open_node
        self._nodes: dict[Place, Redis] = {}

    async def aclose(self, close_connection_pool: bool | None = True) -> None:
        """Close the connections to all nodes."""
        nodes, self._nodes = list(self._nodes.values()), {}
        for node in nodes:
            await node.aclose()
        await self.connection_pool.aclose()

    async def node_of(self, slot: int | None) -> tuple[Redis | None, Place | None]:
        """Return the client for a slot and where it leads; `None` for our own connections."""
        if slot is None or slot == self._slots.home:
            return None, None
        place = await self._slots.of(slot)
        return self._node(place), place

    def _node(self, place: Place) -> Redis:
        if place not in self._nodes:
            self._nodes[place] = self._open_node(place)
        return self._nodes[place]

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        """Send a command to where its key is, and follow it where it is sent on to."""
        if args[0] == "SCRIPT LOAD":
            return await self._everywhere(*args, **options)
        slot = slot_of(args)
        for _ in range(REDIRECTIONS):
            node: Redis | None = None
            try:
                node, place = await self.node_of(slot)
                own: Send = super().execute_command
                return await (own if node is None else node.execute_command)(*args, **options)
            except MovedError as error:
                self._slots.moved(error.slot_id, self._named(error, place))
            except AskError as error:
                asked: Any = self._node(self._named(error, place)).pipeline(transaction=False)
                asked.execute_command("ASKING")
                asked.execute_command(*args, **options)
                return (await asked.execute())[1]
            except (*_LOST, ClusterDownError):
                self._slots.forget()
                raise
        self._slots.forget()
        raise ClusterDownError("the nodes do not agree on where the slot is")

    def _named(self, error: AskError, place: Place | None) -> Place:
        asked = place or self._slots.place or ("", 0)
        return (error.host or asked[0], error.port)

    async def primaries(self) -> dict[str, Redis]:
        """Return a client for each primary, by its place: for what has to be asked of all."""
        await self._slots.of(self._slots.home)
        return {
            f"{host}:{port}": self._node((host, port)) for host, port in self._slots.primaries()
        }

    async def _everywhere(self, *args: Any, **options: Any) -> Any:
        """Load a script at every primary, for any of them may run it next."""
        nodes: list[Any] = list((await self.primaries()).values())
        answers = await asyncio.gather(
            *(node.execute_command(*args, **options) for node in nodes), return_exceptions=True
        )
        for answer in answers:
            if not isinstance(answer, BaseException):
                return answer
        self._slots.forget()
        raise answers[0]

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Pipeline:
        """Return a pipeline whose commands may go to several nodes, if it is no transaction."""
        return _ClusterPipeline(self, self._slots, transaction)


class _ClusterPipeline(Pipeline):
    def __init__(self, client: ClusterClient, slots: Slots, transaction: bool) -> None:
        super().__init__(client.connection_pool, client.response_callbacks, transaction, None)
        self._client = client
        self._slots = slots

    async def execute(self, raise_on_error: bool = True) -> list[Any]:
        """Send each node its commands; return the answers in the order of the commands."""
        stack, self.command_stack = self.command_stack, []
        if self.is_transaction:
            slots = {slot for args, _ in stack if (slot := slot_of(args)) is not None}
            groups = {min(slots, default=None): list(range(len(stack)))}  # the server checks
        else:
            groups, slot = {}, None
            for number, (args, _) in enumerate(stack):
                # It answers for what was written before it, on the same connection.
                slot = slot if args[0] == "WAIT" else slot_of(args)
                groups.setdefault(None if slot == self._slots.home else slot, []).append(number)
        answers: list[Any] = [None] * len(stack)
        await asyncio.gather(
            *(self._send(slot, numbers, stack, answers) for slot, numbers in groups.items())
        )
        if raise_on_error and (failed := [a for a in answers if isinstance(a, Exception)]):
            raise failed[0]
        return answers

    async def _send(
        self, slot: int | None, numbers: list[int], stack: Sequence[Any], answers: list[Any]
    ) -> None:
        try:
            node, _ = await self._client.node_of(slot)
            pipe: Any = (
                Pipeline(self.connection_pool, self.response_callbacks, self.is_transaction, None)
                if node is None
                else node.pipeline(transaction=self.is_transaction)
            )
            for number in numbers:
                args, options = stack[number]
                pipe.execute_command(*args, **options)
            found = await pipe.execute(raise_on_error=False)
        except (RedisError, OSError, TimeoutError) as error:
            if isinstance(error, (*_LOST, ClusterDownError, AskError)):
                self._slots.forget()
            found = [error] * len(numbers)
        sent_on = False
        for number, answer in zip(numbers, found, strict=True):
            args, options = stack[number]
            if args[0] == "WAIT" and sent_on:
                answer = 0  # it was asked where nothing has been written
            elif isinstance(answer, AskError) and not self.is_transaction:
                sent_on = True
                answer = await _or_error(self._client.execute_command(*args, **options))
            elif isinstance(answer, ClusterDownError):
                self._slots.forget()
            answers[number] = answer


async def _or_error(asking: Awaitable[Any]) -> Any:
    try:
        return await asking
    except (RedisError, OSError, TimeoutError) as error:
        return error
