"""What goes on right behind the first frame: the way to the server, and who follows the journal.

The calls that are there are on the screen before anything else is loaded; `wiring` has the rest.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ..journal.connection import Connection
from ..journal.follower import Follower
from ..journal.who import Who
from ..site import Site
from .app import EnigmaApp

if TYPE_CHECKING:  # of the collector, which comes later
    from ..journal.collector import OpenSource


@dataclass(frozen=True, slots=True)
class Startup:
    """What the board goes on with behind the first frame."""

    connection: Connection
    who: Who
    state_dir: Path
    """Where acts wait that could not be handed in yet."""
    open_source: "OpenSource | None" = None
    """Opens the server of a source that is elsewhere than the journal; if `None`, by its address
    alone."""
    first_site: Site | None = None
    """What the first collector writes as the site's settings, instead of the defaults."""
    greeting: str = ""
    beside: Callable[[], Awaitable[None]] | None = None
    """What runs beside the board once it collects: a simulated PBX."""
    settings_file: Path | None = None
    """Where what is asked to be kept is kept; if `None`, it is for this session."""
    origins: Mapping[str, str] = field(default_factory=dict)
    """Where each setting that is not a default came from, as `settings.Loaded` has it."""


def follow(app: EnigmaApp, startup: Startup) -> None:
    """Have the app follow the journal."""
    if not app.floor.has_site:
        app.floor.site = Site()  # what it has been so far is only for the first frame
    app.follower = app.floor.follower = Follower(startup.connection, app.journal_keys, app.floor)
    app.floor.own_name = startup.who.name
    app.keep_running("following", app.follower.run)
