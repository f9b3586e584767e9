"""Opens the board."""

import difflib
import sys
from collections.abc import Awaitable, Callable

import click

from ..settings import Loaded
from ..site import Site
from . import common


def check(loaded: Loaded) -> None:
    """End the program if a setting that only the screen knows about is wrong."""
    from ..ui.commands import BY_ID
    from ..ui.themes import NAMES

    settings, origins = loaded.settings, loaded.origins
    if settings.theme not in NAMES:
        near = difflib.get_close_matches(settings.theme, NAMES, n=1, cutoff=0.3)
        hint = f"did you mean {near[0]}? " if near else ""
        common.fail(
            f"{origins.get('theme')}: theme: there is no {settings.theme!r}; {hint}"
            f"There are {', '.join(NAMES)}",
            common.WRONG,
        )
    taken: dict[str, str] = {}
    for name, key in settings.keys.items():
        if name not in BY_ID:
            near = difflib.get_close_matches(name, BY_ID, n=1, cutoff=0.3)
            hint = f"; did you mean {near[0]}?" if near else ""
            common.fail(
                f"{origins.get('keys')}: keys.{name}: there is no such command{hint} "
                "`enigma-tui keys` lists them",
                common.WRONG,
            )
        for one in key.split(","):
            if one in taken:
                common.fail(
                    f"{origins.get('keys')}: keys.{name}: {one} is the key of {taken[one]} too",
                    common.WRONG,
                )
            taken[one] = name
    common.filter_of(settings.filter, f"{origins.get('filter', 'default')}: filter")


def open_board(
    ctx: click.Context,
    *,
    loaded: Loaded | None = None,
    first_site: Site | None = None,
    greeting: str = "",
    beside: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Open the board and return when it is closed; `beside` runs in the meantime."""
    loaded = loaded or common.settings(ctx)
    check(loaded)
    common.log_to_file()
    from ..ui.app import EnigmaApp, Startup

    link = common.connection(loaded.settings, "board")
    app = EnigmaApp(
        Startup(
            link,
            loaded.settings,
            common.who(loaded, link),
            first_site=first_site,
            greeting=greeting,
            beside=beside,
        )
    )
    app.run()
    sys.exit(app.return_code or 0)
