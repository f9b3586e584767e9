"""Tells on which of two servers something failed: the error itself does not say."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from .faults import FAILED

_KEPT = 8


@dataclass(slots=True)
class Blame:
    """Remembers the last failures of a source's own server; several things may fail at once."""

    _errors: list[BaseException] = field(default_factory=list)

    @contextmanager
    def source(self) -> Iterator[None]:
        """Stand around what asks the source's server, and nothing else."""
        try:
            yield
        except FAILED as error:
            self._errors = [*self._errors[1 - _KEPT :], error]
            raise

    def is_for(self, error: BaseException) -> bool:
        """Whether it was the source's server that failed so."""
        return any(each is error for each in self._errors)
