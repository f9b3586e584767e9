"""`enigma-tui demo`: everything in one command, nothing real touched."""

import secrets
import time
from dataclasses import replace
from functools import partial

import click

from ..journal.keys import DEFAULT_PREFIX
from ..settings import DEMO
from . import common, serving
from .board import open_board

HEAD_START = 600.0
"""Seconds that the simulated day is old when the board opens, so that the floor is busy."""

_OWN = {
    **{"collect": "yes", "filter": "", "prefix": DEFAULT_PREFIX, "read_only": False},
    **{"extension": "2999", "alerts": (), "phone_url": ""},
    **{"username": "", "password": "", "sentinel_password": ""},
    **{"tls_ca": "", "tls_certificate": "", "tls_key": ""},
}
"""What a supervisor has set for the real floor, and would leave the simulated one empty or shut,
or have it run programs, or ring with real calls."""


@click.command("demo")
@click.option("--rate", type=click.FloatRange(0.1, 60_000), help="Calls a minute.", default=14.0)
@click.option("--seed", type=int, help="Which simulated day; the same seed, the same calls.")
@click.pass_context
def command(ctx: click.Context, rate: float, seed: int | None) -> None:
    """Open the board on an embedded server with a simulated PBX.

    \b
      enigma-tui demo --rate 60 --seed 7
    """
    import redis

    from ..demo.click2dial import SimulatedClick2Dial
    from ..demo.embedded import EmbeddedServer, EmbeddedServerError
    from ..demo.show import profile, push_to, site
    from ..demo.simulator import CDR, Pbx, drive

    seed = secrets.randbelow(1_000_000) if seed is None else seed
    try:
        with (
            EmbeddedServer() as server,
            redis.Redis.from_url(server.url) as lists,
            SimulatedClick2Dial(partial(lists.rpush, CDR)) as click2dial,
        ):
            loaded = common.settings(ctx, presets=_OWN, redis_url=server.url)
            loaded = replace(loaded, origins={**loaded.origins, "redis_url": DEMO})
            link = serving.connection(loaded.settings, "demo-pbx")
            pbx = Pbx(seed, profile(rate), epoch=time.time() - HEAD_START)
            open_board(
                ctx,
                loaded=loaded,
                first_site=site(click2dial.address),
                greeting=f"A simulated PBX, seed {seed}. A second screen on it:\n"
                f"enigma-tui --redis-url {server.url}",
                keeps=False,
                beside=partial(drive, push_to(link), pbx.pushes(), head_start=HEAD_START),
            )
    except EmbeddedServerError as error:
        common.fail(str(error))
