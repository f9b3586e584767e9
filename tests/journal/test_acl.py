"""Each role works under exactly the rule of docs/redis-acl.md, and can do nothing beside it."""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import redis
from redis.exceptions import NoPermissionError

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.journal.address import Address, Login
from enigma_tui.journal.collector import Collector
from enigma_tui.journal.connection import Connection, connect
from enigma_tui.journal.delivery import Deliverers
from enigma_tui.journal.desk import Act, Answer, DispositionDesk, Undo, Who, who_am_i
from enigma_tui.journal.faults import explain
from enigma_tui.journal.follower import Follower
from enigma_tui.journal.keys import Keys
from enigma_tui.journal.lease import Lease
from enigma_tui.journal.left import LeftBatches
from enigma_tui.journal.left_behind import left_behind
from enigma_tui.journal.sites import SiteStore
from enigma_tui.journal.standstill import NOBODY, Standstill, look, tell
from enigma_tui.journal.stream import Journal
from enigma_tui.model.call import CallKey, EntryId, Feed
from enigma_tui.site import Site, Source
from enigma_tui.targets import ListTarget
from tests.cli.conftest import Run, begin, run
from tests.topology import ClusterSet, SentinelSet

from .test_topologies import Listener

__all__ = ["begin", "run"]  # fixtures of the commands' tests

DOCUMENT = Path(__file__).parents[2] / "docs" / "redis-acl.md"
KEYS = Keys()
INBOUND, CDR = "enigma:notifications:inbound", "enigma:notifications:cdr"
ROLES = ("wall", "board", "collector", "supervisor")

BEYOND_EVERYBODY = (
    ("CONFIG", "GET", "*"),
    ("ACL", "LIST"),
    ("FLUSHALL",),
    ("KEYS", "*"),
    ("MONITOR",),
    ("SHUTDOWN",),
    ("EVAL", "return 1", 0),
    ("GET", "other"),
    ("SET", "other", "1"),
    ("LPOP", INBOUND),
    ("DEL", INBOUND),
    ("RPUSH", INBOUND, "forged"),
    ("DEL", KEYS.journal),
    ("SET", KEYS.journal, "1"),
    ("SET", INBOUND, "1"),
    ("DEL", KEYS.site),
    ("HSET", KEYS.journal, "a", "1"),
    ("PUBLISH", "channel", "1"),
)
"""What none of them may do."""

BEYOND: dict[str, Sequence[tuple[str, ...]]] = {
    "wall": (
        ("XADD", KEYS.journal, "*", "kind", "forged"),
        ("SET", KEYS.site, "{}"),
        ("SET", KEYS.lease("pbx"), "mine"),
        ("LTRIM", INBOUND, "1", "0"),
        ("BLMOVE", INBOUND, INBOUND, "LEFT", "LEFT", "1"),
        ("LRANGE", INBOUND, "0", "-1"),
        ("XTRIM", KEYS.journal, "MAXLEN", "0"),
    ),
    "board": (
        ("SET", KEYS.site, "{}"),
        ("SET", KEYS.lease("pbx"), "mine"),
        ("LTRIM", INBOUND, "1", "0"),
        ("LRANGE", INBOUND, "0", "-1"),
        ("XTRIM", KEYS.journal, "MAXLEN", "0"),
    ),
    "collector": (
        ("SET", KEYS.site, "{}"),
        ("HSET", KEYS.call(CallKey("pbx", Feed.DIALLER, "1", EntryId(1, 0))), "code", "mine"),
        ("XREAD", "STREAMS", KEYS.journal, "0"),
        ("XRANGE", KEYS.journal, "-", "+"),
    ),
    "supervisor": (),
}
"""What others of them may do, and this one may not."""


@dataclass(frozen=True)
class Post:
    """A server with the document's users, and somebody at it."""

    server: EmbeddedServer
    admin: Connection
    link: Connection
    role: str


