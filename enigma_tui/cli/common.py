"""What the commands share: reading the settings, and failing well.

The board's first frame waits for all that is imported here; `serving` has what needs the server.
"""

import contextlib
import logging
import sys
from collections.abc import Mapping
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import MappingProxyType
from typing import NoReturn

import click

from .. import paths
from ..addresses import address, check_source_passwords
from ..journal.address import AddressError, holds_password
from ..model.moment import Moment, parse_moment
from ..model.phone import Dialplan
from ..model.query import Query, QueryError, parse
from ..secret_files import UnusableError
from ..settings import ENV_PREFIX, Loaded, SettingsError, load

WRONG = 2
"""The exit code for a wrong setting or a wrong command line. 1 is for everything else: what was
wanted could not be done as things are, and the same command may do it another time."""


class Unwritable(Exception):
    """Standard output takes no more, which is no fault of the server."""

    def __init__(self, why: OSError) -> None:
        super().__init__(f"standard output cannot be written: {why.strerror}")
        self.quiet = isinstance(why, BrokenPipeError)
        """Whoever read the lines has had enough; that is not a fault at all."""


def out(line: str | bytes) -> None:
    """Print a line, or several; raises `Unwritable` where nobody reads, or the disk is full."""
    try:
        click.echo(line)
    except OSError as error:
        raise Unwritable(error) from error


def say(line: str) -> None:
    """Tell a person something on stderr. That nobody listens there any more stops nothing."""
    with contextlib.suppress(OSError):
        click.echo(line, err=True)


def fail(message: str, code: int = 1) -> NoReturn:
    """Say what is wrong on stderr and end."""
    for line in message.splitlines():
        say(f"enigma-tui: {line}")
    sys.exit(code)


def settings(
    ctx: click.Context, *, presets: Mapping[str, object] | None = None, **flags: object
) -> Loaded:
    """Read the settings; a mistake in them ends the program before any screen opens.

    `presets` count for more than the file and the environment, and less than the command line.
    """
    given = ctx.find_root().obj
    file: Path | None = given["config"]
    typed = {name: value for name, value in given["flags"].items() if value is not None}
    own = {name: value for name, value in flags.items() if value is not None}
    if holds_password(str(typed.get("redis_url", ""))):
        fail(
            "--redis-url: a password on the command line can be read by everybody on this "
            "machine, with ps. Leave it out there, and put it into a file that only you can read "
            "(the setting password_file), into the settings file (password), or into the "
            f"environment ({ENV_PREFIX}PASSWORD)",
            WRONG,
        )
    try:
        return read(file, {**typed, **own}, presets or {})
    except SettingsError as error:
        fail(str(error), WRONG)


def read(
    file: Path | None,
    flags: Mapping[str, object],
    presets: Mapping[str, object] = MappingProxyType({}),
) -> Loaded:
    """Read the settings, and what they name; raises `SettingsError`.

    Without a file that somebody has named it is the usual one, which need not be there.
    """
    usual = file or paths.config_file()
    loaded = load(usual, required=file is not None, flags=flags, presets=presets)
    where = loaded.origins
    try:
        address(loaded.settings)
        check_source_passwords(loaded.settings)
    except AddressError as error:
        raise SettingsError(f"{where.get('redis_url', 'default')}: redis_url: {error}") from None
    except UnusableError as error:
        setting = error.setting
        raise SettingsError(f"{where.get(setting, 'default')}: {setting}: {error}") from None
    try:
        Dialplan(loaded.settings.region, known="region" not in where)
    except ValueError as error:
        raise SettingsError(f"{where.get('region', 'default')}: region: {error}") from None
    return loaded


def check_phone(loaded: Loaded) -> None:
    """End the program where the settings want a phone, and make none.

    Only for those who would be one: others may not even be able to read its password.
    """
    if not loaded.settings.phone_url or loaded.settings.read_only:
        return
    from .. import phoning

    try:
        phoning.check(loaded.settings)
    except UnusableError as error:
        where = loaded.origins.get(error.setting, "default")
        fail(f"{where}: {error.setting}: {error}", WRONG)


def refuse_read_only(loaded: Loaded, what: str) -> None:
    """End a command that would change something if only watching is allowed."""
    if loaded.settings.read_only:
        fail(f"{loaded.origins['read_only']}: read_only is set: {what}", WRONG)


def filter_of(text: str, where: str) -> Query:
    """Read a filter; a mistake is pointed at and ends the program.

    Any disposition code will do: which there are is known only once the site's settings are.
    """
    try:
        return parse(text)
    except QueryError as error:
        pointer = " " * error.start + "^" * max(1, error.end - error.start)
        fail(f"{where}: {error.message}\n  {text}\n  {pointer}", WRONG)


def moment_of(option: str, text: str | None) -> Moment | None:
    """Read a point in time; a mistake ends the program."""
    try:
        return None if text is None else parse_moment(text)
    except ValueError as error:
        fail(f"{option}: {error}", WRONG)


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
