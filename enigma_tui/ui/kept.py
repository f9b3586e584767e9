"""Keeps what a supervisor has chosen: in the settings file, or else for this session."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..settings import COMMAND_LINE, ENV_PREFIX, VIEWS_MOST
from ..settings_file import UnwritableError, put_entry, put_table, put_value
from ..settings_shown import THIS_SESSION
from ..values import WrongError

if TYPE_CHECKING:
    from .actions import CallActions


QUIET = ("sort",)
"""What is changed in passing: where it is kept need not be said each time."""


def keep(
    app: "CallActions", name: str, value: str | Mapping[str, str | int], entry: str = ""
) -> bool:
    """Keep a setting, and say where; return whether it is in force.

    With `entry`, only that one of the file's table is changed: another board may have kept others.
    """
    changed: dict[str, Any] = {name: value}
    try:
        app.settings = replace(app.settings, **changed)
    except WrongError as error:
        app.told.say(f"Not kept: {error}.", "error")
        return False
    file = app.settings_file
    given = app.given.get(name, "")
    was = app.origins.get(name)
    app.origins[name] = THIS_SESSION
    quiet = name in QUIET
    if file is None:
        if not quiet:
            app.told.say("Kept for this session only.")
        return True
    try:
        if isinstance(value, str):
            put_value(file, name, value)
        elif entry:
            put_entry(file, name, entry, value.get(entry), most=VIEWS_MOST)
        else:
            put_table(file, name, value)
    except UnwritableError as error:
        if not (quiet and was == THIS_SESSION):
            app.told.say(f"{error}. The {name} setting is kept for this session only.", "error")
        return True
    app.origins[name] = str(file)
    if quiet:
        return True
    if given.startswith(ENV_PREFIX) or given == COMMAND_LINE:
        app.told.say(
            f"Kept in {file}; but {given} says otherwise, and counts for more when the board is "
            "opened again.",
            "warning",
            10,
        )
    else:
        app.told.say(f"Kept in {file}.")
    return True
