"""An address says what is wrong with it, and never what is secret in it."""

import asyncio
from collections.abc import Callable

import pytest

from enigma_tui.journal.connection import Address, AddressError, Connection, connect

SECRET = "hunter2"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://pbx.example", "redis://pbx.example:6379/0"),
        (f"redis://:{SECRET}@pbx.example:6380/2", "redis://pbx.example:6380/2"),
        (f"rediss://ann:{SECRET}@[::1]:6380", "rediss://ann@[::1]:6380/0"),
        (f"redis://pbx.example/0?password={SECRET}", "redis://pbx.example:6379/0"),
        (f"unix://ann:{SECRET}@/run/redis.sock?db=1", "unix:///run/redis.sock"),
        (f"redis+sentinel://:{SECRET}@a,[::1]:7/pbx/2", "redis+sentinel://a:26379,[::1]:7/pbx/2"),
        (f"rediss+sentinel://ann:{SECRET}@a:1/pbx", "rediss+sentinel://ann@a:1/pbx/0"),
        (f"redis+cluster://ann:{SECRET}@a,b:7000", "redis+cluster://ann@a:6379,b:7000"),
        (f"rediss+cluster://:{SECRET}@a/", "rediss+cluster://a:6379"),
    ],
)
def test_an_address_is_shown_without_what_is_secret(url: str, shown: str) -> None:
    address = Address(url)
    assert address.shown == shown
    link = connect(address, "test")
    for text in (repr(address), str(address), repr(link), str(link), repr(link.quick)):
        assert SECRET not in text


@pytest.mark.parametrize(
    "url",
    [
        "",
        "pbx.example",
        "http://pbx.example",
        "redis://",
        "redis:///0",
        "redis://h:port/0",
        "redis://h:0/0",
        "redis://h:70000/0",
        "redis://h/zero",
        "redis://h/0/1",
        "redis://[::1",
        "unix://",
        "unix://run/redis.sock",
        "redis://h/?db=x",
        "redis://h/?decode_responses=1",
        "redis://h/?protocol=3",
        "redis://h,i/0",
        "redis+sentinel://h",
        "redis+sentinel://h//0",
        "redis+sentinel://h,/pbx/0",
        "redis+sentinel://h:x/pbx/0",
        "redis+sentinel://h/pbx/0/1",
        "redis+cluster://h/1",
        "redis+cluster://",
        "redis+ring://h",
        "unix+cluster://h",
        "redis+://h",
        f"redis://:{'x' * 9}/y@h",
        "rediss://h/?ssl_what=1",
    ],
)
def test_an_address_that_cannot_be_used_is_refused_with_a_reason(url: str) -> None:
    with pytest.raises(AddressError) as caught:
        Address(url)
    assert len(str(caught.value)) > 20


@pytest.mark.parametrize(
    ("option", "setting"),
    [
        ("ssl_ca_certs=/ca.pem", "tls_ca"),
        ("ssl_certfile=/c.pem", "tls_certificate"),
        ("ssl_keyfile=/k.pem", "tls_key"),
        ("ssl_check_hostname=false", "tls_verify"),
    ],
)
def test_what_is_a_setting_is_refused_in_an_address_by_name(option: str, setting: str) -> None:
    with pytest.raises(AddressError) as caught:
        Address(f"rediss://h/?{option}")
    assert setting in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        f"http://:{SECRET}@h",
        f"redis://:{SECRET}@h:x/0",
        f"redis://:pa?{SECRET}@h/0",
        f"redis://:pa?{SECRET}&x@h/0",
        f"redis://:pa?db=1&{SECRET}=&x=y@h/0",
    ],
)
def test_a_refusal_does_not_tell_the_password(url: str) -> None:
    with pytest.raises(AddressError) as caught:
        Address(url)
    assert SECRET not in str(caught.value)
    assert "?" not in url or "percent-encoded" in str(caught.value)


async def test_the_server_is_told_who_is_there(server: object, open_connection: Callable) -> None:
    link = open_connection(server, "board")
    assert await link.quick.client_getname() == "enigma-tui:board"


async def test_an_acl_user_is_who_the_address_names(
    new_server: Callable, open_connection: Callable
) -> None:
    server = new_server()
    admin = open_connection(server)
    await admin.quick.execute_command("ACL", "SETUSER", "ann", "on", ">p@ss:/word", "~*", "+@all")
    url = server.url.replace("unix://", "unix://ann:p%40ss%3A%2Fword@")
    link = open_connection(url)
    assert await link.quick.execute_command("ACL", "WHOAMI") == b"ann"
    assert link.address.user == "ann"


async def test_closing_twice_or_unused_does_nothing(server: object) -> None:
    link = connect(Address(server.url), "test")
    await link.close()
    await link.quick.ping()
    await link.close()
    await link.close()


@pytest.mark.parametrize("fresh", [True, False], ids=["connecting", "connected"])
async def test_a_cancelled_command_is_cancelled_wherever_it_is(
    connection: Connection, fresh: bool
) -> None:
    """On Python 3.11 redis-py's own way of sending would swallow it, and a task never end."""
    await connection.quick.set("key", "value")
    steps = 0
    while True:
        if fresh:
            await connection.quick.connection_pool.disconnect()
        task = asyncio.create_task(connection.quick.get("key"))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        if task.done():
            break
        await asyncio.wait({task})
        assert task.cancelled(), f"swallowed after {steps} steps"
        # The connection it was on must not hand its answer to the next command.
        assert await connection.quick.get("key") == b"value"
        assert await connection.quick.strlen("key") == 5
        steps += 1
    assert steps > 2
