"""What the demo shows: a site with its labels and CDRs, and a PBX pushing into its lists."""

from collections.abc import Awaitable, Callable
from contextlib import suppress

from ..journal.connection import Connection
from ..journal.faults import LOST
from ..site import Click2Dial, Site, Source
from .callers import LABELS
from .simulator import Profile

MOST_AGENTS = 2_000


def site(click2dial: str = "") -> Site:
    """Return the shared settings of the simulated site; `click2dial` is where it calls back."""
    source = Source(collect_cdr=True, click2dial=Click2Dial(server=click2dial))
    return Site(title="Support floor", sources=(source,), numbers=dict(LABELS))


def profile(calls_per_minute: float) -> Profile:
    """Return a floor that is staffed for so many calls.

    Beyond what `MOST_AGENTS` can take, conversations get shorter instead.
    """
    usual = Profile()
    wanted = round(usual.agents * calls_per_minute / usual.calls_per_minute)
    agents = min(MOST_AGENTS, max(4, wanted))
    return Profile(
        calls_per_minute=calls_per_minute,
        agents=agents,
        mean_talk=usual.mean_talk * min(1.0, agents / max(1, wanted)),
    )


def push_to(link: Connection) -> Callable[[str, list[bytes]], Awaitable[object]]:
    """Return what appends to a list as the PBX does.

    Where the server does not answer, what was pushed may be gone: a PBX does not push it again.
    """

    async def push(key: str, payloads: list[bytes]) -> object:
        with suppress(*LOST):
            return await link.quick.rpush(key, *payloads)
        return 0

    return push
