"""`enigma-tui tail`: one event a line, for people who listen and for scripts that read."""

import click

from ..journal.keys import Keys
from ..model.call import ORIGIN, EntryId
from ..model.phone import Dialplan
from ..model.sentences import Voice
from . import common, serving
from .board import check_alerts
from .filter_offers import offer_filters


@click.command("tail")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option(
    "--since", metavar="TIME", help="Begin so long ago, 90s, 30m, 8h, 7d, or at a date and time."
)
@click.option(
    "--filter",
    "filter_text",
    metavar="TEXT",
    help="Only calls that match.",
    shell_complete=offer_filters,
)
@click.option(
    "--figures",
    "figures_seconds",
    type=click.IntRange(1),
    metavar="SECONDS",
    help="Tell the figures of the last 30 minutes every so often.",
)
@click.option("--no-follow", is_flag=True, help="Print everything there is, and end.")
@click.pass_context
def command(
    ctx: click.Context,
    as_json: bool,
    since: str | None,
    filter_text: str | None,
    figures_seconds: int | None,
    no_follow: bool,
) -> None:
    """Print what happens, one event a line, until stopped.

    \b
      enigma-tui tail --since 8h --filter 'ext:2001'
      enigma-tui tail --figures 300
      enigma-tui tail --json | jq -r 'select(.event == "disposition") | .code'

    Each line is a sentence for people who listen: it says in words what the board says by
    colours and marks, alerts from your settings among it. Nothing is ever written over. With
    --json it is what happened to calls, for scripts.
    """
    from ..journal.follower import Follower
    from ..journal.together import together
    from .tailing import Printer
    from .telling import LinkTeller, Teller

    loaded = common.settings(ctx, filter=filter_text)
    settings = loaded.settings
    moment = common.moment_of("--since", since)
    query = common.filter_of(settings.filter, "--filter" if filter_text else "filter")
    check_alerts(loaded)
    link = serving.connection(settings, "tail")
    common.log_to_file()

    async def work() -> int:
        begin, asked_ms = ORIGIN if no_follow else None, 0
        if moment is not None or (no_follow and figures_seconds is not None):
            now, _ = await link.quick.time()  # entries are dated by the server's clock
            asked_ms = int(now) * 1000
        if moment is not None:
            begin = EntryId(moment.at(asked_ms), 0)
        voice = Voice(settings.hold_warning, settings.hold_critical)
        printer = Printer(
            query=query,
            dialplan=Dialplan(settings.region, masked=settings.mask),
            keep=settings.keep_calls,
            begin=begin,
            as_json=as_json,
            ends=no_follow,
            asked_ms=asked_ms,
            figures_seconds=figures_seconds,
            teller=None if as_json else Teller(query, settings.alerts, voice),
        )
        follower = Follower(link, Keys(settings.prefix), printer)
        printer.follower = follower
        printer.link_teller = LinkTeller(printer.say, follower.clock)
        await serving.until(printer.over, together(follower.run(), printer.seconds()))
        fault = follower.link.fault
        if no_follow and fault is not None:
            common.fail(str(fault))
        return 0

    serving.run(work(), link)
