"""Turns what goes wrong with a server into something a person can act on."""

import re
import traceback
from collections.abc import Sequence

from msgspec.structs import replace
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    ClusterCrossSlotError,
    ClusterDownError,
    MasterDownError,
    MovedError,
    RedisError,
    ResponseError,
    TryAgainError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from ..model.text import safe
from ..site import SiteError, SourceNotOpenedError
from .commands import Asked, asked_of
from .reaching import Fault as Fault
from .reaching import no_connection, subject
from .sentinel import NoPrimaryError, NoSentinelError, NoServiceError
from .server import UnfitError

LOST = (RedisConnectionError, RedisTimeoutError, ClusterDownError, OSError, TimeoutError)
"""What is raised when it is not known whether the server has done what it was asked to, or when
it has not because there is no primary at the moment: asking again may help."""

FAILED = (RedisError, *LOST)
"""Whatever a server, or the way to it, can answer a command with."""

_CODE = re.compile(r"\b(WRONGTYPE|OOM|READONLY|NOPERM|MISCONF|NOREPLICAS)\b")
"""Redis 6.2 puts the code of what fails inside a script at the end of a sentence of its own."""

_REFUSED = ("ACL failure in script", "executing the script can't")
"""How servers say inside a script that the user is not permitted something: 7, and 6.2."""

_COMMAND = re.compile(r"(?:run|execute) the '([^']{1,60})' (?:command|subcommand)")
_COMMAND_ON = re.compile(r"run the '([^']{1,60})' command on the key (\S{1,200})")
"""How this program's own scripts say it."""
_KEY = re.compile(r"access the '([^']{1,200})' key")
_OF_KEY = re.compile(r"access (?:a key|one of the keys|at least one of the keys)")
_OF_CHANNEL = re.compile(r"access (?:a channel|one of the channels)")
_WRONG_KEY = re.compile(r"WRONGTYPE (\S{1,200} is a \w+, not an? \w+)")
"""How this program's own scripts say it."""

OF_SOURCES = "source_password_files and source_servers"
"""The personal settings that tell how the server of a source is opened."""

_IN_PIPELINE = re.compile(
    r"Command # \d+ \((\S{1,40})(?: (\S{1,200}))?.*?\) of pipeline caused error: (.*)", re.DOTALL
)
"""How redis-py wraps what a server answered to one command of several."""


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
    wrapped = _IN_PIPELINE.fullmatch(str(error))
    said = wrapped[3].strip("()',\"") if wrapped else str(error)
    text = safe(said, 200).rstrip(". ")
    match error:
        case SourceNotOpenedError():
            return Fault(
                "source not opened",
                str(error),
                f"Look at {OF_SOURCES} in the settings of whoever collects.",
                passing=False,
            )
        case SiteError():
            return Fault(
                "wrong site settings",
                str(error),
                "Mend them with `enigma-tui site edit`.",
                passing=False,
            )
        case NoSentinelError() | NoServiceError() | NoPrimaryError():
            return _of_sentinels(error, where)
        case UnfitError():
            return _unfit(error, subject(where))
        case AuthenticationError():
            return Fault(
                "wrong password",
                f"{subject(where)} refused the user name or password",
                "Look at redis_url, username, password and password_file in the settings.",
                passing=False,
            )
        case BusyLoadingError():
            return Fault(
                "loading", f"{subject(where)} is still loading its data", "It will be ready soon."
            )
        case RedisConnectionError() | RedisTimeoutError() | TimeoutError() | OSError():
            return no_connection(error, text, where)
        case ClusterDownError() | MovedError() | ClusterCrossSlotError() | TryAgainError():
            return _of_cluster(error, text, where)
        case ResponseError():
            return _refused(error, text, subject(where))
        case _:
            return _unnamed(error, text, subject(where))


def _asked_in_pipeline(error: BaseException) -> Asked | None:
    found = _IN_PIPELINE.fullmatch(str(error))
    return Asked(safe(found[1], 40), [safe(found[2], 200)] if found[2] else []) if found else None


def of_source(fault: Fault, source: str) -> Fault:
    """Say of a fault at a source's own server whose it is, and which settings are that server's."""
    setting = f"`server` of the source {source} in `enigma-tui site edit`"
    remedy = fault.remedy.replace("redis_url", setting)
    if fault.name == "wrong password":
        remedy = (
            f"Look at {OF_SOURCES} in the settings of whoever collects, "
            f"and at the user in {setting}."
        )
    return replace(fault, sentence=f"source {source}: {fault.sentence}", remedy=remedy)


def _refused(error: ResponseError, text: str, where: str) -> Fault:
    """Name what a server answered to a command that it did not carry out."""
    # redis-py takes the code off the text where it has a class of its own for it.
    known = error.status_code if _CODE.fullmatch(str(error.status_code)) else ""
    found = _CODE.search(text)
    code = known or (found[0] if found else "")
    if any(sign in text for sign in _REFUSED):
        code = "NOPERM"
    lower = text.lower()
    if "unknown command" in lower:
        return Fault(
            "server too old",
            f"{where} does not know a command: {text}",
            "Redis 6.2 or Valkey is needed.",
            passing=False,
        )
    if "cluster support disabled" in lower:
        return Fault(
            "no cluster",
            f"{where} is not a cluster",
            "Write redis_url with redis:// instead of redis+cluster://.",
            passing=False,
        )
    match code:
        case "NOPERM":
            return _no_permission(error, text, where)
        case "READONLY":
            return Fault(
                "read-only server",
                f"{where} is a replica and takes no writes",
                "Point redis_url at the primary, or at the sentinels that know it.",
            )
        case "OOM":
            return Fault(
                "out of memory",
                f"{where} has no memory left for writes",
                "Raise its maxmemory, or lower the retention in `enigma-tui site edit`.",
            )
        case "WRONGTYPE":
            return _wrong_type(error, text, where)
        case "MISCONF":
            return Fault(
                "cannot save",
                f"{where} refuses writes, because it cannot save them to its disk",
                "Look at its log and its disk.",
            )
        case "NOREPLICAS" if "confirmed" in text:  # in this program's own words
            return Fault(
                "too few replicas",
                f"no replica of {where} has confirmed in time what was moved",
                "Look at its replicas; nothing is lost, and it is tried again.",
            )
        case "NOREPLICAS":
            return Fault(
                "too few replicas",
                f"{where} refuses writes, because too few replicas copy them",
                "Look at its replicas and its min-replicas-to-write.",
            )
    return _unnamed(error, text, where)


