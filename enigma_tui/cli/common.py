"""What the commands share: reading the settings, connecting, and failing well."""

import asyncio
import logging
import sys
from collections.abc import Coroutine
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, NoReturn

import click

from .. import paths
from ..journal.connection import Address, AddressError, Connection, connect
from ..journal.desk import Who, who_am_i
from ..journal.faults import FAILED, explain
from ..journal.keys import Keys
from ..journal.sites import SiteStore, StoredSite
from ..model.phone import Dialplan
from ..model.query import Query, QueryError, parse
from ..settings import Loaded, Settings, SettingsError, load
from ..site import Site, SiteError

WRONG = 2
"""The exit code for a wrong setting or a wrong command line; 1 is for everything else."""


def fail(message: str, code: int = 1) -> NoReturn:
    """Say what is wrong on stderr and end."""
    for line in message.splitlines():
        click.echo(f"enigma-tui: {line}", err=True)
    sys.exit(code)


def settings(ctx: click.Context, **flags: object) -> Loaded:
    """Read the settings; a mistake in them ends the program before any screen opens."""
    given = ctx.find_root().obj
    file: Path | None = given["config"]
    own = {name: value for name, value in flags.items() if value is not None}
    try:
        loaded = load(
            file or paths.config_file(),
            required=file is not None,
            flags={**given["flags"], **own},
        )
    except SettingsError as error:
        fail(str(error), WRONG)
    where = loaded.origins
    try:
        Address(loaded.settings.redis_url.get_secret_value())
    except AddressError as error:
        fail(f"{where.get('redis_url', 'default')}: redis_url: {error}", WRONG)
    try:
        Dialplan(loaded.settings.region)
    except ValueError as error:
        fail(f"{where.get('region', 'default')}: region: {error}", WRONG)
    return loaded


def filter_of(text: str, where: str, site: Site | None = None) -> Query:
    """Read a filter; a mistake is pointed at and ends the program."""
    codes = [code.code for code in (site or Site()).code_tree().leaves()]
    try:
        return parse(text, codes)
    except QueryError as error:
        pointer = " " * error.start + "^" * max(1, error.end - error.start)
        fail(f"{where}: {error.message}\n  {text}\n  {pointer}", WRONG)


def connection(loaded: Settings, role: str) -> Connection:
    """Return a connection; nothing is sent yet."""
    return connect(Address(loaded.redis_url.get_secret_value()), role)


def who(loaded: Loaded, link: Connection) -> Who:
    """Return under which name to act: the ACL user's, unless another was asked for."""
    if "name" in loaded.origins:
        return Who(loaded.settings.name)
    return who_am_i(link, loaded.settings.name)


async def stored_site(link: Connection, keys: Keys) -> StoredSite | None:
    """Read the shared settings."""
    return await SiteStore(link, keys).load()


def run(task: Coroutine[Any, Any, int], link: Connection) -> NoReturn:
    """Run a command to its end, and end the program with what it returns."""

    async def closing() -> int:
        try:
            return await task
        finally:
            await link.close()

    try:
        sys.exit(asyncio.run(closing()))
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read the lines has had enough; that is not a fault.
        sys.stderr.close()
        sys.exit(0)
    except FAILED as error:
        fail(str(explain(error, link.address.shown)))
    except SiteError as error:
        fail(f"{error}\nMend it with: enigma-tui site edit")


def log_to_file() -> None:
    """Keep a log. It tells of faults; numbers, notes and passwords never go there."""
    file = paths.log_file()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(file, maxBytes=1_000_000, backupCount=2, delay=True)
    except OSError:
        return
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logger = logging.getLogger("enigma_tui")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
