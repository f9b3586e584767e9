"""What `enigma-tui doctor` checks of the lists, wherever they are, and of who reads them."""

from collections.abc import AsyncIterator, Sequence

from ..finding import BAD, LOOK, OK, Finding
from ..journal.collector import OpenSource
from ..journal.connection import Connection
from ..journal.faults import FAILED, OF_SOURCES, explain, of_source
from ..journal.feeds import feed_lists
from ..journal.keys import Keys
from ..journal.left_behind import left_behind
from ..journal.news import SourceNews
from ..journal.readers import look_everywhere
from ..journal.server_clock import ms_of
from ..site import Site, SiteError

_OWN_SETTINGS = f"Look at {OF_SOURCES} in the settings."


async def of_sources(
    link: Connection, site: Site, open_source: OpenSource
) -> AsyncIterator[Finding]:
    """Yield what is found of each list of each source, on the source's own server."""
    for source in site.sources:
        try:
            at = open_source(source) if source.server else link
        except SiteError as error:
            yield Finding(f"{source.name} server", BAD, str(error), _OWN_SETTINGS)
            continue
        called = f"{source.name} " if len(site.sources) > 1 else ""
        elsewhere = source.name if source.server else ""
        try:
            for feed in feed_lists(source):
                kinds = [("list", feed.key), *(("relay", relay) for relay in feed.relays)]
                for kind, key in kinds:
                    check = f"{called}{kind} {feed.feed}"
                    yield await of_key(at, check, key, b"list", elsewhere)
        finally:
            if source.server:
                await at.close()


async def of_key(
    link: Connection, check: str, key: str, wanted: bytes, source: str = ""
) -> Finding:
    """Look at the type and the length of a key; `source` has a server of its own, if given."""
    where = f" at {link.address.shown}" if source else ""
    try:
        kind = await link.quick.type(key)
        kind = kind if isinstance(kind, bytes) else kind.encode()
        if kind not in (wanted, b"none"):
            return Finding(
                check,
                BAD,
                f"{key}{where} is a {kind.decode()}, not a {wanted.decode()}",
                "Something else uses that key: rename it there, or in `enigma-tui site edit`.",
            )
        length = await (link.quick.llen(key) if wanted == b"list" else link.quick.xlen(key))
    except FAILED as error:
        fault = explain(error, link.address.shown)
        fault = of_source(fault, source) if source else fault
        return Finding(check, BAD, f"{key}: {fault.sentence}", fault.remedy)
    words = "waiting" if wanted == b"list" else "entries"
    return Finding(check, OK, f"{key}{where}: {length:,} {words}")


async def of_leases(link: Connection, keys: Keys, site: Site, *, agreed: bool) -> Finding:
    """Look whether somebody collects from every source, and if not, what keeps them from it."""
    pipeline = link.quick.pipeline(transaction=False)
    pipeline.time()
    pipeline.hgetall(keys.collecting)
    for source in site.sources:
        pipeline.exists(keys.lease(source.name))
    try:
        clock, told, *held = await pipeline.execute()
    except FAILED as error:
        fault = explain(error, link.address.shown)
        return Finding("collector", BAD, f"{keys.collecting}: {fault.sentence}", fault.remedy)
    left = [source for source, lease in zip(site.sources, held, strict=True) if not lease]
    if not left:
        return Finding("collector", OK, "somebody collects")
    if not agreed:
        return Finding("collector", OK, "nobody collects, as nobody has agreed to")
    now_ms = ms_of(clock)
    news = SourceNews.of_all(left, told, now_ms)
    several = len(site.sources) > 1
    which = f" from {', '.join(source.name for source in left)}" if several else ""
    faults = [
        f"{name}: {each.fault}" if several else each.fault
        for name, each in news.items()
        if each.fault
    ]
    if not faults:
        return Finding(
            "collector",
            LOOK,
            f"nobody collects{which} at the moment",
            "Open a board, or run: enigma-tui collect",
        )
    return Finding(
        "collector",
        BAD,
        f"nobody can collect{which}; the last who tried met {', '.join(faults)}",
        "Mend that first; it is tried again by itself.",
    )


async def of_left(link: Connection, keys: Keys) -> Sequence[Finding]:
    """Return what collectors tell of batches that they cannot bring in; mostly nothing."""
    try:
        left = await left_behind(link, keys)
    except FAILED as error:
        fault = explain(error, link.address.shown)
        return [Finding("left behind", BAD, f"{keys.collecting}: {fault.sentence}", fault.remedy)]
    return [Finding("left behind", BAD, each.sentence, each.remedy) for each in left]


async def of_readers(link: Connection, site: Site, open_source: OpenSource) -> Sequence[Finding]:
    """Look for some seconds whether another program takes from lists where the sources are."""
    findings = []
    try:
        looks = await look_everywhere(link, site.sources, open_source)
    except SiteError as error:
        return [Finding("readers", LOOK, f"could not look: {error}", _OWN_SETTINGS)]
    for look in looks:
        for reader in look.readers:
            findings.append(
                Finding(
                    "readers",
                    BAD,
                    f"another program takes from lists at {look.where}: {reader}",
                    "Which lists is not visible. If it is one that is collected from, each gets a "
                    "part: name a list for it in relay_to of `enigma-tui site edit`.",
                )
            )
        if look.hindered:
            findings.append(
                Finding("readers", LOOK, f"could not look: {look.hindered} ({look.where})")
            )
        elif not look.readers:
            findings.append(
                Finding("readers", OK, f"no other program takes from lists at {look.where}")
            )
    return findings
