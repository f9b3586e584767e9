"""`enigma-tui site`: the settings that everyone at a site shares."""

from typing import BinaryIO

import click

from ..journal.keys import Keys
from ..journal.sites import SiteStore, StoredSite
from ..site import Site, SiteError
from . import common


@click.group("site")
def command() -> None:
    """The settings that a site shares; they live in Redis and every board follows them."""


def _save(ctx: click.Context, text: str | bytes, where: str, before: StoredSite | None) -> None:
    loaded = common.settings(ctx)
    link = common.connection(loaded.settings, "site")

    async def write() -> int:
        store = SiteStore(link, Keys(loaded.settings.prefix))
        site = Site.from_json(text, where)
        if await store.save(site, common.who(loaded, link).name, before):
            click.echo("Written. Every board follows it.", err=True)
            return 0
        common.fail(
            "somebody else has changed the site's settings since they were read; "
            "nothing was written. Look at them with: enigma-tui site show"
        )

    common.run(write(), link)


def _read(ctx: click.Context) -> StoredSite | None:
    import asyncio

    from ..journal.faults import FAILED, explain

    loaded = common.settings(ctx)
    link = common.connection(loaded.settings, "site")

    async def read() -> StoredSite | None:
        try:
            return await SiteStore(link, Keys(loaded.settings.prefix)).load()
        finally:
            await link.close()

    try:
        return asyncio.run(read())
    except FAILED as error:
        common.fail(str(explain(error, link.address.shown)))
    except SiteError as error:
        common.fail(str(error))


@command.command("show")
@click.pass_context
def show(ctx: click.Context) -> None:
    """Print the site's settings as JSON.

    \b
      enigma-tui site show > site.json
    """
    stored = _read(ctx)
    if stored is None:
        click.echo("nobody has written any yet; these are the defaults", err=True)
    click.echo((stored.site if stored else Site()).to_json())


@command.command("edit")
@click.pass_context
def edit(ctx: click.Context) -> None:
    """Open the site's settings in your editor ($EDITOR)."""
    stored = _read(ctx)
    before = (stored.site if stored else Site()).to_json()
    text = click.edit(before + "\n", extension=".json")
    if text is None or text.strip() == before.strip():
        click.echo("Nothing changed.", err=True)
        return
    try:
        Site.from_json(text, "what you typed")
    except SiteError as error:
        # What was typed must not be lost with the mistake in it.
        click.echo(text)
        common.fail(f"{error}\nnothing was written; what you typed stands above", common.WRONG)
    _save(ctx, text, "what you typed", stored)


@command.command("set")
@click.argument("file", type=click.File("rb"))
@click.pass_context
def set_(ctx: click.Context, file: BinaryIO) -> None:
    """Write the site's settings from FILE (JSON; `-` for standard input).

    \b
      enigma-tui site set site.json
    """
    text = file.read()
    where = getattr(file, "name", "standard input")
    try:
        Site.from_json(text, str(where))
    except SiteError as error:
        common.fail(str(error), common.WRONG)
    _save(ctx, text, str(where), _read(ctx))
