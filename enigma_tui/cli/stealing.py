"""Ends a command that would take another program's notifications."""

from collections.abc import Callable, Iterable

from ..journal.collector import OpenSource
from ..journal.connection import Connection
from ..journal.readers import look_everywhere
from ..site import Source
from . import common


async def refuse_to_steal(
    link: Connection,
    sources: Iterable[Source],
    open_source: OpenSource,
    advice: str,
    before: Callable[[], None] = lambda: None,
) -> None:
    """End if another program is seen reading where `sources` would be collected from.

    `advice` is what to do then; `before` is called before the program ends.
    """
    for look in await look_everywhere(link, sources, open_source):
        if look.hindered:
            common.say(f"could not look who else reads at {look.where}: {look.hindered}")
        if look.readers:
            before()
            readers = "; ".join(map(str, look.readers))
            common.fail(f"another program takes from lists at {look.where}: {readers}.\n{advice}")
