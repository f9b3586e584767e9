"""What the commands that need the server share: connecting, running, and failing well.

What opens connections is loaded when one is opened: a shell that completes what is being typed
loads the commands, too, and somebody waits for it.
"""

import logging
import os
import sys
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from .. import paths
from ..addresses import address, source_address
from ..journal.address import AddressError
from ..journal.keys import Keys
from ..model.text import safe
from ..secret_files import UnusableError
from ..settings import Loaded, Settings
from .common import Unwritable, fail

if TYPE_CHECKING:
    import asyncio

    from ..journal.collector import OpenSource
    from ..journal.connection import Connection
    from ..journal.delivery import Secrets
    from ..journal.sites import StoredSite
    from ..journal.who import Who
    from ..site import Source

_T = TypeVar("_T")

log = logging.getLogger(__name__)


def connection(loaded: Settings, role: str) -> "Connection":
    """Return a connection; nothing is sent yet."""
    from ..journal.connection import connect

    return connect(address(loaded), role, home=Keys(loaded.prefix))


def opener(loaded: Settings, role: str) -> "OpenSource":
    """Return what opens the servers of sources that are elsewhere than the journal."""

    from ..journal.connection import connect
    from ..site import SourceNotOpenedError

    def open_source(source: "Source") -> "Connection":
        try:
            return connect(source_address(loaded, source.name, source.server), role)
        except (AddressError, UnusableError) as error:
            raise SourceNotOpenedError(f"source {source.name}: {error}") from None

    return open_source


def delivery_secrets(loaded: Settings) -> "Secrets":
    """Return what this process may send to targets, and where to."""
    from ..journal.delivery import Secrets

    return Secrets(loaded.delivery_secrets, loaded.delivery_hosts)


def who(loaded: Loaded, link: "Connection") -> "Who":
    """Return under which name to act: the ACL user's, unless another was asked for."""
    from ..journal.who import Who, who_am_i

    declared = safe(loaded.settings.name)
    return Who(declared) if "name" in loaded.origins else who_am_i(link, declared)


async def stored_site(link: "Connection", keys: Keys) -> "StoredSite | None":
    """Read the shared settings."""
    from ..journal.sites import SiteStore

    return await SiteStore(link, keys).load()


async def until(stop: "asyncio.Event", work: Coroutine[Any, Any, None]) -> None:
    """Run what does not end by itself until `stop` is set.

    It deals with the server's faults itself, so whatever else it raises is a mistake, which ends
    the program.
    """
    import asyncio

    from ..journal.faults import first_of

    running = asyncio.create_task(work)
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
    running.cancel()
    stopping.cancel()
    await asyncio.gather(running, stopping, return_exceptions=True)
    failed = None if running.cancelled() else running.exception()
    error = None if failed is None else first_of(failed)
    if isinstance(error, Unwritable):
        raise error
    if error is not None:
        _broken(error)


def run(task: Coroutine[Any, Any, int], link: "Connection") -> NoReturn:
    """Run a command to its end, and end the program with what it returns."""
    sys.exit(ask(task, link))


def ask(task: Coroutine[Any, Any, _T], link: "Connection") -> _T:
    """Return what a command's work returns; whatever goes wrong ends the program."""
    import asyncio

    from ..journal.faults import FAILED, explain
    from ..site import SiteError

    async def closing() -> _T:
        try:
            return await task
        finally:
            await link.close()

    try:
        return asyncio.run(closing())
    except KeyboardInterrupt:
        sys.exit(130)
    except Unwritable as error:
        # What is left in the buffer would fail again when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if error.quiet:
            sys.exit(0)
        fail(str(error))
    except FAILED as error:
        fail(str(explain(error, link.address.shown)))
    except SiteError as error:
        fail(f"{error}\nMend it with: enigma-tui site edit")
    except Exception as error:
        _broken(error)


def _broken(error: BaseException) -> NoReturn:
    """End the program because of a mistake in it."""
    from ..journal.faults import first_of, trail

    mistake = first_of(error)
    kind, name = type(mistake).__name__, click.get_current_context().info_name
    log.error("%s failed: %s at %s", name, kind, trail(mistake))
    fail(f"{name} ended by a mistake in this program, {kind}; {paths.log_file()} says where")
