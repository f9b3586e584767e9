"""Puts together what the first calls are shown without: what collects, delivers and acts on calls.

Importing all of it takes longer than painting them, so `EnigmaApp` does so afterwards.
"""

import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from .. import phoning
from ..journal.collector import Collector, open_by_address
from ..journal.delivery import Again, Deliverers, Secrets
from ..journal.desk import DispositionDesk
from ..journal.handing_in import HandingIn, Rules
from ..journal.pending import PendingActs
from ..journal.stream import Journal
from .acting import Acting
from .app import EnigmaApp
from .calling_back import CallingBack
from .claims import Claims
from .consent import Consent
from .following import Startup
from .offline import Offline
from .outbox import Outbox
from .told import ToldLines


def wire(app: EnigmaApp, startup: Startup) -> None:
    """Give the app its other parts, and start those that run by themselves."""
    settings, connection, keys = app.settings, startup.connection, app.journal_keys
    app.collector = Collector(connection, keys, open_source=startup.open_source or open_by_address)
    app.board.status.own_collector = app.collector.status
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
    if not settings.read_only:
        app.keep_running("handing in", app.offline.run)
        app.keep_running("delivering", app.deliverers.run)
    if settings.alerts:
        _wire_alerts(app)
    if settings.phone_url and not settings.read_only:
        _wire_phone(app)
    if startup.greeting:
        app.told.say(startup.greeting, seconds=8)
    if startup.beside is not None:
        app.run_worker(_beside(app.collector, startup.beside), name="beside")


def _wire_alerts(app: EnigmaApp) -> None:
    """Watch for what the settings want to be told of."""
    from .alerting import Alerting

    def start(run: Coroutine[Any, Any, None]) -> None:
        app.run_worker(run, name="alert", exit_on_error=False)

    places = app.settings.delivery_secrets.values()
    alerting = Alerting(
        app.settings.alerts,
        app.floor,
        app.told,
        app.bell,
        start,
        time.monotonic,
        app.key_of,
        [place.removeprefix("env:") for place in places if place.startswith("env:")],
    )
    app.alarms = app.board.status.alarms = alerting.watch


def _wire_phone(app: EnigmaApp) -> None:
    """Be the phone that the settings make, where what it needs is installed."""
    if not phoning.is_installed():
        app.told.say(phoning.MISSING[:1].upper() + phoning.MISSING[1:], "warning", 20)
        return
    from .telephone import Telephone

    telephone = app.telephone = Telephone(app)
    app.board.status.phone = telephone.status
    app.board.mount(telephone.new_bar(), after=app.board.query_one(ToldLines))
    app.set_interval(1.0, telephone.second_passed)
    app.keep_running("phone", telephone.phone.run)


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
    app.calling_back = CallingBack(
        app,
        app.told,
        app.floor,
        claims,
        lambda: DispositionDesk(connection, keys, who),
        app.settings.extension,
        app.key_of,
    )
    app.set_interval(1.0, app.calling_back.second_passed)
    app.offline = Offline(app.told, handing_in, app.key_of("outbox"))
    app.outbox = Outbox(app.floor, app.pending, Again(connection, keys, who))


async def _beside(collector: Collector, run: Callable[[], Awaitable[None]]) -> None:
    await collector.holds.wait()
    await run()
