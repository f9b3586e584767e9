"""Puts together what the first frame does without: the journal's side, and what acts on calls.

Importing all of it takes as long as painting that frame, so `EnigmaApp` does so afterwards.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from ..journal.collector import Collector, OpenSource, open_by_address
from ..journal.connection import Connection
from ..journal.delivery import Again, Deliverers, Secrets
from ..journal.desk import DispositionDesk, Who
from ..journal.follower import Follower
from ..journal.handing_in import HandingIn, Rules
from ..journal.pending import PendingActs
from ..journal.stream import Journal
from ..site import Site
from .acting import Acting
from .app import EnigmaApp
from .claims import Claims
from .consent import Consent
from .offline import Offline
from .outbox import Outbox


@dataclass(frozen=True, slots=True)
class Startup:
    """What the board goes on with behind the first frame."""

    connection: Connection
    who: Who
    state_dir: Path
    """Where acts wait that could not be handed in yet."""
    open_source: OpenSource = open_by_address
    """Opens the server of a source that is elsewhere than the journal."""
    first_site: Site | None = None
    """What the first collector writes as the site's settings, instead of the defaults."""
    greeting: str = ""
    beside: Callable[[], Awaitable[None]] | None = None
    """What runs beside the board once it collects: a simulated PBX."""


def wire(app: EnigmaApp, startup: Startup) -> None:
    """Give the app its other parts, and start them: what is read then tells whether to collect."""
    if not app.floor.has_site:
        app.floor.site = Site()  # what it has been so far is only for the first frame
    settings, connection, keys = app.settings, startup.connection, app.journal_keys
    app.follower = app.floor.follower = Follower(connection, keys, app.floor)
    app.collector = Collector(connection, keys, open_source=startup.open_source)
    app.board.status.own_collector = app.collector.status
    app.board.table.own_name = startup.who.name
    app.deliverers = Deliverers(
        connection,
        keys,
        startup.who.name,
        secrets=Secrets(settings.delivery_secrets, settings.delivery_hosts),
    )
    _wire_acting(app, startup)
    answers = {"yes": True, "no": False, "ask": None}
    app.consent = Consent(
        app,
        connection,
        keys,
        app.collector,
        answer=False if settings.read_only else answers[settings.collect],
        by=startup.who.name,
        first_site=startup.first_site,
    )
    app.keep_running("following", app.follower.run)
    if not settings.read_only:
        app.keep_running("handing in", app.offline.run)
        app.keep_running("delivering", app.deliverers.run)
    if startup.greeting:
        app.told.say(startup.greeting, seconds=8)
    if startup.beside is not None:
        app.run_worker(_beside(app.collector, startup.beside), name="beside")


def _wire_acting(app: EnigmaApp, startup: Startup) -> None:
    """Put together what acts are recorded with."""
    connection, keys, who = startup.connection, app.journal_keys, startup.who
    app.journal = Journal(connection, keys)
    where = f"{connection.address.shown}, prefix {keys.prefix}, as {who.name}"
    app.pending = app.floor.pending = PendingActs(startup.state_dir, where)
    handing_in = HandingIn(
        connection,
        keys,
        who,
        app.pending,
        away=lambda: not app.follower.link.connected,
        now_ms=app.floor.now_ms,
        rules=lambda: Rules(app.floor.site.retention.days, app.floor.site.undo_seconds * 1000),
    )
    claims = Claims(
        lambda: DispositionDesk(connection, keys, who, app.floor.site.retention.days),
        lambda key: app.acting.lapsed(key),
    )
    app.acting = Acting(app, app.told, app.floor, handing_in, claims, app.board, app.key_of)
    app.offline = Offline(app.told, handing_in, app.key_of("outbox"))
    app.outbox = Outbox(app.floor, app.pending, Again(connection, keys, who))


async def _beside(collector: Collector, run: Callable[[], Awaitable[None]]) -> None:
    await collector.holds.wait()
    await run()
