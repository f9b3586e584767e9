"""A site on a real server, with a PBX that pushes and a board that watches; and its account."""

import asyncio
import contextlib
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.journal.connection import Address, Connection, connect
from enigma_tui.journal.follower import Follower
from enigma_tui.journal.keys import Keys
from enigma_tui.journal.sites import SiteStore
from enigma_tui.journal.stream import Journal
from enigma_tui.model.call import ORIGIN
from enigma_tui.site import Retention, Site, Source

from .nursery import Child, Nursery
from .patience import Impatient, until
from .pbx import Pbx
from .result import Result
from .watch import Watch

SETTLE_SECONDS = 120.0
"""Within which everything accepted must be on the board once a fault is over."""


@dataclass(slots=True)
class Scene:
    """One site that goes through a fault."""

    prefix: str
    connection: Connection
    """Straight to the journal's server."""
    source: Connection
    """Straight to the PBX's."""
    via: str
    """The address that collectors and boards use: the server's, or a proxy's."""
    pbx: Pbx
    watch: Watch
    follower: Follower
    nursery: Nursery
    collectors: list[Child] = field(default_factory=list)
    acts_twice: int = 0
    """Acts recorded twice, where a row hands some in."""

    @property
    def keys(self) -> Keys:
        """The site's keys."""
        return Keys(self.prefix)

    def collector(self, *, kill_at: int = 0) -> Child:
        """Start a collector process."""
        child = self.nursery.start("collect", kill_at=kill_at, url=self.via, prefix=self.prefix)
        self.collectors.append(child)
        return child

    async def settled(self, seconds: float = SETTLE_SECONDS) -> float:
        """Wait until the board shows all that was accepted; return the seconds it took."""
        return await until(
            lambda: self.pbx.accepted.missing_in(self.watch.shown) == 0,
            lambda: f"{self.prefix}: everything accepted is on the board; {self._state()}",
            seconds,
        )

    def _state(self) -> str:
        """Return what may tell why something is missing."""
        link = self.follower.link
        told = [child.latest("status") for child in self.collectors if not child.ended.done()]
        return (
            f"{self.pbx.accepted.missing_in(self.watch.shown)} missing; the board is "
            f"{'connected' if link.connected else 'away'}, fault {link.fault}, "
            f"pulse {self.follower.pulse}; collectors {told}\n{self.nursery.log()}"
        )

    async def journalled_twice(self) -> int:
        """Return how many notifications stand in the journal more than once."""
        journal, last, seen, again = Journal(self.connection, self.keys), ORIGIN, set(), 0
        while entries := await journal.after(last, wait=False):
            for _, fields in entries:
                raw = fields.get(b"raw")
                again += raw is not None and raw in seen
                seen.add(raw)
            last = entries[-1][0]
        return again


@contextlib.asynccontextmanager
async def new_server(*arguments: str) -> AsyncIterator[EmbeddedServer]:
    """A server that may be killed and started again with its data."""
    with tempfile.TemporaryDirectory(prefix="enigma-", dir="/tmp") as home:
        server = EmbeddedServer(Path(home), port=0, arguments=arguments)
        await asyncio.to_thread(server.start)
        try:
            yield server
        finally:
            await asyncio.to_thread(server.stop)


@contextlib.asynccontextmanager
async def open_scene(
    nursery: Nursery,
    url: str,
    *,
    prefix: str = "faults",
    source_url: str = "",
    source_via: str = "",
    via: str = "",
    push_to: Callable[[], str] | None = None,
    confirm: tuple[str | int, ...] = (),
    publish: bool = False,
    watching: bool = True,
) -> AsyncIterator[Scene]:
    """A site with its settings written, a board that follows, and a PBX that is still.

    `source_url` is where the PBX pushes when that is another server than the journal's, and
    `source_via` the address at which collectors find it, where that is a proxy's; `push_to` is
    for a PBX that has to look for its server. With `publish` agents' states are published, too,
    and listened to. Not `watching`, the board stays empty: the row has boards of its own.
    """
    connection = connect(Address(url), "faults")
    # The tag is for clusters: there one script can reach both.
    pbx = Pbx(
        push_to or source_url or url,
        f"{{{prefix}-pbx}}:inbound",
        f"{{{prefix}-pbx}}:cdr",
        publish,
        confirm,
    )
    source = Source(
        inbound=pbx.inbound,
        cdr=pbx.cdr,
        collect_cdr=True,
        **({"server": source_via or source_url} if source_url else {}),
        **({"agents": True} if publish else {}),
    )
    site = Site(sources=(source,), retention=Retention(entries=10_000_000))
    watch = Watch()
    following = connect(Address(via or url), "board")
    at_source = connect(Address(source_url or url), "faults")
    scene = Scene(
        prefix,
        connection,
        at_source,
        via or url,
        pbx,
        watch,
        Follower(following, Keys(prefix), watch),
        nursery,
    )
    assert await SiteStore(connection, scene.keys).save(site, "faults", None)
    running = asyncio.create_task(scene.follower.run()) if watching else None
    try:
        yield scene
        if running and running.done():
            running.result()  # the board must not have ended by itself
    finally:
        if running:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        await following.close()
        await at_source.close()
        await connection.close()


@contextlib.asynccontextmanager
async def pushing(scene: Scene, calls: int = 5, seconds: float = 0.05) -> AsyncIterator[None]:
    """The PBX pushes meanwhile."""
    stop = asyncio.Event()
    task = asyncio.create_task(scene.pbx.keep_pushing(calls, seconds, stop))
    try:
        yield
    finally:
        stop.set()
        await task


@dataclass(slots=True)
class Account:
    """Adds up what a row's sites went through."""

    fault: str
    times: int = 0
    accepted: int = 0
    lost: int = 0
    destroyed: int = 0
    twice: int = 0
    broken: list[str] = field(default_factory=list)
    """Promises that are not about numbers and were not kept."""
    _began: float = field(default_factory=time.monotonic)

    async def close(self, scene: Scene, seconds: float = SETTLE_SECONDS) -> None:
        """Wait for a site to settle, and add what it lost and doubled."""
        try:
            await scene.settled(seconds)
        except Impatient:
            if scene.follower.link.fault:
                self.broken.append(f"{scene.prefix}: {scene.follower.link.fault.name}")
        self.accepted += len(scene.pbx.accepted)
        self.lost += scene.pbx.accepted.missing_in(scene.watch.shown)
        self.destroyed += len(scene.pbx.refused)
        self.destroyed += scene.pbx.uncertain().missing_in(scene.watch.shown)
        # A doubled entry may be seen as a doubled call or not; where both, it is one double.
        journalled = await scene.journalled_twice()
        self.twice += max(scene.watch.twice, journalled)
        self.twice += scene.acts_twice

    def result(self, note: str = "") -> Result:
        """Return the row."""
        return Result(
            self.fault,
            self.times,
            self.accepted,
            self.lost,
            self.destroyed,
            self.twice,
            time.monotonic() - self._began,
            note,
            tuple(self.broken),
        )
