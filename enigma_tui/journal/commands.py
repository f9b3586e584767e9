"""What a command asks, and of which keys."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from redis.asyncio import Redis
from redis.crc import key_slot
from redis.exceptions import ResponseError

from ..model.text import safe

Command = tuple[Any, ...]

_KEYLESS = frozenset(
    (
        *("ACL", "AUTH", "CLIENT", "CLUSTER", "COMMAND", "CONFIG", "DBSIZE", "ECHO", "FLUSHALL"),
        *("FLUSHDB", "FUNCTION", "HELLO", "INFO", "KEYS", "LASTSAVE", "PING", "PUBLISH", "PUBSUB"),
        *("ROLE", "SAVE", "SCAN", "SCRIPT", "SENTINEL", "SHUTDOWN", "SLOWLOG", "TIME", "WAIT"),
    )
)
_SCRIPTS = frozenset(("EVAL", "EVALSHA", "EVAL_RO", "EVALSHA_RO", "FCALL", "FCALL_RO"))
_TWO_KEYS = frozenset(("BLMOVE", "LMOVE", "RPOPLPUSH", "BRPOPLPUSH", "RENAME", "COPY"))
_ALL_KEYS = frozenset(("DEL", "UNLINK", "EXISTS", "TOUCH", "MGET"))


class Asked(Struct, frozen=True):
    """What was asked of a server that refused it; servers seldom tell of which key."""

    command: str
    keys: Sequence[str]


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogateescape")


def keys_of(args: Command) -> Sequence[bytes]:
    """Return the keys of a command of ours; at least the first, if it has any."""
    name = _bytes(args[0]).decode().upper().split()[0]
    if name in _KEYLESS:
        return ()
    if name in _SCRIPTS:
        found = args[3 : 3 + int(args[2])] if len(args) > 2 else ()
    elif name in ("XREAD", "XREADGROUP"):
        words = [_bytes(arg).upper() for arg in args]
        after = args[words.index(b"STREAMS") + 1 :] if b"STREAMS" in words else ()
        found = after[: len(after) // 2]
    elif name in _ALL_KEYS:
        found = args[1:]
    else:
        found = args[1 : 3 if name in _TWO_KEYS else 2]
    return [_bytes(key) for key in found]


def slot_of(args: Command) -> int | None:
    """Return the slot of a command's first key, `None` where it has none."""
    keys = keys_of(args)
    return key_slot(keys[0]) if keys else None


def remember(error: ResponseError, args: Command) -> None:
    """Note on an error what was asked, for `asked_of`."""
    if asked_of(error) is None:
        keys = dict.fromkeys(key.decode("utf-8", "replace") for key in keys_of(args))
        name = _bytes(args[0]).decode("utf-8", "replace")
        told = Asked(safe(name, 40), [safe(key, 200) for key in keys])
        vars(error)["asked"] = told


def asked_of(error: BaseException) -> Asked | None:
    """Return what was asked when an error was the answer, where that is known."""
    found = getattr(error, "asked", None)
    return found if isinstance(found, Asked) else None


class Client(Redis):
    """A client whose errors tell what was asked."""

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        """Send a command and return the answer."""
        try:
            return await super().execute_command(*args, **options)  # type: ignore[no-untyped-call]
        except ResponseError as error:
            remember(error, args)
            raise