def rules() -> dict[str, list[list[str]]]:
    """Return the arguments of each `ACL SETUSER` line of the document, by role."""
    found: dict[str, list[list[str]]] = {}
    for line in DOCUMENT.read_text("utf-8").splitlines():
        if match := re.fullmatch(r"ACL SETUSER enigma-(\w+) (.+)", line):
            found.setdefault(match[1], []).append(match[2].split())
    return found


def more(role: str) -> str:
    """Return what the document says that each needs behind sentinels, or in a cluster."""
    match = re.search(rf"{role}\*\* each of (?:these users|them) needs `([^`]+)`",
                      DOCUMENT.read_text("utf-8"))  # fmt: skip
    assert match
    return match[1]


def test_the_document_has_every_role() -> None:
    beside = {"elsewhere", "deliverer"}
    assert {*ROLES, "sentinel", "source", *beside} == set(rules())
    for role, lines in rules().items():
        assert role in beside or ("-@all" in lines[0] and ">PASSWORD" in lines[0])


@pytest_asyncio.fixture(params=ROLES)
async def post(
    request: pytest.FixtureRequest,
    new_server: Callable[..., EmbeddedServer],
    open_connection: Callable[..., Connection],
) -> Post:
    return await _post(request.param, new_server(), open_connection)


async def _post(role: str, server: EmbeddedServer, opened: Callable[..., Connection]) -> Post:
    admin = opened(server)
    for rule in rules()[role]:
        await admin.quick.execute_command("ACL", "SETUSER", f"enigma-{role}", *rule)
    await SiteStore(admin, KEYS).save(Site(), "admin", None)
    login = server.url.replace("unix://", f"unix://enigma-{role}:PASSWORD@")
    return Post(server, admin, opened(login, role), role)


CALL = CallKey("pbx", Feed.DIALLER, "ref", EntryId(1, 0))
Eventually = Callable[..., Awaitable[float]]
Start = Callable[..., Any]


async def follow(post: Post, start: Start, eventually: Eventually) -> None:
    listener = Listener()
    follower = Follower(post.link, KEYS, listener)
    start(follower.run())
    await eventually(lambda: follower.link.caught_up and follower.pulse and follower.pulse.backlog)
    await post.admin.quick.xadd(KEYS.journal, {"kind": "call", "raw": b"{}"})
    await eventually(lambda: len(listener.seen) == 2)
    assert await Journal(post.link, KEYS).has(listener.last)
    assert follower.link.fault is None


async def collect(post: Post, start: Start, eventually: Eventually) -> None:
    collector = Collector(post.link, KEYS)
    start(collector.run())
    await eventually(lambda: collector.status.moved == 1)
    await post.admin.quick.rpush(INBOUND, b"{}")  # while it waits
    await eventually(lambda: collector.status.moved == 2)
    assert collector.status.fault is None
    assert await Journal(post.link, KEYS).trim(0, 1_000_000) == 0


async def dispose(post: Post) -> Answer:
    return await _desk(post).dispose(Act(CALL, "resolved", 0))


def _desk(post: Post) -> DispositionDesk:
    return DispositionDesk(post.link, KEYS, who_am_i(post.link, ""))


async def act(post: Post) -> None:
    desk = _desk(post)
    assert (await desk.claim(CALL, "c1")).ours
    await desk.release(CALL, "c1")
    done = Act(CALL, "resolved", 0)
    answer = await desk.dispose(done)
    assert answer.recorded
    assert answer.by == f"enigma-{post.role}"
    assert (await desk.undo(Undo(CALL, done.id), 60_000)).recorded


async def test_each_role_can_do_its_work(post: Post, start: Start, eventually: Eventually) -> None:
    await post.admin.quick.rpush(INBOUND, b"{}")
    assert (await look(post.link, KEYS, ["crm"]))["crm"].why == NOBODY
    await tell(post.admin, KEYS, "crm", "ours", Standstill("list is full", "", "robot"))
    assert (await look(post.link, KEYS, ["crm"]))["crm"].why == "list is full"
    if post.role != "collector":
        await follow(post, start, eventually)
    if post.role in ("board", "supervisor"):
        await act(post)
    if post.role in ("collector", "supervisor"):
        await collect(post, start, eventually)
    if post.role == "supervisor":
        store = SiteStore(post.link, KEYS)
        assert await store.save(Site(title="changed"), "ann", await store.load())


