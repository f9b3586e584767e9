"""Very many notifications, through two collectors, to three boards."""

import asyncio
import os
import sys

from ..nursery import Child, open_nursery
from ..result import Result, Size
from ..scene import Account, new_server, open_scene

COLLECTORS, BOARDS = 2, 3
KEEP = 20_000
"""Calls that a board holds, or a quarter of the notifications where there are few."""

GROWTH = 1.25
"""A board that holds all it may must not need more memory than that in the end."""

_BURST = 500


async def row(size: Size) -> Result:
    """Push as fast as the server takes them; the collectors are the program itself.

    Counted as lost: what any of the boards did not show. All must end with the same digest.
    """
    account = Account(f"{COLLECTORS} collectors, {BOARDS} boards")
    # More calls than a collector is ever behind with their records: a board that has let go of a
    # call takes its record for another one.
    keep = min(KEEP, size.notifications // 4)
    calls = size.notifications * 2 // 3 // _BURST * _BURST + _BURST
    async with (
        open_nursery() as nursery,
        new_server() as server,
        open_scene(nursery, server.url, watching=False) as scene,
    ):
        collectors = [
            await _collector(server.url, scene.prefix, str(server.directory))
            for _ in range(COLLECTORS)
        ]
        try:
            boards = [
                nursery.start("watch", url=scene.via, prefix=scene.prefix, keep=keep)
                for _ in range(BOARDS)
            ]
            pusher = nursery.start(
                "push",
                url=server.url,
                inbound=scene.pbx.inbound,
                cdr=scene.pbx.cdr,
                calls=calls,
                burst=_BURST,
            )
            pushed = await pusher.says("pushed", 1_200)
            ends = await asyncio.gather(*(_finish(board, pushed["accepted"]) for board in boards))
        finally:
            for collector in collectors:
                collector.terminate()
                await collector.wait()
        seen = [board.take("board") for board in boards]
        account.times = 1
        account.accepted = pushed["accepted"]
        account.destroyed = pushed["refused"]
        account.lost = sum(account.accepted - end["shown"] for end in ends)
        account.twice = sum(lines[-1]["twice"] for lines in seen)
        if len({end["digest"] for end in ends}) != 1:
            account.broken.append("the boards differ")
        # A board is full once it has held all it may; its memory must not grow from there.
        full = [[line["mb"] for line in lines if line["shown"] > 3 * keep] for lines in seen]
    peak = max((max(each) for each in full if each), default=0.0)
    first = min((each[0] for each in full if each), default=0.0)
    if peak > first * GROWTH and keep == KEEP:  # a smaller board is lost in what Python needs
        account.broken.append("a full board grows")
    rate = account.accepted / max(0.1, account.result().seconds)
    return account.result(
        f"same digest; {keep:,} calls held; {first:.0f} MB a board when first full, "
        f"{peak:.0f} MB at most; {rate:,.0f}/s"
    )


async def _collector(url: str, prefix: str, home: str) -> asyncio.subprocess.Process:
    """Start `enigma-tui collect`, without the settings of whoever runs this."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ENIGMA_TUI_")}
    homes = dict.fromkeys(("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"), home)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "enigma_tui", "--redis-url", url, "collect", "--yes"),
        env={**environment, **homes, "ENIGMA_TUI_PREFIX": prefix},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    said = await process.stderr.readline()
    assert said.strip() in (b"collecting", b"another one collects"), said
    return process


async def _finish(board: Child, accepted: int) -> dict[str, object]:
    """Wait until a board has shown everything and says its digest, or shows no more."""
    while True:
        end = await board.says("digest", 600)
        if end["shown"] >= accepted:
            return end
