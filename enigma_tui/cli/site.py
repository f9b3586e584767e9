"""`enigma-tui site`: the settings that everyone at a site shares."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

import click

from ..journal.feeds import feed_lists
from ..journal.keys import Keys
from ..settings import Loaded
from ..site import Site, SiteError, Source
from . import common, serving

if TYPE_CHECKING:
    from ..journal.sites import StoredSite


@click.group("site")
def command() -> None:
    """The settings that a site shares; they live in Redis and every board follows them.

    \b
      enigma-tui site show
      enigma-tui site edit
    """


def _writing(ctx: click.Context) -> Loaded:
    loaded = common.settings(ctx)
    common.refuse_read_only(loaded, "the site's settings are not written")
    return loaded


@dataclass(frozen=True, slots=True)
class _Before:
    """What is to be replaced."""

    stored: "StoredSite | None"
    problem: str = ""
    """Why it cannot be read as settings; it can be replaced all the same."""

    @property
    def site(self) -> Site | None:
        """The settings, if there are any."""
        return self.stored.site if self.stored and not self.problem else None

    @property
    def text(self) -> str:
        """What is to be edited: of settings that cannot be read, what is written there."""
        if self.stored and self.problem:
            return self.stored.text.decode("utf-8", "replace")
        return (self.site or Site()).to_json()


def _before(loaded: Loaded) -> _Before:
    from ..journal.sites import SiteStore, StoredSite

    link = serving.connection(loaded.settings, "site")
    store = SiteStore(link, Keys(loaded.settings.prefix))

    async def read() -> _Before:
        try:
            return _Before(await store.load())
        except SiteError as error:
            return _Before(StoredSite(Site(), await store.text() or b""), str(error))

    return serving.ask(read(), link)


def _save(loaded: Loaded, site: Site, before: _Before, *, insist: bool, typed: str = "") -> None:
    from ..journal.sites import SiteStore
    from .stealing import refuse_to_steal

    link = serving.connection(loaded.settings, "site")

    async def write() -> int:
        if not insist:
            await refuse_to_steal(
                link,
                _collected_anew(site, before.site),
                serving.opener(loaded.settings, "site"),
                _ADVICE,
                # What was typed must not be lost with the refusal.
                before=lambda: click.echo(typed) if typed else None,
            )
        store = SiteStore(link, Keys(loaded.settings.prefix))
        if await store.save(site, serving.who(loaded, link).name, before.stored):
            common.say("Written. Every board follows it.")
            return 0
        common.fail(
            "somebody else has changed the site's settings since they were read; "
            "nothing was written. Look at them with: enigma-tui site show"
        )

    serving.run(write(), link)


_ADVICE = (
    "Which lists it reads is not visible. "
    "Nothing was written. Stop that program first, and have it read a list of its own, "
    "named in relay_to; or write in spite of it: --insist"
)


def _collected_anew(site: Site, before: Site | None) -> Sequence[Source]:
    """Return the sources with a list that was not collected from before."""
    known = _lists(before) if before else frozenset()
    return [source for source in site.sources if _lists_of(source) - known]


def _lists(site: Site) -> frozenset[tuple[str, str]]:
    return frozenset(each for source in site.sources for each in _lists_of(source))


def _lists_of(source: Source) -> frozenset[tuple[str, str]]:
    return frozenset((source.server, feed.key) for feed in feed_lists(source))


@command.command("show")
@click.pass_context
def show(ctx: click.Context) -> None:
    """Print the site's settings as JSON.

    \b
      enigma-tui site show > site.json
    """
    loaded = common.settings(ctx)
    link = serving.connection(loaded.settings, "site")
    stored = serving.ask(serving.stored_site(link, Keys(loaded.settings.prefix)), link)
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
    """Open the site's settings in your editor ($EDITOR).

    \b
      enigma-tui site edit
    """
    loaded = _writing(ctx)
    before = _before(loaded)
    if before.problem:
        common.say(before.problem)
    text = click.edit(before.text + "\n", extension=".json")
    if text is None or text.strip() == before.text.strip():
        common.say("Nothing changed.")
        return
    try:
        site = Site.from_json(text, "what you typed")
    except SiteError as error:
        # What was typed must not be lost with the mistake in it.
        click.echo(text)
        common.fail(f"{error}\nnothing was written; what you typed stands above", common.WRONG)
    _save(loaded, site, before, insist=insist, typed=text)


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
    _save(loaded, site, _before(loaded), insist=insist)