async def test_no_role_can_do_what_is_not_its_work(post: Post) -> None:
    await post.admin.quick.rpush(INBOUND, "kept")
    before = await post.admin.quick.xlen(KEYS.journal)
    for command in (*BEYOND_EVERYBODY, *BEYOND[post.role]):
        with pytest.raises(NoPermissionError) as caught:
            await post.link.quick.execute_command(*command)
        fault = explain(caught.value, post.link.address.shown)
        assert fault.name == "no permission"
        assert command[0].lower() in fault.sentence.lower(), fault.sentence
        assert "docs/redis-acl.md" in fault.remedy
    if post.role in ("wall", "collector"):
        with pytest.raises(NoPermissionError):
            await dispose(post)
    if post.role in ("wall", "board"):
        with pytest.raises(NoPermissionError):
            await Lease(post.link, KEYS.lease("pbx")).acquire()
    if post.role != "supervisor":
        store = SiteStore(post.link, KEYS)
        with pytest.raises(NoPermissionError):
            await store.save(Site(title="mine"), "ann", await store.load())
    assert await post.admin.quick.lrange(INBOUND, 0, -1) == [b"kept"]
    assert await post.admin.quick.xlen(KEYS.journal) == before


async def test_a_source_elsewhere_is_collected_from_under_its_rules(
    new_server: Callable[..., EmbeddedServer],
    open_connection: Callable[..., Connection],
    start: Start,
    eventually: Eventually,
) -> None:
    there, here = new_server("--repl-diskless-sync-delay", "0", port=0), new_server()
    port = there.url.split(":")[-1].split("/")[0]
    copy = open_connection(new_server("--replicaof", f"127.0.0.1 {port}"))

    async def copied() -> bool:
        return bool((await copy.quick.info("replication"))["master_link_status"] == "up")

    await eventually(copied)
    site = Site(sources=(Source(server="redis://elsewhere.example:6379/0"),))
    post = await _post("collector", here, open_connection)
    store = SiteStore(post.admin, KEYS)
    assert await store.save(site, "admin", await store.load())
    for rule in rules()["elsewhere"]:
        await post.admin.quick.execute_command("ACL", "SETUSER", "enigma-collector", *rule)
    pbx = open_connection(there)
    for rule in rules()["source"]:
        await pbx.quick.execute_command("ACL", "SETUSER", "enigma-source", *rule)
    await pbx.quick.rpush(INBOUND, b"{}", b"[]")
    login = there.url.replace("redis://", "redis://enigma-source:PASSWORD@")
    collector = Collector(
        post.link, KEYS, open_source=lambda source: connect(Address(login), "collector")
    )
    start(collector.run())
    await eventually(lambda: collector.status.moved == 2 or collector.status.fault)
    assert collector.status.fault is None, collector.status.fault
    await pbx.quick.rpush(INBOUND, b"{}")
    await eventually(lambda: collector.status.moved == 3)
    assert collector.status.fault is None
    assert await pbx.quick.keys() == []
    # What it cannot reach any more it tells, and a wall may read it.
    for rule in rules()["wall"]:
        await post.admin.quick.execute_command("ACL", "SETUSER", "enigma-wall", *rule)
    wall = open_connection(here.url.replace("unix://", "unix://enigma-wall:PASSWORD@"))
    there.stop()
    await LeftBatches(post.link, KEYS, (), collector.open_source).look()
    (told,) = await left_behind(wall, KEYS)
    assert told.fault == "refused"


