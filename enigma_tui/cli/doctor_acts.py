"""What `enigma-tui doctor` finds of acts that wait on this machine."""

import shlex
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from ..finding import LOOK, Finding
from ..journal.pending import KeepingError, kept_in
from ..model.text import safe


def counted(number: int, what: str) -> str:
    """Write how many there are of a thing."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def of_acts(directory: Path) -> Iterator[Finding]:
    """Yield what waits here to be handed in, or to be seen, for whichever server and name."""
    try:
        kept = kept_in(directory)
    except KeepingError as error:
        yield Finding("acts", LOOK, str(error), "Look at that file: acts may wait in it.")
        return
    for each in kept:
        since = datetime.fromtimestamp(each.since_ms / 1000, UTC).astimezone()
        told = [f"{counted(each.waiting, 'act')} to hand in"] if each.waiting else []
        told += [f"{counted(each.refused, 'act')} that the server refused"] if each.refused else []
        yield Finding(
            "acts",
            LOOK,
            f"{' and '.join(told)} on this machine since {since:%Y-%m-%d %H:%M}, "
            f"for {safe(each.identity, 500)}",
            "A board with that address, prefix and name hands them in, and lists them with o: open "
            "one, unless it is open. If that server is gone for good, give the acts up by removing "
            f"{' and '.join(shlex.quote(str(file)) for file in each.files)}",
        )
