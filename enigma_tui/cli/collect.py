"""`enigma-tui collect`: a collector without a screen, for a server that is always on."""

import asyncio
import signal

import click

from ..journal.collector import Collector
from ..journal.faults import Fault
from ..journal.keys import Keys
from ..journal.sites import SiteStore
from ..site import Site
from . import common


@click.command("collect")
@click.option("--yes", is_flag=True, help="Begin collecting where nobody has yet.")
@click.pass_context
def command(ctx: click.Context, yes: bool) -> None:
    """Collect the PBX's notifications until stopped. Boards then need not.

    \b
      enigma-tui --redis-url redis://pbx.example/0 collect --yes
    """
    loaded = common.settings(ctx)
    common.refuse_read_only(loaded, "nothing is collected")
    common.log_to_file()
    link = common.connection(loaded.settings, "collector")
    keys = Keys(loaded.settings.prefix)

    async def work() -> int:
        store = SiteStore(link, keys)
        if await store.load() is None:
            site = Site()
            lists = ", ".join(source.inbound for source in site.sources)
            if not yes and loaded.settings.collect != "yes":
                common.fail(
                    f"nobody collects at {link.address.shown} yet. Collecting takes every "
                    f"notification from {lists}; another program reading it would no longer see "
                    "them. To begin: enigma-tui collect --yes",
                    common.WRONG,
                )
            await store.save(site, common.who(loaded, link).name, None)
        collector = Collector(link, keys)
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        reporting = asyncio.create_task(_report(collector))
        try:
            await common.until(stop, collector.run())
        finally:
            reporting.cancel()
            common.say(f"stopped; {collector.status.moved:,} notifications moved")
        return 0

    common.run(work(), link)


async def _report(collector: Collector) -> None:
    """Say on stderr what changes, for whoever reads the service's log."""
    told: tuple[bool, Fault | None] | None = None
    while True:
        status = collector.status
        state = (status.holding, status.fault)
        if state != told:
            told = state
            if status.fault:
                common.say(str(status.fault))
            else:
                common.say("collecting" if status.holding else "another one collects")
        await asyncio.sleep(0.5)
