"""A bar on stderr for what takes a while, where somebody sits before it."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Step = Callable[[], None]
"""Called after each of so many steps."""


@contextmanager
def progress(what: str, total: int) -> Iterator[Step]:
    """Show a bar on stderr while something is done, if that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda: bar.advance(task)
