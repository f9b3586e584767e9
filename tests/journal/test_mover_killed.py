"""A mover killed before or after any of its commands has lost nothing and repeats nothing."""

import subprocess
import sys
from pathlib import Path

from tests.journal.bench import CDR, Bench, drain


async def test_killed_between_any_two_commands_it_loses_and_repeats_nothing(bench: Bench) -> None:
    done = subprocess.run(  # noqa: ASYNC221 - nothing else is to go on meanwhile
        [
            *(sys.executable, "-m", "tests.journal.killed"),
            *(server.url for server in bench.servers.values()),
        ],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    killed, pushed = map(int, done.stdout.split())
    # One command, or three for each of two lists; each sent or not.
    assert killed >= (12 if bench.apart else 2)
    await drain(bench.mover(collect_cdr=True, relay_to=("crm",)))
    sent = [b"%d" % n for n in range(pushed)]
    for feed in (b"inbound", b"cdr"):
        assert [f[b"raw"] for f in await bench.entries() if f[b"feed"] == feed] == sent
    assert await bench.list("crm") == sent
    assert await bench.list() == await bench.list(CDR) == []
