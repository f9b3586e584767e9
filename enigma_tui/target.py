"""What all targets of delivery have in common.

Most sites have none, so their kinds (`targets`) are loaded only where there is one.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Self, Union

import msgspec
from msgspec import Meta

from .values import Checked

Name = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9_.-]{1,32}\Z",
        description="expected are 1 to 32 letters, digits, underscores, dots and dashes",
    ),
]
"""What a target or a source may be called; it stands in keys and in the journal."""


class Target(Checked):
    """A system that recorded outcomes are handed on to; its `kind` says which class reads it."""

    __slots__ = ()

    kind: str
    name: str
    max_age_minutes: int
    since_ms: int

    def since(self, since_ms: int) -> Self:
        """Return it with the time from which on it is told; milliseconds since the epoch."""
        raise NotImplementedError

    def references(self) -> Iterable[str]:
        """Return what it has of secrets: `secret:NAME`."""
        return ()

    @property
    def address(self) -> str:
        """Where it is sent to over HTTP, or a reference to that; empty where it is not."""
        return ""

    @property
    def list(self) -> str:
        """The list on the journal's server that it fills; empty where it fills none."""
        return ""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        """Have pydantic choose by the kind, as `read_target` does."""
        if cls is not Target:
            return handler(source)
        from pydantic import Discriminator  # who calls this has loaded it

        from .targets import KINDS

        kinds: Any = Union[tuple(KINDS.values())]  # noqa: UP007
        return handler.generate_schema(Annotated[kinds, Discriminator("kind")])


def read_target(_: type, value: Any) -> Target:
    """Read one target for msgspec; raises `ValueError` where it is none."""
    from .targets import KINDS

    if not isinstance(value, Mapping) or value.get("kind") not in KINDS:
        raise ValueError("there is no such kind of target")
    return msgspec.convert(value, KINDS[value["kind"]])
