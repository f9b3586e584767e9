"""Turns what goes wrong with a server into something a person can act on."""

import ssl
from dataclasses import dataclass

from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from ..model.text import safe

LOST = (RedisConnectionError, RedisTimeoutError, OSError, TimeoutError)
"""What is raised when it is not known whether the server has done what it was asked to."""

FAILED = (RedisError, *LOST)
"""Whatever a server, or the way to it, can answer a command with."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is wrong with the server or the way to it."""

    name: str
    """One or two words for the status line."""
    sentence: str
    """What happened, and where."""
    remedy: str
    """What to look at."""
    passing: bool = True
    """Whether waiting may help; a wrong password does not mend itself."""

    def __str__(self) -> str:
        return f"{self.sentence}. {self.remedy}"


def explain(error: BaseException, where: str) -> Fault:
    """Name what went wrong with the server at `where` (an address without its password)."""
    text = safe(str(error), 200)
    code = text.split(" ", 1)[0]
    match error:
        case AuthenticationError():
            return Fault(
                "wrong password",
                f"{where} refused the user name or password",
                "Look at redis_url in the settings.",
                passing=False,
            )
        case NoPermissionError():
            return Fault(
                "no permission",
                f"{where} does not permit it: {text}",
                "Give the ACL user of redis_url that command and key.",
                passing=False,
            )
        case ReadOnlyError():
            return Fault(
                "read-only server",
                f"{where} is a replica and takes no writes",
                "Point redis_url at the primary.",
            )
        case BusyLoadingError():
            return Fault("loading", f"{where} is still loading its data", "It will be ready soon.")
        case OutOfMemoryError():
            return _out_of_memory(where)
        case RedisTimeoutError() | TimeoutError():
            return Fault("no answer", f"{where} does not answer in time", "Look at the network.")
        case RedisConnectionError() | OSError():
            if isinstance(error.__cause__ or error, ssl.SSLError) or "SSL" in text:
                return Fault(
                    "TLS refused",
                    f"no secure connection to {where}: {text}",
                    "Look at the certificate, or use redis:// where the server has no TLS.",
                    passing=False,
                )
            return Fault(
                "unreachable",
                f"{where} cannot be reached",
                "Look at redis_url, the network, and whether the server runs.",
            )
        case ResponseError() if code == "WRONGTYPE" or "wrong type" in text:
            return Fault(
                "wrong key type",
                f"a key at {where} is not of the type it should be: {text}",
                "Look at the lists in `enigma-tui site show` and at what else writes them.",
                passing=False,
            )
        case ResponseError() if code == "OOM" or "OOM" in text:
            return _out_of_memory(where)
        case ResponseError() if code in ("MISCONF", "NOREPLICAS"):
            return Fault("refuses writes", f"{where} refuses writes: {text}", "Look at its log.")
        case ResponseError() if "unknown command" in text.lower():
            return Fault(
                "server too old",
                f"{where} does not know a command: {text}",
                "Redis 6.2 or Valkey is needed.",
                passing=False,
            )
        case _:
            said = text or type(error).__name__
            return Fault("error", f"{where} answered: {said}", "Look at its log.")


def _out_of_memory(where: str) -> Fault:
    return Fault(
        "out of memory",
        f"{where} has no memory left for writes",
        "Raise its maxmemory, or lower the retention in `enigma-tui site edit`.",
    )


def first_of(error: BaseException) -> BaseException:
    """Return what went wrong first where tasks ran side by side, or the error itself."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
