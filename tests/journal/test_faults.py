"""Whatever a server does wrong has a name, a sentence and a remedy."""

import asyncio
import contextlib
import errno
import ssl
from collections.abc import Callable

import pytest
from redis.exceptions import (
    BusyLoadingError,
    ClusterCrossSlotError,
    ClusterDownError,
    MasterDownError,
    NoPermissionError,
    RedisError,
    ResponseError,
    TryAgainError,
)
from redis.exceptions import ConnectionError as RedisConnectionError

from enigma_tui.journal import connection as connection_module
from enigma_tui.journal.connection import Connection
from enigma_tui.journal.faults import FAILED, Fault, explain, first_of
from enigma_tui.journal.keys import Keys
from enigma_tui.journal.mover import SameServerMover
from enigma_tui.journal.server import refuse_unfit
from enigma_tui.site import SiteError, Source, SourceNotOpenedError


async def fault_of(connection: Connection, *command: object) -> Fault:
    """Return how a failing command is explained."""
    with pytest.raises(FAILED) as caught:
        await connection.quick.execute_command(*command)
    fault = explain(caught.value, connection.address.shown)
    assert fault.sentence
    assert fault.remedy
    assert connection.address.shown in str(fault)
    return fault


async def test_a_wrong_password(new_server: Callable, open_connection: Callable) -> None:
    server = new_server()
    await open_connection(server).quick.config_set("requirepass", "right")
    for who in (":wrong@", "nobody:wrong@", ""):
        link = open_connection(server.url.replace("unix://", f"unix://{who}"))
        fault = await fault_of(link, "PING")
        assert fault.name == "wrong password"
        assert not fault.passing
        assert "redis_url" in fault.remedy
        assert "wrong@" not in str(fault)
    right = open_connection(server.url.replace("unix://", "unix://:right@"))
    assert await right.quick.ping()


def ours_in(command: str) -> tuple[object, ...]:
    """Return a script of two keys that runs a command on the second."""
    return ("EVAL", f"return redis.call('{command}', KEYS[2])", 2, "a:1", "a:2")


async def test_what_is_not_permitted_is_named(
    new_server: Callable, open_connection: Callable
) -> None:
    server = new_server()
    admin = open_connection(server)
    rights = ("~a:1", "%R~a:2", "+eval", "+get", "+client")
    await admin.quick.execute_command("ACL", "SETUSER", "ann", "on", ">pw", *rights)
    link = open_connection(server.url.replace("unix://", "unix://ann:pw@"))
    for command, named in (
        (("SET", "a:1", "1"), "the command set"),
        (("CONFIG", "GET", "port"), "the command config|get"),
        (("GET", "b"), "the key b, which GET needs"),
        (("EVAL", "return redis.call('SET', KEYS[1], 1)", 1, "a:1"), "the command set"),
        (ours_in("GET"), "the key (one of a:1, a:2), which EVAL needs"),
    ):
        fault = await fault_of(link, *command)
        assert fault.name == "no permission"
        assert named in fault.sentence
        assert "docs/redis-acl.md" in fault.remedy


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ("this user has no permissions to run the 'xread' command or its subcommand", "xread"),
        ("User ann has no permissions to run the 'client|list' command", "client|list"),
        ("User ann has no permissions to access the 'k:1' key", "the key k:1"),
        ("this user has no permissions to access one of the keys used as arguments", "a key"),
        ("this user has no permissions to access one of the channels used as arguments", "channel"),
    ],
)
def test_every_servers_way_of_not_permitting_is_understood(said: str, named: str) -> None:
    """Redis 6.2, 7 and Valkey say it in different words."""
    fault = explain(NoPermissionError(said, status_code="NOPERM"), "here")
    assert fault.name == "no permission"
    assert named in fault.sentence


async def test_what_redis_py_puts_around_an_answer_in_a_pipeline_is_not_shown(
    connection: Connection,
) -> None:
    await connection.quick.set("text", "1")
    pipeline = connection.quick.pipeline(transaction=False)
    pipeline.llen("text")
    with pytest.raises(ResponseError) as caught:
        await pipeline.execute()
    fault = explain(caught.value, "here")
    assert fault.name == "wrong key type"
    assert fault.sentence == "at here text is not of the type that LLEN needs"


async def test_a_key_of_a_wrong_type_is_named(connection: Connection) -> None:
    await connection.quick.set("text", "1")
    for command, named in (
        (("LLEN", "text"), "text is not of the type that LLEN needs"),
        (("XREAD", "COUNT", 1, "STREAMS", "text", "0"), "text is not"),
        (("EVAL", "return redis.call('LLEN', KEYS[1])", 1, "text"), "text is not"),
    ):
        fault = await fault_of(connection, *command)
        assert fault.name == "wrong key type"
        assert named in fault.sentence
    source, keys = Source(inbound="text"), Keys("test")
    with pytest.raises(FAILED) as caught:
        await SameServerMover(connection, keys, source).begin()
    assert "text is a string, not a list" in explain(caught.value, "here").sentence


@pytest.mark.parametrize(
    ("said", "name"),
    [
        (b"redis_version:6.0.16\r\nredis_mode:standalone\r\n", "server too old"),
        (b"redis_version:5.0.7\r\n", "server too old"),
        (b"redis_version:7.2.4\r\nvalkey_version:9.0.0\r\nserver_mode:sentinel\r\n", "a sentinel"),
        (b"redis_version:6.2.0\r\nredis_mode:standalone\r\n", ""),
        (b"redis_version:10.0.0\r\n", ""),
        (b"redis_version:5.0.0\r\nvalkey_version:9.0.0\r\n", ""),
    ],
)
async def test_a_server_that_will_not_do_is_told_up_front(
    said: bytes, name: str, open_connection: Callable
) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            while True:
                asked = await reader.readuntil(b"\r\n")
                if asked == b"SETNAME\r\n":
                    writer.write(b"+OK\r\n")
                elif asked == b"INFO\r\n":
                    writer.write(b"$%d\r\n%s\r\n" % (len(said), said))
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as listener:
        link = open_connection(f"redis://127.0.0.1:{listener.sockets[0].getsockname()[1]}/0")
        expected = pytest.raises(FAILED) if name else contextlib.nullcontext()
        with expected as caught:
            await refuse_unfit(link.quick)
        if name:
            fault = explain(caught.value, link.address.shown)
            assert fault.name == name
            assert not fault.passing
        await link.close()


