"""`enigma-tui collect`: a collector without a screen, for a server that is always on."""

import asyncio
import signal
from collections.abc import Iterator
from typing import TYPE_CHECKING, NoReturn

import click

from ..journal.keys import Keys
from . import common, serving

if TYPE_CHECKING:
    from ..journal.collector import Collector, CollectorStatus
    from ..journal.connection import Connection
    from ..site import Site


@click.command("collect")
@click.option(
    "--yes",
    is_flag=True,
    help="Begin where nobody has yet, unless another program reads the lists.",
)
@click.option("--insist", is_flag=True, help="Begin though another program reads the lists.")
@click.pass_context
def command(ctx: click.Context, yes: bool, insist: bool) -> None:
    """Collect the PBX's notifications until stopped. Boards then need not.

    What supervisors record is delivered to the site's targets, too, where this process has their
    secrets.

    \b
      enigma-tui --redis-url redis://pbx.example/0 collect --yes
    """
    from ..journal.collector import Collector
    from ..journal.delivery import Deliverers
    from ..journal.sites import SiteStore
    from ..journal.together import together
    from ..site import Site
    from .delivering import report
    from .stealing import refuse_to_steal

    loaded = common.settings(ctx)
    common.refuse_read_only(loaded, "nothing is collected")
    common.log_to_file()
    link = serving.connection(loaded.settings, "collector")
    keys = Keys(loaded.settings.prefix)
    open_source = serving.opener(loaded.settings, "collector")

    async def work() -> int:
        store = SiteStore(link, keys)
        if await store.load() is None:
            site = Site()
            insisting = insist or loaded.settings.collect == "yes"
            if not yes and not insisting:
                _refuse(link, site)
            if not insisting:
                await refuse_to_steal(link, site.sources, open_source, _ADVICE)
            await store.save(site, serving.who(loaded, link).name, None)
        collector = Collector(link, keys, open_source=open_source)
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        deliverers = Deliverers(
            link,
            keys,
            serving.who(loaded, link).name,
            secrets=serving.delivery_secrets(loaded.settings),
        )
        reporting = asyncio.create_task(together(_report(collector), report(deliverers)))
        try:
            await serving.until(stop, together(collector.run(), deliverers.run()))
        finally:
            reporting.cancel()
            common.say(f"stopped; {collector.status.moved:,} notifications moved")
        return 0

    serving.run(work(), link)


def _refuse(link: "Connection", site: "Site") -> NoReturn:
    lists = ", ".join(source.inbound for source in site.sources)
    common.fail(
        f"nobody collects at {link.address.shown} yet. Collecting takes every "
        f"notification from {lists}; another program reading it would no longer see "
        "them. To begin: enigma-tui collect --yes"
    )


_ADVICE = (
    "Which lists it reads is not visible. If it is one that would be collected from, "
    "it would no longer see its notifications.\n"
    "To keep it, have it read another list, named in relay_to of: enigma-tui site "
    "edit. To begin in spite of it: enigma-tui collect --insist"
)


async def _report(collector: "Collector") -> None:
    """Say on stderr what changes, for whoever reads the service's log."""
    told: dict[str, str] = {}
    while True:
        now = dict(_state(collector.status))
        for name, words in now.items():
            if told.get(name) != words:
                common.say(f"{name}: {words}" if len(now) > 1 else words)
        told = now
        await asyncio.sleep(0.5)


def _state(status: "CollectorStatus") -> Iterator[tuple[str, str]]:
    """Yield what there is to say of each source, or of all."""
    if status.journal_fault is not None:
        yield "journal", str(status.journal_fault)
        return
    for name, source in status.sources.items():
        if source.fault is not None:
            yield name, str(source.fault)
        else:
            yield name, "collecting" if source.holding else "another one collects"
    if status.house is not None and status.house.fault is not None:
        yield "trimming", str(status.house.fault)
