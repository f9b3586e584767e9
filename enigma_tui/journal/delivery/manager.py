"""Runs a deliverer for each target that this program has the secrets of."""

import asyncio
import contextlib
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import NoReturn

from ...backoff import Backoff
from ...site import Site, SiteError
from ...target import Target
from ...targets import DiallerTarget, ListTarget, WebhookTarget
from ..connection import Connection
from ..faults import FAILED, cause_of, explain, first_of, trail
from ..keys import Keys
from ..lease import Lease, LeaseLost
from ..sites import SiteStore, StoredSite
from ..standstill import AGAIN_SECONDS, Standstill, tell
from ..stream import Journal
from ..together import together
from .deliverer import Deliverer
from .ledger import Ledger, Overtaken
from .reply import Sender
from .secrets import SecretMissing, Secrets
from .status import DeliveryStatus, lacking, mistaken, other_slot, why_still

_LOOK_SECONDS = 2.5
"""How often it is looked whether the site's settings have changed."""

_LACKING_SECONDS = 30.0
"""How often a secret that is missing is looked for again."""

_TELL_SECONDS = 1.0
"""How often it is looked whether there is something to tell to all boards."""

log = logging.getLogger(__name__)


class _SiteChanged(Exception):
    """Whatever depends on the settings begins anew."""


@dataclass(slots=True)
class Deliverers:
    """Competes for each target's lease, and delivers to it while it has that."""

    connection: Connection
    keys: Keys
    by: str
    """Who delivers, as the journal and the audit of a call will say."""
    secrets: Secrets = field(default_factory=Secrets)
    """What this program may send, and where to."""
    statuses: dict[str, DeliveryStatus] = field(default_factory=dict)
    """How each target of the site fares, by its name."""
    server_ms: Callable[[], Awaitable[int]] | None = None
    """The server's clock, where it is not to be asked for."""
    new_backoff: Callable[[], Backoff] | None = None
    look_seconds: float = _LOOK_SECONDS
    tell_seconds: float = _TELL_SECONDS
    _jitter: random.Random = field(default_factory=random.Random)

    async def run(self) -> NoReturn:
        """Deliver until cancelled. Whatever goes wrong is shown in `statuses` and tried again."""
        backoff = Backoff(self._jitter)
        while True:
            try:
                stored = await SiteStore(self.connection, self.keys).load()
                backoff.reset()
                await self._serve(stored)
            except (*FAILED, SiteError) as error:
                log.warning("delivery cannot begin: %s", explain(error, "").name)
                await asyncio.sleep(backoff.next())

    async def _serve(self, stored: StoredSite | None) -> None:
        """Deliver by these settings until there are others."""
        targets = stored.site.delivery if stored else ()
        self.statuses.clear()
        self.statuses.update({each.name: DeliveryStatus(each.name) for each in targets})
        if stored is None or not targets:
            await asyncio.sleep(self.look_seconds * self._jitter.uniform(0.8, 1.2))
            return
        try:
            work = [self._watch(stored.text)]
            for each in targets:
                lease = Lease(self.connection, self.keys.delivering(each.name))
                work.append(self._deliver(stored.site, each, lease))
                work.append(self._tell(self.statuses[each.name], lease.id))
            await together(*work)
        except BaseExceptionGroup as group:
            if (failed := group.split(_SiteChanged)[1]) is not None:
                failure = first_of(failed)
                raise failure from failure.__cause__

    async def _watch(self, text: bytes) -> NoReturn:
        while True:
            await asyncio.sleep(self.look_seconds * self._jitter.uniform(0.8, 1.2))
            stored = await SiteStore(self.connection, self.keys).load()
            if stored is None or stored.text != text:
                raise _SiteChanged

    async def _tell(self, status: DeliveryStatus, lease: str) -> NoReturn:
        """Tell all boards why delivery to a target stands still, for as long as it does."""
        told: tuple[bool, str] | None = None
        again = calm = 0.0
        while True:
            await asyncio.sleep(self.tell_seconds)
            fault, now = status.fault, asyncio.get_running_loop().time()
            why = why_still(fault)
            # Begun again, it is not yet proved that what passes has passed.
            calm = now if why or not status.holding else calm
            news = (status.holding, why)
            if why and fault is not None and (news != told or now >= again):
                standstill: Standstill | None = Standstill(why, fault.remedy, self.by)
            elif status.holding and not why and news != told and now - calm >= self.tell_seconds:
                standstill = None
            else:
                continue
            # What cannot be told is seen by what it comes of: nobody delivers.
            with contextlib.suppress(*FAILED):
                await tell(self.connection, self.keys, status.target, lease, standstill)
                told, again = news, now + AGAIN_SECONDS

    async def _deliver(self, site: Site, target: Target, lease: Lease) -> NoReturn:
        """Compete for one target until cancelled; what goes wrong with it is no other's matter."""
        status = self.statuses[target.name]
        backoff = Backoff(self._jitter)
        while True:
            try:
                await asyncio.sleep(await self._compete(site, target, status, lease, backoff))
                continue
            except (LeaseLost, Overtaken):
                continue
            except SecretMissing as lack:
                status.fault = lacking(target.name, lack)
                await asyncio.sleep(_LACKING_SECONDS)
                continue
            except FAILED as error:
                text = str(cause_of(error)).lower()
                if isinstance(target, ListTarget) and ("crossslot" in text or "slot" in text):
                    status.fault = other_slot(target, self.keys.journal)
                else:
                    status.fault = explain(error, self.connection.address.shown)
                log.warning("delivery to %s stopped: %s", target.name, status.fault.name)
            except Exception as mistake:
                name = type(mistake).__name__
                status.fault = mistaken(target.name, name)
                log.error("delivery to %s failed: %s at %s", target.name, name, trail(mistake))
            await asyncio.sleep(backoff.next())

    async def _compete(
        self, site: Site, target: Target, status: DeliveryStatus, lease: Lease, backoff: Backoff
    ) -> float:
        """Deliver if nobody else does; otherwise return the seconds to wait before asking again."""
        sender = self._sender(site, target)
        try:
            async with lease.held() as held:
                if held:
                    await self._hold(site, target, sender, lease, status)
            status.fault = None
            backoff.reset()
            return await lease.wait_seconds(self._jitter)
        finally:
            if sender is not None:
                await sender.close()

    async def _hold(
        self,
        site: Site,
        target: Target,
        sender: Sender | None,
        lease: Lease,
        status: DeliveryStatus,
    ) -> None:
        days = site.retention.days
        deliverer = Deliverer(
            self.connection,
            self.keys,
            site,
            target,
            sender,
            Ledger(self.connection, self.keys, target.name, self.by, days),
            status,
            self.server_ms or Journal(self.connection, self.keys).now_ms,
        )
        if self.new_backoff is not None:
            deliverer.new_backoff = self.new_backoff
        status.holding = True
        try:
            await together(deliverer.run(), lease.keep())
        except BaseExceptionGroup as group:
            # Where several come together, what failed says more than that the lease was lost.
            _, failed = group.split((LeaseLost, Overtaken))
            failure = first_of(failed or group)
            raise failure from failure.__cause__
        finally:
            status.holding = False

    def _sender(self, site: Site, target: Target) -> Sender | None:
        # Imported late: it brings an HTTP client, which most boards never need.
        from .http import open_dialler, open_webhook

        match target:
            case ListTarget():
                return None
            case DiallerTarget():
                return open_dialler(target, site.rule(target).dialler or {}, self.secrets)
            case WebhookTarget():
                return open_webhook(target, site.code_tree(), self.secrets)
            case _:
                raise NotImplementedError(target.kind)
