"""The id of a batch: what it was taken under, and a token that no other batch has.

A batch outlives the settings that it was taken under: its source may be renamed before it has been
dropped. So the id itself says where the batch belongs, and nothing is looked up in the settings.
"""

import re
import secrets
from dataclasses import dataclass

_FORM = re.compile(rb"([A-Za-z0-9_.-]{1,32}):(call|cdr):(inbound|cdr):[0-9a-f]{24}")


@dataclass(frozen=True, slots=True)
class Label:
    """What a batch's notifications are in the journal."""

    source: str
    kind: str
    feed: str

    def new_id(self) -> str:
        """Return an id for a batch: `source:kind:feed:token`."""
        return f"{self.source}:{self.kind}:{self.feed}:{secrets.token_hex(12)}"

    def of(self, batch_id: bytes) -> "Label":
        """Return what a batch's id says; for an id of an older form, which says nothing, this."""
        match = _FORM.fullmatch(batch_id)
        return Label(*(part.decode() for part in match.groups())) if match else self
