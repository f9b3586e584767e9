"""Servers in a bad way: each state is brought about in a real one, as it comes about in life."""

import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from enigma_tui.demo.embedded import EmbeddedServer
from enigma_tui.journal.keys import Keys
from enigma_tui.site import Site
from tests.topology import client, free_port, wait_for

KEYS = Keys()


def _port(server: EmbeddedServer) -> int:
    return int(server.url.rsplit(":", 1)[1].split("/")[0])


@contextmanager
def _server(*arguments: str, home: Path | None = None) -> Iterator[tuple[EmbeddedServer, int]]:
    """Start a server at which collecting has been agreed to."""
    with EmbeddedServer(home, port=0, arguments=arguments) as server:
        port = _port(server)
        if "--replicaof" not in arguments:
            with client(port) as link:
                link.set(KEYS.site, Site().to_json())
        yield server, port


@contextmanager
def refused() -> Iterator[str]:
    """Nothing listens."""
    yield f"redis://127.0.0.1:{free_port()}/0"


@contextmanager
def wrong_password() -> Iterator[str]:
    """A server that wants one."""
    with _server() as (server, port):
        with client(port) as link:
            link.config_set("requirepass", "secret")
        yield server.url


@contextmanager
def no_permission() -> Iterator[str]:
    """A user who may not read streams."""
    with _server() as (server, port):
        with client(port) as link:
            link.execute_command(
                "ACL", "SETUSER", "ann", "on", "nopass", "~*", "+@all", "-xread", "-set"
            )
        yield server.url.replace("redis://", "redis://ann:any@")


@contextmanager
def wrong_type() -> Iterator[str]:
    """Something else has taken the journal's name."""
    with _server() as (server, port):
        with client(port) as link:
            link.set(KEYS.journal, "text")
        yield server.url


@contextmanager
def read_only() -> Iterator[str]:
    """A replica, instead of its primary."""
    with _server() as (_, port), _server("--replicaof", f"127.0.0.1 {port}") as (replica, own):
        with client(own) as link:
            wait_for("it copies", lambda: link.info("replication")["master_link_status"] == "up")
        yield replica.url


@contextmanager
def out_of_memory() -> Iterator[str]:
    """No room, and nothing may be evicted."""
    with _server() as (server, port):
        with client(port) as link:
            link.config_set("maxmemory", 1)
        yield server.url


@contextmanager
def too_few_replicas() -> Iterator[str]:
    """Writes want a replica, and there is none."""
    with _server() as (server, port):
        with client(port) as link:
            link.config_set("min-replicas-to-write", 1)
        yield server.url


@contextmanager
def cannot_save() -> Iterator[str]:
    """The disk has failed under a server that saves."""
    with _server("--save", "3600 1") as (server, port):
        with client(port) as link:
            shutil.rmtree(server.directory)
            link.bgsave()
            wait_for(
                "it fails", lambda: link.info("persistence")["rdb_last_bgsave_status"] == "err"
            )
        yield server.url


@contextmanager
def loading() -> Iterator[str]:
    """A server that has just been started, with more data than can be loaded at once."""
    slow = (
        "--rdbcompression",
        "no",
        "--key-load-delay",
        "25000",
        "--loading-process-events-interval-bytes",
        "1024",
    )
    with tempfile.TemporaryDirectory() as home, _server(*slow, home=Path(home)) as (server, port):
        with client(port) as link:
            link.mset({f"key:{number}": b"x" * 4096 for number in range(300)})
            link.save()
        server.kill()
        # `start` returns when all is loaded, some seven seconds later or when the state ends.
        starting = threading.Thread(target=server.start)
        starting.start()
        try:

            def is_loading() -> bool:
                with client(port) as link:
                    return bool(link.info("persistence")["loading"])

            wait_for("it loads", is_loading)
            yield server.url
        finally:
            with client(port) as link:
                link.config_set("key-load-delay", 0)
            starting.join()


@contextmanager
def primary_down() -> Iterator[str]:
    """A replica that was told rather to say nothing than what is old, and is alone."""
    with _server("--replica-serve-stale-data", "no") as (server, port):
        with client(port) as link:
            link.execute_command("REPLICAOF", "127.0.0.1", free_port())
        yield server.url


@contextmanager
def cluster_down() -> Iterator[str]:
    """A node of a cluster that has no slots."""
    port = str(free_port())
    with EmbeddedServer(
        port=0, arguments=("--cluster-enabled", "yes", "--cluster-port", port)
    ) as server:
        yield server.url


@contextmanager
def too_many_clients() -> Iterator[str]:
    """Others have taken all there are."""
    with _server() as (server, port), client(port) as link:
        link.config_set("maxclients", 1)
        yield server.url


State = Callable[[], AbstractContextManager[str]]

STATES: Mapping[str, State] = {
    "refused": refused,
    "wrong password": wrong_password,
    "no permission": no_permission,
    "wrong key type": wrong_type,
    "loading": loading,
    "primary down": primary_down,
    "cluster down": cluster_down,
    "too many clients": too_many_clients,
    "read-only server": read_only,
    "out of memory": out_of_memory,
    "too few replicas": too_few_replicas,
    "cannot save": cannot_save,
}
"""Each state by the name that people are told."""

ONLY_WRITES = ("read-only server", "out of memory", "too few replicas", "cannot save")
"""What only collecting and recording suffer from."""
