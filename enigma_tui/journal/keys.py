"""The name of every key that the program writes, and nothing else."""

from dataclasses import dataclass

from ..model.call import CallKey, Feed

DEFAULT_PREFIX = "enigma-tui"


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys under one prefix.

    The braces make them one hash slot, so that the scripts that touch several of them run in a
    cluster too.
    """

    prefix: str = DEFAULT_PREFIX

    @property
    def journal(self) -> str:
        """The stream of everything that happened."""
        return f"{{{self.prefix}}}:journal"

    @property
    def site(self) -> str:
        """The shared settings, as JSON."""
        return f"{{{self.prefix}}}:site"

    @property
    def lease(self) -> str:
        """Who collects at the moment."""
        return f"{{{self.prefix}}}:collector"

    def call(self, key: CallKey) -> str:
        """The hash that decides between two supervisors acting on one call."""
        # The reference comes last: it may hold a colon, the other parts cannot.
        return f"{{{self.prefix}}}:call:{key.source}:{key.feed}:{key.since}:{key.call_ref}"

    def reference(self, source: str, feed: Feed, call_ref: str) -> str:
        """The newest use of a feed's reference that anyone has acted on."""
        return f"{{{self.prefix}}}:ref:{source}:{feed}:{call_ref}"
