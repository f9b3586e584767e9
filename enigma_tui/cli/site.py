"""`enigma-tui site`: the settings that everyone at a site shares."""

from collections.abc import Sequence
from typing import BinaryIO

import click

from ..journal.keys import Keys
from ..journal.mover import feed_lists
from ..journal.sites import SiteStore, StoredSite
from ..settings import Loaded
from ..site import Site, SiteError, Source
from . import common
from .stealing import refuse_to_steal


@click.group("site")
def command() -> None:
    """The settings that a site shares; they live in Redis and every board follows them."""


def _writing(ctx: click.Context) -> Loaded:
    loaded = common.settings(ctx)
    common.refuse_read_only(loaded, "the site's settings are not written")
    return loaded


def _save(
    loaded: Loaded, site: Site, before: StoredSite | None, *, insist: bool, typed: str = ""
) -> None:
    link = common.connection(loaded.settings, "site")

    async def write() -> int:
        if not insist:
            await refuse_to_steal(
                link,
                _collected_anew(site, before),
                common.opener(loaded.settings, "site"),
                _ADVICE,
                # What was typed must not be lost with the refusal.
                before=lambda: click.echo(typed) if typed else None,
            )
        store = SiteStore(link, Keys(loaded.settings.prefix))
        if await store.save(site, common.who(loaded, link).name, before):
            common.say("Written. Every board follows it.")
            return 0
        common.fail(
            "somebody else has changed the site's settings since they were read; "
            "nothing was written. Look at them with: enigma-tui site show"
        )

    common.run(write(), link)


_ADVICE = (
    "Which lists it reads is not visible. "
    "Nothing was written. Stop that program first, and have it read a list of its own, "
    "named in relay_to; or write in spite of it: --insist"
)


def _collected_anew(site: Site, before: StoredSite | None) -> Sequence[Source]:
    """Return the sources with a list that was not collected from before."""
    known = _lists(before.site) if before else frozenset()
    return [source for source in site.sources if _lists_of(source) - known]


def _lists(site: Site) -> frozenset[tuple[str, str]]:
    return frozenset(each for source in site.sources for each in _lists_of(source))


def _lists_of(source: Source) -> frozenset[tuple[str, str]]:
    return frozenset((source.server, feed.key) for feed in feed_lists(source))


def _read(loaded: Loaded) -> StoredSite | None:
    link = common.connection(loaded.settings, "site")
    return common.ask(common.stored_site(link, Keys(loaded.settings.prefix)), link)


@command.command("show")
@click.pass_context
def show(ctx: click.Context) -> None:
    """Print the site's settings as JSON.

    \b
      enigma-tui site show > site.json
    """
    stored = _read(common.settings(ctx))
    if stored is None:
        common.say("nobody has written any yet; these are the defaults")
    click.echo((stored.site if stored else Site()).to_json())


_insist = click.option(
    "--insist", is_flag=True, help="Write though another program reads a list that is new here."
)


@command.command("edit")
@_insist
@click.pass_context
def edit(ctx: click.Context, insist: bool) -> None:
    """Open the site's settings in your editor ($EDITOR)."""
    loaded = _writing(ctx)
    stored = _read(loaded)
    before = (stored.site if stored else Site()).to_json()
    text = click.edit(before + "\n", extension=".json")
    if text is None or text.strip() == before.strip():
        common.say("Nothing changed.")
        return
    try:
        site = Site.from_json(text, "what you typed")
    except SiteError as error:
        # What was typed must not be lost with the mistake in it.
        click.echo(text)
        common.fail(f"{error}\nnothing was written; what you typed stands above", common.WRONG)
    _save(loaded, site, stored, insist=insist, typed=text)


@command.command("set")
@click.argument("file", type=click.File("rb"))
@_insist
@click.pass_context
def set_(ctx: click.Context, file: BinaryIO, insist: bool) -> None:
    """Write the site's settings from FILE (JSON; `-` for standard input).

    \b
      enigma-tui site set site.json
    """
    loaded = _writing(ctx)
    try:
        site = Site.from_json(file.read(), str(getattr(file, "name", "standard input")))
    except SiteError as error:
        common.fail(str(error), common.WRONG)
    _save(loaded, site, _read(loaded), insist=insist)