async def test_a_collector_delivers_under_its_rules(
    new_server: Callable[..., EmbeddedServer],
    open_connection: Callable[..., Connection],
    start: Start,
    eventually: Eventually,
) -> None:
    post = await _post("collector", new_server(), open_connection)
    for rule in rules()["deliverer"]:
        await post.admin.quick.execute_command("ACL", "SETUSER", "enigma-collector", *rule)
    store = SiteStore(post.admin, KEYS)
    target = ListTarget(kind="list", name="crm", key="crm:outcomes")
    site = Site(undo_seconds=0, delivery=(target,))
    assert await store.save(site, "admin", await store.load())
    deliverers = Deliverers(post.link, KEYS, "collector")
    start(deliverers.run())
    await eventually(lambda: deliverers.statuses and deliverers.statuses["crm"].holding)
    await DispositionDesk(post.admin, KEYS, Who("ann")).dispose(Act(CALL, "resolved", 0))

    async def arrived() -> bool:
        assert deliverers.statuses["crm"].fault is None, deliverers.statuses["crm"].fault
        return bool(await post.admin.quick.llen("crm:outcomes"))

    await eventually(arrived)
    assert deliverers.statuses["crm"].fault is None
    standstill = Standstill("list is full", "Read it.", "robot")
    await tell(post.link, KEYS, "other", "ours", standstill)
    assert (await look(post.link, KEYS, ["other"]))["other"] == standstill
    await tell(post.link, KEYS, "other", "ours", None)
    assert not await post.admin.quick.exists(KEYS.standstill)


def test_the_commands_work_under_the_rules(
    run: Run, new_server: Callable[..., EmbeddedServer]
) -> None:
    server = new_server()
    target = ListTarget(kind="list", name="crm", key="crm:outcomes")
    with redis.Redis.from_url(server.url) as admin:
        admin.set(KEYS.site, Site(delivery=(target,)).to_json())
        admin.xadd(KEYS.journal, {"kind": "site", "by": "admin"})
        for role in ROLES:
            for rule in rules()[role]:
                admin.execute_command("ACL", "SETUSER", f"enigma-{role}", *rule)
    for role in ROLES:
        login = {"ENIGMA_TUI_USERNAME": f"enigma-{role}", "ENIGMA_TUI_PASSWORD": "PASSWORD"}
        flags = ("--read-only",) if role == "wall" else ()
        done = run(*flags, "doctor", url=server.url, **login)
        assert done.returncode == 0, done.stdout
        assert "bad" not in done.stdout
        if role != "collector":
            done = run("tail", "--no-follow", "--json", url=server.url, **login)
            assert done.returncode == 0, done.stderr
    login = {"ENIGMA_TUI_USERNAME": "enigma-wall", "ENIGMA_TUI_PASSWORD": "PASSWORD"}
    done = run("doctor", url=server.url, **login)
    assert done.returncode == 1
    assert "does not permit this user the command set" in done.stdout


async def test_behind_sentinels_and_in_a_cluster_a_little_more_is_needed() -> None:
    with SentinelSet(replicas=0, sentinels=1) as sentinels, ClusterSet(replicas=0) as cluster:
        for topology, place in ((sentinels, "sentinels"), (cluster, "cluster")):
            for port in topology.ports:
                with topology.client(port) as admin:
                    for rule in (*rules()["wall"], more(place).split()):
                        admin.execute_command("ACL", "SETUSER", "enigma-wall", *rule)
        (port,) = sentinels.sentinel_ports
        with sentinels.sentinel(port) as admin:
            for rule in rules()["sentinel"]:
                admin.execute_command("ACL", "SETUSER", "enigma-sentinel", *rule)
            admin.execute_command("ACL", "SETUSER", "default", "off")
        for url in (sentinels.url, cluster.url):
            link = connect(
                Address(
                    url,
                    login=Login("enigma-wall", "PASSWORD"),
                    sentinel_login=Login("enigma-sentinel", "PASSWORD"),
                ),
                "wall",
            )
            assert await SiteStore(link, KEYS).load() is None
            assert await link.quick.llen(CDR) == 0
            await link.close()
