"""Opens the board."""

import difflib
import os
import re
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .. import paths
from ..settings import Loaded
from . import common

if TYPE_CHECKING:
    from ..site import Site
    from ..ui.commands import Command
    from ..ui.following import Startup
    from .first_run import FirstRun


def check(loaded: Loaded, commands: "Sequence[Command] | None" = None) -> None:
    """End the program if a setting that only the screen knows about is wrong.

    `commands` are those of the screen that is to be opened, the board's if `None`.
    """
    from ..ui.themes import NAMES

    settings, origins = loaded.settings, loaded.origins
    if settings.theme not in NAMES:
        common.fail(
            f"{origins.get('theme')}: theme: there is no {settings.theme!r}"
            f"{_nearest(settings.theme, NAMES)}; there are {', '.join(NAMES)}",
            common.WRONG,
        )
    for name, mistake in key_mistakes(settings.keys, commands):
        common.fail(f"{origins.get('keys')}: keys.{name}: {mistake}", common.WRONG)
    common.filter_of(settings.filter, f"{origins.get('filter', 'default')}: filter")
    check_alerts(loaded)
    from ..ui.columns import columns_mistake

    if mistake := columns_mistake(settings.columns):
        common.fail(f"{origins.get('columns')}: columns: {mistake}", common.WRONG)
    from ..model.sorting import Sort

    try:
        Sort.named(settings.sort)
    except ValueError as error:
        common.fail(f"{origins.get('sort')}: sort: {error}", common.WRONG)
    for name, text in settings.views.items():
        common.filter_of(text, f"{origins.get('views')}: views.{name}")


def check_alerts(loaded: Loaded) -> None:
    """End the program if an alert has a filter that cannot be read, or the name of another."""
    settings, origins = loaded.settings, loaded.origins
    named: set[str] = set()
    for place, alert in enumerate(settings.alerts):
        where = f"{origins.get('alerts')}: alerts.{place}"
        common.filter_of(alert.filter, f"{where}.filter")
        if alert.name in named:
            common.fail(f"{where}.name: there are two alerts {alert.name!r}", common.WRONG)
        named.add(alert.name)


def key_mistakes(
    keymap: Mapping[str, str], commands: "Sequence[Command] | None" = None
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong in the settings' `[keys]`, each with the name it stands under.

    Two commands may have one key where they are not on one screen.
    """
    from textual.keys import Keys, key_to_character

    from ..ui.commands import BY_ID, COMMANDS, PHONE_COMMANDS

    named = {key.value for key in Keys}
    taken = {
        command.id: place
        for here in (commands or COMMANDS, PHONE_COMMANDS)
        for place in [
            {
                key_to_character(key) or key: one.id
                for one in here
                if one.id not in keymap
                for key in one.keys.split(",")
            }
        ]
        for command in here
    }
    for name, keys in keymap.items():
        if name not in BY_ID:
            near = _nearest(name, BY_ID)
            yield name, f"there is no such command{near}; `enigma-tui keys` lists them"
            continue
        for key in keys.split(","):
            base = re.sub(r"^((ctrl|alt|shift)\+)+", "", key)
            if key not in named and base not in named and key_to_character(base) is None:
                yield name, f"there is no key {key!r}{_nearest(key, named)}"
            known = key_to_character(key) or key
            if name in _OF_THE_PHONE and (wrong := _OF_THE_PHONE[name](key, keymap)):
                yield name, f"{key} {wrong}; give it another one"
            if name in taken and (other := taken[name].setdefault(known, name)) != name:
                yield name, f"{key} is the key of {other}; give that another one as well"


def _typed(key: str, _keymap: Mapping[str, str]) -> str:
    return "is what people type, and the phone takes its key everywhere" if len(key) == 1 else ""


def _leaving(key: str, keymap: Mapping[str, str]) -> str:
    taken = ("escape", "question_mark", "?", "f1", *keymap.get("phone", "ctrl+t").split(","))
    return "has its own meaning while the phone has the keys" if key in taken else ""


_OF_THE_PHONE: Mapping[str, Callable[[str, Mapping[str, str]], str]] = {
    "phone": _typed,
    **dict.fromkeys(("phone_answer", "phone_hang_up", "phone_mute", "phone_hold"), _leaving),
}
"""What speaks against a key of the phone's."""


def _nearest(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.3)
    return f"; did you mean {near[0]}?" if near else ""


def refuse_without_terminal() -> None:
    """End the program where there is no screen to show anything on."""
    # Textual is told so where something else than a terminal shows it: `enigma-tui serve`.
    elsewhere = "TEXTUAL_DRIVER" in os.environ
    if not elsewhere and not (sys.stdout.isatty() and sys.stdin.isatty()):
        common.fail(
            "the board needs a terminal. For lines that a script can read: enigma-tui tail",
            common.WRONG,
        )


def open_board(
    ctx: click.Context,
    *,
    loaded: Loaded | None = None,
    first_site: "Site | None" = None,
    greeting: str = "",
    beside: Callable[[], Awaitable[None]] | None = None,
    keeps: bool = True,
) -> None:
    """Open the board and return when it is closed; `beside` runs in the meantime.

    It `keeps` in the settings file what a supervisor asks it to.
    """
    refuse_without_terminal()
    loaded = loaded or common.settings(ctx)
    check(loaded)
    common.check_phone(loaded)
    from ..ui.app import EnigmaApp

    given: Path | None = ctx.find_root().obj["config"]
    settings_file = (given or paths.config_file()) if keeps else None
    first = _first_run(ctx, loaded, settings_file) if settings_file else None
    if first is None:  # else there may be nothing to keep one for
        common.log_to_file()

    def startup() -> "Startup":
        # Imported here: the first frame is on the screen by then, and need not wait for Redis.
        from ..ui.following import Startup
        from . import serving

        in_force = loaded
        if first is not None:
            common.log_to_file()
            in_force = first.loaded
        settings = in_force.settings
        link = serving.connection(settings, "board")
        return Startup(
            link,
            serving.who(in_force, link),
            paths.state_dir(),
            open_source=serving.opener(settings, "board"),
            first_site=first_site,
            greeting=greeting,
            beside=beside,
            settings_file=settings_file,
            origins=in_force.origins,
        )

    if first is None:
        app = EnigmaApp(loaded.settings, startup)
    else:
        from ..ui.first_run import FirstRunApp

        app = FirstRunApp(loaded.settings, startup, first)
    app.run()
    sys.exit(app.return_code or 0)


def _first_run(ctx: click.Context, loaded: Loaded, file: Path) -> "FirstRun | None":
    """Return who asks where the server is, if nothing says so and there is somebody to ask."""
    told = "redis_url" in loaded.origins or file.exists()
    if told or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return None
    from .first_run import FirstRun

    return FirstRun(file, loaded, ctx.find_root().obj["flags"])
