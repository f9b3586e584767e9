"""Turns what goes wrong with a server into something a person can act on."""

import re
import ssl
import traceback
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
from ..site import SiteError

LOST = (RedisConnectionError, RedisTimeoutError, OSError, TimeoutError)
"""What is raised when it is not known whether the server has done what it was asked to."""

FAILED = (RedisError, *LOST)
"""Whatever a server, or the way to it, can answer a command with."""


_CODE = re.compile(r"\b(WRONGTYPE|OOM|READONLY|NOPERM|MISCONF|NOREPLICAS)\b")
"""Redis 6.2 puts the code of what fails inside a script at the end of a sentence of its own."""

_REFUSED = ("ACL failure in script", "executing the script can't")
"""How servers say inside a script that the user is not permitted something: 7, and 6.2."""


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


def cause_of(error: BaseException) -> BaseException:
    """Return what the server said, where redis-py calls it a lost connection.

    It does with whatever goes wrong while connecting: a wrong password, a missing permission.
    """
    while isinstance(error, RedisConnectionError) and isinstance(error.__cause__, RedisError):
        error = error.__cause__
    return error


def explain(error: BaseException, where: str) -> Fault:
    """Name what went wrong with the server at `where` (an address without its password)."""
    error = cause_of(error)
    text = safe(str(error), 200).rstrip(". ")
    found = _CODE.search(text) if isinstance(error, ResponseError) else None
    code = found[0] if found else ""
    match error:
        case SiteError():
            return Fault(
                "wrong site settings",
                str(error),
                "Mend them with `enigma-tui site edit`.",
                passing=False,
            )
        case AuthenticationError():
            return Fault(
                "wrong password",
                f"{where} refused the user name or password",
                "Look at redis_url in the settings.",
                passing=False,
            )
        case BusyLoadingError():
            return Fault("loading", f"{where} is still loading its data", "It will be ready soon.")
        case RedisTimeoutError() | TimeoutError():
            tls = ", and whether the server has TLS there" if where.startswith("rediss:") else ""
            return Fault(
                "no answer", f"{where} does not answer in time", f"Look at the network{tls}."
            )
        case RedisConnectionError() | OSError():
            return _no_connection(error, text, where)
        case ResponseError() if "unknown command" in text.lower():
            return Fault(
                "server too old",
                f"{where} does not know a command: {text}",
                "Redis 6.2 or Valkey is needed.",
                passing=False,
            )
        case NoPermissionError():
            return _no_permission(text, where)
        case ResponseError() if code == "NOPERM" or any(sign in text for sign in _REFUSED):
            return _no_permission(text, where)
        case ReadOnlyError():
            return _read_only(where)
        case ResponseError() if code == "READONLY":
            return _read_only(where)
        case OutOfMemoryError():
            return _out_of_memory(where)
        case ResponseError() if code == "OOM":
            return _out_of_memory(where)
        case ResponseError() if code == "WRONGTYPE":
            return Fault(
                "wrong key type",
                f"a key at {where} is not of the type it should be: {text}",
                "Look at the lists in `enigma-tui site show` and at what else writes them.",
                passing=False,
            )
        case ResponseError() if code in ("MISCONF", "NOREPLICAS"):
            return Fault("refuses writes", f"{where} refuses writes: {text}", "Look at its log.")
        case _:
            said = text or type(error).__name__
            return Fault("error", f"{where} answered: {said}", "Look at its log.")


def _no_connection(error: Exception, text: str, where: str) -> Fault:
    if isinstance(error.__cause__ or error, ssl.SSLError) or "SSL" in text:
        return Fault(
            "TLS refused",
            f"no secure connection to {where}: {text}",
            "Look at the certificate, or use redis:// where the server has no TLS.",
            passing=False,
        )
    if "max number of clients" in text:
        return Fault(
            "too many clients",
            f"{where} takes no more connections",
            "Raise its maxclients, or close what holds connections to it.",
        )
    return Fault(
        "unreachable",
        f"{where} cannot be reached",
        "Look at redis_url, the network, and whether the server runs.",
    )


def _no_permission(text: str, where: str) -> Fault:
    return Fault(
        "no permission",
        f"{where} does not permit it: {text}",
        "Give the ACL user of redis_url that command and key.",
        passing=False,
    )


def _read_only(where: str) -> Fault:
    return Fault(
        "read-only server",
        f"{where} is a replica and takes no writes",
        "Point redis_url at the primary.",
    )


def _out_of_memory(where: str) -> Fault:
    return Fault(
        "out of memory",
        f"{where} has no memory left for writes",
        "Raise its maxmemory, or lower the retention in `enigma-tui site edit`.",
    )


def trail(error: BaseException) -> str:
    """Return where a mistake of this program happened, the innermost place first, for a log.

    Only where: an error's text may hold a number or a note.
    """
    frames = reversed(traceback.extract_tb(error.__traceback__))
    return " < ".join(f"{frame.name}:{frame.lineno}" for frame in frames)


def first_of(error: BaseException) -> BaseException:
    """Return what went wrong first where tasks ran side by side, or the error itself."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
