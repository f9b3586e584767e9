"""What a floor goes by until its site's settings are known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..model.call import Policy
from ..model.metrics import ServiceLevel


@dataclass(frozen=True, slots=True)
class UnknownSite:
    """A `Site` as it is by default, so far as the first frame shows one.

    The real one brings what the sources and targets of a site are, which the frame does not show.
    """

    title: str = ""
    sources: Sequence[Any] = ()
    delivery: Sequence[Any] = ()
    numbers: Mapping[str, str] = field(default_factory=dict)

    def service_level(self) -> ServiceLevel:
        """Return what most sites call good service."""
        return ServiceLevel()

    def policy(self) -> Policy:
        """Return what is known about how calls end: nothing."""
        return Policy()