def _unnamed(error: BaseException, text: str, where: str) -> Fault:
    return Fault("error", f"{where} answered: {text or type(error).__name__}", "Look at its log.")


def _no_permission(error: ResponseError, text: str, where: str) -> Fault:
    asked = asked_of(error) or _asked_in_pipeline(error)
    if both := _COMMAND_ON.search(text):
        what = f"the command {both[1]} on the key {both[2]}"
    elif command := _COMMAND.search(text):
        what = f"the command {command[1]}"
    elif key := _KEY.search(text):
        what = f"the key {key[1]}"
    elif _OF_KEY.search(text) and asked and asked.keys:
        what = f"the key {_one_of(asked.keys)}, which {asked.command} needs"
    elif _OF_KEY.search(text):
        what = "a key that it needs"
    elif _OF_CHANNEL.search(text):
        what = "a channel that it needs"
    elif asked and asked.command:
        what = f"a command that {asked.command} runs"
    else:
        what = f"it: {text}"
    return Fault(
        "no permission",
        f"{where} does not permit this user {what}",
        "Give the ACL user of redis_url that command and key; docs/redis-acl.md has the rules.",
        passing=False,
    )


def _one_of(keys: Sequence[str]) -> str:
    names = list(keys)
    return names[0] if len(names) == 1 else f"(one of {', '.join(names)})"


def _wrong_type(error: ResponseError, text: str, where: str) -> Fault:
    asked = asked_of(error) or _asked_in_pipeline(error)
    if told := _WRONG_KEY.search(text):
        said = told[1]
    elif asked and asked.keys:
        said = f"{_one_of(asked.keys)} is not of the type that {asked.command} needs"
    else:
        said = f"a key is not of the type it should be: {text}"
    return Fault(
        "wrong key type",
        f"at {where} {said}",
        "Look at the lists in `enigma-tui site show` and at what else writes them.",
        passing=False,
    )


def _of_cluster(error: ResponseError, text: str, where: str) -> Fault:
    match error:
        case MasterDownError():
            return Fault(
                "primary down",
                f"{subject(where)} is a replica that has lost its primary",
                "Point redis_url at the primary, or start it; sentinels or a cluster do both.",
            )
        case ClusterDownError():
            return Fault(
                "cluster down",
                f"the cluster at {where} does not serve: {text}",
                "Wait for its fail-over, or look at its nodes: every slot needs a primary.",
            )
        case ClusterCrossSlotError():
            return Fault(
                "keys apart",
                f"{subject(where)} cannot touch keys of several hash slots in one step",
                "Use redis+cluster:// in redis_url, and names with a part in braces for the lists "
                "of one source: {pbx}:inbound, {pbx}:cdr.",
                passing=False,
            )
        case MovedError():
            return Fault(
                "a cluster",
                f"{subject(where)} is a node of a cluster, and what was asked for is on another",
                "Write redis_url with redis+cluster:// instead of redis://.",
                passing=False,
            )
    return Fault(
        "slot on move",
        f"{subject(where)} is moving a hash slot to another node",
        "It will be there soon.",
    )


def _of_sentinels(error: BaseException, where: str) -> Fault:
    match error:
        case NoServiceError():
            return Fault(
                "unknown service",
                f"no sentinel of {where} knows a server by that name",
                "Look at the name behind the hosts in redis_url, and at the sentinels' "
                "`sentinel monitor`.",
                passing=False,
            )
        case NoSentinelError():
            inner = explain(error.why, error.where)
            if inner.name == "wrong password":
                return Fault(
                    "wrong password",
                    f"the sentinels at {error.where} refused the user name or password",
                    "Look at sentinel_password, sentinel_password_file and sentinel_username "
                    "in the settings.",
                    passing=False,
                )
            if inner.name.startswith(("TLS", "certificate")):
                return inner
            return Fault(
                "no sentinel",
                f"no sentinel could be asked for the primary: {inner.sentence}",
                inner.remedy
                if inner.passing
                else f"Look at the hosts in redis_url: are they sentinels? {inner.remedy}",
                lost=True,
            )
    return Fault(
        "no primary",
        f"a fail-over is under way at {where}",
        "It will be over soon; if not, look at the sentinels' log.",
        lost=True,
    )


def _unfit(error: UnfitError, where: str) -> Fault:
    server = error.server
    if server.mode == "sentinel":
        return Fault(
            "a sentinel",
            f"{where} is a sentinel, and holds no data",
            "Write redis_url as redis+sentinel://host,host/service/0.",
            passing=False,
        )
    return Fault(
        "server too old",
        f"{where} is {server.name} {server.version}",
        "Redis 6.2 or Valkey is needed.",
        passing=False,
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
