"""The name of every key that the program writes, and nothing else."""

from msgspec import Struct

from ..model.call import CallKey, Feed

DEFAULT_PREFIX = "enigma-tui"


class Keys(Struct, frozen=True):
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

    def lease(self, source: str) -> str:
        """Who collects from a source at the moment."""
        return f"{{{self.prefix}}}:collector:{source}"

    def listening(self, server: str) -> str:
        """Who listens to what a server publishes, at the moment; `Source.server_tag` names it."""
        # No source's name has a colon.
        return f"{{{self.prefix}}}:collector:agents:{server}"

    @property
    def house(self) -> str:
        """Who trims the journal at the moment."""
        return f"{{{self.prefix}}}:house"

    @property
    def collecting(self) -> str:
        """A hash in which each source's collector tells how it fares: `Lease.news`."""
        return f"{{{self.prefix}}}:collecting"

    def batches(self, source: str, feed: str) -> str:
        """The ids of the batches of one list that are in the journal already, by time.

        Each list has its own, so that a busy source does not push out the ids of one that is
        away: its last batch may be waiting there to be dropped.
        """
        return f"{{{self.prefix}}}:batches:{source}:{feed}"

    @property
    def batch_lists(self) -> str:
        """A hash of the lists from which batches have been taken: see `left.py`."""
        return f"{{{self.prefix}}}:batches:lists"

    def batch(self, list_key: str) -> str:
        """What has been taken from a list and is not dropped yet; on the source's own server.

        It is in the list's hash slot, so that one script reaches both. (For a list with a `}` and
        no hash tag there is no such name; in a cluster the server refuses it.)
        """
        if list_key.startswith("{") and list_key.endswith("}"):
            # As below it would have the name of another list's, that without the braces.
            return f"{list_key}:{self.prefix}:batched"
        opening = list_key.find("{")
        tagged = opening >= 0 and list_key.find("}", opening) > opening + 1
        slot = list_key if tagged else f"{{{list_key}}}"
        return f"{slot}:{self.prefix}:batch"

    def delivering(self, target: str) -> str:
        """Who delivers to a target at the moment."""
        return f"{{{self.prefix}}}:delivery:{target}"

    def delivered(self, target: str) -> str:
        """How far delivery to a target has come: a hash, see `scripts/deliver.lua`."""
        return f"{{{self.prefix}}}:delivered:{target}"

    @property
    def standstill(self) -> str:
        """A hash in which deliverers tell why a target is told nothing: see `standstill.py`."""
        return f"{{{self.prefix}}}:standstill"

    def call(self, key: CallKey) -> str:
        """The hash that decides between two supervisors acting on one call."""
        # The reference comes last: it may hold a colon, the other parts cannot.
        return f"{{{self.prefix}}}:call:{key.source}:{key.feed}:{key.since}:{key.call_ref}"

    def reference(self, source: str, feed: Feed, call_ref: str) -> str:
        """The newest use of a feed's reference that anyone has acted on."""
        return f"{{{self.prefix}}}:ref:{source}:{feed}:{call_ref}"
