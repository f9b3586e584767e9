"""`enigma-tui site`: the settings that everyone at a site shares."""

from typing import BinaryIO

import click

from ..journal.keys import Keys
from ..journal.sites import SiteStore, StoredSite
from ..settings import Loaded
from ..site import Site, SiteError
from . import common


@click.group("site")
def command() -> None:
    """The settings that a site shares; they live in Redis and every board follows them."""


def _writing(ctx: click.Context) -> Loaded:
    loaded = common.settings(ctx)
    common.refuse_read_only(loaded, "the site's settings are not written")
    return loaded


def _save(loaded: Loaded, site: Site, before: StoredSite | None) -> None:
    link = common.connection(loaded.settings, "site")

    async def write() -> int:
        store = SiteStore(link, Keys(loaded.settings.prefix))
        if await store.save(site, common.who(loaded, link).name, before):
            common.say("Written. Every board follows it.")
            return 0
        common.fail(
            "somebody else has changed the site's settings since they were read; "
            "nothing was written. Look at them with: enigma-tui site show"
        )

    common.run(write(), link)


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


@command.command("edit")
@click.pass_context
def edit(ctx: click.Context) -> None:
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
    _save(loaded, site, stored)


@command.command("set")
@click.argument("file", type=click.File("rb"))
@click.pass_context
def set_(ctx: click.Context, file: BinaryIO) -> None:
    """Write the site's settings from FILE (JSON; `-` for standard input).

    \b
      enigma-tui site set site.json
    """
    loaded = _writing(ctx)
    try:
        site = Site.from_json(file.read(), str(getattr(file, "name", "standard input")))
    except SiteError as error:
        common.fail(str(error), common.WRONG)
    _save(loaded, site, _read(loaded))
