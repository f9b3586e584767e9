"""The people who call the simulated centre, what they dial, and the odd things that arrive.

Every number is made up: the South African ones are of the form <area>555xxxx, the British,
American and German ones come from the ranges that those countries reserve for fiction.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

SUPPORT = "0115550100"
SALES = "0115550101"
ACCOUNTS = "0115550102"
CLAIMS = "0215550199"

LABELS: Mapping[str, str] = {
    SUPPORT: "Support",
    SALES: "Sales",
    ACCOUNTS: "Accounts",
    CLAIMS: "Claims",
}
"""What each dialled number is for."""

_DIALLED = (SUPPORT, SALES, ACCOUNTS, CLAIMS)
_DIALLED_WEIGHTS = (50, 20, 18, 12)
_AREAS = ("082", "083", "072", "011", "021", "031")
_AREA_WEIGHTS = (30, 22, 22, 12, 9, 5)
_ANONYMOUS_SHARE = 0.04
_FOREIGN_SHARE = 0.04
_REGULARS = 300

HOSTILE = (
    "\x1b[2J\x1b]0;owned\x07",
    "\x1b[31mred",
    "\x9b31mC1",
    "[red]x[/]",
    "[/]",
    "[@click=app.quit]x[/]",
    "\u202egnp.exe",
    "a\u200bb\u2060c",
    "two\nlines",
    "=HYPERLINK(A1)",
    "ACC-" + "9" * 5_000,
)
"""Texts that a caller could key in, or a caller-ID carry, to break a terminal or a table."""

UNREADABLE = (
    b'{type:"call", payload:{number:"0820001234"}}',
    b"not json",
    b"",
    b"[]",
    b'{"type":"call"}',
    b'{"type":"call","payload":{"number":"0825551234","ref":"2001"}}',
    b'{"type":"mystery","payload":{"call_ref":"1"}}',
    b'{"type":"call","payload":{"call_ref":"5","number":"08255',
    b"\xff\xfe\x00{",
)
"""Payloads that cannot be read, one kind each: bare keys, cut off, without a reference, …"""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the caller-ID as the PBX has it, and what was keyed into the IVR."""

    number: str
    contact_ref: str


class Callers:
    """A population with regulars in it, who keep their number and their account.

    `repeat_share` of the calls are a regular's; `reference_share` of the callers key in an
    account. All randomness is drawn from `random`.
    """

    def __init__(self, random: Random, *, repeat_share: float, reference_share: float) -> None:
        self._random = random
        self._repeat_share = repeat_share
        self._reference_share = reference_share
        self._regulars = [Caller(self._domestic(), self._reference()) for _ in range(_REGULARS)]

    def call(self) -> Caller:
        """Return the next caller."""
        if self._random.random() < self._repeat_share:
            return self._random.choice(self._regulars)
        return Caller(self._number(), self._reference())

    def hostile(self) -> Caller:
        """Return a caller with a hostile text as the reference or as the number."""
        text = self._random.choice(HOSTILE)
        if self._random.random() < 0.7:
            return Caller(self._domestic(), text)
        return Caller(text, self._reference())

    def dialled(self) -> str:
        """Return which of our numbers is dialled, one of `LABELS`."""
        return self._random.choices(_DIALLED, _DIALLED_WEIGHTS)[0]

    def _reference(self) -> str:
        known = self._random.random() < self._reference_share
        return f"ACC-{self._random.randrange(1000, 10_000)}" if known else ""

    def _number(self) -> str:
        draw = self._random.random()
        if draw < _ANONYMOUS_SHARE:
            return "anonymous"
        if draw < _ANONYMOUS_SHARE + _FOREIGN_SHARE:
            return self._foreign()
        return self._domestic()

    def _domestic(self) -> str:
        """Return a South African number, now and then in an international form."""
        area = self._random.choices(_AREAS, _AREA_WEIGHTS)[0]
        # From 1000 on: what the centre itself is dialled at stays apart.
        number = f"{area}555{self._random.randrange(1000, 10_000)}"
        prefix = self._random.choices(("0", "27", "0027"), (92, 5, 3))[0]
        return prefix + number[1:]

    def _foreign(self) -> str:
        made: Callable[[Random], str] = self._random.choice(_FOREIGN)
        return made(self._random)


_FOREIGN: tuple[Callable[[Random], str], ...] = (
    lambda random: f"+447700900{random.randrange(1000):03}",
    lambda random: f"+12025550{random.randrange(100, 200)}",
    lambda random: f"+493023125{random.randrange(1000):03}",
)
