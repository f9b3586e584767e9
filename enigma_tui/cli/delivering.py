"""What `collect` says of delivery while it runs, and what `doctor` finds of it."""

import asyncio
from collections.abc import AsyncIterator
from typing import NoReturn

from redis.exceptions import NoPermissionError

from ..journal.connection import Connection
from ..journal.delivery import Deliverers, DeliveryStatus, Secrets
from ..journal.delivery.secrets import missing
from ..journal.delivery.status import full, soon_full
from ..journal.faults import FAILED, explain
from ..journal.keys import Keys
from ..journal.sites import SiteStore
from ..journal.standstill import NOBODY, look
from ..model.text import safe
from ..site import SiteError
from ..target import Target
from ..targets import ListTarget
from . import common

_Check = tuple[str, str, str, str]
"""What was looked at; `ok`, `look` or `bad`; what was found; what to do."""


async def report(deliverers: Deliverers) -> NoReturn:
    """Say on stderr what changes, for whoever reads the service's log."""
    told: dict[str, str] = {}
    while True:
        now = {name: _line(status) for name, status in deliverers.statuses.items()}
        for name, line in now.items():
            if line != told.get(name, line if line.startswith("another") else ""):
                common.say(line)
        told = now
        await asyncio.sleep(0.5)


def _line(status: DeliveryStatus) -> str:
    if status.fault is not None:
        return str(status.fault)
    if status.holding:
        return f"delivering to {status.target}"
    return f"another one delivers to {status.target}"


async def delivery_checks(link: Connection, keys: Keys, secrets: Secrets) -> AsyncIterator[_Check]:
    """Yield what each check of a target finds. No target is asked anything: that is a delivery."""
    try:
        stored = await SiteStore(link, keys).load()
    except (*FAILED, SiteError):
        return  # has been found already
    for target in stored.site.delivery if stored else ():
        for check in await _target(link, keys, target, secrets):
            yield check


async def _target(link: Connection, keys: Keys, target: Target, secrets: Secrets) -> list[_Check]:
    name = f"delivery {target.name}"
    found: list[_Check] = []
    if lacks := missing(target, secrets):
        found.append(
            (
                name,
                "look",
                f"{target.kind}: from here it cannot be delivered: {'; '.join(lacks)}",
                "Only whoever delivers needs them, in delivery_secrets and delivery_hosts: "
                "`enigma-tui collect`, or a board.",
            )
        )
    try:
        listed = [await _list(link, name, target)] if isinstance(target, ListTarget) else []
        is_full = any(state == "bad" for _, state, _, _ in listed)
        standstill = (await look(link, keys, [target.name])).get(target.name)
        if standstill is None:
            found.append((name, "ok", f"{target.kind}: somebody delivers", ""))
        elif standstill.why == NOBODY:
            what = f"{target.kind}: nobody delivers at the moment"
            found.append((name, "look", what, standstill.remedy))
        elif not is_full:
            what = f"{target.kind}: delivery stands still: {standstill}"
            found.append((name, "bad", what, standstill.remedy))
        found += listed
    except FAILED as error:
        fault = explain(error, link.address.shown)
        found.append((name, "bad", fault.sentence, fault.remedy))
    return found


async def _list(link: Connection, name: str, target: ListTarget) -> _Check:
    try:
        length = await link.quick.llen(target.key)
    except NoPermissionError:
        # Only whoever delivers needs to; its own words are told already.
        return (name, "ok", f"{safe(target.key)}: this user may not look at its length", "")
    if length >= target.cap:
        fault = full(target, length)
        return (name, "bad", fault.sentence, fault.remedy)
    if (warning := soon_full(target, length)) is not None:
        return (name, "look", warning.sentence, warning.remedy)
    return (name, "ok", f"{safe(target.key)}: {length:,} not yet read", "")