async def test_a_replica_is_read_only(new_server: Callable, open_connection: Callable) -> None:
    primary = new_server(port=0)
    port = primary.url.rsplit(":", 1)[1].split("/")[0]
    replica = open_connection(new_server())
    await replica.quick.execute_command("REPLICAOF", "127.0.0.1", port)
    for command in (("SET", "a", "1"), ("EVAL", "return redis.call('SET', KEYS[1], 1)", 1, "a")):
        fault = await fault_of(replica, *command)
        assert fault.name == "read-only server"
        assert fault.passing  # it may be promoted


async def test_no_memory(new_server: Callable, open_connection: Callable) -> None:
    link = open_connection(new_server("--maxmemory", "1", "--maxmemory-policy", "noeviction"))
    for command in (("SET", "a", "1"), ("EVAL", "return redis.call('SET', KEYS[1], 1)", 1, "a")):
        assert (await fault_of(link, *command)).name == "out of memory"


async def test_nobody_there(tmp_path: object, open_connection: Callable) -> None:
    for url, name in (
        (f"unix://{tmp_path}/no.sock", "no socket"),
        ("redis://127.0.0.1:1/0", "refused"),
        ("redis://no.invalid/0", "unknown host"),
    ):
        fault = await fault_of(open_connection(url), "PING")
        assert fault.name == name
        assert fault.passing
        assert fault.lost


async def test_a_server_that_does_not_answer(
    open_connection: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    monkeypatch.setattr(connection_module, "ANSWER_SECONDS", 0.2)
    async with await asyncio.start_server(silent, "127.0.0.1", 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        link = open_connection(f"redis://127.0.0.1:{port}/0")
        assert (await fault_of(link, "PING")).name == "no answer"
        await link.close()


async def test_no_tls_where_it_is_wanted(open_connection: Callable) -> None:
    async def plain(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"-ERR this is no TLS\r\n")
        writer.close()

    async with await asyncio.start_server(plain, "127.0.0.1", 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        link = open_connection(f"rediss://127.0.0.1:{port}/0")
        assert (await fault_of(link, "PING")).name == "TLS refused"


async def test_a_command_that_an_old_server_lacks(connection: Connection) -> None:
    assert (await fault_of(connection, "NOSUCH", "OOM")).name == "server too old"


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (BusyLoadingError("Redis is loading the dataset in memory"), "loading"),
        (TimeoutError(), "no answer"),
        (OSError(errno.EHOSTUNREACH, "No route to host"), "no route"),
        (OSError("Multiple exceptions: [Errno 111] Connect call failed, [Errno 111] …"), "refused"),
        (OSError("what"), "unreachable"),
        (PermissionError(errno.EACCES, "Permission denied"), "not permitted"),
        (ssl.SSLError("wrong version number"), "TLS refused"),
        (RedisConnectionError("Connection closed by server."), "connection lost"),
        (RedisConnectionError("max number of clients reached"), "too many clients"),
        (ResponseError("MISCONF Redis is configured to save RDB snapshots"), "cannot save"),
        (ResponseError("NOREPLICAS Not enough good replicas to write."), "too few replicas"),
        (ClusterDownError("The cluster is down"), "cluster down"),
        (MasterDownError("Link with MASTER is down"), "primary down"),
        (ClusterCrossSlotError("Keys in request don't hash to the same slot"), "keys apart"),
        (TryAgainError("Multiple keys request during rehashing of slot"), "slot on move"),
        (SiteError("{x}:site is not JSON"), "wrong site settings"),
        (SourceNotOpenedError("source north: no password"), "source not opened"),
        (RedisError(""), "error"),
        # As Redis 6.2 tells of failures inside a script.
        (
            ResponseError(
                "Error running script (call to f_0): @user_script:1: @user_script: 1: "
                "-READONLY You can't write against a read only replica."
            ),
            "read-only server",
        ),
        (
            ResponseError(
                "Error running script (call to f_0): @user_script:1: @user_script: 1: "
                "-OOM command not allowed when used memory > 'maxmemory'."
            ),
            "out of memory",
        ),
        (
            ResponseError(
                "Error running script (call to f_0): @user_script:1: @user_script: 1: "
                "The user executing the script can't run this command or subcommand"
            ),
            "no permission",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_every_failure_has_a_name_a_sentence_and_a_remedy(error: Exception, name: str) -> None:
    fault = explain(error, "redis://h:6379/0")
    assert fault.name == name
    assert len(fault.name.split()) <= 3
    assert fault.sentence
    assert not fault.sentence.endswith(".")
    assert fault.remedy.endswith(".")


def test_what_a_server_says_cannot_reach_the_terminal() -> None:
    assert "\x1b" not in str(explain(ResponseError("\x1b]0;owned\x07"), "here"))


def test_of_several_failures_the_first_is_told() -> None:
    inner = ExceptionGroup("inner", [KeyError("first"), KeyError("second")])
    assert repr(first_of(ExceptionGroup("outer", [inner]))) == repr(KeyError("first"))
    assert isinstance(first_of(OSError()), OSError)
