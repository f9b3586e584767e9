"""Keeps what a supervisor has chosen: in the settings file, or else for this session."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..settings import COMMAND_LINE, ENV_PREFIX
from ..settings_file import UnwritableError, put_table, put_value
from ..settings_shown import THIS_SESSION

if TYPE_CHECKING:
    from .actions import CallActions


def keep_table(app: "CallActions", name: str, table: Mapping[str, str | int]) -> None:
    """Keep a setting that is a table, and say where."""
    _keep(app, name, dict(table), lambda file: put_table(file, name, table))


def keep_theme(app: "CallActions", theme: str) -> None:
    """Keep the colours, and say where."""
    _keep(app, "theme", theme, lambda file: put_value(file, "theme", theme))


def _keep(app: "CallActions", name: str, value: Any, put: Callable[[Path], None]) -> None:
    app.settings = replace(app.settings, **{name: value})
    file = app.settings_file
    given = app.given.get(name, "")
    app.origins[name] = THIS_SESSION
    if file is None:
        app.told.say("Kept for this session only.")
        return
    try:
        put(file)
    except UnwritableError as error:
        app.told.say(f"{error}. The {name} setting is kept for this session only.", "error")
        return
    app.origins[name] = str(file)
    if given.startswith(ENV_PREFIX) or given == COMMAND_LINE:
        app.told.say(
            f"Kept in {file}; but {given} says otherwise, and counts for more when the board is "
            "opened again.",
            "warning",
            10,
        )
    else:
        app.told.say(f"Kept in {file}.")
