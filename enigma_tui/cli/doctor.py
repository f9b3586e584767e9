"""`enigma-tui doctor`: is everything as it should be, and if not, what to do."""

import json
from collections.abc import AsyncIterator
from dataclasses import asdict

import click
from redis.exceptions import NoPermissionError

from ..journal.connection import Connection
from ..journal.faults import FAILED, explain
from ..journal.keys import Keys
from ..journal.sites import SiteStore
from ..model.text import safe
from ..site import Site, SiteError
from . import common
from .board import check
from .doctor_lists import of_key, of_leases, of_readers, of_sources
from .finding import BAD, LOOK, OK, Finding


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="The findings as JSON.")
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """Check settings, server, permissions and lists. Ends with 1 if anything is bad.

    Nothing is taken from a list, and nothing is left behind.

    \b
      enigma-tui --redis-url redis://pbx.example:6379/0 doctor
    """
    loaded = common.settings(ctx)
    check(loaded)
    link = common.connection(loaded.settings, "doctor")
    keys = Keys(loaded.settings.prefix)

    async def work() -> int:
        findings = [
            Finding("settings", OK, f"{len(loaded.origins)} set, the rest are defaults"),
        ]
        if not as_json:
            _print(findings[0])
        async for finding in examine(link, keys):
            findings.append(finding)
            if not as_json:
                _print(finding)
        if as_json:
            common.out(json.dumps([asdict(finding) for finding in findings], indent=2))
        return 1 if any(finding.state == BAD for finding in findings) else 0

    common.run(work(), link)


def _print(finding: Finding) -> None:
    common.out(f"{finding.state:<5} {finding.check:<12} {finding.found}")
    if finding.remedy:
        common.out(f"{'':<18} {finding.remedy}")


async def examine(link: Connection, keys: Keys) -> AsyncIterator[Finding]:
    """Yield what each check finds; later checks are left out when the server is away."""
    try:
        info = await link.quick.info("server")
    except FAILED as error:
        if not isinstance(error, NoPermissionError):
            fault = explain(error, link.address.shown)
            yield Finding("server", BAD, f"{fault.name}: {fault.sentence}", fault.remedy)
            return
        yield Finding("server", LOOK, f"{link.address.shown} answers; INFO is not permitted")
    else:
        yield _version(link, info)
    async for finding in _site_and_lists(link, keys):
        yield finding
    yield await _writes(link, keys)


def _version(link: Connection, info: dict[str, object]) -> Finding:
    name = "Valkey" if "valkey_version" in info else "Redis"
    version = safe(str(info.get("valkey_version") or info.get("redis_version") or "0"))
    found = f"{link.address.shown} is {name} {version}"
    numbers = [int(part) if part.isdigit() else 0 for part in version.split(".")[:2]]
    if name == "Redis" and numbers < [6, 2]:
        return Finding("server", BAD, found, "Redis 6.2 or later is needed.")
    return Finding("server", OK, found)


async def _site_and_lists(link: Connection, keys: Keys) -> AsyncIterator[Finding]:
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
        yield Finding("site", OK, f"{keys.site}: {len(stored.site.sources)} source(s)")
    site = stored.site if stored else Site()
    async for finding in of_sources(link, site):
        yield finding
    yield await of_key(link, "journal", keys.journal, b"stream")
    yield await of_leases(link, keys, site, agreed=stored is not None)
    for finding in await of_readers(link, site):
        yield finding


async def _writes(link: Connection, keys: Keys) -> Finding:
    """Try a write that leaves nothing: trimming nothing off a journal."""
    try:
        await link.quick.xtrim(keys.journal, maxlen=1 << 53, approximate=True)
    except FAILED as error:
        fault = explain(error, link.address.shown)
        return Finding("writing", BAD, fault.sentence, fault.remedy)
    return Finding("writing", OK, "the server takes writes")
