"""What a check of the server finds: of `enigma-tui doctor`, and at a first start."""

from dataclasses import dataclass

OK, LOOK, BAD = "ok", "look", "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    check: str
    state: str
    """`ok`, `look` (works, but worth a look) or `bad`."""
    found: str
    remedy: str = ""
