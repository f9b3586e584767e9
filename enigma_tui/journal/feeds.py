"""The lists that a source's notifications arrive in."""

from collections.abc import Sequence

from msgspec import Struct

from ..site import Source


class FeedList(Struct, frozen=True):
    """One list that a source's feed arrives in."""

    key: str
    kind: str
    """The kind of journal entry that its notifications become."""
    feed: str
    relays: tuple[str, ...] = ()
    """The lists on the same server that get an untouched copy."""


def feed_lists(source: Source) -> Sequence[FeedList]:
    """Return the lists to collect from, connections before ends, so that those come first."""
    lists = [FeedList(source.inbound, "call", "inbound", source.relay_to)]
    if source.collect_cdr:
        lists.append(FeedList(source.cdr, "cdr", "cdr", source.relay_cdr_to))
    return lists
