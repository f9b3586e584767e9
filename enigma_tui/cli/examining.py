"""What is checked of a server, by `enigma-tui doctor` and at a first start."""

import time
from collections.abc import AsyncGenerator, AsyncIterator

from redis.exceptions import NoPermissionError

from ..finding import BAD, LOOK, OK, Finding
from ..journal.collector import OpenSource
from ..journal.connection import Connection
from ..journal.delivery import Secrets
from ..journal.faults import FAILED, explain
from ..journal.keys import Keys
from ..journal.reaching import subject
from ..journal.server import Server, UnfitError, ask_server
from ..journal.sites import SiteStore
from ..journal.vitals import CLOCK_OFF_MS
from ..site import Site, SiteError
from .delivering import delivery_checks
from .doctor_acts import counted
from .doctor_lists import of_key, of_leases, of_left, of_readers, of_sources


async def examine(
    link: Connection,
    keys: Keys,
    open_source: OpenSource,
    secrets: Secrets,
    *,
    writes: bool = True,
    readers: bool = True,
) -> AsyncGenerator[Finding, None]:
    """Yield what each check finds; later checks are left out when the server is away.

    Whether it takes writes is not asked for whoever only watches. Without `readers` it is not
    looked for other programs that read the lists, which takes seconds.
    """
    try:
        server = await ask_server(link.quick)
    except FAILED as error:
        if not isinstance(error, NoPermissionError):
            fault = explain(error, link.address.shown)
            yield Finding("server", BAD, f"{fault.name}: {fault.sentence}", fault.remedy)
            return
        answers = f"{subject(link.address.shown)} answers; INFO is not permitted"
        yield Finding("server", LOOK, answers)
    else:
        yield _fitness(link, server)
        if server.mode == "sentinel":
            return
    try:
        await link.quick.type(keys.journal)
    except NoPermissionError:
        pass  # told below, with the key
    except FAILED as error:
        fault = explain(error, link.address.shown)
        yield Finding("server", BAD, f"{fault.name}: {fault.sentence}", fault.remedy)
        return
    yield await _clock(link)
    async for finding in _site_and_lists(link, keys, open_source, readers=readers):
        yield finding
    async for checked in delivery_checks(link, keys, secrets):
        yield Finding(*checked)
    if writes:
        yield await _writes(link, keys)


def _fitness(link: Connection, server: Server) -> Finding:
    at = f", {link.place} at the moment," if link.place else ""
    found = f"{subject(link.address.shown)}{at} is {server.name} {server.version}"
    try:
        server.refuse_if_unfit()
    except UnfitError as error:
        fault = explain(error, link.address.shown)
        return Finding("server", BAD, f"{fault.name}: {found}", fault.remedy)
    if server.mode == "cluster" and not link.clustered:
        return Finding(
            "server",
            LOOK,
            f"{found}, a node of a cluster",
            "Write redis_url with redis+cluster:// instead of redis://.",
        )
    return Finding("server", OK, found)


async def _clock(link: Connection) -> Finding:
    asked = time.time()
    try:
        seconds, micros = await link.quick.time()
    except FAILED as error:
        fault = explain(error, link.address.shown)
        return Finding("clock", BAD, f"{fault.name}: {fault.sentence}", fault.remedy)
    ahead = (asked + time.time()) / 2 - (int(seconds) + int(micros) / 1e6)
    if abs(ahead) * 1000 <= CLOCK_OFF_MS:
        return Finding("clock", OK, "this machine's agrees with the server's")
    return Finding(
        "clock",
        LOOK,
        f"this machine's is {abs(ahead):.0f} seconds {'ahead of' if ahead > 0 else 'behind'} "
        "the server's",
        "The board shows the server's time. Set whichever is wrong: is NTP running?",
    )


async def _site_and_lists(
    link: Connection, keys: Keys, open_source: OpenSource, *, readers: bool
) -> AsyncIterator[Finding]:
    try:
        stored = await SiteStore(link, keys).load()
    except SiteError as error:
        yield Finding("site", BAD, str(error), "Mend it with: enigma-tui site edit")
        return
    except FAILED as error:
        fault = explain(error, link.address.shown)
        yield Finding("site", BAD, f"{keys.site}: {fault.sentence}", fault.remedy)
        return
    if stored is None:
        yield Finding(
            "site",
            LOOK,
            "nobody has agreed to collecting yet",
            "Open the board and answer y, or run: enigma-tui collect --yes",
        )
    else:
        yield Finding("site", OK, f"{keys.site}: {counted(len(stored.site.sources), 'source')}")
    site = stored.site if stored else Site()
    async for finding in of_sources(link, site, open_source):
        yield finding
    yield await of_key(link, "journal", keys.journal, b"stream")
    yield await of_leases(link, keys, site, agreed=stored is not None)
    for finding in await of_left(link, keys):
        yield finding
    if readers:
        for finding in await of_readers(link, site, open_source):
            yield finding


async def _writes(link: Connection, keys: Keys) -> Finding:
    """Try a write that leaves nothing: to a key that is written only where there is one."""
    try:
        await link.quick.set(f"{{{keys.prefix}}}:doctor", "", xx=True)
    except FAILED as error:
        fault = explain(error, link.address.shown)
        return Finding("writing", BAD, f"{fault.name}: {fault.sentence}", fault.remedy)
    return Finding("writing", OK, "the server takes writes")
